"""The rules that all requests and refusals keep: the key, the texts, the paths, the times."""

import re
import socket
import time
import uuid
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import pytest

from api.raw import JSON
from assethub.core.people import keys
from assethub.core.values import new_id
from assethub.store.tables import folders
from compat.protocol import covers
from compat.released import TIME, UUID, Owner, Released
from hubs import RunningHub

NO_KEY = (400, "query is needed: apikey")
PLAIN = "text/plain; charset=utf-8"


@covers("no key", "plain errors")
@pytest.mark.parametrize("query", [{}, {"apikey": ""}])
def test_no_key_is_refused_with_the_exact_text(nobody: Released, query: dict[str, str]) -> None:
    for method, path, body in (
        ("GET", "/folders", None),
        ("GET", "/oauth2/userinfo", None),
        ("POST", "/folders", {"type": "model", "name": "x", "labels": []}),
        ("POST", "/evaluations", {"model": "x", "dataset": "x", "metrics": {"a": 1}}),
        ("GET", f"/assets/{uuid.uuid4()}/refs/main/objects/ls", None),
    ):
        assert nobody.refused(method, path, body, **query) == NO_KEY


@covers("unknown key", "plain errors")
@pytest.mark.parametrize(
    "key", ["nonsense", "x", "密钥密钥密钥密钥密钥", "12345678-1234-1234-1234-123456789012"]
)
def test_an_unknown_key_is_refused_with_its_first_characters(hub: RunningHub, key: str) -> None:
    asker = Released(hub.url, key)
    for method, path in (("GET", "/folders"), ("GET", "/oauth2/userinfo"), ("POST", "/update")):
        answer = asker.call(method, path, asset="x", branch="main")
        assert answer.status == 400
        assert answer.headers["Content-Type"] == PLAIN
        assert answer.data == f"api key {key[:8]}… not found\n".encode()


@covers("unknown key", "key")
def test_a_revoked_key_is_refused_at_once(hub: RunningHub, user: Owner) -> None:
    assert UUID.fullmatch(user.key or "")
    assert user.ok("GET", "/folders", scope="own") == []
    keys.revoke_key(hub.inside, str(user.key))
    expected = (400, f"api key {str(user.key)[:8]}… not found\n")
    assert user.refused("GET", "/folders") == expected
    upper = Released(hub.url, hub.new_user().key.upper())
    assert upper.refused("GET", "/folders")[0] == 400


@covers("key", "bearer errors", "problem errors")
def test_a_bearer_header_works_and_is_refused_with_401(hub: RunningHub, nobody: Released) -> None:
    good = {"Authorization": f"Bearer {hub.new_user().key}"}
    assert nobody.call("GET", "/folders", headers=good).status == 200
    for key, code in ((str(uuid.uuid4()), "key_unknown"), ("", "key_missing")):
        bad = {"Authorization": f"Bearer {key}"}
        for path in ("/folders", "/oauth2/userinfo"):
            answer = nobody.call("GET", path, headers=bad | JSON)
            assert answer.status == 401
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert (answer.json()["code"], answer.json()["status"]) == (code, 401)
            assert nobody.call("GET", path, headers=bad).status == 401


@covers("basic")
def test_a_basic_header_beside_the_key_is_passed_over(user: Owner, nobody: Released) -> None:
    basic = {"Authorization": "Basic eDp5"}
    assert user.call("GET", "/folders", headers=basic).status == 200
    alone = nobody.call("GET", "/folders", headers=basic)
    assert (alone.status, alone.data.decode()) == NO_KEY


@covers("accept anything", "problem errors", "plain errors")
def test_who_asks_for_json_gets_a_problem_and_anybody_else_a_text(user: Owner) -> None:
    path = "/assets/nothing"
    for accept in (None, "*/*", "text/plain", ""):
        headers = {} if accept is None else {"Accept": accept}
        answer = user.call("GET", path, headers=headers)
        assert (answer.status, answer.data) == (404, b"asset not found")
        assert answer.headers["Content-Type"] == PLAIN
    for accept in ("application/json", "application/problem+json, application/json"):
        answer = user.call("GET", path, headers={"Accept": accept})
        assert answer.headers["Content-Type"] == "application/problem+json"
        problem = answer.json()
        assert set(problem) == {"type", "title", "status", "detail", "code"}
        assert (answer.status, problem["status"], problem["code"]) == (404, 404, "asset_not_found")


