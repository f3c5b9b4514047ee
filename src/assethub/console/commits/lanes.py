"""Commits as lanes: a column for each line of history, that splits and meets from row to row.

Pure: it knows commits by the first digits of their ids, as the address of a page names them.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from assethub.core.repository.commits import Commit
from assethub.core.repository.graphs import DIGITS

# More are drawn on top of each other in the last column.
_MOST_COLUMNS = 12
_COLOURS = 8
_STEP, _HEIGHT = 14, 56


class Path(NamedTuple):
    """A line within a row, as an SVG path, and the number of its colour."""

    d: str
    colour: int


class Row(NamedTuple):
    """A row of the graph: the lines through it, and where its commit stands."""

    commit: Commit
    paths: list[Path]
    x: float
    colour: int
    columns: int
    merge: bool


class Graph(NamedTuple):
    """The rows of a page, and the lanes that go on below it, by what each waits for."""

    rows: list[Row]
    lanes: list[str]
    width: int


def draw(commits: Sequence[Commit], lanes: Iterable[str] = ()) -> Graph:
    """The rows for commits, each before its parents, below a page that left these lanes."""
    waiting = list(lanes)
    drawn = [_draw_row(commit, waiting) for commit in commits]
    columns = max((row.columns for row in drawn), default=1)
    return Graph(drawn, waiting, columns * _STEP + 2)


def read_lanes(text: str) -> list[str]:
    """The lanes as `write_lanes` wrote them; what cannot be one is an empty one."""
    hexadecimal = set("0123456789abcdef")
    return (
        [
            each if set(each) <= hexadecimal and len(each) == DIGITS else ""
            for each in text.split("-")
        ]
        if text
        else []
    )


def write_lanes(lanes: Sequence[str]) -> str:
    """The lanes as a parameter of an address."""
    return "-".join(lanes)


def _draw_row(commit: Commit, lanes: list[str]) -> Row:
    """The row of a commit; `lanes` become those below it."""
    key = commit.id[:DIGITS]
    above = [place for place, each in enumerate(lanes) if each]
    own = [place for place in above if lanes[place] == key] or [_free(lanes, key)]
    for place in own:
        lanes[place] = ""
    through = [place for place in above if place not in own]
    below = [
        _place_parent(lanes, parent[:DIGITS], own[0], number)
        for number, parent in enumerate(commit.parents)
    ]
    while lanes and not lanes[-1]:
        lanes.pop()
    x = _x(own[0])
    middle = _HEIGHT / 2
    paths = [Path(f"M{_x(place):g} 0V{_HEIGHT}", _colour(place)) for place in through]
    paths += [
        Path(_bend(_x(place), 0, x, middle), _colour(place)) for place in own if place in above
    ]
    paths += [Path(_bend(x, middle, _x(place), _HEIGHT), _colour(place)) for place in below]
    columns = min(max([*through, *own, *below]) + 1, _MOST_COLUMNS)
    return Row(commit, paths, x, _colour(own[0]), columns, len(commit.parents) > 1)


def _place_parent(lanes: list[str], parent: str, own: int, number: int) -> int:
    """Where a line to a parent goes on: the first in the commit's own lane, others beside it."""
    if number == 0:
        lanes[own] = parent
        return own
    if parent in lanes:
        return lanes.index(parent)
    return _free(lanes, parent)


def _free(lanes: list[str], key: str) -> int:
    """The first lane that nothing waits in, now that of `key`."""
    for place, each in enumerate(lanes):
        if not each:
            lanes[place] = key
            return place
    lanes.append(key)
    return len(lanes) - 1


def _bend(x1: float, y1: float, x2: float, y2: float) -> str:
    if x1 == x2:
        return f"M{x1:g} {y1:g}V{y2:g}"
    middle = (y1 + y2) / 2
    return f"M{x1:g} {y1:g}C{x1:g} {middle:g} {x2:g} {middle:g} {x2:g} {y2:g}"


def _x(place: int) -> float:
    return min(place, _MOST_COLUMNS - 1) * _STEP + _STEP / 2 + 1


def _colour(place: int) -> int:
    return place % _COLOURS + 1
