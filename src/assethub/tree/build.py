"""Writing a tree: cutting sorted entries into ranges, and the root above them."""

from collections.abc import Iterable
from hashlib import sha256

from .entry import Entry, Put
from .nodes import Root, encode_range, hash_node

# A path ends its range if its SHA-256 sorts below this: 64 in 65,536, that is 1 in 1,024. The
# paths alone decide, so a set of entries has one tree. Part of the format: another value is
# another tree.
BOUNDARY = b"\x00\x40"


def ends_range(path: str) -> bool:
    """Whether a range ends after this path. Raises ValueError for a path that is not Unicode."""
    return sha256(path.encode()).digest() < BOUNDARY


class RangeWriter:
    """Takes the entries of a tree in order, puts its ranges as they fill, and then its root.

    `known` names nodes that are kept already: these are not put again.
    """

    def __init__(self, put: Put, known: Iterable[str] = ()) -> None:
        self._put = put
        self._known = set(known)
        self._root = Root()
        self._pending: list[Entry] = []
        self._last = ""

    @property
    def between_ranges(self) -> bool:
        """Whether the next entry begins a range."""
        return not self._pending

    def add(self, entry: Entry) -> None:
        """Take the next entry. ValueError unless its path comes after the one before."""
        path = entry.path
        if path <= self._last:
            if not path:
                raise ValueError("an entry has an empty path")
            raise ValueError(f"{path!r} comes after {self._last!r}: entries must be sorted, unique")
        self._last = path
        self._pending.append(entry)
        if ends_range(path):
            self._close()

    def extend(self, entries: list[Entry]) -> None:
        """Take the next entries, from one range of another tree: only the last may end a range."""
        if entries:
            self._last = entries[-1].path
            self._pending.extend(entries)
            if ends_range(self._last):
                self._close()

    def add_range(self, node: bytes, first: str, last: str, count: int, size: int) -> None:
        """Take the entries of a whole range that is encoded already; only between ranges."""
        self._root.append(self._keep(node), first, last, count, size)
        self._last = last

    def reuse(self, other: Root, start: int, stop: int) -> None:
        """Take whole ranges of another tree as they are; only between ranges."""
        self._root.extend(other, start, stop)
        self._last = other.lasts[stop - 1]

    def finish(self) -> str:
        """Put what is left and the root; the root's hash."""
        self._close()
        return self._keep(self._root.encode())

    def _close(self) -> None:
        if entries := self._pending:
            size = sum(entry.size for entry in entries)
            node = encode_range(entries)
            self.add_range(node, entries[0].path, entries[-1].path, len(entries), size)
            self._pending = []

    def _keep(self, node: bytes) -> str:
        name = hash_node(node)
        if name not in self._known:
            self._known.add(name)
            self._put(name, node)
        return name


def write_tree(entries: Iterable[Entry], put: Put) -> str:
    """Write a tree of these entries, read as a stream; the hash of its root.

    Raises ValueError where they are not sorted by path (as UTF-8 bytes sort, which is how Python
    compares text), where a path comes twice, and for an entry that no node can hold.
    """
    writer = RangeWriter(put)
    for entry in entries:
        writer.add(entry)
    return writer.finish()
