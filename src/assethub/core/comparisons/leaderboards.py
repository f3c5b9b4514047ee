"""Leaderboards: the evaluations on a dataset by one metric, of which equals share a rank."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from assethub.core.comparisons.directions import Direction, choose_direction
from assethub.core.comparisons.keeping import Kept
from assethub.core.comparisons.pairings import Pairings
from assethub.core.evaluations.measures import check_metric_name
from assethub.core.evaluations.records import Evaluation, load_found, parse_side
from assethub.core.hub import Hub
from assethub.core.pages import check_amount
from assethub.core.people.users import User
from assethub.core.references import resolve
from assethub.core.searches.terms import Search, make_context, prepare, read_query, visible
from assethub.store.tables import evaluations, metrics, samples

if TYPE_CHECKING:
    from assethub.statistics import Interval, Ranked, Ranking

_e = evaluations.c
_m = metrics.c


class Asked(NamedTuple):
    """What to rank. `dataset` is a reference, of which `across` takes all commits.

    `best` is `model`, for the best evaluation of each, or `all`. `direction` is `higher`, `lower`,
    or empty: then it is what the evaluations say is better.
    """

    dataset: str
    metric: str
    filter: str = ""
    best: str = "model"
    across: bool = False
    direction: str = ""


class Place(NamedTuple):
    """A line of a leaderboard. `p_value` and `basis` tell it from the evaluation `against`.

    `interval` is that of its value by itself, None where nothing is known of how sure it is.
    """

    rank: int
    evaluation: Evaluation
    value: float
    stderr: float | None
    n: int | None
    interval: Interval | None
    p_value: float | None
    basis: str
    against: str | None
    other_commit: bool


class Leaderboard(NamedTuple):
    """A part of the places, best first, of `total`; and in sentences how they were found."""

    dataset_id: str
    commit: str
    direction: Direction
    method: str
    notes: list[str]
    places: list[Place]
    total: int


class Row(NamedTuple):
    """An evaluation with what is ranked."""

    seq: int
    id: str
    model: str
    commit: str
    value: float
    stderr: float | None
    n: int | None
    higher_is_better: bool | None
    samples: str | None


def rank_evaluations(
    hub: Hub, user: User, asked: Asked, *, amount: int | None = None, after: int = 0
) -> Leaderboard:
    """The places behind the first `after`, of those evaluations that the user may see.

    Those marked invalid do not count. All places are found with the first page, and are kept for
    the others as long as nothing changes. Raises InvalidInput, and NotFound.
    """
    most, query = check_amount(amount), read_query(asked.filter)
    check_metric_name(asked.metric)
    with hub.database.read() as connection:
        asset, target = resolve(connection, user, parse_side(asked.dataset, "dataset"))
        commit = None if asked.across else target.commit_id
        search = Search(query, dataset_id=asset.id, dataset_commit=commit, invalid=False)

        def make() -> _Board:
            return _make_board(hub, connection, user, asked, search)

        who = user._replace(peer="")
        board = _boards.find(connection, (who, asked, target.commit_id), make)
        rows, proportions = board.rows, board.proportions
        shown = board.ranking.entries[after : after + most]
        found = load_found(connection, user, [rows[each.entry].seq for each in shown])
    places = [
        _place(rows, each, evaluation, target.commit_id, proportions)
        for each, evaluation in zip(shown, found, strict=True)
    ]
    notes = [*_notes(rows, target.commit_id, proportions), *board.notes]
    return Leaderboard(
        asset.id, target.commit_id, board.direction, board.ranking.method, notes, places, len(rows)
    )


@dataclass(frozen=True)
class _Board:
    """Everything that is ranked, and how."""

    rows: list[Row]
    direction: Direction
    proportions: bool
    ranking: Ranking
    notes: list[str]

    def __len__(self) -> int:
        # At least one, so that empty ones are not kept without end.
        return len(self.rows) + 1


# Of 100,000 rows: about 50 MiB.
_boards: Kept[_Board] = Kept(100_000)


def _make_board(
    hub: Hub, connection: sa.Connection, user: User, asked: Asked, search: Search
) -> _Board:
    rows = _read(connection, user, search, asked.metric)
    direction = choose_direction(asked, {row.higher_is_better for row in rows})
    if asked.best == "model":
        rows = _best_of_each(rows, direction.higher_is_better)
    proportions = _are_proportions(rows)
    pairings = Pairings(hub, connection, rows, asked.metric)
    ranking = _rank(rows, direction, proportions, pairings)
    return _Board(rows, direction, proportions, ranking, pairings.notes)


def _read(connection: sa.Connection, user: User, search: Search, metric: str) -> list[Row]:
    """The evaluations with the metric, the newest first."""
    prepare(connection)
    conditions = visible(user, search, make_context(connection, user))
    query = (
        sa.select(
            *(_e.seq, _e.id, _e.model_id, _e.dataset_commit),
            *(_m.value, _m.stderr, _m.n, _m.higher_is_better, samples.c.sha256),
        )
        .join_from(evaluations, metrics, sa.and_(_m.evaluation_seq == _e.seq, _m.name == metric))
        .outerjoin(samples, samples.c.evaluation_seq == _e.seq)
        .where(*conditions)
        .order_by(_e.seq.desc())
    )
    found = connection.execute(query, {"asker": user.id})
    return [Row(*row[:4], math.nan if row[4] is None else row[4], *row[5:]) for row in found]


def _best_of_each(rows: Iterable[Row], higher: bool) -> list[Row]:
    """Of each model the best evaluation, the newest of equals; one without a value is the worst."""
    best: dict[str, Row] = {}
    sign = 1.0 if higher else -1.0
    for row in rows:
        other = best.get(row.model)
        if other is None or _worth(row, sign) > _worth(other, sign):
            best[row.model] = row
    return list(best.values())


def _worth(row: Row, sign: float) -> float:
    return sign * row.value if math.isfinite(row.value) else -math.inf


def _are_proportions(rows: Sequence[Row]) -> bool:
    """Whether each value is so many of its count of samples, and so says by itself how sure it is.

    Not where a single one is not, as of F1.
    """
    counted = [row for row in rows if row.n and not row.stderr and math.isfinite(row.value)]
    return bool(counted) and all(
        0 <= row.value <= 1 and abs(row.value * row.n - round(row.value * row.n)) < 1e-6
        for row in counted
        if row.n
    )


def _rank(
    rows: Sequence[Row], direction: Direction, proportions: bool, pairings: Pairings
) -> Ranking:
    import numpy as np

    from assethub.statistics import rank

    def column(values: Iterable[float | None]) -> Any:
        known = (math.nan if value is None else float(value) for value in values)
        return np.fromiter(known, np.float64, len(rows))

    return rank(
        column(row.value for row in rows),
        column(row.stderr for row in rows),
        column(row.n for row in rows),
        proportions=proportions,
        higher_is_better=direction.higher_is_better,
        paired=pairings.compare if pairings.possible else None,
    )


def _place(
    rows: Sequence[Row], ranked: Ranked, evaluation: Evaluation, commit: str, proportions: bool
) -> Place:
    row = rows[ranked.entry]
    return Place(
        rank=ranked.rank,
        evaluation=evaluation,
        value=row.value,
        stderr=row.stderr,
        n=row.n,
        interval=_interval(row, proportions),
        p_value=ranked.p_value,
        basis=str(ranked.basis),
        against=None if ranked.against is None else rows[ranked.against].id,
        other_commit=row.commit != commit,
    )


def _interval(row: Row, proportions: bool) -> Interval | None:
    from assethub.statistics import Summary, summary_interval

    share = proportions and bool(row.n) and not row.stderr
    interval = summary_interval(Summary(row.value, row.stderr, row.n, share))
    return interval if math.isfinite(interval.high - interval.low) else None


def _notes(rows: Sequence[Row], commit: str, proportions: bool) -> list[str]:
    notes = []
    others = sum(row.commit != commit for row in rows)
    if others:
        notes.append(
            f"{others} of {len(rows)} were measured on another commit of the dataset: their values "
            "may not be comparable"
        )
    unsure = sum(
        math.isfinite(row.value) and not row.stderr and not (proportions and row.n) for row in rows
    )
    if unsure:
        notes.append(
            f"{unsure} of {len(rows)} say nothing of how sure their value is: unless they have "
            "samples, they are told apart by it alone"
        )
    if proportions:
        notes.append("Values with a count and no standard error are taken for shares of it.")
    return notes
