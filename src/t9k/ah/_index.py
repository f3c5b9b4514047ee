"""What is known of the files of one local directory, so that unchanged ones are not read again.

The idea is that of git's index: a file whose size, times and inode are as they were has the
content that it had. And as there, a time that is too young to tell two changes apart proves
nothing ("racy git", https://git-scm.com/docs/racy-git).

A directory of a million files is no reason for a million objects: all is kept in columns of bytes,
a set for each directory, as they lie in the file.
"""

from __future__ import annotations

import contextlib
import os
import threading
from itertools import chain, groupby
from typing import TYPE_CHECKING

from ._places import cache_directory, write_whole
from ._stamps import NO_STAMP, STAMP_BYTES, Stamp, pack_stamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ._stamps import Listed

_MAGIC = b"AHINDEX2"
_SUM_BYTES, _LENGTH_BYTES = 16, 8
_GENERATION_BYTES, _DIGEST_BYTES = 8, 32
_ROW_BYTES = STAMP_BYTES + _GENERATION_BYTES + _DIGEST_BYTES
_RACY_NS = 2_000_000_000
_MOST_TARGETS = 64
# The generation of what is not known.
_NEVER = (1 << 64) - 1


class Known:
    """What is known of the files of a directory: of each its stamp, its generation, its SHA-256."""

    def __init__(
        self, names: bytes, stamps: memoryview, generations: memoryview, digests: memoryview
    ) -> None:
        self.names = names
        self.stamps = stamps
        self.generations = generations
        self.digests = digests
        self._places: dict[bytes, int] | None = None

    @classmethod
    def arranged(cls, names: bytes, old: Known | None) -> Known:
        """What an older one knows of files of these names."""
        listed = names.split(b"\0")
        stamps, digests = NO_STAMP * len(listed), bytes(_DIGEST_BYTES * len(listed))
        generations = b"\xff" * (_GENERATION_BYTES * len(listed))
        made = cls(
            names,
            memoryview(bytearray(stamps)),
            memoryview(bytearray(generations)).cast("Q"),
            memoryview(bytearray(digests)),
        )
        if old is not None:
            for at, name in enumerate(listed):
                place = old.places.get(name)
                if place is not None:
                    made.put(at, old.stamp(place), old.generations[place], old.digest(place))
        return made

    @property
    def places(self) -> dict[bytes, int]:
        """At which place each name stands."""
        if self._places is None:
            self._places = {name: at for at, name in enumerate(self.names.split(b"\0"))}
        return self._places

    def stamp(self, at: int) -> bytes:
        return bytes(self.stamps[at * STAMP_BYTES : (at + 1) * STAMP_BYTES])

    def digest(self, at: int) -> bytes:
        return bytes(self.digests[at * _DIGEST_BYTES : (at + 1) * _DIGEST_BYTES])

    def put(self, at: int, stamp: bytes, generation: int, digest: bytes) -> None:
        if self.stamps.readonly:
            self.stamps = memoryview(bytearray(self.stamps))
            self.generations = memoryview(bytearray(self.generations)).cast("Q")
            self.digests = memoryview(bytearray(self.digests))
        self.stamps[at * STAMP_BYTES : (at + 1) * STAMP_BYTES] = stamp
        self.generations[at] = generation
        self.digests[at * _DIGEST_BYTES : (at + 1) * _DIGEST_BYTES] = digest

    def find(self, at: int, stamp: Stamp) -> str | None:
        """The SHA-256 of a file, None where it is unknown or may have changed."""
        return self.digest(at).hex() if self.stamp(at) == pack_stamp(stamp) else None

    def is_held(self, at: int, sha256: str, since: int) -> bool:
        """Whether a file had this content at a generation."""
        return self.generations[at] <= since and self.digest(at).hex() == sha256

    def changed(self, stamps: bytes, since: int) -> list[int]:
        """The places of the files that may not be what they were at a generation."""
        generations = self.generations
        if bytes(self.stamps) == stamps:
            if max(generations) <= since:
                return []
            return [at for at, generation in enumerate(generations) if generation > since]
        return [
            at
            for at, generation in enumerate(generations)
            if generation > since
            or self.stamp(at) != stamps[at * STAMP_BYTES : (at + 1) * STAMP_BYTES]
        ]

    def columns(self) -> Iterator[bytes | memoryview]:
        yield from (self.stamps, self.generations, self.digests, self.names)


