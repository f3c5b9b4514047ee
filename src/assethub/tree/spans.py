"""Stretches of sorted paths: those below a prefix, those after a path."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .entry import Entry


class Span(NamedTuple):
    """The paths from `low` up to but not including `high`; without a `high`, all that follow."""

    low: str
    high: str | None

    def locate(self, paths: Sequence[str]) -> tuple[int, int]:
        """Where the span starts and stops in a sorted list of paths."""
        start = bisect_left(paths, self.low)
        stop = len(paths) if self.high is None else bisect_left(paths, self.high, start)
        return start, stop


def span_of(prefix: str, after: str = "") -> Span:
    """The paths that start with `prefix` and come strictly after `after`."""
    # No text lies between a text and the same text with a NUL behind it.
    return Span(max(prefix, after + "\0") if after else prefix, prefix_end(prefix))


def prefix_end(prefix: str) -> str | None:
    """The least text above all that start with `prefix`, or None if there is none above."""
    stem = prefix.rstrip("\U0010ffff")
    return stem[:-1] + chr(ord(stem[-1]) + 1) if stem else None


class PrefixSet:
    """Some prefixes, asked what they cover. None of them covers another."""

    def __init__(self, prefixes: Iterable[str]) -> None:
        self.prefixes: list[str] = []
        for prefix in sorted(prefixes):
            if not (self.prefixes and prefix.startswith(self.prefixes[-1])):
                self.prefixes.append(prefix)

    def covers(self, *paths: str) -> bool:
        """Whether one of the prefixes begins all of these sorted paths."""
        # Only the nearest one at or before a path can begin it.
        index = bisect_right(self.prefixes, paths[0])
        return index > 0 and all(path.startswith(self.prefixes[index - 1]) for path in paths)

    def spare(self, entries: list[Entry]) -> list[Entry]:
        """The entries that none of the prefixes covers."""
        if not self.prefixes:
            return entries
        return [entry for entry in entries if not self.covers(entry.path)]