@covers("other errors", "plain errors")
def test_no_other_400_reads_like_those_about_the_key(user: Owner, model: str) -> None:
    """Whatever a text of the client's own is put into it."""
    for name in ("query is needed", "query is needed: apikey", "api key x not found\n"):
        place = f"{name}/dataset/a/b"
        evaluation = {"model": place, "dataset": place, "metrics": {"a": 1}}
        folder = {"type": "model", "name": name + "/", "labels": []}
        asks: list[tuple[str, str, Any, dict[str, str]]] = [
            ("POST", "/folders", folder, {}),
            ("POST", "/folders", folder | {"type": name}, {}),
            ("POST", "/folders", folder | {"name": "x", "labels": [name + "\x00"]}, {}),
            ("POST", "/evaluations", evaluation, {}),
            ("POST", "/evaluations", evaluation | {"model": f"{name}/model/a"}, {}),
            ("POST", "/evaluations", evaluation | {"metrics": {name: "x"}}, {}),
            ("POST", "/evaluations", evaluation | {"metrics": {}}, {}),
            ("GET", "/evaluations", None, {"model": place}),
            ("GET", "/evaluations", None, {"model": f"{name}/model/a:b"}),
            ("GET", "/ref", None, {"asset_ref": name}),
            ("GET", "/folders", None, {"scope": name}),
            ("GET", "/folders", None, {"scope": "own", "after": name, "amount": name}),
            ("POST", f"/assets/{model}/tags", {"tag": name + "/", "ref": "main"}, {}),
            ("POST", f"/assets/{model}/branches", {"name": name + "?", "source": "main"}, {}),
            ("POST", f"/assets/{model}/branches/main/revert", {"ref": name}, {}),
            ("DELETE", "/objects", None, {"opID": "x", "path": "/" + name}),
        ]
        for method, path, body, query in asks:
            answer = user.call(method, path, body, **query)
            text = answer.data.decode()
            assert answer.status in (400, 404), (path, text)
            assert text.strip()
            assert not text.startswith("query is needed"), (path, body)
            assert not (text.startswith("api key") and text.endswith("not found\n"))
            assert not text.endswith("\n"), (path, body)


@covers("wrong path", "base path")
def test_a_wrong_path_is_an_empty_404(user: Owner, model: str) -> None:
    for path in ("/nothing/here", "/folders/", f"/assets/{model}/nothing", "/"):
        answer = user.call("GET", path)
        assert (answer.status, answer.data) == (404, b""), path


@covers("wrong path")
def test_every_other_404_has_a_text(user: Owner, model: str, missing: str) -> None:
    asks: list[tuple[str, str, Any, dict[str, str]]] = [
        ("GET", f"/assets/{missing}", None, {}),
        ("GET", "/ref", None, {"asset_ref": "a/model/b"}),
        ("DELETE", f"/assets/{model}/branches/x", None, {}),
        ("GET", f"/assets/{model}/branches/x/commits", None, {}),
        ("DELETE", f"/assets/{model}/tags/x", None, {}),
        ("GET", f"/assets/{model}/refs/main/objects", None, {"path": "x"}),
        ("POST", f"/update/{missing}", {"message": ""}, {}),
        ("POST", "/multipart", None, {"opID": missing, "path": "x"}),
        ("GET", f"/evaluations/{missing}", None, {}),
        ("DELETE", f"/evaluations/{missing}", None, {}),
    ]
    for method, path, body, query in asks:
        status, text = user.refused(method, path, body, **query)
        assert status == 404, path
        assert text.endswith("not found"), path


@covers("no redirect")
def test_no_path_answers_with_a_redirect(user: Owner, model: str) -> None:
    for path in (
        "/folders/",
        "//folders",
        f"/assets/{model}/",
        f"/assets/{model}/branches/",
        f"/assets/{model}/refs/main/objects/",
        "/oauth2/userinfo/",
        "/oauth2/../apis",
    ):
        for method in ("GET", "POST", "PUT", "DELETE"):
            answer = user.call(method, path)
            assert not 300 <= answer.status < 400, (method, path)
            assert "Location" not in answer.headers


@covers("key unseen")
def test_a_key_in_a_query_is_seen_nowhere(hub: RunningHub, user: Owner) -> None:
    key = str(user.key)
    asks: list[tuple[str, str, Any]] = [
        ("GET", "/folders", None),
        ("GET", "/nothing", None),
        ("PATCH", "/folders", None),
        ("POST", "/folders", b"{"),
        ("POST", "/update", None),
        ("GET", "/assets/x", None),
        ("GET", "/oauth2/userinfo", None),
    ]
    for headers in ({}, JSON, {"Accept": "text/html"}):
        for method, path, body in asks:
            answer = user.call(method, path, body, headers)
            assert key.encode() not in answer.data, (method, path)
            assert key not in str(answer.headers)
    stranger = Released(hub.url, str(uuid.uuid4()))
    assert str(stranger.key).encode() not in stranger.call("GET", "/folders").data
    log = hub.log.read_text()
    assert key not in log
    assert str(stranger.key) not in log


