"""The parts of uploads in a local directory: each in its place of one file, which becomes the blob.

So joining them copies nothing. The file is sparse until all parts are there.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Lock

from assethub.store._files import make_directory, scan, sync_directory, translated
from assethub.store._following import Follower
from assethub.store.blobs import Blob, BlobNotFound, check_address
from assethub.store.parts import (
    Part,
    PartWriter,
    check_checksum,
    check_upload,
    is_upload,
)

_DIRECTORY = "uploads"
_HASHING_THREADS = 2
# An upload that another process finishes, or nobody, leaves its hash behind here.
_MOST_FOLLOWERS = 256


class LocalParts:
    """Parts below the directory of a store, made at the first write."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._threads = ThreadPoolExecutor(_HASHING_THREADS, thread_name_prefix="upload-hashing")
        self._followers: dict[str, Follower] = {}
        self._lock = Lock()

    def write(self, upload: str, number: int, offset: int) -> PartWriter:
        return _LocalPartWriter(self._find(upload), number, offset)

    def hash_ahead(self, upload: str, parts: Sequence[Part]) -> None:
        self._follower(upload).add(parts)

    def join(self, upload: str, address: str, parts: Sequence[Part], sha256: str | None) -> Blob:
        check_address(address)
        source, target = self._find(upload), self._root / address
        size = sum(part.size for part in parts)
        with translated(f"write to the store directory {self._root}"):
            if not parts and not target.exists():
                os.close(_open(source))
            # One that was joined, but not noted as such, lies in its place already.
            path = target if target.exists() and not source.exists() else source
            try:
                found = self._follower(upload, path).finish(parts)
            except (FileNotFoundError, EOFError) as error:
                raise BlobNotFound(f"the parts of upload {upload} are not in the store") from error
            check_checksum(found, sha256)
            if path == source:
                _move(source, target, size)
        return Blob(address, size, found)

    def drop(self, upload: str) -> None:
        with self._lock:
            self._followers.pop(upload, None)
        with translated(f"delete upload {upload}"):
            self._find(upload).unlink(missing_ok=True)

    def list_uploads(self) -> set[str]:
        with translated(f"list the store directory {self._root}"):
            names = {entry.name for entry in scan(self._root / _DIRECTORY)}
        return {name for name in names if is_upload(name)}

    def _find(self, upload: str) -> Path:
        check_upload(upload)
        return self._root / _DIRECTORY / upload

    def _follower(self, upload: str, path: Path | None = None) -> Follower:
        with self._lock:
            follower = self._followers.get(upload)
            if follower is None or path not in (None, follower.path):
                follower = Follower(path or self._find(upload), self._threads)
                self._followers[upload] = follower
                if len(self._followers) > _MOST_FOLLOWERS:
                    del self._followers[next(iter(self._followers))]
            return follower


class _LocalPartWriter(PartWriter):
    def __init__(self, path: Path, number: int, offset: int) -> None:
        super().__init__(number)
        self._doing = f"write to the store directory {path.parent.parent}"
        self._position = offset
        with translated(self._doing):
            self._file = _open(path)

    def _append(self, chunk: bytes | memoryview) -> None:
        rest = memoryview(chunk).cast("B")
        with translated(self._doing):
            while rest:
                count = os.pwrite(self._file, rest, self._position)
                self._position += count
                rest = rest[count:]

    def _finish(self) -> None:
        with translated(self._doing):
            os.fdatasync(self._file)
            os.close(self._file)

    def _drop(self) -> None:
        with suppress(OSError):
            os.close(self._file)


def _open(path: Path) -> int:
    """Opens a file to write to; one that is made is durable."""
    make_directory(path.parent)
    new = not path.exists()
    file = os.open(path, os.O_WRONLY | os.O_CREAT, 0o666)
    if new:
        sync_directory(path.parent)
    return file


def _move(source: Path, target: Path, size: int) -> None:
    file = _open(source)
    try:
        os.ftruncate(file, size)
        os.fsync(file)
    finally:
        os.close(file)
    make_directory(target.parent)
    source.rename(target)
    sync_directory(target.parent)
