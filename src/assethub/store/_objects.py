"""Blobs in an object store: S3, Google Cloud Storage or Azure, through obstore."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import obstore
import obstore.store
from obstore.exceptions import BaseError

from assethub.store._object_parts import ObjectParts
from assethub.store._obstore import READ_BYTES, ObjectFile, translated
from assethub.store.blobs import (
    CHUNK_BYTES,
    QUARANTINE,
    BlobInfo,
    BlobNotFound,
    BlobWriter,
    check_address,
    is_address,
    make_address,
)

# This allows blobs of 156 GiB.
_PIECE_BYTES = 16 * 1024 * 1024
_PIECES_IN_FLIGHT = 2


class ObjectStore:
    """A blob store below an object store's URL."""

    def __init__(self, url: str) -> None:
        self._url = url
        with translated(f"open the store {url}"):
            self._store = obstore.store.from_url(
                url, retry_config={"max_retries": 4, "retry_timeout": timedelta(seconds=30)}
            )
        self._parts = ObjectParts(self._store, url, self.create)

    @property
    def parts(self) -> ObjectParts:
        return self._parts

    def create(self, address: str | None = None) -> BlobWriter:
        address = address or make_address()
        check_address(address)
        return _ObjectWriter(self._store, self._url, address)

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
        with translated(f"delete blob {address}"):
            obstore.delete(self._store, address)

    def quarantine(self, address: str) -> str:
        check_address(address)
        target = f"{QUARANTINE}/{address.replace('/', '')}"
        with translated(f"move blob {address} to {target}"):
            try:
                obstore.copy(self._store, address, target)
            except FileNotFoundError as error:
                raise BlobNotFound(f"blob {address} is not in the store") from error
            obstore.delete(self._store, address)
        return f"{self._url.rstrip('/')}/{target}"

    def list(self) -> Iterator[BlobInfo]:
        with translated(f"list the store {self._url}"):
            for batch in obstore.list(self._store):
                for meta in batch:
                    if is_address(meta["path"]):
                        modified = meta["last_modified"].timestamp()
                        yield BlobInfo(meta["path"], meta["size"], modified)

    def check_writable(self) -> None:
        trial = f"trial/{uuid4().hex}"
        with translated(f"write to the store {self._url}"):
            obstore.put(self._store, trial, b"trial", use_multipart=False)
            obstore.delete(self._store, trial)

    def _fetch(self, address: str, offset: int, length: int | None) -> tuple[memoryview, int]:
        """At most READ_BYTES from offset on, and the size of the whole blob."""
        wanted = READ_BYTES if length is None else min(length, READ_BYTES)
        with translated(f"read blob {address}"):
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
    def __init__(self, store: obstore.store.ObjectStore, url: str, address: str) -> None:
        super().__init__(address)
        self._file = ObjectFile(
            store, url, address, piece_bytes=_PIECE_BYTES, in_flight=_PIECES_IN_FLIGHT
        )

    def _append(self, chunk: bytes | memoryview) -> None:
        self._file.write(chunk)

    def _finish(self) -> None:
        self._file.close()

    def _drop(self) -> None:
        self._file.drop()
