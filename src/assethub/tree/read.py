"""Reading a tree: single entries, all in order, and its totals."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from .entry import Entry, Load
from .nodes import EMPTY, CorruptNode, Range, Root, hash_node, root_totals
from .spans import span_of

_FIRST_BATCH = 2
_LARGEST_BATCH = 16


class Summary(NamedTuple):
    """The number of files in a tree, and the sum of their sizes in bytes."""

    count: int  # type: ignore[assignment]  # hides tuple.count, which nobody needs here
    size: int


def summarize(load: Load, root: str) -> Summary:
    """The totals of a tree, from its root node alone."""
    return Summary(0, 0) if root == EMPTY else Summary(*root_totals(_fetch(load, [root])[0]))


def get_entries(load: Load, root: str, paths: Sequence[str]) -> dict[str, Entry]:
    """The entries of those of the paths that the tree has, by path and sorted."""
    return find_entries(load, read_root(load, root), paths)


def find_entries(load: Load, root: Root, paths: Sequence[str]) -> dict[str, Entry]:
    """As `get_entries`, of a tree whose root is read already."""
    wanted: dict[str, list[str]] = {}
    for path in sorted(set(paths)):
        index = root.seek(path)
        if index < len(root) and root.firsts[index] <= path:
            wanted.setdefault(root.hashes[index], []).append(path)
    found = {}
    for sought, node in zip(wanted.values(), read_ranges(load, list(wanted)), strict=True):
        for path in sought:
            index = bisect_left(node.paths, path)
            if node.paths[index] == path:
                found[path] = node.entries(index, index + 1)[0]
    return found


def scan(load: Load, root: str, *, prefix: str = "", after: str = "") -> Iterator[Entry]:
    """The entries whose paths start with `prefix` and come strictly after `after`, in order.

    Ranges are read as the caller goes on, a few at a time. Errors come with the first entry that
    they concern.
    """
    span = span_of(prefix, after)
    ranges = read_root(load, root)
    start, stop = ranges.select(span)
    for node in read_ranges(load, ranges.hashes[start:stop]):
        yield from node.entries(*span.locate(node.paths))


def read_root(load: Load, root: str) -> Root:
    """The root of a tree. That of the empty tree is known without being loaded."""
    return Root() if root == EMPTY else Root(_fetch(load, [root])[0])


def read_range(load: Load, name: str) -> Range:
    """The range of this hash."""
    return Range(_fetch(load, [name])[0])


def read_ranges(load: Load, hashes: Sequence[str]) -> Iterator[Range]:
    """The ranges of these hashes, read in batches that grow as the caller goes on."""
    rest = iter(hashes)
    size = _FIRST_BATCH
    while batch := list(islice(rest, size)):
        yield from map(Range, _fetch(load, batch))
        size = min(2 * size, _LARGEST_BATCH)


def _fetch(load: Load, hashes: list[str]) -> list[bytes]:
    found = load(hashes)
    nodes = [found[name] for name in hashes]
    for name, node in zip(hashes, nodes, strict=True):
        if hash_node(node) != name:
            raise CorruptNode(f"the node {name} holds other bytes than were written to it")
    return nodes
