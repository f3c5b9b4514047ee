"""Changing a branch by an operation, as released clients do."""

import os
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
import sqlalchemy as sa

from api.raw import form_of
from assethub.store.tables import operations, uploads
from compat.protocol import covers
from compat.released import COMMIT, UUID, Owner
from hubs import RunningHub

PART = 6 * 1024 * 1024
BAD_PATHS = ["", "/a", "a/", "a//b", ".", "./a", "a/..", "../a", "a\x00b", "a\nb", "é" * 513]
NO_CHANGES = (400, "commit: no changes")


@pytest.fixture
def dataset(user: Owner) -> str:
    return user.asset("dataset", "images", "mnist")


def paths(user: Owner, asset: str) -> list[str]:
    return [each["path"] for each in user.objects(asset)]


@covers("start", "put", "finish", "form", "no body")
def test_a_change_is_started_filled_and_finished(user: Owner, dataset: str) -> None:
    started = user.ok("POST", "/update", asset=dataset, branch="main")
    assert UUID.fullmatch(started["op_id"])
    form, content_type = form_of({"content": b"1,2\n"})
    assert 'filename="文件.bin"'.encode() in form
    assert form.count(b"Content-Type") == 0
    put = user.call(
        "PUT",
        "/objects",
        form,
        {"Content-Type": content_type},
        opID=started["op_id"],
        path="dir/a.csv",
    )
    assert put.status == 200
    assert (put.json()["path"], put.json()["size_bytes"]) == ("dir/a.csv", 4)
    assert user.objects(dataset) == []
    finished = user.ok("POST", f"/update/{started['op_id']}", {"message": "说明\nof it"})
    assert COMMIT.fullmatch(finished["commit"])
    assert user.objects(dataset) == [put.json()]
    newest = user.ok("GET", f"/assets/{dataset}/branches/main/commits")["results"][0]
    assert (newest["id"], newest["message"]) == (finished["commit"], "说明\nof it")


@covers("finish")
def test_a_message_of_null_counts_as_empty(user: Owner, dataset: str) -> None:
    operation = user.start(dataset)
    user.put(operation, "a", b"1")
    user.ok("POST", f"/update/{operation}", {"message": None})
    newest = user.ok("GET", f"/assets/{dataset}/branches/main/commits")["results"][0]
    assert newest["message"] == ""


@covers("multipart", "no body")
def test_a_large_file_comes_in_parts_of_6_mib(user: Owner, dataset: str) -> None:
    data = os.urandom(2 * PART + 5)
    operation = user.start(dataset)
    staged = user.upload(operation, "big/权重.bin", data, PART)
    user.finish(operation)
    assert user.objects(dataset) == [staged]
    assert (staged["size_bytes"], staged["checksum"]) == (len(data), sha256(data).hexdigest())
    answer = user.call("GET", f"/assets/{dataset}/refs/main/objects", path="big/权重.bin")
    assert answer.data == data


@covers("many parts")
def test_parts_are_numbered_up_to_10001(user: Owner, dataset: str) -> None:
    operation = user.start(dataset)
    query = {"opID": operation, "path": "huge.bin"}
    upload = user.ok("POST", "/multipart", **query)["uploadId"]
    for number, status in ((1, 200), (10_000, 200), (10_001, 200), (10_002, 400)):
        path = f"/multipart/{upload}"
        answer = user.call("PUT", path, b"12345", partNum=str(number), **query)
        assert answer.status == status, (number, answer.data)


@covers("delete")
def test_deletions_remove_a_file_or_all_below(user: Owner, dataset: str) -> None:
    user.commit(dataset, dict.fromkeys(["a", "a/x", "a/y/z", "a0", "b"], b"1"))
    operation = user.start(dataset)
    for path in ("a/", "b", "not/there", "not/there/"):
        assert user.call("DELETE", "/objects", opID=operation, path=path).status == 200
    user.put(operation, "a/new", b"2")
    user.finish(operation)
    assert paths(user, dataset) == ["a", "a/new", "a0"]


@covers("no changes", "give up", "same bytes", "delete")
def test_the_same_bytes_again_are_no_change(user: Owner, dataset: str) -> None:
    data = os.urandom(PART + 1)
    user.commit(dataset, {"a": b"1", "big": data})
    operation = user.start(dataset)
    user.put(operation, "a", b"1")
    user.upload(operation, "big", data, PART)
    user.ok("DELETE", "/objects", opID=operation, path="not/there")
    body = {"message": None}
    assert user.refused("POST", f"/update/{operation}", body) == NO_CHANGES
    for _ in range(2):
        assert user.call("DELETE", f"/operation/{operation}").status == 200
    assert user.refused("POST", f"/update/{operation}", body) == (404, "operation not found")
    assert len(user.ok("GET", f"/assets/{dataset}/branches/main/commits")["results"]) == 2


@covers("no changes")
def test_an_operation_with_nothing_in_it_is_no_change(user: Owner, dataset: str) -> None:
    operation = user.start(dataset)
    assert user.refused("POST", f"/update/{operation}", {"message": "m"}) == NO_CHANGES


