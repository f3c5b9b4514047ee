"""Large files that come in parts: in order from released clients, in any order from ours."""

import os
import threading
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import urllib3

from api.raw import JSON, Raw, form_of
from assethub.core.hub import open_hub
from assethub.core.people import keys, users
from assethub.core.repository.uploads import drop_orphans, load_parts
from assethub.settings import Settings
from assethub.store.tables import uploads
from hubs import RunningHub, start_hub

PART = 300_000


@pytest.fixture
def asset(user: Raw) -> str:
    return user.asset("model", "m", "m")


def announced(data: bytes, part_size: int = PART) -> dict[str, str]:
    return {
        "size": str(len(data)),
        "sha256": sha256(data).hexdigest(),
        "partSize": str(part_size),
    }


def cut(data: bytes, part_size: int = PART) -> list[bytes]:
    return [data[start : start + part_size] for start in range(0, len(data), part_size)]


class Upload:
    """One upload of a user, as a client drives it."""

    def __init__(self, user: Raw, operation: str, path: str = "big.bin", **query: str) -> None:
        self.user = user
        self.query = {"opID": operation, "path": path}
        answer = user.ok("POST", "/multipart", **self.query, **query)
        self.id = answer["uploadId"]
        self.there = answer["parts"]

    def try_put(self, number: int, data: bytes) -> Any:
        path = f"/multipart/{self.id}"
        return self.user.call("PUT", path, data, JSON, partNum=str(number), **self.query)

    def put(self, number: int, data: bytes) -> str:
        answer = self.try_put(number, data)
        assert answer.status == 200, answer.data
        return str(answer.json()["etag"])

    def try_finish(self, etags: Sequence[str], first: int = 1) -> Any:
        parts = [{"etag": etag, "partNumber": n} for n, etag in enumerate(etags, first)]
        return self.user.call("POST", f"/multipart/{self.id}", {"parts": parts}, JSON, **self.query)

    def finish(self, etags: Sequence[str]) -> Any:
        answer = self.try_finish(etags)
        assert answer.status == 200, answer.data
        return answer.json()


def read(user: Raw, asset: str, path: str = "big.bin") -> bytes:
    return user.call("GET", f"/assets/{asset}/refs/main/objects", path=path).data


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status, answer.json()["code"]


def test_parts_in_order_and_of_unknown_number_make_the_file(user: Raw, asset: str) -> None:
    """As a released client sends them: no size is announced, and the last part is short."""
    data = os.urandom(3 * PART + 5)
    operation = user.start(asset)
    upload = Upload(user, operation)
    assert upload.there == []
    etags = [upload.put(number, part) for number, part in enumerate(cut(data), 1)]
    staged = upload.finish(etags)
    user.finish(operation)
    assert user.objects(asset) == [staged]
    assert staged["size_bytes"] == len(data)
    assert staged["checksum"] == sha256(data).hexdigest()
    assert read(user, asset) == data


@pytest.mark.parametrize("order", [[1, 2, 3, 4, 5], [5, 4, 3, 2, 1], [3, 1, 5, 2, 4]])
def test_parts_in_any_order_make_the_file(user: Raw, asset: str, order: list[int]) -> None:
    data = os.urandom(4 * PART + 7)
    operation = user.start(asset)
    upload = Upload(user, operation, **announced(data))
    parts = cut(data)
    etags = {number: upload.put(number, parts[number - 1]) for number in order}
    upload.finish([etags[number] for number in sorted(etags)])
    user.finish(operation)
    assert read(user, asset) == data


