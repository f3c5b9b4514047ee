"""Every blob store keeps what it is given, in part or whole, and nothing that was not committed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
import urllib3

from assethub.store.blobs import (
    Blob,
    BlobNotFound,
    BlobStore,
    StoreError,
    StoreFull,
    open_store,
)

MIB = 1024 * 1024
ABSENT = "00/" + "0" * 30


@pytest.fixture(params=["local", "s3"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "s3":
        return request.getfixturevalue("s3_store_url")
    return str(tmp_path / "store")


@pytest.fixture
def store(store_url: str) -> BlobStore:
    return open_store(store_url)


def put(store: BlobStore, data: bytes) -> Blob:
    with store.create() as writer:
        writer.write(data)
        return writer.commit()


def get(store: BlobStore, address: str, offset: int = 0, length: int | None = None) -> bytes:
    return b"".join(store.read(address, offset, length))


def test_a_blob_reads_back_as_it_was_written(store: BlobStore) -> None:
    with store.create() as writer:
        writer.write(b"one ")
        writer.write(memoryview(b"two"))
        writer.write(b"")
        blob = writer.commit()
    assert blob.size == 7
    assert blob.sha256 == sha256(b"one two").hexdigest()
    assert get(store, blob.address) == b"one two"


def test_the_same_bytes_twice_are_two_blobs(store: BlobStore) -> None:
    first, second = put(store, b"same"), put(store, b"same")
    assert first.address != second.address
    assert first.sha256 == second.sha256


def test_a_copy_has_the_address_that_it_is_given_and_replaces_what_was_there(
    store: BlobStore,
) -> None:
    address = "ab/" + "0" * 30
    for data in (b"first", b"second"):
        with store.create(address) as writer:
            writer.write(data)
            assert writer.commit().address == address
    assert get(store, address) == b"second"
    assert [blob.address for blob in store.list()] == [address]
    with pytest.raises(StoreError):
        store.create("../elsewhere")


def test_an_empty_blob_is_kept(store: BlobStore) -> None:
    with store.create() as writer:
        blob = writer.commit()
    assert blob.size == 0
    assert blob.sha256 == sha256().hexdigest()
    assert get(store, blob.address) == b""
    assert get(store, blob.address, 0, 5) == b""
    assert [info.size for info in store.list()] == [0]


@pytest.mark.parametrize(
    ("offset", "length", "expected"),
    [
        (0, None, b"0123456789"),
        (3, None, b"3456789"),
        (3, 4, b"3456"),
        (9, 1, b"9"),
        (0, 0, b""),
        (4, 0, b""),
        (8, 100, b"89"),
        (10, None, b""),
        (10, 5, b""),
        (99, 1, b""),
    ],
)
def test_a_range_is_what_a_slice_would_be(
    store: BlobStore, offset: int, length: int | None, expected: bytes
) -> None:
    assert get(store, put(store, b"0123456789").address, offset, length) == expected


def test_a_large_blob_streams_in_and_out(store: BlobStore) -> None:
    """20 MiB and a bit: two parts on S3, and three requests to read."""
    piece = os.urandom(MIB + 1)
    with store.create() as writer:
        for _ in range(20):
            writer.write(piece)
        blob = writer.commit()
    assert blob.size == 20 * len(piece)
    chunks = list(store.read(blob.address))
    assert all(type(chunk) is bytes and 0 < len(chunk) <= MIB for chunk in chunks)
    assert sha256(b"".join(chunks)).hexdigest() == blob.sha256
    across = get(store, blob.address, len(piece) - 10, 10 * MIB)
    assert sha256(across).digest() == sha256((piece * 12)[len(piece) - 10 :][: 10 * MIB]).digest()


def test_a_blob_of_exactly_one_request_reads_back(store: BlobStore) -> None:
    blob = put(store, bytes(8 * MIB))
    assert get(store, blob.address) == bytes(8 * MIB)


def test_an_uncommitted_blob_leaves_nothing(store: BlobStore) -> None:
    with store.create() as writer:
        writer.write(b"x" * MIB)
    with suppress(ZeroDivisionError), store.create() as writer:
        writer.write(b"x")
        raise ZeroDivisionError
    assert list(store.list()) == []


def test_an_aborted_local_blob_leaves_no_file(tmp_path: Path) -> None:
    with open_store(str(tmp_path)).create() as writer:
        writer.write(b"x")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_an_aborted_multipart_upload_is_dropped(s3_store_url: str, s3_bucket: str) -> None:
    with open_store(s3_store_url).create() as writer:
        for _ in range(17):
            writer.write(bytes(MIB))
        assert b"<Upload>" in urllib3.request("GET", f"{s3_bucket}?uploads").data
    assert b"<Upload>" not in urllib3.request("GET", f"{s3_bucket}?uploads").data


def test_a_blob_is_not_listed_before_its_commit(store: BlobStore) -> None:
    with store.create() as writer:
        writer.write(b"x")
        assert list(store.list()) == []
        blob = writer.commit()
        assert [info.address for info in store.list()] == [blob.address]


def test_an_ended_writer_takes_no_more(store: BlobStore) -> None:
    with store.create() as writer:
        writer.write(b"x")
        blob = writer.commit()
        with pytest.raises(StoreError, match="already"):
            writer.write(b"y")
        with pytest.raises(StoreError, match="already"):
            writer.commit()
        writer.abort()
    assert get(store, blob.address) == b"x"


def test_a_listing_has_every_blob_with_its_size_and_time(store: BlobStore) -> None:
    before = time.time()
    blobs = {put(store, b"x" * size).address: size for size in range(5)}
    listed = list(store.list())
    assert {info.address: info.size for info in listed} == blobs
    # S3 tells whole seconds only.
    assert all(before - 2 < info.modified < time.time() + 2 for info in listed)


def test_a_store_that_was_never_written_to_is_empty(store: BlobStore) -> None:
    assert list(store.list()) == []


def test_a_deleted_blob_is_gone_and_deleting_again_is_no_error(store: BlobStore) -> None:
    blob, other = put(store, b"x"), put(store, b"y")
    store.delete(blob.address)
    store.delete(blob.address)
    store.delete(ABSENT)
    assert [info.address for info in store.list()] == [other.address]
    with pytest.raises(BlobNotFound):
        store.read(blob.address)


@pytest.mark.parametrize(("offset", "length"), [(0, None), (5, 2), (0, 0)])
def test_a_blob_that_is_not_there_is_said_before_the_first_chunk(
    store: BlobStore, offset: int, length: int | None
) -> None:
    with pytest.raises(BlobNotFound, match=ABSENT):
        store.read(ABSENT, offset, length)


@pytest.mark.parametrize("address", ["", "..", "../" + "0" * 30, "/etc/passwd", "00/" + "G" * 30])
def test_only_addresses_are_looked_up(store: BlobStore, address: str) -> None:
    uses: list[Callable[[str], object]] = [store.read, store.delete, store.local_path]
    for use in uses:
        with pytest.raises(StoreError, match="not the address"):
            use(address)


def test_many_threads_write_and_read_at_once(store: BlobStore) -> None:
    contents = [os.urandom(1000 + number) for number in range(60)]
    with ThreadPoolExecutor(12) as pool:
        blobs = list(pool.map(lambda data: put(store, data), contents))
        read = list(pool.map(lambda blob: get(store, blob.address), blobs))
    assert read == contents
    assert {info.address for info in store.list()} == {blob.address for blob in blobs}


def test_a_second_store_at_the_same_place_sees_the_blobs(store: BlobStore, store_url: str) -> None:
    blob = put(store, b"x")
    assert get(open_store(store_url), blob.address) == b"x"


def test_a_writable_store_passes_its_check_and_stays_empty(store: BlobStore) -> None:
    store.check_writable()
    assert list(store.list()) == []


def test_a_local_blob_is_a_plain_file(tmp_path: Path) -> None:
    store = open_store((tmp_path / "a b").as_uri())
    path = store.local_path(put(store, b"x").address)
    assert path is not None
    assert path.read_bytes() == b"x"
    assert path.is_relative_to(tmp_path / "a b")
    with pytest.raises(BlobNotFound):
        store.local_path(ABSENT)


def test_an_object_store_has_no_local_files(s3_store_url: str) -> None:
    store = open_store(s3_store_url)
    assert store.local_path(put(store, b"x").address) is None


def test_a_directory_below_a_file_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file" / "store"):
        store = open_store(str(path))
        with pytest.raises(StoreError, match=f"cannot write to the store directory {path}: "):
            store.check_writable()


def test_a_bucket_that_is_not_there_is_refused_by_name(s3_environment: str) -> None:
    with pytest.raises(StoreError, match="cannot write to the store s3://no-such-bucket: "):
        open_store("s3://no-such-bucket").check_writable()


def test_a_full_directory_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(str(tmp_path))

    def run_out(descriptor: int) -> None:
        raise OSError(28, os.strerror(28))

    with store.create() as writer:
        writer.write(b"x")
        monkeypatch.setattr(os, "fsync", run_out)
        with pytest.raises(StoreFull, match="No space left"):
            writer.commit()
    assert list(store.list()) == []


def test_an_object_store_over_its_quota_says_so(
    s3_environment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Refusal(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(403)
            self.end_headers()
            self.wfile.write(b"<Error><Code>QuotaExceeded</Code></Error>")

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Refusal) as server:
        Thread(target=server.serve_forever).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        try:
            with pytest.raises(StoreFull, match="s3://bucket"):
                put(open_store("s3://bucket"), b"x")
        finally:
            server.shutdown()


@pytest.mark.parametrize("url", ["ftp://host/x", "https://host/x", "memory:///", "s3://"])
def test_a_url_of_no_known_store_is_refused(url: str) -> None:
    with pytest.raises(StoreError, match=url.partition(":")[0]):
        open_store(url)


KILLED = """
import sys
from assethub.store.blobs import open_store
with open_store(sys.argv[1]).create() as writer:
    writer.write(b"x" * 100_000)
    print("written", flush=True)
    sys.stdin.read()
"""


def test_a_killed_writer_leaves_no_blob_and_its_file_goes_in_time(tmp_path: Path) -> None:
    command = [sys.executable, "-c", KILLED, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"written\n"
        process.send_signal(signal.SIGKILL)
    store = open_store(str(tmp_path))
    assert list(store.list()) == []

    def left() -> list[Path]:
        return [path for path in tmp_path.rglob("*") if path.is_file()]

    store.check_writable()
    (file,) = left()
    os.utime(file, (0, time.time() - 2 * 24 * 3600))
    store.check_writable()
    assert left() == []