@covers("connections", "no body")
def test_a_request_without_a_body_or_more_than_one_answer_is_served(
    hub: RunningHub, user: Owner, model: str
) -> None:
    """The very bytes: no Accept, no length of a body, and the client closes after the answer."""
    address = urlsplit(hub.url)
    operation = user.start(model)
    for line in (
        f"POST /apis/v1/update?asset={model}&branch=main&apikey={user.key}",
        f"POST /apis/v1/multipart?opID={operation}&path=a+b%2Fc&apikey={user.key}",
        f"DELETE /apis/v1/objects?opID={operation}&path=a%2F&apikey={user.key}",
        f"DELETE /apis/v1/operation/{operation}?apikey={user.key}",
    ):
        head = f"{line} HTTP/1.1\r\nHost: {address.netloc}\r\nConnection: close\r\n"
        if line.startswith("POST"):
            head += "Content-Length: 0\r\n"
        with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
            connection.sendall(head.encode() + b"\r\n")
            with connection.makefile("rb") as answer:
                assert answer.readline().startswith(b"HTTP/1.1 200"), line
                answer.read()


@covers("userinfo", "base path")
def test_userinfo_at_the_root_names_the_user(user: Owner) -> None:
    answer = user.call("GET", "/oauth2/userinfo")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json()["preferred_username"] == user.name
    user.folder("model", "x")
    assert user.ok("GET", "/folders", scope="own")[0]["folder"]["owner"] == user.name


@covers("first requests", "whole listings")
def test_what_each_command_begins_with_is_quick_and_whole_with_thousands_of_folders(
    hub: RunningHub, user: Owner
) -> None:
    owner = user.ok("GET", "/oauth2/userinfo")["sub"]
    rows = [
        {
            "id": new_id(),
            "owner_id": owner,
            "type": "model",
            "name": f"folder-{number:04}",
            "labels": ["a"],
            "created": 1,
            "modified": 1,
        }
        for number in range(3000)
    ]
    hub.inside.database.write(lambda connection: connection.execute(folders.insert(), rows) and 1)
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        assert user.ok("GET", "/oauth2/userinfo")["preferred_username"] == user.name
        userinfo = time.perf_counter()
        assert len(user.ok("GET", "/folders", scope="own")) == 3000
        seconds.append((userinfo - start, time.perf_counter() - userinfo))
    # Ten times what each takes on a machine with nothing else to do.
    assert min(first for first, _ in seconds) < 0.1
    assert min(second for _, second in seconds) < 1.5


@covers("times")
def test_times_are_rounded_down_and_never_in_the_future(user: Owner) -> None:
    folder = user.folder("model", "x")
    asset = user.ok("POST", "/assets", {"name": "x", "folder": folder, "labels": []})["id"]
    for answer in (
        user.ok("GET", f"/folders/{folder}")["folder"],
        user.ok("GET", f"/assets/{asset}"),
    ):
        for key in ("createdTimestamp", "modifiedTimestamp"):
            text = answer[key]
            assert TIME.fullmatch(text)
            age = time.time() - datetime.fromisoformat(text).timestamp()
            assert 0 <= age < 60
    user.ok("PUT", f"/assets/{asset}", {"name": "y", "labels": []})
    changed = user.ok("GET", f"/assets/{asset}")
    assert changed["modifiedTimestamp"] > changed["createdTimestamp"]


@covers("epoch times")
def test_epoch_times_are_whole_seconds_of_now(user: Owner, model: str) -> None:
    [branch] = user.ok("GET", f"/assets/{model}/branches")["results"]
    commit = user.ok("GET", f"/assets/{model}/branches/main/commits")["results"][0]
    for moment in (branch["mtime"], commit["creation_date"], user.objects(model)[0]["mtime"]):
        assert type(moment) is int
        assert 0 <= time.time() - moment < 60


def test_no_refusal_shows_how_the_hub_is_built(user: Owner) -> None:
    texts = [
        user.call("POST", "/folders", b"{").data,
        user.call("GET", "/assets/%00").data,
        user.call("GET", "/folders", scope="\x00").data,
        user.call("GET", "/folders", amount="1" * 400).data,
    ]
    for text in texts:
        assert not re.search(rb"Traceback|File \"|sqlalchemy|pydantic|psycopg", text)
