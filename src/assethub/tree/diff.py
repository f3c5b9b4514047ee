"""What differs between two trees, found in the ranges that they don't share."""

from bisect import bisect_right
from collections.abc import Iterator
from itertools import compress, count
from operator import ne
from typing import NamedTuple

from .entry import Entry, Load, same_content
from .nodes import Range
from .read import read_ranges, read_root
from .spans import Span, span_of

# Entries compared at once as bytes: few enough to look through where they differ.
_BLOCK = 64


class Difference(NamedTuple):
    """A path whose entry in one tree, `old`, is another than in a second, `new`; None is absent."""

    path: str
    old: Entry | None
    new: Entry | None


def diff(load: Load, a: str, b: str, *, prefix: str = "", after: str = "") -> Iterator[Difference]:
    """How the tree `b` differs from the tree `a`, by path, read as the caller goes on.

    Only paths that start with `prefix` and come strictly after `after` are compared. Entries that
    differ in time alone are no difference. The cost follows the ranges that differ.
    """
    if a == b:
        return
    span = span_of(prefix, after)
    olds, news = _hashes(load, a, span), _hashes(load, b, span)
    # Ranges of one tree don't overlap: nothing of either tree but a shared range lies within it.
    shared = set(olds) & set(news)
    old = _Side(read_ranges(load, [name for name in olds if name not in shared]), span)
    new = _Side(read_ranges(load, [name for name in news if name not in shared]), span)
    while old.node or new.node:
        limit = min(side.node.paths[-1] for side in (old, new) if side.node)
        yield from _compare(old.take(limit), new.take(limit))


def _hashes(load: Load, root: str, span: Span) -> list[str]:
    ranges = read_root(load, root)
    start, stop = ranges.select(span)
    return ranges.hashes[start:stop]


class _Stretch(NamedTuple):
    """The entries `start` up to `stop` of a range, or none."""

    node: Range | None
    start: int
    stop: int

    def paths(self) -> list[str]:
        return self.node.paths[self.start : self.stop] if self.node else []

    def contents(self) -> object:
        return self.node.contents(self.start, self.stop) if self.node else None

    def entries(self) -> list[Entry]:
        return self.node.entries(self.start, self.stop) if self.node else []

    def cut(self, start: int, stop: int) -> "_Stretch":
        """The part from `start` up to `stop`, counted from the start of this one."""
        return _Stretch(self.node, self.start + start, self.start + stop)


class _Side:
    """The ranges of one tree that the other lacks, taken up to a path at a time."""

    def __init__(self, nodes: Iterator[Range], span: Span) -> None:
        self._nodes = nodes
        self._span = span
        self._advance()

    def _advance(self) -> None:
        self.node = next(self._nodes, None)
        self._start, self._stop = self._span.locate(self.node.paths) if self.node else (0, 0)

    def take(self, limit: str) -> _Stretch:
        """The entries up to and with the path `limit` that lie in the range at hand."""
        node, start = self.node, self._start
        if node is None:
            return _Stretch(None, 0, 0)
        self._start = bisect_right(node.paths, limit, start, self._stop)
        stretch = _Stretch(node, start, self._start)
        if node.paths[-1] <= limit:
            self._advance()
        return stretch


def _compare(old: _Stretch, new: _Stretch) -> Iterator[Difference]:
    """How two stretches of the same span differ."""
    olds, news = old.paths(), new.paths()
    # Mostly the paths are the same at the head and the tail; there contents compare as bytes.
    head = _count_equal(olds, news)
    tail = _count_equal(olds[head:][::-1], news[head:][::-1])
    old_tail, new_tail = len(olds) - tail, len(news) - tail
    yield from _compare_contents(old.cut(0, head), new.cut(0, head), head)
    yield from _compare_entries(old.cut(head, old_tail), new.cut(head, new_tail))
    yield from _compare_contents(old.cut(old_tail, len(olds)), new.cut(new_tail, len(news)), tail)


def _count_equal(a: list[str], b: list[str]) -> int:
    """How many items two lists have in common before the first that differs."""
    return next(compress(count(), map(ne, a, b)), min(len(a), len(b)))


def _compare_contents(old: _Stretch, new: _Stretch, length: int) -> Iterator[Difference]:
    """How two stretches of the same paths differ."""
    for start in range(0, length, _BLOCK):
        stop = min(start + _BLOCK, length)
        a, b = old.cut(start, stop), new.cut(start, stop)
        if a.contents() != b.contents():
            yield from _compare_entries(a, b)


def _compare_entries(old: _Stretch, new: _Stretch) -> Iterator[Difference]:
    """How any two stretches differ."""
    befores = {entry.path: entry for entry in old.entries()}
    afters = {entry.path: entry for entry in new.entries()}
    for path in sorted(befores.keys() | afters.keys()):
        before, after = befores.get(path), afters.get(path)
        if not same_content(before, after):
            yield Difference(path, before, after)
