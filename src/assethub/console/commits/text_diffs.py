"""Two versions of a small text file, line by line, with the changed parts of changed lines."""

from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

from assethub.console.files.previews.stored import StoredFile
from assethub.core.repository.objects import Content
from assethub.store.blobs import BlobStore

MOST_BYTES = 256 * 1024
_MOST_LINES = 4000
_LONGEST_LINE = 1000
_AROUND = 3

Kind = Literal["same", "added", "removed", "gap"]


class Part(NamedTuple):
    """A piece of a line, and whether it is what changed of it."""

    text: str
    marked: bool


class Line(NamedTuple):
    """A line with its numbers before and after, 0 where it is not there.

    A `gap` stands for lines that are the same, as many as `old` says.
    """

    kind: Kind
    old: int
    new: int
    parts: list[Part]


class Sides(NamedTuple):
    """One row of a view side by side; None where a side has no such line."""

    left: Line | None
    right: Line | None


def read_text(blobs: BlobStore, content: Content | None) -> list[str] | None:
    """The lines of a file, none of one that is not there; None where it is no small text."""
    if content is None:
        return []
    if content.entry.size > MOST_BYTES:
        return None
    data = StoredFile(blobs, content).read()
    if b"\0" in data:
        return None
    try:
        lines = data.decode().splitlines()
    except UnicodeDecodeError:
        return None
    return lines if len(lines) <= _MOST_LINES else None


def compare_lines(old: list[str], new: list[str]) -> list[Line]:
    """The lines of both, those that are the same only around changes."""
    return list(_fold(list(_compare(old, new))))


def pair_sides(lines: list[Line]) -> Iterator[Sides]:
    """The lines as a view side by side has them: removed ones beside those added for them."""
    removed: list[Line] = []
    added: list[Line] = []
    for line in lines:
        if line.kind in ("same", "gap"):
            yield from _beside(removed, added)
            removed, added = [], []
            yield Sides(line, line)
        else:
            (removed if line.kind == "removed" else added).append(line)
    yield from _beside(removed, added)


def _beside(removed: list[Line], added: list[Line]) -> Iterator[Sides]:
    for place in range(max(len(removed), len(added))):
        yield Sides(
            removed[place] if place < len(removed) else None,
            added[place] if place < len(added) else None,
        )


def _compare(old: list[str], new: list[str]) -> Iterator[Line]:
    matcher = SequenceMatcher(None, old, new)
    for kind, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if kind == "equal":
            for place in range(old_to - old_from):
                text = old[old_from + place]
                numbers = old_from + place + 1, new_from + place + 1
                yield Line("same", *numbers, [Part(text, False)])
            continue
        before, after = _mark(old[old_from:old_to], new[new_from:new_to])
        for number, parts in enumerate(before, old_from + 1):
            yield Line("removed", number, 0, parts)
        for number, parts in enumerate(after, new_from + 1):
            yield Line("added", 0, number, parts)


def _mark(old: list[str], new: list[str]) -> tuple[list[list[Part]], list[list[Part]]]:
    """The changed parts of lines that stand in each other's place."""
    before = [[Part(text, False)] for text in old]
    after = [[Part(text, False)] for text in new]
    for place, (a, b) in enumerate(zip(old, new, strict=False)):
        if max(len(a), len(b)) > _LONGEST_LINE:
            continue
        matcher = SequenceMatcher(None, a, b, autojunk=False)
        # Of lines that have little in common, nothing is worth marking.
        if matcher.quick_ratio() < 0.5:
            continue
        codes = matcher.get_opcodes()
        before[place] = [Part(a[i:j], kind != "equal") for kind, i, j, _, _ in codes if i < j]
        after[place] = [Part(b[i:j], kind != "equal") for kind, _, _, i, j in codes if i < j]
    return before, after


def _fold(lines: list[Line]) -> Iterator[Line]:
    near = bytearray(len(lines))
    for place, line in enumerate(lines):
        if line.kind != "same":
            start = max(place - _AROUND, 0)
            end = min(place + _AROUND + 1, len(lines))
            near[start:end] = b"\1" * (end - start)
    left_out = 0
    for place, line in enumerate(lines):
        if near[place]:
            if left_out:
                yield Line("gap", left_out, 0, [])
            left_out = 0
            yield line
        else:
            left_out += 1
    if left_out:
        yield Line("gap", left_out, 0, [])
