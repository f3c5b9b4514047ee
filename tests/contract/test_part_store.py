"""Every blob store makes one blob of parts that come in any order."""

import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import pytest

from assethub.store.blobs import BlobNotFound, BlobStore, StoreError, make_address, open_store
from assethub.store.parts import Part, WrongChecksum

SIZE = 100_000


@pytest.fixture(params=["local", "s3"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "s3":
        return request.getfixturevalue("s3_store_url")
    return str(tmp_path / "store")


@pytest.fixture
def store(store_url: str) -> BlobStore:
    return open_store(store_url)


@pytest.fixture
def upload() -> str:
    return str(uuid4())


def make_pieces(count: int) -> list[bytes]:
    """Pieces of SIZE bytes, and a last one that is short."""
    return [random.randbytes(SIZE if n < count - 1 else 77) for n in range(count)]


def put(store: BlobStore, upload: str, number: int, data: bytes) -> Part:
    with store.parts.write(upload, number, (number - 1) * SIZE) as writer:
        writer.write(data[:1000])
        writer.write(memoryview(data)[1000:])
        part = writer.commit()
    store.parts.hash_ahead(upload, [part])
    return part


def get(store: BlobStore, address: str) -> bytes:
    return b"".join(store.read(address))


@pytest.mark.parametrize("order", [[1, 2, 3, 4], [4, 3, 2, 1], [2, 4, 1, 3]])
def test_parts_in_any_order_make_a_blob(store: BlobStore, upload: str, order: list[int]) -> None:
    pieces = make_pieces(4)
    parts = {number: put(store, upload, number, pieces[number - 1]) for number in order}
    whole, address = b"".join(pieces), make_address()
    assert list(store.list()) == []
    blob = store.parts.join(upload, address, sorted(parts.values()), sha256(whole).hexdigest())
    assert blob == (address, len(whole), sha256(whole).hexdigest())
    assert get(store, address) == whole
    assert [info.address for info in store.list()] == [address]


def test_parts_that_come_at_once_make_a_blob(store: BlobStore, upload: str) -> None:
    pieces = make_pieces(12)
    with ThreadPoolExecutor(4) as threads:
        numbers = range(1, 13)
        parts = list(threads.map(lambda n: put(store, upload, n, pieces[n - 1]), numbers))
    blob = store.parts.join(upload, make_address(), parts, None)
    assert blob.sha256 == sha256(b"".join(pieces)).hexdigest()
    assert get(store, blob.address) == b"".join(pieces)


def test_no_parts_make_an_empty_blob(store: BlobStore, upload: str) -> None:
    blob = store.parts.join(upload, make_address(), [], sha256().hexdigest())
    assert (blob.size, get(store, blob.address)) == (0, b"")


def test_a_part_written_anew_counts_as_it_is_then(store: BlobStore, upload: str) -> None:
    pieces, other = make_pieces(3), random.randbytes(SIZE)
    first = put(store, upload, 1, other)
    rest = [put(store, upload, 2, pieces[1]), put(store, upload, 3, pieces[2])]
    again = put(store, upload, 1, pieces[0])
    assert again.etag != first.etag
    blob = store.parts.join(upload, make_address(), [again, *rest], None)
    assert blob.sha256 == sha256(b"".join(pieces)).hexdigest()
    assert get(store, blob.address) == b"".join(pieces)


def test_parts_after_the_last_that_is_joined_are_left_out(store: BlobStore, upload: str) -> None:
    pieces = make_pieces(3)
    parts = [put(store, upload, number, piece) for number, piece in enumerate(pieces, 1)]
    blob = store.parts.join(upload, make_address(), parts[:2], None)
    assert get(store, blob.address) == b"".join(pieces[:2])


def test_another_process_joins_what_this_one_took_in(
    store: BlobStore, store_url: str, upload: str
) -> None:
    pieces = make_pieces(3)
    parts = [put(store, upload, number, piece) for number, piece in enumerate(pieces, 1)]
    blob = open_store(store_url).parts.join(upload, make_address(), parts, None)
    assert blob.sha256 == sha256(b"".join(pieces)).hexdigest()


def test_joining_again_gives_the_same_blob(store: BlobStore, store_url: str, upload: str) -> None:
    parts = [put(store, upload, number, piece) for number, piece in enumerate(make_pieces(2), 1)]
    address = make_address()
    blob = store.parts.join(upload, address, parts, None)
    assert store.parts.join(upload, address, parts, blob.sha256) == blob
    assert open_store(store_url).parts.join(upload, address, parts, None) == blob


def test_what_is_not_as_announced_is_no_blob(store: BlobStore, upload: str) -> None:
    part = put(store, upload, 1, b"a" * SIZE)
    with pytest.raises(WrongChecksum, match="announced"):
        store.parts.join(upload, make_address(), [part], "0" * 64)
    assert list(store.list()) == []


def test_lost_parts_are_told(store: BlobStore, upload: str) -> None:
    part = put(store, upload, 1, b"a" * SIZE)
    store.parts.drop(upload)
    with pytest.raises(BlobNotFound, match=upload):
        store.parts.join(upload, make_address(), [part], None)
    assert list(store.list()) == []


def test_an_uncommitted_part_is_none(store: BlobStore, upload: str) -> None:
    kept = put(store, upload, 1, b"a" * SIZE)
    with suppress(ZeroDivisionError), store.parts.write(upload, 2, SIZE) as writer:
        writer.write(b"b" * SIZE)
        raise ZeroDivisionError
    blob = store.parts.join(upload, make_address(), [kept], None)
    assert get(store, blob.address) == b"a" * SIZE


def test_dropping_leaves_nothing_and_may_be_repeated(store: BlobStore, upload: str) -> None:
    other = str(uuid4())
    put(store, upload, 1, b"a" * SIZE)
    put(store, upload, 2, b"b")
    put(store, other, 1, b"c")
    assert store.parts.list_uploads() == {upload, other}
    store.parts.drop(upload)
    store.parts.drop(upload)
    assert store.parts.list_uploads() == {other}


@pytest.mark.parametrize("name", ["", "..", "../x", "a" * 36, "A" * 36])
def test_what_is_no_upload_is_refused(store: BlobStore, name: str) -> None:
    with pytest.raises(StoreError, match="not the id of an upload"):
        store.parts.write(name, 1, 0)
    with pytest.raises(StoreError, match="not the id of an upload"):
        store.parts.drop(name)


def test_a_part_of_many_pieces_of_an_object_store_is_whole(store: BlobStore, upload: str) -> None:
    data = random.randbytes(20_000_000)
    with store.parts.write(upload, 1, 0) as writer:
        for start in range(0, len(data), 1 << 20):
            writer.write(data[start : start + (1 << 20)])
        part = writer.commit()
    blob = store.parts.join(upload, make_address(), [part], None)
    assert blob.sha256 == sha256(data).hexdigest()
