"""What a disk may hold after its power is cut: what was synced, and of the rest nothing or some.

A program runs with `c/power.c` loaded before the C library, which notes all that it asks of a
directory. From that, and a copy of the directory from before, `Disk` works out the rest. A file's
bytes last once a sync of the file has ended; a name once one of its directory has, as POSIX has it.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Union

_BLOCK = 4096


class Change(NamedTuple):
    """Bytes written at an offset; or, without bytes, the file cut or filled up to there."""

    offset: int
    data: bytes | None

    def apply(self, content: bytearray) -> None:
        if self.data is None:
            del content[self.offset :]
        end = self.offset + len(self.data or b"")
        content.extend(bytes(max(end - len(content), 0)))
        content[self.offset : end] = self.data or b""

    def torn(self) -> Iterator["Change"]:
        """The blocks of a disk that it touches, each of which may get there alone."""
        if self.data is None:
            yield self
            return
        start = self.offset
        while start < self.offset + len(self.data):
            end = min((start // _BLOCK + 1) * _BLOCK, self.offset + len(self.data))
            yield Change(start, self.data[start - self.offset : end - self.offset])
            start = end


@dataclass
class File:
    content: bytearray = field(default_factory=bytearray)
    pending: list[Change] = field(default_factory=list)

    def sync(self, count: int) -> None:
        """Makes the first changes that wait last."""
        for change in self.pending[:count]:
            change.apply(self.content)
        del self.pending[:count]

    def survive(self, luck: random.Random | None) -> bytes:
        content = bytearray(self.content)
        if luck is not None:
            for change in self.pending:
                for block in change.torn():
                    if luck.random() < 0.5:
                        block.apply(content)
        return bytes(content)


Node = Union["Directory", File]


class Naming(NamedTuple):
    """A name given to a node, or taken away where that is None."""

    name: str
    node: Node | None

    def apply(self, entries: dict[str, Node]) -> None:
        if self.node is None:
            entries.pop(self.name, None)
        else:
            entries[self.name] = self.node


@dataclass
class Directory:
    """`entries` last; `live` is what the program sees."""

    entries: dict[str, Node] = field(default_factory=dict)
    live: dict[str, Node] = field(default_factory=dict)
    pending: list[Naming] = field(default_factory=list)

    def name(self, name: str, node: Node | None) -> None:
        naming = Naming(name, node)
        naming.apply(self.live)
        self.pending.append(naming)

    def sync(self, count: int) -> None:
        for naming in self.pending[:count]:
            naming.apply(self.entries)
        del self.pending[:count]

    def survive(self, luck: random.Random | None) -> dict[str, Node]:
        """Names reach a disk in the order in which they were given."""
        entries = dict(self.entries)
        if luck is not None:
            for naming in self.pending[: luck.randint(0, len(self.pending))]:
                naming.apply(entries)
        return entries


class Disk:
    """A directory as it was, and what has been asked of it since."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._top = _load(root)
        self._open: dict[int, Node] = {}
        self._begun: dict[tuple[int, int], int] = {}
        self.syncs = 0

    def replay(self, journal: bytes) -> None:
        place = 0
        while (end := journal.find(b"\n", place)) >= 0:
            kind, _, rest = journal[place:end].decode().partition(" ")
            place = end + 1
            if kind == "W":
                serial, offset, size = map(int, rest.split())
                self._change(serial, Change(offset, journal[place : place + size]))
                place += size
            elif kind == "T":
                serial, size = map(int, rest.split())
                self._change(serial, Change(size, None))
            elif kind in ("B", "E"):
                self._sync(kind, int(rest))
            elif kind == "O":
                number, _, path = rest.partition(" ")
                self._open[int(number)] = self._find(path)
            elif kind == "R":
                old, _, new = rest.partition("\t")
                node = self._find(old)
                self._name(new, node)
                self._name(old, None)
            else:
                self._name(rest, None if kind == "U" else Directory())

    def cut(self, target: Path, luck: random.Random | None) -> None:
        """Writes what the disk holds after the cut: what was synced, and by luck some more."""
        _store(self._top, target, luck)

    def _change(self, serial: int, change: Change) -> None:
        node = self._open[serial]
        assert isinstance(node, File)
        node.pending.append(change)

    def _sync(self, kind: str, serial: int) -> None:
        """What waited when a sync began lasts when it ends.

        Syncs of one open file by two threads may lie within each other: the first to begin counts.
        """
        node = self._open[serial]
        key = serial, id(node)
        if kind == "B":
            self._begun.setdefault(key, len(node.pending))
        elif key in self._begun:
            node.sync(min(self._begun.pop(key), len(node.pending)))
            self.syncs += 1

    def _find(self, path: str) -> Node:
        """The node at a path; a new file where there is none."""
        if path == str(self._root):
            return self._top
        parent, name = self._parent(path)
        if name not in parent.live:
            parent.name(name, File())
        return parent.live[name]

    def _name(self, path: str, node: Node | None) -> None:
        parent, name = self._parent(path)
        parent.name(name, node)

    def _parent(self, path: str) -> tuple[Directory, str]:
        *above, name = Path(path).relative_to(self._root).parts
        node = self._top
        for step in above:
            found = node.live[step]
            assert isinstance(found, Directory)
            node = found
        return node, name


def _load(root: Path) -> Directory:
    entries: dict[str, Node] = {
        each.name: _load(each) if each.is_dir() else File(bytearray(each.read_bytes()))
        for each in root.iterdir()
    }
    return Directory(dict(entries), dict(entries))


def _store(directory: Directory, target: Path, luck: random.Random | None) -> None:
    target.mkdir()
    for name, node in directory.survive(luck).items():
        if isinstance(node, Directory):
            _store(node, target / name, luck)
        else:
            (target / name).write_bytes(node.survive(luck))
