"""Many small files staged in few requests: what the hub has by name, the rest in packs."""

import json
import os
import struct
import uuid
from hashlib import sha256
from typing import Any

import pytest

from api.raw import JSON, Raw
from hubs import RunningHub

PACK = {"Content-Type": "application/vnd.assethub.pack"}
Files = dict[str, bytes]


def fresh(*names: str) -> Files:
    """Files whose contents no hub has seen."""
    return {name: f"{name} {uuid.uuid4()}".encode() for name in names}


def pack_of(files: Files) -> bytes:
    head = json.dumps([[path, len(data)] for path, data in files.items()]).encode()
    return struct.pack(">I", len(head)) + head + b"".join(files.values())


def put_pack(user: Raw, operation: str, body: bytes) -> Any:
    return user.call("PUT", f"/operations/{operation}/pack", body, PACK | JSON)


def send(user: Raw, operation: str, files: Files) -> list[str]:
    answer = put_pack(user, operation, pack_of(files))
    assert answer.status == 200, answer.data
    return list(answer.json()["entries"])


def entries_of(files: Files) -> list[list[Any]]:
    return [[path, len(data), sha256(data).hexdigest()] for path, data in files.items()]


def stage(user: Raw, operation: str, files: Files) -> list[int]:
    body = {"entries": entries_of(files)}
    return list(user.ok("POST", f"/operations/{operation}/stage", body)["missing"])


def read(user: Raw, asset: str, path: str, **headers: str) -> bytes:
    answer = user.call("GET", f"/assets/{asset}/refs/main/objects", None, headers, path=path)
    assert answer.status in (200, 206), answer.data
    return answer.data


def fetch(user: Raw, asset: str, paths: list[str]) -> Any:
    path = f"/assets/{asset}/refs/main/objects/pack"
    return user.call("POST", path, {"paths": paths}, JSON)


def count_blobs(hub: RunningHub) -> int:
    return sum(1 for _ in hub.inside.blobs.list())


def test_the_files_of_a_pack_come_out_as_they_went_in(user: Raw, hub: RunningHub) -> None:
    asset = user.asset("dataset", "d", "d")
    files = fresh("a.json", "深/b.tar.gz", "c") | {"empty": b"", "big": bytes(3_000_000)}
    before = count_blobs(hub)
    operation = user.start(asset)
    assert send(user, operation, files) == [sha256(data).hexdigest() for data in files.values()]
    user.finish(operation)
    assert count_blobs(hub) == before + 1
    listed = {each["path"]: each for each in user.objects(asset)}
    assert listed["a.json"]["content_type"] == "application/json"
    assert listed["深/b.tar.gz"]["content_type"] == "application/x-tar"
    for path, data in files.items():
        assert listed[path]["size_bytes"] == len(data)
        assert read(user, asset, path) == data


def test_part_of_a_file_in_a_pack_is_sent_by_range(user: Raw) -> None:
    asset = user.asset("dataset", "d", "d")
    files = fresh("first", "second", "third")
    operation = user.start(asset)
    send(user, operation, files)
    user.finish(operation)
    for path, data in files.items():
        assert read(user, asset, path, Range="bytes=2-5") == data[2:6]
        assert read(user, asset, path, Range="bytes=-3") == data[-3:]
        assert read(user, asset, path, Range="bytes=4-99999") == data[4:]


def test_only_what_is_not_there_has_to_be_sent(user: Raw, hub: RunningHub) -> None:
    asset = user.asset("dataset", "d", "d")
    old, new = fresh("a", "b", "c"), fresh("x", "y")
    user.commit(asset, old)
    before = count_blobs(hub)
    operation = user.start(asset)
    wanted = {"a2": old["a"], "x": new["x"], "b2": old["b"], "y": new["y"]}
    assert stage(user, operation, wanted) == [1, 3]
    send(user, operation, new)
    user.finish(operation)
    assert count_blobs(hub) == before + 1
    for path, data in (old | wanted).items():
        assert read(user, asset, path) == data


def test_knowing_a_hash_gives_nobody_what_others_hold(user: Raw, outsider: Raw) -> None:
    """Each of two users is told to send what only the other has, and has it once it is sent."""
    for owner, other in ((user, outsider), (outsider, user)):
        files = fresh("secret")
        owner.commit(owner.asset("dataset", f"d{uuid.uuid4()}", "d"), files)
        theirs = other.asset("dataset", f"d{uuid.uuid4()}", "d")
        operation = other.start(theirs)
        assert stage(other, operation, files) == [0]
        body = {"message": ""}
        assert other.refused("POST", f"/update/{operation}", body)[0] == 400
        send(other, operation, files)
        assert stage(other, operation, files) == []
        other.finish(operation)
        assert read(other, theirs, "secret") == files["secret"]


