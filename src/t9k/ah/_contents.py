"""The cache that downloads may share: contents by their SHA-256, in the user's cache directory."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

from ._places import cache_directory
from ._reading import hash_path

if TYPE_CHECKING:
    from collections.abc import Iterator

# From linux/fs.h: make a file share the blocks of another, each to be copied when it is written.
_FICLONE = 0x40049409
_READ_ONLY = 0o444


class CachedContent(NamedTuple):
    """A content in the cache; `used` is when last, in seconds since the epoch."""

    sha256: str
    size: int
    used: float


def take(sha256: str, target: str) -> bool:
    """Make a file that is not there of a content in the cache; False where the cache lacks it.

    The content is checked: one that was damaged is removed, and counts as not there.
    """
    path = _path(sha256)
    try:
        if hash_path(path) != sha256:
            os.unlink(path)
            return False
        _share(path, target)
        # Set by hand, since most systems note the reading of a file once a day or never.
        os.utime(path, (time.time(), os.stat(path).st_mtime))
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(target)
        return False
    return True


def keep(sha256: str, source: str) -> None:
    """Put a file's content, which has that SHA-256, into the cache; a full disk is no error."""
    import secrets

    path = _path(sha256)
    temporary = f"{path}.{secrets.token_hex(4)}.new"
    try:
        if not os.path.exists(path):
            os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
            _share(source, temporary)
            os.replace(temporary, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(temporary)


def list_cached() -> list[CachedContent]:
    """What the cache holds, the last used first."""
    found = [
        CachedContent(entry.name, entry.stat().st_size, entry.stat().st_atime)
        for entry in _files("contents")
        if len(entry.name) == 64
    ]
    return sorted(found, key=lambda content: content.used, reverse=True)


def prune(older_than: float) -> tuple[int, int]:
    """Remove contents, and indexes of directories, that were not used for so many seconds.

    Returns how many contents went, and their bytes. Downloaded files stay.
    """
    latest = time.time() - older_than
    removed = size = 0
    for entry in _files("index"):
        if entry.stat().st_mtime <= latest:
            _remove(entry.path)
    for entry in _files("contents"):
        status = entry.stat()
        if status.st_atime <= latest and _remove(entry.path):
            removed += 1
            size += status.st_size
    return removed, size


def _path(sha256: str) -> str:
    return os.path.join(cache_directory(), "contents", sha256[:2], sha256)


def _files(kind: str) -> Iterator[os.DirEntry[str]]:
    waiting = [os.path.join(cache_directory(), kind)]
    while waiting:
        try:
            entries = list(os.scandir(waiting.pop()))
        except OSError:
            continue
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                waiting.append(entry.path)
            elif entry.is_file(follow_symlinks=False):
                yield entry


def _remove(path: str) -> bool:
    with contextlib.suppress(OSError):
        os.unlink(path)
        return True
    return False


def _share(source: str, target: str) -> None:
    """Make a second file of the same content: by reflink, else hard link, else copy.

    Two names of one file are made read-only, lest an edit through one change the other.
    """
    if _clone(source, target):
        return
    try:
        os.link(source, target)
    except OSError:
        import shutil

        shutil.copyfile(source, target)
    else:
        os.chmod(target, _READ_ONLY)


def _clone(source: str, target: str) -> bool:
    if sys.platform != "linux":
        return False
    import fcntl

    with open(source, "rb") as old, open(target, "xb") as new:
        try:
            fcntl.ioctl(new.fileno(), _FICLONE, old.fileno())
        except OSError:
            os.unlink(target)
            return False
    return True
