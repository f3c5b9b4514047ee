"""Files and directories, made durable, for the store in a local directory."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from assethub.store.blobs import DiskFailed, StoreError, StoreFull

_KINDS = {
    errno.ENOSPC: StoreFull,
    errno.EDQUOT: StoreFull,
    errno.EFBIG: StoreFull,
    errno.EIO: DiskFailed,
    # What file systems say of a wrong checksum, or of a structure that is not theirs.
    errno.EBADMSG: DiskFailed,
    errno.EUCLEAN: DiskFailed,
}


def scan(directory: str | Path | os.DirEntry[str]) -> Iterator[os.DirEntry[str]]:
    """What is in a directory; nothing where that is not there."""
    with suppress(FileNotFoundError), os.scandir(directory) as entries:
        yield from entries


def make_directory(path: Path) -> None:
    """Makes a directory and those above it, each durable when this returns."""
    if path.is_dir():
        return
    make_directory(path.parent)
    with suppress(FileExistsError):
        path.mkdir()
    sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """Makes what was created in, renamed into or removed from a directory durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Turns what the system refuses into a StoreError that says what could not be done."""
    try:
        yield
    except OSError as error:
        kind = _KINDS.get(error.errno or 0, StoreError)
        raise kind(f"cannot {doing}: {error.strerror}") from error
