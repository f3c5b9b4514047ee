"""The samples of an evaluation, some at a time, as they are chosen by what is in them."""

import math
from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any, NamedTuple

from assethub.console.evaluations.columns import write_value
from assethub.console.visits import Visit
from assethub.core.evaluations.sample_files import Samples
from assethub.core.evaluations.samples import find_rows
from assethub.errors import HubError

PER_PAGE = 50
# So long a page looks for samples; the next one goes on.
_SECONDS = 0.5
_MOST_COLUMNS = 12
_LONGEST = 400
Sample = dict[str, Any]


class Wanted(NamedTuple):
    """Which samples are meant; what is empty asks for nothing.

    `wrong` is a column whose value is to be 0, and `column` one that is to equal `value`.
    """

    id: str
    wrong: str
    column: str
    value: str
    after: int

    @property
    def asks(self) -> bool:
        return bool(self.id or self.wrong or self.column)


class SamplePage(NamedTuple):
    """A page of samples: `rows` have the place of each and the texts of its cells.

    `after` is where the next page begins, None where there is none; `looking` says that the page
    ended since looking took long. `problem` is why they cannot be read.
    """

    found: Samples
    wanted: Wanted
    columns: list[str]
    numbers: list[str]
    left_out: int
    rows: list[tuple[int, list[str]]]
    after: int | None
    looking: bool
    problem: HubError | None


def read_samples(visit: Visit, found: Samples) -> SamplePage:
    """The samples that the page's address asks for."""
    kinds: dict[str, str] = {each[0]: each[1] for each in found.columns}
    order = ("id", "number", "text", "other")
    columns = sorted(kinds, key=lambda name: order.index(kinds[name]))
    wanted = _read(visit)
    rows: list[tuple[int, list[str]]] = []
    after, looking, problem = None, False, None
    try:
        for place, row in _find(visit, found, wanted):
            if row is None or len(rows) == PER_PAGE:
                after, looking = place, row is None
                break
            cells = [_show(visit, row[name]) for name in columns[:_MOST_COLUMNS]]
            rows.append((place, cells))
    except HubError as error:
        problem = error
    numbers = [name for name in columns if kinds[name] == "number"]
    left_out = max(0, len(columns) - _MOST_COLUMNS)
    shown = columns[:_MOST_COLUMNS]
    return SamplePage(found, wanted, shown, numbers, left_out, rows, after, looking, problem)


def _read(visit: Visit) -> Wanted:
    given = visit.query.get("after", "")
    after = int(given) if given.isascii() and given.isdigit() and len(given) < 16 else 0
    id_, wrong, column, value = (
        visit.query.get(name, "") for name in ("sample", "wrong", "column", "value")
    )
    return Wanted(id_, wrong, column, value, after)


def _find(visit: Visit, found: Samples, wanted: Wanted) -> Iterator[tuple[int, Sample | None]]:
    """Those that are wanted; at last None with the place to go on, where time is up."""
    means = _condition(found, wanted)
    deadline = monotonic() + _SECONDS
    for place, row in find_rows(visit.hub, found, "", wanted.after):
        if means(row):
            yield place, row
        elif monotonic() > deadline:
            yield place + 1, None
            return


def _condition(found: Samples, wanted: Wanted) -> Callable[[Sample], bool]:
    names = [name for name, _ in found.columns]
    id_ = next(name for name, kind in found.columns if kind == "id")

    def means(row: Sample) -> bool:
        if wanted.id and wanted.id not in str(row[id_]):
            return False
        if wanted.wrong in names and row[wanted.wrong] != 0:
            return False
        return wanted.column not in names or write_value(row[wanted.column]) == wanted.value

    return means


def _show(visit: Visit, value: Any) -> str:
    if isinstance(value, float):
        return visit.language.number(value) if math.isfinite(value) else str(value)
    text = value if isinstance(value, str) else "" if value is None else write_any(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def write_any(value: Any) -> str:
    """A value of Parquet: as JSON where it can be."""
    try:
        return write_value(value)
    except (TypeError, ValueError):
        return str(value)
