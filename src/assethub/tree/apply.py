"""Applying changes to a tree: only the ranges they touch are read and written."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from .build import RangeWriter, ends_range
from .entry import Entry, Load, Put, same_content
from .nodes import Range
from .read import read_range, read_root
from .spans import PrefixSet, span_of
from .splice import splice_range

_Change = tuple[str, Entry | None]
# Up to so many changes of a range its other entries are copied as bytes, not unpacked.
_FEW = 64


def apply_changes(
    load: Load,
    put: Put,
    root: str,
    changes: Iterable[tuple[str, Entry | None]],
    delete_prefixes: Sequence[str] = (),
) -> str:
    """Change the tree at `root`; the hash of the new root, `root` itself where nothing changed.

    `changes` are pairs of a path and its new entry, or None to delete it, sorted by path, each
    path once; they are read as a stream. All below `delete_prefixes` is deleted first, but for
    the paths that `changes` puts. Deleting what is not there is no error. A put of the checksum
    and content type that the path has in `root` keeps its entry there with its older time.

    The result is the tree that `write_tree` makes of the resulting entries. Raises ValueError for
    changes that are not sorted or that no node can hold, and CorruptNode. What was put before an
    error is not part of any tree.
    """
    old = read_root(load, root)
    writer = RangeWriter(put, [root, *old.hashes])
    doomed = PrefixSet(delete_prefixes)
    struck = [i for prefix in doomed.prefixes for i in range(*old.select(span_of(prefix)))]
    # A last range without a boundary is open: what is added behind it belongs to it.
    closed = len(old) if not old.lasts or ends_range(old.lasts[-1]) else len(old) - 1
    stream = _ChangeStream(changes)
    index = 0
    while index < len(old):
        changed = len(old) if stream.head is None else min(old.seek(stream.head, index), closed)
        next_struck = bisect_left(struck, index)
        touched = min(changed, *struck[next_struck : next_struck + 1], len(old))
        if index < touched and writer.between_ranges:
            writer.reuse(old, index, touched)
            index = touched
            continue
        if changed == index or not doomed.covers(old.firsts[index], old.lasts[index]):
            limit = old.lasts[index] if index < closed else None
            node = read_range(load, old.hashes[index])
            alone = index < closed and [index] != struck[next_struck : next_struck + 1]
            _change(node, stream.take(limit), doomed, writer, alone)
        index += 1
    for _, entry in stream.take(None):
        if entry is not None:
            writer.add(entry)
    return writer.finish()


def _change(
    old: Range, changes: Iterator[_Change], doomed: PrefixSet, writer: RangeWriter, alone: bool
) -> None:
    """Hand the writer a range with the changes that fall into it, the cheaper way if it can be.

    `alone` says that it ends at a boundary and that no prefix strikes it.
    """
    few = list(islice(changes, _FEW + 1)) if alone and writer.between_ranges else []
    spliced = splice_range(old, few) if 0 < len(few) <= _FEW else None
    if spliced is not None:
        writer.add_range(*spliced)
    else:
        _rewrite(old, chain(few, changes), doomed, writer)


def _rewrite(
    old: Range, changes: Iterable[_Change], doomed: PrefixSet, writer: RangeWriter
) -> None:
    """Hand the writer the entries of a range with the changes that fall into it."""
    entries = old.entries(0, len(old))
    position = 0
    for path, new in changes:
        found = bisect_left(old.paths, path, position)
        writer.extend(doomed.spare(entries[position:found]))
        position = found
        if found < len(entries) and entries[found].path == path:
            position += 1
            if same_content(entries[found], new):
                new = entries[found]
        if new is not None:
            writer.add(new)
    writer.extend(doomed.spare(entries[position:]))


class _ChangeStream:
    """Sorted changes, taken up to a path. `head` is the path of the next one, None at the end."""

    def __init__(self, changes: Iterable[_Change]) -> None:
        self._changes = iter(changes)
        self._next = next(self._changes, None)
        self.head = self._next[0] if self._next else None

    def take(self, limit: str | None) -> Iterator[_Change]:
        """The changes up to and with `limit`, or all. ValueError where they are not sorted."""
        while (change := self._next) is not None and (limit is None or change[0] <= limit):
            path, entry = change
            if entry is not None and entry.path != path:
                raise ValueError(f"the change of {path!r} puts an entry of {entry.path!r}")
            yield change
            self._next = next(self._changes, None)
            self.head = self._next[0] if self._next else None
            if self.head is not None and self.head <= path:
                raise ValueError(
                    f"{self.head!r} comes after {path!r}: changes must be sorted, unique"
                )
