"""The rows of the released protocol about objects and the operations that change them."""

import hashlib
import threading
from pathlib import Path

import pytest

from api.raw import JSON, Raw, form_of
from hubs import RunningHub

BAD_PATHS = ["", "/a", "a/", "a//b", "./a", "a/..", "../a", "a\x00b", "a\nb", "é" * 513]


def test_a_file_goes_in_and_comes_out(user: Raw) -> None:
    asset = user.asset("model", "nlp", "bert")
    data = bytes(range(256)) * 5000
    operation = user.start(asset)
    staged = user.put(operation, "dir/权重 1.bin", data)
    commit = user.finish(operation, "first")
    [listed] = user.objects(asset)
    assert listed == staged
    assert list(listed) == [
        "path",
        "path_type",
        "size_bytes",
        "checksum",
        "mtime",
        "content_type",
        "physical_address",
    ]
    assert listed["size_bytes"] == len(data)
    assert listed["checksum"] == hashlib.sha256(data).hexdigest()
    assert type(listed["mtime"]) is int
    for ref in ("main", commit, commit[:6]):
        answer = user.call("GET", f"/assets/{asset}/refs/{ref}/objects", path="dir/权重 1.bin")
        assert answer.status == 200
        assert answer.data == data
        assert "Content-Encoding" not in answer.headers


def test_objects_are_listed_in_byte_order(user: Raw) -> None:
    asset = user.asset("dataset", "d", "d")
    paths = ["b", "a/b", "a.b", "é", "Z", "a/a", "数据", "😀"]
    user.commit(asset, {path: path.encode() for path in paths})
    expected = sorted(paths, key=lambda path: path.encode())
    assert [each["path"] for each in user.objects(asset)] == expected


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


def test_a_missing_object_is_a_404_with_a_text(user: Raw) -> None:
    asset = user.asset("dataset", "d", "d")
    path = f"/assets/{asset}/refs/main/objects"
    assert user.refused("GET", path, path="x") == (404, "object not found")


def test_deletions_remove_a_file_or_all_below(user: Raw) -> None:
    asset = user.asset("dataset", "d", "d")
    user.commit(asset, dict.fromkeys(["a", "a/x", "a/y/z", "a0", "b"], b"1"))
    operation = user.start(asset)
    user.ok("DELETE", "/objects", opID=operation, path="a/")
    user.ok("DELETE", "/objects", opID=operation, path="b")
    user.ok("DELETE", "/objects", opID=operation, path="not/there")
    user.put(operation, "a/new", b"2")
    user.finish(operation)
    assert [each["path"] for each in user.objects(asset)] == ["a", "a/new", "a0"]


def test_a_deletion_takes_back_what_was_staged_before_it(user: Raw) -> None:
    asset = user.asset("dataset", "d", "d")
    operation = user.start(asset)
    user.put(operation, "a/x", b"1")
    user.put(operation, "b", b"1")
    user.ok("DELETE", "/objects", opID=operation, path="a/")
    user.finish(operation)
    assert [each["path"] for each in user.objects(asset)] == ["b"]


def test_the_same_bytes_again_are_no_change(user: Raw) -> None:
    asset = user.asset("dataset", "d", "d")
    user.commit(asset, {"a": b"1"})
    operation = user.start(asset)
    user.put(operation, "a", b"1")
    user.ok("DELETE", "/objects", opID=operation, path="not/there")
    body = {"message": None}
    expected = (400, "commit: no changes")
    assert user.refused("POST", f"/update/{operation}", body) == expected
    user.ok("DELETE", f"/operation/{operation}")
    user.ok("DELETE", f"/operation/{operation}")
    status, text = user.refused("POST", f"/update/{operation}", body)
    assert (status, text) == (404, "operation not found")


@pytest.mark.parametrize("path", BAD_PATHS)
def test_bad_paths_are_refused_and_change_nothing(user: Raw, path: str) -> None:
    asset = user.asset("dataset", "d", "d")
    operation = user.start(asset)
    form, content_type = form_of({"content": b"1"})
    answer = user.call(
        "PUT", "/objects", form, {"Content-Type": content_type}, opID=operation, path=path
    )
    assert answer.status == 400
    assert answer.data
    expected = (400, "commit: no changes")
    assert user.refused("POST", f"/update/{operation}", {"message": ""}) == expected


def test_two_operations_on_different_paths_both_land(user: Raw) -> None:
    asset = user.asset("dataset", "d", "d")
    first, second = user.start(asset), user.start(asset)
    user.put(first, "a", b"1")
    user.put(second, "b", b"2")
    user.finish(first)
    user.finish(second)
    assert [each["path"] for each in user.objects(asset)] == ["a", "b"]


def test_two_operations_on_the_same_path_clash(user: Raw) -> None:
    asset = user.asset("dataset", "d", "d")
    user.commit(asset, {"dir/x": b"0"})
    first, second, third = (user.start(asset) for _ in range(3))
    user.put(first, "dir/x", b"1")
    user.put(second, "dir/x", b"2")
    user.ok("DELETE", "/objects", opID=third, path="dir/")
    user.finish(first)
    for operation in (second, third):
        status, text = user.refused("POST", f"/update/{operation}", {"message": ""})
        assert status == 409
        assert "dir/x" in text
    path = f"/assets/{asset}/refs/main/objects"
    assert user.call("GET", path, path="dir/x").data == b"1"


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


def test_equal_bytes_are_stored_once(user: Raw, hub: RunningHub, tmp_path: Path) -> None:
    data = str(tmp_path).encode() * 100
    asset = user.asset("dataset", "d", "d")
    before = sum(1 for _ in hub.inside.blobs.list())
    user.commit(asset, {"a": data, "b": data})
    user.commit(user.asset("dataset", "e", "e"), {"c": data})
    assert sum(1 for _ in hub.inside.blobs.list()) == before + 1
