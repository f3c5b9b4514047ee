"""Blobs as plain files in a local directory."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from assethub.store._files import make_directory, scan, sync_directory, translated
from assethub.store._local_parts import LocalParts
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

# A writer that was killed leaves its file here. No living one goes a day without writing to its.
_ASIDE = "incoming"
_ASIDE_SECONDS = 24 * 3600


class LocalStore:
    """A blob store in a directory, made at the first write."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._parts = LocalParts(root)

    @property
    def parts(self) -> LocalParts:
        return self._parts

    def create(self, address: str | None = None) -> BlobWriter:
        address = address or make_address()
        check_address(address)
        return _LocalWriter(self._root, address)

    def read(self, address: str, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        with translated(f"read blob {address}"):
            chunks = _read_chunks(self.local_path(address), offset, length)
            next(chunks)
        return chunks

    def local_path(self, address: str) -> Path:
        path = self._find(address)
        with translated(f"read blob {address}"):
            if not path.is_file():
                raise BlobNotFound(f"blob {address} is not in the store")
        return path

    def size(self, address: str) -> int:
        path = self.local_path(address)
        with translated(f"read blob {address}"):
            return path.stat().st_size

    def delete(self, address: str) -> None:
        with translated(f"delete blob {address}"):
            self._find(address).unlink(missing_ok=True)

    def quarantine(self, address: str) -> str:
        source = self.local_path(address)
        target = self._root / QUARANTINE / address.replace("/", "")
        with translated(f"move blob {address} to {target}"):
            make_directory(target.parent)
            source.rename(target)
            sync_directory(target.parent)
        return str(target)

    def list(self) -> Iterator[BlobInfo]:
        with translated(f"list the store directory {self._root}"):
            for shard in scan(self._root):
                if shard.is_dir():
                    for entry in scan(shard):
                        yield from _describe(shard.name, entry)

    def check_writable(self) -> None:
        with self.create() as writer:
            writer.write(b"trial")
        self._clear_aside()

    def _find(self, address: str) -> Path:
        check_address(address)
        return self._root / address

    def _clear_aside(self) -> None:
        oldest = time.time() - _ASIDE_SECONDS
        with translated(f"clear the store directory {self._root / _ASIDE}"):
            for entry in scan(self._root / _ASIDE):
                with suppress(FileNotFoundError):
                    if entry.stat().st_mtime < oldest:
                        os.unlink(entry)


class _LocalWriter(BlobWriter):
    def __init__(self, root: Path, address: str) -> None:
        super().__init__(address)
        self._root = root
        # Of its own: one that was killed at the same address may have left a file.
        self._aside = root / _ASIDE / uuid4().hex
        with self._translated():
            make_directory(self._aside.parent)
            self._file = self._aside.open("xb", buffering=0)

    def _append(self, chunk: bytes | memoryview) -> None:
        rest = memoryview(chunk).cast("B")
        with self._translated():
            while rest:
                rest = rest[self._file.write(rest) :]

    def _finish(self) -> None:
        target = self._root / self._address
        with self._translated():
            os.fsync(self._file.fileno())
            self._file.close()
            make_directory(target.parent)
            self._aside.rename(target)
            sync_directory(target.parent)

    def _drop(self) -> None:
        with suppress(OSError):
            self._file.close()
        with suppress(OSError):
            self._aside.unlink(missing_ok=True)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        with translated(f"write to the store directory {self._root}"):
            yield


def _read_chunks(path: Path, offset: int, length: int | None) -> Iterator[bytes]:
    """Yields an empty chunk once the file is open, then its bytes."""
    rest = length
    with path.open("rb", buffering=0) as file, translated(f"read {path}"):
        yield b""
        file.seek(offset)
        while chunk := file.read(CHUNK_BYTES if rest is None else min(rest, CHUNK_BYTES)):
            yield chunk
            if rest is not None:
                rest -= len(chunk)


def _describe(shard: str, entry: os.DirEntry[str]) -> Iterator[BlobInfo]:
    address = f"{shard}/{entry.name}"
    if is_address(address):
        # It may have been deleted since the directory was read.
        with suppress(FileNotFoundError):
            status = entry.stat()
            yield BlobInfo(address, status.st_size, status.st_mtime)
