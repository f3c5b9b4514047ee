"""Local files read for a commit, as they were when it was planned or not at all."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ._errors import InvalidInputError
from ._trees import reason, unfit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from io import FileIO

    from ._trees import Addition


_CHUNK_BYTES = 1 << 20


def read_file(addition: Addition) -> tuple[bytes, str]:
    """The content of a small file, and its SHA-256."""
    from hashlib import sha256

    try:
        descriptor = os.open(addition.source, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        try:
            content = os.read(descriptor, addition.stamp.size + 1)
            _check_unchanged(addition, descriptor, len(content))
        finally:
            os.close(descriptor)
    except OSError as error:
        raise unfit(addition.source, reason(error)) from error
    return content, sha256(content).hexdigest()


def hash_file(addition: Addition, check: Callable[[], None]) -> str:
    """The SHA-256 of a file of any size; `check` is called now and then and may raise."""
    try:
        with open(addition.source, "rb", buffering=0) as file:
            digest, read = _hash(file, check)
            _check_unchanged(addition, file.fileno(), read)
    except OSError as error:
        raise unfit(addition.source, reason(error)) from error
    return digest


def hash_path(path: str, check: Callable[[], None] = lambda: None) -> str:
    """The SHA-256 of what a file holds; raises OSError."""
    with open(path, "rb", buffering=0) as file:
        return _hash(file, check)[0]


def _hash(file: FileIO, check: Callable[[], None]) -> tuple[str, int]:
    """The SHA-256 of the rest of a file, and how many bytes that were."""
    from hashlib import sha256

    digest = sha256()
    buffer = memoryview(bytearray(_CHUNK_BYTES))
    read = 0
    while count := file.readinto(buffer):
        check()
        digest.update(buffer[:count])
        read += count
    return digest.hexdigest(), read


def read_range(
    addition: Addition, start: int, length: int, check: Callable[[], None]
) -> Iterator[bytes]:
    """A stretch of a file's bytes, in chunks.

    What fails is an InvalidInputError, which is not taken for a fault of the connection on its way
    up, as an OSError would be.
    """
    try:
        with open(addition.source, "rb", buffering=0) as file:
            file.seek(start)
            left = length
            while left:
                check()
                chunk = file.read(min(left, _CHUNK_BYTES))
                if not chunk:
                    raise changed(addition)
                left -= len(chunk)
                yield chunk
            _check_unchanged(addition, file.fileno(), addition.stamp.size)
    except OSError as error:
        raise unfit(addition.source, reason(error)) from error


def changed(addition: Addition) -> InvalidInputError:
    """The error for a file that is not what it was when it was looked at first."""
    shown = addition.source
    return InvalidInputError(
        f"Cannot add {shown}: it changed while it was read", code="source_changed"
    )


def _check_unchanged(addition: Addition, descriptor: int, read: int) -> None:
    status = os.fstat(descriptor)
    stamp = addition.stamp
    now = (status.st_size, status.st_mtime_ns, status.st_ino)
    if read != stamp.size or now != (stamp.size, stamp.mtime_ns, stamp.inode):
        raise changed(addition)
