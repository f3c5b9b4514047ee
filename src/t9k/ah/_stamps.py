"""By what a local file is known to be unchanged, and the files of a directory with that of each."""

from __future__ import annotations

import os
import struct
from typing import NamedTuple

_STAMP = struct.Struct("<qqqQ")
STAMP_BYTES = _STAMP.size


class Stamp(NamedTuple):
    """A file's state when it was looked at: bytes, nanoseconds since the epoch, inode."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int


# No file has it.
NO_STAMP = _STAMP.pack(-1, 0, 0, 0)


def stamp_of(status: os.stat_result) -> Stamp:
    """The stamp of a file by its status."""
    return Stamp(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


def pack_status(status: os.stat_result) -> bytes:
    """The stamp of a file by its status, packed."""
    return _STAMP.pack(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


def pack_stamp(stamp: Stamp) -> bytes:
    return _STAMP.pack(*stamp)


class Listed(NamedTuple):
    """The files of one of the directories that are added; many of them take little room so.

    `inner` is the directory's path from the root, empty or ending with a slash. The `names` are
    in UTF-8, with a NUL between them; the packed `stamps` follow each other in their order.
    """

    inner: str
    names: bytes
    stamps: bytes

    def sizes(self) -> memoryview:
        """How many bytes each file has."""
        return memoryview(self.stamps).cast("q")[:: STAMP_BYTES // 8]

    def stamp(self, at: int) -> Stamp:
        return Stamp(*_STAMP.unpack_from(self.stamps, at * STAMP_BYTES))
