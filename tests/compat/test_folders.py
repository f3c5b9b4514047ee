"""Folders, as released clients make, list, rename, label and delete them."""

from collections.abc import Callable
from typing import Any

import pytest

from api.raw import JSON
from compat.protocol import covers
from compat.released import TIME, UUID, Owner

BAD_NAMES = ["", "a/b", "a:b", "a@b", "..", "a..b", ".", " a", "a ", "a\n", "a\x00", "é" * 128]


@covers("POST /folders", "GET /folders", "ids", "times", "base path")
def test_a_folder_is_listed_whole(user: Owner) -> None:
    body = {"type": "model", "name": "自然语言", "labels": ["b", "a", "b"]}
    made = user.call("POST", "/folders", body)
    assert made.status == 200
    assert made.headers["Content-Type"] == "application/json"
    assert list(made.json()) == ["id"]
    id_ = made.json()["id"]
    assert UUID.fullmatch(id_)
    listed = user.call("GET", "/folders", scope="own")
    assert "自然语言".encode() in listed.data
    [each] = listed.json()
    assert set(each) == {"folder", "permission", "assets"}
    assert (each["permission"], each["assets"]) == ("owner", 0)
    folder = each["folder"]
    assert set(folder) >= {
        "id",
        "type",
        "name",
        "owner",
        "labels",
        "createdTimestamp",
        "modifiedTimestamp",
    }
    assert (folder["id"], folder["type"], folder["name"]) == (id_, "model", "自然语言")
    assert (folder["owner"], folder["labels"]) == (user.name, ["b", "a"])
    assert TIME.fullmatch(folder["createdTimestamp"])
    assert TIME.fullmatch(folder["modifiedTimestamp"])
    user.ok("POST", "/assets", {"name": "x", "folder": id_, "labels": []})
    assert user.ok("GET", "/folders", scope="own")[0]["assets"] == 1


@covers("GET /folders")
def test_folders_are_listed_by_type_and_scope(user: Owner, outsider: Owner) -> None:
    user.folder("model", "one")
    user.folder("dataset", "one")
    queries: list[tuple[dict[str, str], list[str]]] = [
        ({"scope": "own"}, ["dataset", "model"]),
        ({"scope": "own", "type": "model"}, ["model"]),
        ({"scope": "own", "type": "dataset"}, ["dataset"]),
        ({"scope": "shared"}, []),
        ({"scope": "shared", "type": "model"}, []),
    ]
    for query, expected in queries:
        found = user.ok("GET", "/folders", **query)
        assert [each["folder"]["type"] for each in found] == expected, query
    everything = user.ok("GET", "/folders", scope="all")
    own = [each for each in everything if each["folder"]["owner"] == user.name]
    assert [each["folder"]["type"] for each in own] == ["dataset", "model"]
    assert all(each["folder"]["owner"] != user.name for each in outsider.ok("GET", "/folders"))
    assert type(user.ok("GET", "/folders", scope="public")) is list
    assert user.refused("GET", "/folders", scope="x")[0] == 400
    assert user.refused("GET", "/folders", scope="own", type="x")[0] == 400


@covers("GET /folders")
def test_a_folder_shared_with_me_is_listed_as_shared(
    user: Owner, viewer: Callable[[str], Owner]
) -> None:
    id_ = user.folder("model", "nlp")
    reader = viewer(id_)
    for scope, count in (("shared", 1), ("all", 1), ("own", 0)):
        found = reader.ok("GET", "/folders", scope=scope)
        mine = [each for each in found if each["folder"]["id"] == id_]
        assert len(mine) == count, scope
        assert all(each["permission"] == "view" for each in mine)


@covers("POST /folders", "PUT /folders/{id}")
def test_a_folder_name_is_taken_once_per_type(user: Owner) -> None:
    body = {"type": "model", "name": "nlp", "labels": []}
    first = user.ok("POST", "/folders", body)["id"]
    assert user.refused("POST", "/folders", body) == (400, "folder already exists")
    user.folder("dataset", "nlp")
    other = user.folder("model", "other")
    change = {"name": "nlp", "labels": []}
    expected = (400, "folder name already exists")
    assert user.refused("PUT", f"/folders/{other}", change) == expected
    assert user.ok("GET", f"/folders/{other}")["folder"]["name"] == "other"
    answer = user.call("PUT", f"/folders/{first}", {"name": "nlp", "labels": ["x"]})
    assert answer.status == 200
    assert user.ok("GET", f"/folders/{first}")["folder"]["labels"] == ["x"]