class Index:
    """The SHA-256 of each file below a root, by its path from there. Safe to share between threads.

    A content that changed gets a new generation, so that a commit which held all of the files is
    remembered as the generation of that moment: what is younger differs from it.
    """

    def __init__(self, root: str | None = None) -> None:
        """Read what is known below a root; without one, nothing is, and nothing is kept."""
        self._root = root
        self._lock = threading.Lock()
        self._directories: dict[str, Known] = {}
        self._targets: dict[str, tuple[str, int]] = {}
        self._generation = 0
        self._next = 1
        self._changed = False
        if root is not None:
            with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
                self._read(root)

    def take(self, listed: Iterable[Listed]) -> list[Known]:
        """What is known of the files of these directories; all others are forgotten."""
        old, self._directories = self._directories, {}
        for inner, names, _ in listed:
            known = old.get(inner)
            if known is None or known.names != names:
                known = Known.arranged(names, known)
                self._changed = True
            self._directories[inner] = known
        self._changed |= len(old) != len(self._directories)
        return list(self._directories.values())

    def reserve(self, paths: Iterable[str]) -> None:
        """Make room to note what files at these paths hold, which come directory by directory."""
        for inner, some in groupby(paths, _directory_of):
            known = self._directories.get(inner)
            names = {path[len(inner) :].encode() for path in some}
            if known is not None:
                names.update(known.names.split(b"\0"))
            self._directories[inner] = Known.arranged(b"\0".join(sorted(names)), known)

    def find(self, path: str, stamp: Stamp) -> str | None:
        """The SHA-256 of a file, None where it is unknown or may have changed."""
        known, at = self._place(path)
        return known.find(at, stamp)

    def note_path(self, path: str, stamp: Stamp, sha256: str, read_at_ns: int) -> None:
        """As `note`, for a path that was reserved."""
        self.note(*self._place(path), stamp, sha256, read_at_ns)

    def note(self, known: Known, at: int, stamp: Stamp, sha256: str, read_at_ns: int) -> None:
        """Remember what a file held when it was read, at a time in nanoseconds."""
        digest = bytes.fromhex(sha256)
        young = max(stamp.mtime_ns, stamp.ctime_ns) > read_at_ns - _RACY_NS
        with self._lock:
            generation = known.generations[at]
            if generation == _NEVER or known.digest(at) != digest:
                generation = self._next
            known.put(at, NO_STAMP if young else pack_stamp(stamp), generation, digest)
            self._generation = max(self._generation, generation)
            self._changed = True

    def held_since(self, target: str, commit: str) -> int:
        """The generation at which that commit of a target held all files; 0 where it is unknown."""
        known, generation = self._targets.get(target, ("", 0))
        return generation if known == commit else 0

    def remember(self, target: str, commit: str) -> None:
        """Note that a commit of a target holds all files as they are now."""
        if self._targets.pop(target, None) != (commit, self._generation):
            self._changed = True
        self._targets[target] = (commit, self._generation)
        while len(self._targets) > _MOST_TARGETS:
            del self._targets[next(iter(self._targets))]

    def save(self) -> None:
        """Write down what changed, in one step; a cache that cannot be written is no error."""
        # A thread that was left to itself may still note what it has read.
        with self._lock:
            if self._changed and self._root is not None:
                with contextlib.suppress(OSError):
                    write_whole(_path(self._root), self._pack(self._root))
                self._changed = False

    def _place(self, path: str) -> tuple[Known, int]:
        inner = _directory_of(path)
        known = self._directories[inner]
        return known, known.places[path[len(inner) :].encode()]

    def _pack(self, root: str) -> Iterator[bytes | memoryview]:
        from hashlib import blake2b
        from json import dumps

        head = {
            "root": root,
            "generation": self._generation,
            "targets": self._targets,
            "directories": [
                (inner, len(known.generations), len(known.names))
                for inner, known in self._directories.items()
            ],
        }
        encoded = dumps(head).encode()
        digest = blake2b(digest_size=_SUM_BYTES)
        start = _MAGIC + len(encoded).to_bytes(_LENGTH_BYTES, "little") + encoded
        columns = chain.from_iterable(known.columns() for known in self._directories.values())
        for piece in chain([start], columns):
            digest.update(piece)
            yield piece
        yield digest.digest()

    def _read(self, root: str) -> None:
        from hashlib import blake2b
        from json import loads

        with open(_path(root), "rb") as file:
            content = memoryview(file.read())
        content, digest = content[:-_SUM_BYTES], content[-_SUM_BYTES:]
        if content[: len(_MAGIC)] != _MAGIC:
            raise ValueError("another format")
        if blake2b(content, digest_size=_SUM_BYTES).digest() != digest:
            raise ValueError("damaged")
        at = len(_MAGIC) + _LENGTH_BYTES
        length = int.from_bytes(content[len(_MAGIC) : at], "little")
        head = loads(bytes(content[at : at + length]))
        if head["root"] != root:
            return
        at += length
        for inner, count, size in head["directories"]:
            rows, names = content[at : at + count * _ROW_BYTES], at + count * _ROW_BYTES
            at = names + size
            stamps, digests = count * STAMP_BYTES, count * (STAMP_BYTES + _GENERATION_BYTES)
            self._directories[inner] = Known(
                bytes(content[names:at]),
                rows[:stamps],
                rows[stamps:digests].cast("Q"),
                rows[digests:],
            )
        self._targets = {key: (commit, since) for key, (commit, since) in head["targets"].items()}
        self._generation = head["generation"]
        self._next = self._generation + 1


def _directory_of(path: str) -> str:
    """All of a path up to its name."""
    return path[: path.rfind("/") + 1]


def _path(root: str) -> str:
    from hashlib import sha256

    name = sha256(os.fsencode(root)).hexdigest()[:32]
    return os.path.join(cache_directory(), "index", name)
