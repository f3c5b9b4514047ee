"""What is known of the files of one local directory, so that unchanged ones are not read again.

The idea is that of git's index: a file whose size, times and inode are as they were has the
content that it had. And as there, a time that is too young to tell two changes apart proves
nothing ("racy git", https://git-scm.com/docs/racy-git).
"""

from __future__ import annotations

import contextlib
import os
import struct
from typing import TYPE_CHECKING, NamedTuple

from ._places import cache_directory, write_whole

if TYPE_CHECKING:
    from collections.abc import Iterable

_MAGIC = b"AHINDEX1"
_SUM_BYTES = 16
_ENTRY = struct.Struct("<qqqQI32s")
_HEAD = struct.Struct("<I")
_RACY_NS = 2_000_000_000
_MOST_TARGETS = 64
_RACY = -1


class Stamp(NamedTuple):
    """By what a file is known to be unchanged: bytes, nanoseconds since the epoch, inode."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int


# The four of the stamp, the generation, the digest: as they are packed.
_Entry = tuple[int, int, int, int, int, bytes]


def stamp_of(status: os.stat_result) -> Stamp:
    """The stamp of a file by its status."""
    return Stamp(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


class Index:
    """The SHA-256 of each file below a root, by its path from there.

    A content that changed gets a new generation, so that a commit which held all of the files is
    remembered as the generation of that moment: what is younger differs from it.
    """

    def __init__(self, root: str | None = None) -> None:
        """Read what is known below a root; without one, nothing is, and nothing is kept."""
        self._root = root
        self._entries: dict[str, _Entry] = {}
        self._targets: dict[str, tuple[str, int]] = {}
        self._generation = 0
        self._next = 1
        self._changed = False
        if root is not None:
            with contextlib.suppress(OSError, ValueError, KeyError, TypeError, struct.error):
                self._read(root)

    def find(self, path: str, stamp: Stamp) -> str | None:
        """The SHA-256 of a file, None where it is unknown or may have changed."""
        entry = self._entries.get(path)
        return entry[5].hex() if entry and entry[:4] == stamp else None

    def is_unchanged(self, path: str, stamp: Stamp, since: int) -> bool:
        """Whether a file is what it was at a generation, by its stamp alone."""
        entry = self._entries.get(path)
        return entry is not None and entry[4] <= since and entry[:4] == stamp

    def note(self, path: str, stamp: Stamp, sha256: str, read_at_ns: int) -> None:
        """Remember what a file held when it was read, at a time in nanoseconds."""
        digest = bytes.fromhex(sha256)
        old = self._entries.get(path)
        if max(stamp.mtime_ns, stamp.ctime_ns) > read_at_ns - _RACY_NS:
            stamp = stamp._replace(size=_RACY)
        generation = old[4] if old and old[5] == digest else self._next
        self._entries[path] = (*stamp, generation, digest)
        self._generation = max(self._generation, generation)
        self._changed = True

    def keep_only(self, paths: Iterable[str]) -> None:
        """Forget all other files."""
        gone = self._entries.keys() - set(paths)
        for path in gone:
            del self._entries[path]
        self._changed |= bool(gone)

    def held_since(self, target: str, commit: str) -> int:
        """The generation at which that commit of a target held all files; 0 where it is unknown."""
        known, generation = self._targets.get(target, ("", 0))
        return generation if known == commit else 0

    def is_held(self, path: str, sha256: str, since: int) -> bool:
        """Whether a file had this content at a generation."""
        entry = self._entries.get(path)
        return entry is not None and entry[4] <= since and entry[5].hex() == sha256

    def remember(self, target: str, commit: str) -> None:
        """Note that a commit of a target holds all files as they are now."""
        if self._targets.pop(target, None) != (commit, self._generation):
            self._changed = True
        self._targets[target] = (commit, self._generation)
        while len(self._targets) > _MOST_TARGETS:
            del self._targets[next(iter(self._targets))]

    def save(self) -> None:
        """Write down what changed, in one step; a cache that cannot be written is no error."""
        if self._changed and self._root is not None:
            # RuntimeError: a thread that was left to itself still notes what it has read.
            with contextlib.suppress(OSError, RuntimeError):
                write_whole(_path(self._root), self._pack(self._root))
            self._changed = False

    def _pack(self, root: str) -> bytes:
        from hashlib import blake2b
        from json import dumps

        head = {"root": root, "generation": self._generation, "targets": self._targets}
        encoded = dumps(head).encode()
        rows = b"".join(_ENTRY.pack(*entry) for entry in self._entries.values())
        names = "\0".join(self._entries).encode()
        counts = _HEAD.pack(len(encoded)) + _HEAD.pack(len(self._entries))
        content = b"".join((_MAGIC, counts, encoded, rows, names))
        return content + blake2b(content, digest_size=_SUM_BYTES).digest()

    def _read(self, root: str) -> None:
        from hashlib import blake2b
        from json import loads

        with open(_path(root), "rb") as file:
            whole = file.read()
        content = memoryview(whole)[:-_SUM_BYTES]
        if blake2b(content, digest_size=_SUM_BYTES).digest() != whole[-_SUM_BYTES:]:
            raise ValueError("damaged")
        if content[: len(_MAGIC)] != _MAGIC:
            raise ValueError("another format")
        at = len(_MAGIC)
        length, count = _HEAD.unpack_from(content, at)[0], _HEAD.unpack_from(content, at + 4)[0]
        at += 2 * _HEAD.size
        head = loads(bytes(content[at : at + length]))
        at += length
        rows = content[at : at + count * _ENTRY.size]
        names = bytes(content[at + count * _ENTRY.size :]).decode().split("\0")
        if head["root"] != root:
            return
        self._entries = dict(zip(names[:count], _ENTRY.iter_unpack(rows), strict=True))
        self._targets = {key: (commit, since) for key, (commit, since) in head["targets"].items()}
        self._generation = head["generation"]
        self._next = self._generation + 1


def _path(root: str) -> str:
    from hashlib import sha256

    name = sha256(os.fsencode(root)).hexdigest()[:32]
    return os.path.join(cache_directory(), "index", name)