@covers("PUT /folders/{id}", "GET /folders/{id}")
def test_labels_replace_all_earlier_ones(user: Owner) -> None:
    id_ = user.folder("model", "nlp")
    for name, labels in (("nlp", ["a", "b"]), ("other", ["c"]), ("other", [])):
        user.ok("PUT", f"/folders/{id_}", {"name": name, "labels": labels})
        answer = user.ok("GET", f"/folders/{id_}")
        assert set(answer) == {"folder", "permission", "assets"}
        assert (answer["folder"]["name"], answer["folder"]["labels"]) == (name, labels)
        assert [answer] == user.ok("GET", "/folders", scope="own")


@covers("GET /folders/{id}")
def test_an_outsider_cannot_tell_a_folder_from_a_missing_one(
    user: Owner, outsider: Owner, missing: str
) -> None:
    id_ = user.folder("model", "secret")
    asks: list[tuple[str, str, Any]] = [
        ("GET", "/folders/{}", None),
        ("DELETE", "/folders/{}", None),
        ("PUT", "/folders/{}", {"name": "x", "labels": []}),
    ]
    for method, path, body in asks:
        for folder in (id_, missing, "no-uuid"):
            asked = outsider.refused(method, path.format(folder), body)
            assert asked == (403, "permission denied"), (method, folder)
    for folder in (id_, missing):
        new = {"name": "x", "folder": folder, "labels": []}
        assert outsider.refused("POST", "/assets", new) == (403, "permission denied")
        assert outsider.refused("GET", "/assets", fid=folder) == (403, "permission denied")
    assert user.ok("GET", f"/folders/{id_}")["folder"]["name"] == "secret"


@covers("DELETE /folders/{id}")
def test_deleting_a_folder_deletes_its_assets(user: Owner, model: str) -> None:
    folder = user.ok("GET", f"/assets/{model}")["folder"]
    assert user.call("DELETE", f"/folders/{folder}").status == 200
    assert user.refused("GET", f"/assets/{model}") == (404, "asset not found")
    assert user.ok("GET", "/folders", scope="own") == []
    assert user.refused("GET", f"/folders/{folder}") == (403, "permission denied")


@covers("names")
@pytest.mark.parametrize("name", BAD_NAMES)
def test_bad_names_are_refused_and_change_nothing(user: Owner, name: str) -> None:
    body = {"type": "model", "name": name, "labels": []}
    answer = user.call("POST", "/folders", body, JSON)
    assert (answer.status, answer.json()["code"]) == (400, "invalid_name")
    assert user.ok("GET", "/folders", scope="own") == []
    asset = user.asset("model", "good", "good")
    folder = user.ok("GET", f"/assets/{asset}")["folder"]
    new = {"name": name, "folder": folder, "labels": []}
    assert user.refused("POST", "/assets", new)[0] == 400
    assert user.refused("PUT", f"/assets/{asset}", {"name": name, "labels": []})[0] == 400
    assert user.refused("PUT", f"/folders/{folder}", {"name": name, "labels": []})[0] == 400
    assert [each["asset"]["name"] for each in user.ok("GET", "/assets", fid=folder)] == ["good"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b'{"type": "model"}',
        b'{"type": 1, "name": "x"}',
        b'{"type": "model", "name": ["x"]}',
        b'{"type": "model", "name": "x", "labels": [1]}',
        b'{"type": "model", "name": "x", "labels": "y"}',
        b'{"type": "folder", "name": "x", "labels": []}',
        b'{"type": "model", "name": "\\ud800", "labels": []}',
        b'{"type": "model", "name": "x", "labels": ["\\u0000"]}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
@covers("other errors")
def test_bodies_of_the_wrong_shape_are_a_clear_400(user: Owner, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = user.call("POST", "/folders", body, headers)
    text = answer.data.decode()
    assert answer.status == 400, text
    assert text
    assert not text.startswith(("query is needed", "api key"))
    problem = user.call("POST", "/folders", body, headers | JSON)
    assert problem.headers["Content-Type"] == "application/problem+json"
    assert set(problem.json()) == {"type", "title", "status", "detail", "code"}
    assert user.ok("GET", "/folders", scope="own") == []
