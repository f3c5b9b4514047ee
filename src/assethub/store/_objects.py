"""Blobs in an object store: S3, Google Cloud Storage or Azure, through obstore."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

import obstore
import obstore.store
from obstore.exceptions import BaseError

from assethub.store.blobs import (
    CHUNK_BYTES,
    QUARANTINE,
    BlobInfo,
    BlobNotFound,
    BlobWriter,
    StoreError,
    StoreFull,
    check_address,
    is_address,
    make_address,
)

# S3 takes at most 10,000 parts, so this allows blobs of 156 GiB; a writer holds up to three parts.
_PART_BYTES = 16 * 1024 * 1024
_PARTS_IN_FLIGHT = 2
# A request ends by itself after 30 s. So a read is made of small ones that do not wait for whoever
# takes the chunks.
_READ_BYTES = 8 * CHUNK_BYTES
# What S3 itself, MinIO, Ceph and others say when there is no room.
_FULL = re.compile(r"QuotaExceeded|StorageFull|InsufficientStorage|InsufficientCapacity|\b507\b")


class ObjectStore:
    """A blob store below an object store's URL."""

    def __init__(self, url: str) -> None:
        self._url = url
        with _translated(f"open the store {url}"):
            self._store = obstore.store.from_url(
                url, retry_config={"max_retries": 4, "retry_timeout": timedelta(seconds=30)}
            )

    def create(self) -> BlobWriter:
        return _ObjectWriter(self._store, self._url)

    def read(self, address: str, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        check_address(address)
        window, size = self._fetch(address, offset, length)
        end = size if length is None else min(size, offset + length)
        return self._read_chunks(address, window, offset, end)

    def local_path(self, address: str) -> None:
        check_address(address)

    def size(self, address: str) -> int:
        check_address(address)
        return self._fetch(address, 0, 0)[1]

    def delete(self, address: str) -> None:
        check_address(address)
        with _translated(f"delete blob {address}"):
            obstore.delete(self._store, address)

    def quarantine(self, address: str) -> str:
        check_address(address)
        target = f"{QUARANTINE}/{address.replace('/', '')}"
        with _translated(f"move blob {address} to {target}"):
            try:
                obstore.copy(self._store, address, target)
            except FileNotFoundError as error:
                raise BlobNotFound(f"blob {address} is not in the store") from error
            obstore.delete(self._store, address)
        return f"{self._url.rstrip('/')}/{target}"

    def list(self) -> Iterator[BlobInfo]:
        with _translated(f"list the store {self._url}"):
            for batch in obstore.list(self._store):
                for meta in batch:
                    if is_address(meta["path"]):
                        modified = meta["last_modified"].timestamp()
                        yield BlobInfo(meta["path"], meta["size"], modified)

    def check_writable(self) -> None:
        trial = f"trial/{uuid4().hex}"
        with _translated(f"write to the store {self._url}"):
            obstore.put(self._store, trial, b"trial", use_multipart=False)
            obstore.delete(self._store, trial)

    def _fetch(self, address: str, offset: int, length: int | None) -> tuple[memoryview, int]:
        """At most _READ_BYTES from offset on, and the size of the whole blob."""
        wanted = _READ_BYTES if length is None else min(length, _READ_BYTES)
        with _translated(f"read blob {address}"):
            try:
                if not wanted:
                    return memoryview(b""), obstore.head(self._store, address)["size"]
                return self._get(address, offset, offset + wanted)
            except FileNotFoundError as error:
                raise BlobNotFound(f"blob {address} is not in the store") from error

    def _get(self, address: str, start: int, end: int) -> tuple[memoryview, int]:
        try:
            result = obstore.get(self._store, address, options={"range": (start, end)})
            return memoryview(result.bytes()), result.meta["size"]
        except BaseError:
            # A start at or past the end is refused, and with it any of an empty blob.
            size = obstore.head(self._store, address)["size"]
            if start < size:
                raise
            return memoryview(b""), size

    def _read_chunks(
        self, address: str, window: memoryview, offset: int, end: int
    ) -> Iterator[bytes]:
        while window:
            for start in range(0, len(window), CHUNK_BYTES):
                yield bytes(window[start : start + CHUNK_BYTES])
            offset += len(window)
            if offset >= end:
                return
            window, _ = self._fetch(address, offset, end - offset)


class _ObjectWriter(BlobWriter):
    def __init__(self, store: obstore.store.ObjectStore, url: str) -> None:
        super().__init__(make_address())
        self._doing = f"write to the store {url}"
        with _translated(self._doing):
            self._file = obstore.open_writer(
                store, self._address, buffer_size=_PART_BYTES, max_concurrency=_PARTS_IN_FLIGHT
            )

    def _append(self, chunk: bytes | memoryview) -> None:
        with _translated(self._doing):
            self._file.write(chunk)

    def _finish(self) -> None:
        with _translated(self._doing):
            self._file.close()

    def _drop(self) -> None:
        # Leaving its `with` by an exception is how a writer of obstore is told to drop the parts.
        try:
            self._file.__exit__(StoreError, StoreError("dropped"), None)
        except (BaseError, OSError, ValueError):
            return


@contextmanager
def _translated(doing: str) -> Iterator[None]:
    try:
        yield
    except (BaseError, OSError, ValueError) as error:
        kind = StoreFull if _FULL.search(str(error)) else StoreError
        raise kind(f"cannot {doing}: {_tell(error)}") from error


def _tell(error: Exception) -> str:
    """The first line of what obstore says, without the query of a URL, which can hold a key."""
    return re.sub(r"\?\S+", "", str(error).partition("\n")[0])