def test_what_was_sent_and_not_committed_is_known_only_to_who_sent_it(
    user: Raw, outsider: Raw
) -> None:
    files = fresh("a")
    asset = user.asset("dataset", "d", "d")
    first = user.start(asset)
    send(user, first, files)
    user.ok("DELETE", f"/operation/{first}")
    assert stage(user, user.start(asset), files) == []
    other = outsider.start(outsider.asset("dataset", "d", "d"))
    assert stage(outsider, other, files) == [0]


def test_a_known_hash_with_another_size_is_to_be_sent(user: Raw) -> None:
    asset = user.asset("dataset", "d", "d")
    files = fresh("a")
    user.commit(asset, files)
    [[path, size, checksum]] = entries_of(files)
    body = {"entries": [[path, size + 1, checksum]]}
    answer = user.ok("POST", f"/operations/{user.start(asset)}/stage", body)
    assert answer == {"missing": [0]}


def test_a_pack_of_what_is_there_is_not_kept(user: Raw, hub: RunningHub) -> None:
    files = fresh("a", "b")
    user.commit(user.asset("dataset", "d", "d"), files)
    before = count_blobs(hub)
    asset = user.asset("dataset", "e", "e")
    operation = user.start(asset)
    send(user, operation, files)
    user.finish(operation)
    assert count_blobs(hub) == before
    assert read(user, asset, "b") == files["b"]


def test_equal_files_of_a_pack_are_both_there(user: Raw) -> None:
    data = uuid.uuid4().bytes
    asset = user.asset("dataset", "d", "d")
    operation = user.start(asset)
    send(user, operation, {"a": data, "b": data})
    user.finish(operation)
    assert [read(user, asset, path) for path in ("a", "b")] == [data, data]


def test_staging_a_path_again_replaces_it_and_undoes_its_deletion(user: Raw) -> None:
    asset = user.asset("dataset", "d", "d")
    old, new = fresh("a", "b"), fresh("a")
    user.commit(asset, old)
    operation = user.start(asset)
    send(user, operation, fresh("a"))
    user.ok("DELETE", "/objects", opID=operation, path="a")
    send(user, operation, {"a": old["b"]})
    send(user, operation, new)
    user.finish(operation)
    assert read(user, asset, "a") == new["a"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "invalid_pack"),
        (b"\x00\x00\x00\x05[]", "invalid_pack"),
        (b"\x00\x00\x00\x02{]", "invalid_pack"),
        (b"\x00\x00\x00\x02{}", "invalid_pack"),
        (b"\x00\x00\x00\x07[[1,2]]", "invalid_pack"),
        (b'\x00\x00\x00\x0a[["a",-1]]', "invalid_pack"),
        (b'\x00\x00\x00\x0c[["a",true]]', "invalid_pack"),
        (b"\xff\xff\xff\xff[]", "invalid_pack"),
        (pack_of({"a": b"12"})[:-1], "invalid_pack"),
        (pack_of({"a": b"12"}) + b"3", "invalid_pack"),
        (pack_of({}) + b"3", "invalid_pack"),
        (pack_of({f"{number}": b"" for number in range(10_001)}), "invalid_pack"),
        (pack_of({"a": b"1", "../b": b"2"}), "invalid_path"),
        (b'\x00\x00\x00\x12[["a",0],["a", 0]]', "duplicate_path"),
        (b'\x00\x00\x00\x11[["a",268435457]]', "too_large"),
    ],
)
def test_what_is_no_pack_is_refused_and_leaves_nothing(
    user: Raw, hub: RunningHub, body: bytes, code: str
) -> None:
    operation = user.start(user.asset("dataset", "d", "d"))
    before = count_blobs(hub)
    answer = put_pack(user, operation, body)
    assert answer.status == (413 if code == "too_large" else 400)
    assert answer.json()["code"] == code
    assert count_blobs(hub) == before
    expected = (400, "commit: no changes")
    assert user.refused("POST", f"/update/{operation}", {"message": ""}) == expected


def test_a_pack_needs_its_type(user: Raw) -> None:
    operation = user.start(user.asset("dataset", "d", "d"))
    path = f"/operations/{operation}/pack"
    answer = user.call("PUT", path, pack_of({"a": b"1"}), {"Content-Type": "text/plain"} | JSON)
    assert (answer.status, answer.json()["code"]) == (400, "invalid_pack")


