"""The rows of the released protocol about folders and assets."""

import re

import pytest

from api.raw import JSON, Raw

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
BAD_NAMES = ["", "a/b", "a:b", "a@b", "..", "a..b", ".", " a", "a ", "a\n", "a\x00", "é" * 128]


def test_a_folder_is_listed_whole(user: Raw) -> None:
    body = {"type": "model", "name": "nlp", "labels": ["b", "a", "b"]}
    id_ = user.ok("POST", "/folders", body)["id"]
    assert UUID.fullmatch(id_)
    [listed] = user.ok("GET", "/folders", scope="own")
    assert listed["permission"] == "owner"
    assert listed["assets"] == 0
    folder = listed["folder"]
    assert list(folder) == [
        "id",
        "type",
        "name",
        "owner",
        "labels",
        "description",
        "createdTimestamp",
        "modifiedTimestamp",
    ]
    assert folder["labels"] == ["b", "a"]
    assert TIME.fullmatch(folder["createdTimestamp"])
    assert user.ok("GET", f"/folders/{id_}") == listed


def test_folders_are_listed_by_type_and_scope(user: Raw) -> None:
    user.folder("model", "one")
    user.folder("dataset", "one")
    for query, expected in (
        ({"scope": "own"}, ["dataset", "model"]),
        ({"scope": "all"}, ["dataset", "model"]),
        ({"scope": "own", "type": "model"}, ["model"]),
        ({"scope": "shared"}, []),
        ({"scope": "public"}, []),
    ):
        assert [each["folder"]["type"] for each in user.ok("GET", "/folders", **query)] == expected
    assert user.refused("GET", "/folders", scope="x")[0] == 400


def test_a_folder_name_is_taken_once_per_type(user: Raw) -> None:
    body = {"type": "model", "name": "nlp", "labels": []}
    first = user.ok("POST", "/folders", body)["id"]
    assert user.refused("POST", "/folders", body) == (400, "folder already exists")
    other = user.folder("model", "other")
    change = {"name": "nlp", "labels": []}
    expected = (400, "folder name already exists")
    assert user.refused("PUT", f"/folders/{other}", change) == expected
    user.ok("PUT", f"/folders/{first}", {"name": "nlp", "labels": ["x"]})
    assert user.ok("GET", f"/folders/{first}")["folder"]["labels"] == ["x"]


def test_an_outsider_cannot_tell_a_folder_from_a_missing_one(
    user: Raw, outsider: Raw, missing: str
) -> None:
    id_ = user.folder("model", "secret")
    for folder in (id_, missing):
        path = f"/folders/{folder}"
        assert outsider.refused("GET", path) == (403, "permission denied")
        assert outsider.refused("DELETE", path) == (403, "permission denied")
        change = {"name": "x", "labels": []}
        assert outsider.refused("PUT", path, change) == (403, "permission denied")
        new = {"name": "x", "folder": folder, "labels": []}
        assert outsider.refused("POST", "/assets", new) == (403, "permission denied")
        assert outsider.refused("GET", "/assets", fid=folder) == (403, "permission denied")


def test_deleting_a_folder_deletes_its_assets(user: Raw) -> None:
    asset = user.asset("model", "nlp", "bert")
    user.commit(asset, {"a": b"1"})
    folder = user.ok("GET", f"/assets/{asset}")["folder"]
    user.ok("DELETE", f"/folders/{folder}")
    assert user.refused("GET", f"/assets/{asset}") == (404, "asset not found")
    assert user.ok("GET", "/folders") == []


def test_an_asset_starts_with_main_and_an_empty_commit(user: Raw) -> None:
    asset = user.asset("model", "nlp", "bert")
    folder = user.ok("GET", f"/assets/{asset}")["folder"]
    [listed] = user.ok("GET", "/assets", fid=folder)
    assert listed["branches"] == 1
    assert listed["asset"] == user.ok("GET", f"/assets/{asset}")
    assert list(listed["asset"]) == [
        "id",
        "name",
        "folder",
        "labels",
        "description",
        "createdTimestamp",
        "modifiedTimestamp",
    ]
    [commit] = user.ok("GET", f"/assets/{asset}/branches/main/commits")["results"]
    assert (commit["parents"], commit["message"]) == ([], "Repository created")
    assert user.objects(asset) == []


def test_an_asset_name_is_taken_once_per_folder(user: Raw) -> None:
    asset = user.asset("model", "nlp", "bert")
    folder = user.ok("GET", f"/assets/{asset}")["folder"]
    other = user.ok("POST", "/assets", {"name": "gpt", "folder": folder, "labels": []})["id"]
    new = {"name": "bert", "folder": folder, "labels": []}
    for status, text in (
        user.refused("POST", "/assets", new),
        user.refused("PUT", f"/assets/{other}", {"name": "bert", "labels": []}),
    ):
        assert status == 400
        assert text.startswith("asset")
        assert text.endswith("already exists")
    user.ok("PUT", f"/assets/{other}", {"name": "gpt-2", "labels": ["x"]})
    assert user.ok("GET", f"/assets/{other}")["name"] == "gpt-2"
    user.ok("DELETE", f"/assets/{other}")
    assert [each["asset"]["id"] for each in user.ok("GET", "/assets", fid=folder)] == [asset]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_bad_names_are_refused_and_change_nothing(user: Raw, name: str) -> None:
    body = {"type": "model", "name": name, "labels": []}
    answer = user.call("POST", "/folders", body, JSON)
    assert (answer.status, answer.json()["code"]) == (400, "invalid_name")
    assert user.ok("GET", "/folders") == []
    asset = user.asset("model", "good", "good")
    folder = user.ok("GET", f"/assets/{asset}")["folder"]
    new = {"name": name, "folder": folder, "labels": []}
    assert user.refused("POST", "/assets", new)[0] == 400
    assert len(user.ok("GET", "/assets", fid=folder)) == 1


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
def test_bodies_of_the_wrong_shape_are_a_clear_400(user: Raw, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = user.call("POST", "/folders", body, headers)
    text = answer.data.decode()
    assert answer.status == 400, text
    assert text
    assert not text.startswith(("query is needed", "api key"))
    problem = user.call("POST", "/folders", body, headers | JSON)
    assert problem.headers["Content-Type"] == "application/problem+json"
    assert set(problem.json()) == {"type", "title", "status", "detail", "code"}
    assert user.ok("GET", "/folders") == []