@covers("give up")
def test_what_a_dropped_operation_had_is_not_committed(user: Owner, dataset: str) -> None:
    operation = user.start(dataset)
    user.put(operation, "a", b"1")
    user.ok("DELETE", f"/operation/{operation}")
    assert user.refused("POST", f"/update/{operation}", {"message": ""})[0] == 404
    assert paths(user, dataset) == []


@covers("bad paths")
@pytest.mark.parametrize("path", BAD_PATHS)
def test_bad_paths_are_refused_and_change_nothing(user: Owner, dataset: str, path: str) -> None:
    operation = user.start(dataset)
    form, content_type = form_of({"content": b"1"})
    headers = {"Content-Type": content_type}
    put = user.call("PUT", "/objects", form, headers, opID=operation, path=path)
    upload = user.call("POST", "/multipart", opID=operation, path=path)
    for answer in (put, upload):
        assert answer.status == 400
        assert "path" in answer.data.decode()
    assert user.refused("POST", f"/update/{operation}", {"message": ""}) == NO_CHANGES


@covers("two operations")
def test_two_operations_on_different_paths_both_land(user: Owner, dataset: str) -> None:
    first, second = user.start(dataset), user.start(dataset)
    user.put(first, "a", b"1")
    user.put(second, "b", b"2")
    user.finish(first)
    user.finish(second)
    assert paths(user, dataset) == ["a", "b"]


@covers("two operations")
def test_two_operations_on_the_same_path_clash(user: Owner, dataset: str) -> None:
    user.commit(dataset, {"dir/x": b"0"})
    first, second, third = (user.start(dataset) for _ in range(3))
    user.put(first, "dir/x", b"1")
    user.put(second, "dir/x", b"2")
    user.ok("DELETE", "/objects", opID=third, path="dir/")
    user.finish(first)
    for operation in (second, third):
        status, text = user.refused("POST", f"/update/{operation}", {"message": ""})
        assert status == 409
        assert "dir/x" in text
    answer = user.call("GET", f"/assets/{dataset}/refs/main/objects", path="dir/x")
    assert answer.data == b"1"


@covers("expiry")
def test_what_is_left_open_expires(hub: RunningHub, user: Owner, dataset: str) -> None:
    operation = user.start(dataset)
    query = {"opID": operation, "path": "big"}
    upload = user.ok("POST", "/multipart", **query)["uploadId"]
    database = hub.inside.database
    with database.read() as connection:
        for table, id_ in ((operations, operation), (uploads, upload)):
            found = sa.select(table.c.expires).where(table.c.id == id_)
            assert connection.execute(found).scalar_one() > 0

    def age(connection: sa.Connection) -> int:
        connection.execute(uploads.update().where(uploads.c.id == upload).values(expires=1))
        gone = operations.update().where(operations.c.id == operation).values(expires=1)
        return connection.execute(gone).rowcount

    other = user.start(dataset)
    database.write(age)
    path = f"/multipart/{upload}"
    late = user.refused("PUT", path, b"1", opID=other, path="big", partNum="1")
    assert late == (404, "upload not found")
    assert user.refused("POST", f"/update/{operation}", {"message": ""}) == (
        404,
        "operation not found",
    )
    assert user.call("DELETE", f"/operation/{operation}").status == 200


@covers("asset not found")
def test_a_change_to_an_asset_that_is_not_there_is_refused(
    user: Owner, outsider: Owner, dataset: str, missing: str
) -> None:
    for asker, asset in ((outsider, dataset), (user, missing)):
        query = {"asset": asset, "branch": "main"}
        assert asker.refused("POST", "/update", **query) == (404, "asset not found")
    branch = user.refused("POST", "/update", asset=dataset, branch="nothing")
    assert branch == (404, "branch not found")


@covers("permission denied")
def test_who_may_only_view_may_not_write(user: Owner, viewer: Callable[[str], Owner]) -> None:
    asset = user.asset("model", "nlp", "bert")
    user.commit(asset, {"a": b"1"})
    folder = user.ok("GET", f"/assets/{asset}")["folder"]
    reader = viewer(folder)
    assert reader.objects(asset) == user.objects(asset)
    change = {"name": "x", "labels": []}
    branches, tags = f"/assets/{asset}/branches", f"/assets/{asset}/tags"
    asks: list[tuple[str, str, Any, dict[str, str]]] = [
        ("POST", "/update", None, {"asset": asset, "branch": "main"}),
        ("POST", branches, {"name": "x", "source": "main"}, {}),
        ("DELETE", f"{branches}/main", None, {}),
        ("POST", tags, {"tag": "x", "ref": "main"}, {}),
        ("DELETE", f"{tags}/x", None, {}),
        ("PUT", f"/assets/{asset}", change, {}),
        ("DELETE", f"/assets/{asset}", None, {}),
        ("PUT", f"/folders/{folder}", change, {}),
        ("DELETE", f"/folders/{folder}", None, {}),
        ("POST", "/assets", {"name": "x", "folder": folder, "labels": []}, {}),
    ]
    for method, path, body, query in asks:
        assert reader.refused(method, path, body, **query) == (403, "permission denied"), path