def test_parts_come_in_parallel(user: Raw, hub: RunningHub, asset: str) -> None:
    data = os.urandom(20 * PART)
    operation = user.start(asset)
    upload = Upload(user, operation, **announced(data))
    parts = cut(data)
    etags = [""] * len(parts)

    def send(first: int) -> None:
        mine = Upload.__new__(Upload)
        mine.__dict__ = upload.__dict__ | {"user": Raw(hub.url, user.key)}
        for number in range(first, len(parts) + 1, 4):
            etags[number - 1] = mine.put(number, parts[number - 1])

    threads = [threading.Thread(target=send, args=(first,)) for first in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    upload.finish(etags)
    user.finish(operation)
    assert read(user, asset) == data


def test_a_file_of_one_part_and_an_empty_one_may_come_so_too(user: Raw, asset: str) -> None:
    operation = user.start(asset)
    one = Upload(user, operation, "one")
    one.finish([one.put(1, b"hello")])
    Upload(user, operation, "none", **announced(b"")).finish([])
    user.finish(operation)
    assert [read(user, asset, path) for path in ("one", "none")] == [b"hello", b""]


def test_an_upload_is_taken_up_again_from_another_operation(user: Raw, asset: str) -> None:
    data = os.urandom(4 * PART)
    first = user.start(asset)
    begun = Upload(user, first, **announced(data))
    parts = cut(data)
    begun.put(1, parts[0])
    begun.put(3, parts[2])
    user.ok("DELETE", f"/operation/{first}")
    operation = user.start(asset)
    again = Upload(user, operation, "elsewhere", **announced(data))
    assert (again.id, again.there) == (begun.id, [1, 3])
    etags = ["", again.put(2, parts[1]), "", again.put(4, parts[3])]
    again.finish(etags)
    user.finish(operation)
    assert read(user, asset, "elsewhere") == data


def test_only_the_same_announcement_of_the_same_user_is_taken_up(
    user: Raw, outsider: Raw, asset: str
) -> None:
    data = os.urandom(PART + 1)
    operation = user.start(asset)
    upload = Upload(user, operation, **announced(data))
    upload.put(1, data[:PART])
    others = [
        Upload(user, operation),
        Upload(user, operation, **announced(data, PART + 1)),
        Upload(user, operation, **announced(data + b"x")),
        Upload(outsider, outsider.start(outsider.asset("model", "m", "m")), **announced(data)),
    ]
    assert all(other.there == [] and other.id != upload.id for other in others)


def test_an_upload_is_its_users_own(user: Raw, outsider: Raw, asset: str) -> None:
    upload = Upload(user, user.start(asset))
    etag = upload.put(1, b"1")
    theirs = outsider.start(outsider.asset("model", "m", "m"))
    upload.user, upload.query = outsider, {"opID": theirs, "path": "x"}
    assert refusal(upload.try_put(2, b"1")) == (404, "upload_not_found")
    assert refusal(upload.try_finish([etag])) == (404, "upload_not_found")


def test_a_part_may_be_sent_again(user: Raw, asset: str) -> None:
    """Of an upload without announcement the later one counts, and has another etag."""
    operation = user.start(asset)
    upload = Upload(user, operation)
    first = upload.put(1, b"a" * PART)
    last = upload.put(2, b"b")
    second = upload.put(1, b"c" * PART)
    assert first != second
    assert refusal(upload.try_finish([first, last])) == (400, "part_differs")
    upload.finish([second, last])
    user.finish(operation)
    assert read(user, asset) == b"c" * PART + b"b"


def test_a_part_that_is_there_of_an_announced_upload_stays(user: Raw, asset: str) -> None:
    data = os.urandom(2 * PART)
    operation = user.start(asset)
    upload = Upload(user, operation, **announced(data))
    etags = [upload.put(number, part) for number, part in enumerate(cut(data), 1)]
    assert upload.put(1, bytes(PART)) == etags[0]
    upload.finish(etags)
    user.finish(operation)
    assert read(user, asset) == data


def test_two_requests_for_one_part_do_not_mix(user: Raw, hub: RunningHub, asset: str) -> None:
    size = 8 * 1024 * 1024
    candidates = [bytes([letter]) * size for letter in b"abcd"]
    operation = user.start(asset)
    upload = Upload(user, operation)
    etags: list[str] = []

    def send(data: bytes) -> None:
        mine = Upload.__new__(Upload)
        mine.__dict__ = upload.__dict__ | {"user": Raw(hub.url, user.key)}
        answer = mine.try_put(1, data)
        if answer.status == 200:
            etags.append(answer.json()["etag"])
        else:
            assert refusal(answer) == (503, "upload_busy")
            assert answer.headers["Retry-After"] == "1"

    threads = [threading.Thread(target=send, args=(data,)) for data in candidates]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    finished = [answer for etag in etags if (answer := upload.try_finish([etag])).status == 200]
    assert len(finished) == 1
    user.finish(operation)
    assert read(user, asset) in candidates


def test_other_bytes_than_announced_are_refused_and_dropped(
    user: Raw, hub: RunningHub, asset: str
) -> None:
    data = os.urandom(2 * PART)
    operation = user.start(asset)
    upload = Upload(user, operation, **announced(data))
    etags = [upload.put(1, data[:PART]), upload.put(2, bytes(PART))]
    before = sum(1 for _ in hub.inside.blobs.list())
    assert refusal(upload.try_finish(etags)) == (400, "checksum_mismatch")
    assert sum(1 for _ in hub.inside.blobs.list()) == before
    assert upload.id not in hub.inside.blobs.parts.list_uploads()
    assert refusal(upload.try_finish(etags)) == (404, "upload_not_found")
    expected = (400, "commit: no changes")
    assert user.refused("POST", f"/update/{operation}", {"message": ""}) == expected


def test_what_is_missing_or_differs_is_named(user: Raw, asset: str) -> None:
    upload = Upload(user, user.start(asset))
    etags = [upload.put(1, b"a" * 100), upload.put(2, b"b" * 99), upload.put(4, b"d")]

    def tell(listed: list[tuple[int, str]]) -> str:
        parts = [{"partNumber": number, "etag": etag} for number, etag in listed]
        answer = user.call("POST", f"/multipart/{upload.id}", {"parts": parts}, **upload.query)
        assert answer.status == 400
        return answer.data.decode()

    assert "part 1 is missing" in tell([])
    assert "part 1 is missing" in tell([(2, etags[1])])
    assert "part 2 has 99 bytes" in tell([(1, etags[0]), (2, etags[1]), (3, "x")])
    assert "part 1 is not the one" in tell([(1, etags[1])])
    assert "part 1 is not the one" in tell([(1, "")])
    assert "once each" in tell([(1, etags[0]), (1, etags[0])])
    full = upload.put(2, b"b" * 100)
    listed = [(1, etags[0]), (2, full), (3, "x"), (4, etags[2])]
    assert "part 3 is missing" in tell(listed)
    assert "part 3 is missing" in tell(listed[:2] + listed[3:])


@pytest.mark.parametrize(
    ("number", "length"),
    [(0, 1), (-1, 1), (1, 0), (1, PART - 1), (1, PART + 1), (3, 2), (4, 1), (10_002, 1)],
)
def test_a_part_that_cannot_be_of_the_file_is_refused(
    user: Raw, asset: str, number: int, length: int
) -> None:
    upload = Upload(user, user.start(asset), **announced(bytes(2 * PART + 1)))
    assert refusal(upload.try_put(number, bytes(length))) == (400, "invalid_part")


def test_without_announcement_the_first_part_comes_first(user: Raw, asset: str) -> None:
    upload = Upload(user, user.start(asset))
    assert refusal(upload.try_put(2, b"x")) == (400, "invalid_part")
    upload.put(1, b"x")
    assert refusal(upload.try_put(2, b"xx")) == (400, "invalid_part")
    assert refusal(upload.try_put(10_002, b"x")) == (400, "invalid_part")
    upload.put(10_001, b"x")


@pytest.mark.parametrize(
    "query",
    [
        {"size": "1"},
        {"size": "-1", "sha256": "0" * 64, "partSize": "1"},
        {"size": "1", "sha256": "0" * 63, "partSize": "1"},
        {"size": "1", "sha256": "0" * 64, "partSize": "0"},
        {"size": str(2**63), "sha256": "0" * 64, "partSize": "1"},
        {"size": "20003", "sha256": "0" * 64, "partSize": "1"},
    ],
)
def test_an_announcement_that_cannot_be_is_refused(
    user: Raw, asset: str, query: dict[str, str]
) -> None:
    operation = user.start(asset)
    status, text = user.refused("POST", "/multipart", opID=operation, path="a", **query)
    assert status == 400
    assert text


def test_bad_paths_and_closed_operations_are_refused(user: Raw, asset: str) -> None:
    operation = user.start(asset)
    assert user.refused("POST", "/multipart", opID=operation, path="../a")[0] == 400
    upload = Upload(user, operation)
    etag = upload.put(1, b"x")
    upload.query["path"] = "/a"
    assert refusal(upload.try_put(1, b"x")) == (400, "invalid_path")
    assert refusal(upload.try_finish([etag])) == (400, "invalid_path")
    user.ok("DELETE", f"/operation/{operation}")
    upload.query["path"] = "a"
    assert refusal(upload.try_put(2, b"x")) == (404, "operation_not_found")
    assert refusal(upload.try_finish([etag])) == (404, "operation_not_found")
    missing = {"opID": operation, "path": "a"}
    assert user.refused("POST", "/multipart", **missing) == (404, "operation not found")


def test_bytes_that_the_hub_has_are_stored_once(user: Raw, hub: RunningHub, asset: str) -> None:
    data = os.urandom(PART)
    user.commit(asset, {"small": data})
    before = sum(1 for _ in hub.inside.blobs.list())
    operation = user.start(asset)
    upload = Upload(user, operation, **announced(data))
    upload.finish([upload.put(1, data)])
    user.finish(operation)
    assert read(user, asset) == data
    assert sum(1 for _ in hub.inside.blobs.list()) == before
    assert upload.id not in hub.inside.blobs.parts.list_uploads()


def test_a_cut_connection_leaves_the_parts_that_were_whole(
    user: Raw, hub: RunningHub, asset: str
) -> None:
    data = os.urandom(2 * PART)
    operation = user.start(asset)
    upload = Upload(user, operation, **announced(data))
    upload.put(1, data[:PART])

    def break_off() -> Any:
        yield data[PART : PART + 1000]
        raise ConnectionAbortedError

    query = f"apikey={user.key}&opID={operation}&path=big.bin&partNum=2"
    with suppress(urllib3.exceptions.ProtocolError):
        urllib3.PoolManager().request(
            "PUT",
            f"{hub.url}/apis/v1/multipart/{upload.id}?{query}",
            body=break_off(),
            headers={"Content-Length": str(PART)},
            retries=False,
        )
    again = Upload(user, operation, **announced(data))
    assert (again.id, again.there) == (upload.id, [1])
    while (answer := again.try_put(2, data[PART:])).status == 503:
        assert refusal(answer) == (503, "upload_busy")
    again.finish(["", answer.json()["etag"]])
    user.finish(operation)
    assert read(user, asset) == data


def test_an_upload_that_has_expired_is_gone(user: Raw, hub: RunningHub, asset: str) -> None:
    data = os.urandom(PART + 1)
    operation = user.start(asset)
    upload = Upload(user, operation, **announced(data))
    etag = upload.put(1, data[:PART])
    over = uploads.update().where(uploads.c.id == upload.id).values(expires=1)
    hub.inside.database.write(lambda connection: connection.execute(over).rowcount)
    assert refusal(upload.try_put(2, data[PART:])) == (404, "upload_not_found")
    assert refusal(upload.try_finish([etag])) == (404, "upload_not_found")
    assert Upload(user, operation, **announced(data)).there == []
    assert upload.id not in hub.inside.blobs.parts.list_uploads()


def test_parts_without_their_upload_are_found_and_deleted(
    user: Raw, hub: RunningHub, asset: str
) -> None:
    operation = user.start(asset)
    kept, lost = Upload(user, operation), Upload(user, operation)
    kept.put(1, b"x")
    lost.put(1, b"x")
    gone = uploads.delete().where(uploads.c.id == lost.id)
    hub.inside.database.write(lambda connection: connection.execute(gone).rowcount)
    assert drop_orphans(hub.inside) >= 1
    left = hub.inside.blobs.parts.list_uploads()
    assert kept.id in left
    assert lost.id not in left


def test_a_file_joined_but_not_noted_is_finished_when_asked_again(
    user: Raw, hub: RunningHub, asset: str
) -> None:
    """A hub that is killed between the two finds the blob in its place."""
    data = os.urandom(2 * PART)
    operation = user.start(asset)
    upload = Upload(user, operation, **announced(data))
    etags = [upload.put(number, part) for number, part in enumerate(cut(data), 1)]
    with hub.inside.database.read() as connection:
        parts = load_parts(connection, upload.id)
        query = sa.select(uploads.c.address).where(uploads.c.id == upload.id)
        address = connection.execute(query).scalar_one()
    hub.inside.blobs.parts.join(upload.id, address, parts, None)
    assert Upload(user, operation, **announced(data)).there == [1, 2]
    upload.finish(etags)
    user.finish(operation)
    assert read(user, asset) == data


def test_a_refusal_reaches_a_client_that_is_still_sending(
    user: Raw, nobody: Raw, missing: str
) -> None:
    large = bytes(20_000_000)
    target = {"opID": missing, "path": "a"}
    form, content_type = form_of({"content": large})
    headers = {"Content-Type": content_type}
    answer = user.call("PUT", "/objects", form, headers, **target)
    assert (answer.status, answer.data) == (404, b"operation not found")
    answer = user.call("PUT", f"/multipart/{missing}", large, partNum="1", **target)
    assert (answer.status, answer.data) == (404, b"operation not found")
    answer = nobody.call("PUT", f"/multipart/{missing}", large, partNum="1", **target)
    assert answer.status == 400


def test_an_upload_survives_a_killed_hub(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data")
    data = os.urandom(5 * PART + 3)
    parts = cut(data)
    process, url = start_hub(settings, tmp_path / "log")
    with process:
        inside = open_hub(settings)
        key = keys.add_key(inside, users.add_user(inside, "user"), "test")
        inside.close()
        user = Raw(url, key)
        asset = user.asset("model", "m", "m")
        operation = user.start(asset)
        begun = Upload(user, operation, **announced(data))
        for number in (1, 2, 5):
            begun.put(number, parts[number - 1])
        process.kill()
    process, url = start_hub(settings, tmp_path / "log")
    with process:
        user = Raw(url, key)
        upload = Upload(user, operation, **announced(data))
        assert (upload.id, upload.there) == (begun.id, [1, 2, 5])
        later = {number: upload.put(number, parts[number - 1]) for number in (3, 4, 6)}
        upload.finish([later.get(number, "") for number in range(1, 7)])
        user.finish(operation)
        assert read(user, asset) == data
        process.terminate()
