"""Listing a tree folder by folder."""

from bisect import bisect_left
from collections.abc import Generator, Iterator, Sequence
from typing import NamedTuple

from .entry import Entry, Load
from .nodes import Range
from .read import read_range, read_root
from .spans import Span, prefix_end, span_of


class CommonPrefix(NamedTuple):
    """A folder: stands for all entries whose paths start with `path`, which ends in a delimiter."""

    path: str


def list_level(
    load: Load, root: str, *, prefix: str = "", delimiter: str = "/", after: str = ""
) -> Iterator[Entry | CommonPrefix]:
    """What stands directly below `prefix`, by path: entries, and folders for what is further down.

    Only what has a path strictly after `after` is listed, so the path of the last item of one
    page is where the next begins. Folders are skipped, not read through. Raises ValueError for an
    empty delimiter.
    """
    if not delimiter:
        raise ValueError("the delimiter must not be empty")
    level = _Level(prefix, delimiter)
    low, high = span_of(prefix, after)
    # A page that ended inside a folder, or with it, goes on behind it.
    passed = level.folder_of(after) if after.startswith(prefix) else None
    start = prefix_end(passed.path) if passed else low
    ranges = read_root(load, root)
    index = 0
    while start is not None:
        index = ranges.seek(start, index)
        if index == len(ranges):
            return
        first = ranges.firsts[index]
        if high is not None and high <= max(start, first):
            return
        # Where a range begins in a folder, the root alone tells so.
        folder = level.folder_of(first) if start <= first else None
        if folder:
            yield folder
            start = prefix_end(folder.path)
        else:
            node = read_range(load, ranges.hashes[index])
            start = yield from _list_range(node, Span(start, high), level)


def _list_range(
    node: Range, span: Span, level: "_Level"
) -> Generator[Entry | CommonPrefix, None, str | None]:
    """The items of one range; returns the path from which to go on, or None where all is done."""
    paths = node.paths
    position, stop = span.locate(paths)
    resume = paths[-1] + "\0"
    while position < stop:
        end, folder = level.next_folder(paths, position, stop)
        yield from node.entries(position, end)
        if folder is None:
            break
        yield folder
        behind = prefix_end(folder.path)
        if behind is None:
            return None
        resume = max(resume, behind)
        position = bisect_left(paths, behind, end)
    return resume


class _Level(NamedTuple):
    prefix: str
    delimiter: str

    def folder_of(self, path: str) -> CommonPrefix | None:
        """The folder of this level that a path below the prefix lies in, or None."""
        end = path.find(self.delimiter, len(self.prefix))
        return None if end < 0 else CommonPrefix(path[: end + len(self.delimiter)])

    def next_folder(
        self, paths: Sequence[str], start: int, stop: int
    ) -> tuple[int, CommonPrefix | None]:
        """Index and folder of the first path that lies in one; `stop` and None without any."""
        for index in range(start, stop):
            folder = self.folder_of(paths[index])
            if folder:
                return index, folder
        return stop, None
