"""Objects and operations: reading a part, what is staged twice, whose an operation is."""

import hashlib
import threading
from pathlib import Path

import pytest

from api.raw import JSON, Raw, form_of
from hubs import RunningHub


@pytest.mark.parametrize(
    ("asked", "status", "expected"),
    [
        ("bytes=0-3", 206, b"0123"),
        ("bytes=4-", 206, b"456789"),
        ("bytes=-2", 206, b"89"),
        ("bytes=8-100", 206, b"89"),
        ("bytes=3-2", 200, b"0123456789"),
        ("lines=1-2", 200, b"0123456789"),
    ],
)
def test_a_part_of_an_object_is_sent_by_range(
    user: Raw, asked: str, status: int, expected: bytes
) -> None:
    asset = user.asset("dataset", "d", "d")
    user.commit(asset, {"a.txt": b"0123456789"})
    path = f"/assets/{asset}/refs/main/objects"
    answer = user.call("GET", path, None, {"Range": asked}, path="a.txt")
    assert (answer.status, answer.data) == (status, expected)


def test_an_object_that_the_client_has_is_not_sent_again(user: Raw) -> None:
    asset = user.asset("dataset", "d", "d")
    user.commit(asset, {"a.txt": b"0123456789"})
    path = f"/assets/{asset}/refs/main/objects"
    etag = user.call("GET", path, path="a.txt").headers["ETag"]
    assert etag == f'"{hashlib.sha256(b"0123456789").hexdigest()}"'
    again = user.call("GET", path, None, {"If-None-Match": etag}, path="a.txt")
    assert (again.status, again.data) == (304, b"")
    beyond = user.call("GET", path, None, {"Range": "bytes=10-"} | JSON, path="a.txt")
    assert beyond.status == 416


def test_equal_bytes_are_stored_once(user: Raw, hub: RunningHub, tmp_path: Path) -> None:
    data = str(tmp_path).encode() * 100
    asset = user.asset("dataset", "d", "d")
    before = sum(1 for _ in hub.inside.blobs.list())
    user.commit(asset, {"a": data, "b": data})
    user.commit(user.asset("dataset", "e", "e"), {"c": data})
    assert sum(1 for _ in hub.inside.blobs.list()) == before + 1


def test_many_committers_on_one_branch_lose_nothing(hub: RunningHub) -> None:
    key = hub.new_user().key
    asset = Raw(hub.url, key).asset("dataset", "d", "d")

    def commit(number: int) -> None:
        Raw(hub.url, key).commit(asset, {f"file-{number}": str(number).encode()})

    threads = [threading.Thread(target=commit, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(Raw(hub.url, key).objects(asset)) == 12
    commits = Raw(hub.url, key).ok("GET", f"/assets/{asset}/branches/main/commits")["results"]
    assert len(commits) == 13


def test_a_deletion_takes_back_what_was_staged_before_it(user: Raw) -> None:
    asset = user.asset("dataset", "d", "d")
    operation = user.start(asset)
    user.put(operation, "a/x", b"1")
    user.put(operation, "b", b"1")
    user.ok("DELETE", "/objects", opID=operation, path="a/")
    user.finish(operation)
    assert [each["path"] for each in user.objects(asset)] == ["b"]


def test_an_operation_is_its_users_own(user: Raw, outsider: Raw) -> None:
    operation = user.start(user.asset("dataset", "d", "d"))
    user.put(operation, "a", b"1")
    body = {"message": ""}
    expected = (404, "operation not found")
    assert outsider.refused("POST", f"/update/{operation}", body) == expected
    outsider.ok("DELETE", f"/operation/{operation}")
    user.finish(operation)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", "multipart/form-data; boundary=x"),
        (b"hello", "multipart/form-data; boundary=x"),
        (b"hello", "multipart/form-data"),
        (b"hello", "text/plain"),
        (form_of({"other": b"1"})[0], form_of({})[1]),
        (form_of({"content": b"1", "more": b"2"})[0], form_of({})[1]),
        (form_of({"content": b"1"})[0][:-20], form_of({})[1]),
    ],
)
def test_a_body_that_is_no_such_form_is_refused(
    user: Raw, hub: RunningHub, body: bytes, content_type: str
) -> None:
    operation = user.start(user.asset("dataset", "d", "d"))
    headers = {"Content-Type": content_type} | JSON
    before = sum(1 for _ in hub.inside.blobs.list())
    answer = user.call("PUT", "/objects", body, headers, opID=operation, path="a")
    assert answer.status == 400
    assert answer.json()["code"] in ("invalid_form", "upload_cut_off")
    assert sum(1 for _ in hub.inside.blobs.list()) == before