def test_a_pack_of_more_bytes_than_any_has_is_refused_unread(user: Raw) -> None:
    operation = user.start(user.asset("dataset", "d", "d"))
    headers = PACK | JSON | {"Content-Length": str(300 * 1024 * 1024)}
    answer = user.call("PUT", f"/operations/{operation}/pack", b"", headers)
    assert (answer.status, answer.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        ([["a", 1, "0" * 64], ["a", 2, "1" * 64]], "duplicate_path"),
        ([["a/../b", 1, "0" * 64]], "invalid_path"),
        ([["a", 1, "0" * 63]], "invalid_request"),
        ([["a", 1, "A" * 64]], "invalid_request"),
        ([["a", -1, "0" * 64]], "invalid_request"),
        ([["a", 2**63, "0" * 64]], "invalid_request"),
        ([["a", 1]], "invalid_request"),
        ([[str(number), 1, "0" * 64] for number in range(10_001)], "invalid_request"),
        ("a", "invalid_request"),
    ],
)
def test_a_bad_list_of_files_is_refused(user: Raw, entries: Any, code: str) -> None:
    operation = user.start(user.asset("dataset", "d", "d"))
    body = json.dumps({"entries": entries}).encode()
    headers = JSON | {"Content-Type": "application/json"}
    answer = user.call("POST", f"/operations/{operation}/stage", body, headers)
    assert (answer.status, answer.json()["code"]) == (400, code)
    assert len(answer.json()["detail"]) < 2000


def test_only_ones_own_open_operation_takes_files(user: Raw, outsider: Raw) -> None:
    operation = user.start(user.asset("dataset", "d", "d"))
    files = fresh("a")
    body = {"entries": entries_of(files)}
    expected = (404, "operation not found")
    assert outsider.refused("POST", f"/operations/{operation}/stage", body) == expected
    assert put_pack(outsider, operation, pack_of(files)).status == 404
    user.ok("DELETE", f"/operation/{operation}")
    assert user.refused("POST", f"/operations/{operation}/stage", body) == expected
    assert put_pack(user, operation, pack_of(files)).status == 404


def test_many_objects_come_in_one_answer(user: Raw) -> None:
    """In the order that was asked for, wherever their bytes lie."""
    asset = user.asset("dataset", "d", "d")
    packed = fresh(*(f"dir/{number:03}" for number in range(300))) | {"empty": b""}
    single = {"单/一": os.urandom(700_000), "two": os.urandom(1_500_000)}
    operation = user.start(asset)
    send(user, operation, packed)
    for path, data in single.items():
        user.put(operation, path, data)
    user.finish(operation)
    files = packed | single
    for paths in (list(files), list(files)[::-1], list(files)[::7], ["empty"], []):
        answer = fetch(user, asset, paths)
        assert answer.status == 200
        assert answer.headers["Content-Type"] == PACK["Content-Type"]
        wanted = {path: files[path] for path in paths}
        (length,) = struct.unpack_from(">I", answer.data)
        assert json.loads(answer.data[4 : 4 + length]) == entries_of(wanted)
        assert answer.data[4 + length :] == b"".join(wanted.values())


def test_an_answer_of_many_objects_has_them_all_or_is_a_refusal(user: Raw, outsider: Raw) -> None:
    asset = user.asset("dataset", "d", "d")
    user.commit(asset, fresh("a", "b"))
    for paths, status, code in (
        (["a", "c"], 404, "object_not_found"),
        (["a", "b", "a"], 400, "duplicate_path"),
        (["../a"], 400, "invalid_path"),
        ([f"{number}" for number in range(10_001)], 400, "invalid_request"),
    ):
        answer = fetch(user, asset, paths)
        assert (answer.status, answer.json()["code"]) == (status, code)
    hidden = fetch(outsider, asset, ["a"])
    assert (hidden.status, hidden.json()["code"]) == (404, "asset_not_found")


def test_more_bytes_than_a_pack_may_have_are_not_sent_in_one(user: Raw) -> None:
    asset = user.asset("dataset", "d", "d")
    data = uuid.uuid4().bytes * (1 << 20)
    operation = user.start(asset)
    send(user, operation, {"0": data})
    files = {str(number): data for number in range(17)}
    assert stage(user, operation, files) == []
    user.finish(operation)
    answer = fetch(user, asset, list(files))
    assert (answer.status, answer.json()["code"]) == (413, "too_large")
