"""Comparing evaluations with a first one: metric by metric, and honestly."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from assethub.core.comparisons.compared import find_compared
from assethub.core.comparisons.measurements import (
    UNKNOWN,
    Direction,
    Measurement,
    Paired,
    compare_pairs,
    compare_values,
    find_direction,
    take_turn,
)
from assethub.core.comparisons.sample_pairs import (
    MOST_ROWS,
    Pairs,
    SampleTable,
    pair_samples,
    show_ids,
)
from assethub.core.evaluations.records import Evaluation
from assethub.core.gates.evidence import full_name
from assethub.core.hub import Hub
from assethub.core.people.users import User
from assethub.errors import InvalidInput

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from assethub.statistics import Comparison

FEWEST, MOST = 2, 8
_MOST_METRICS = 200
_MOST_SEED = 2**63 - 1


class Part(NamedTuple):
    """How many samples there are of a kind, and the ids of some of them."""

    total: int
    ids: list[Any]


class Compared(NamedTuple):
    """A metric of B against A, by their places among the evaluations.

    `comparison` is None where one of them has not got the metric. `flips` are the samples of a
    0/1 metric that went from 0 to 1 and back, `left_out` those that are in no pair.
    """

    metric: str
    a: int
    b: int
    values: tuple[float | None, float | None]
    higher_is_better: bool | None
    comparison: "Comparison | None"
    notes: tuple[str, ...]
    flips: dict[str, Part]
    left_out: dict[str, Part]


class Table(NamedTuple):
    """Evaluations and what came of comparing them, with notes that hold for all of it."""

    evaluations: list[Evaluation]
    rows: list[Compared]
    seed: int
    notes: tuple[str, ...]


class Wish(NamedTuple):
    """What to compare: some metrics or all, samples clustered by a column, `across` different
    commits of a dataset, and which flips to list: `amount` from the one at `after` on.
    """

    metrics: Sequence[str] = ()
    cluster: str = ""
    across: bool = False
    seed: int = 0
    after: int = 0
    amount: int = 20


def compare_evaluations(hub: Hub, user: User, names: Sequence[str], wish: Wish) -> Table:
    """Compares evaluations with the first: ids, or references to models, which stand for their
    latest on a commit of a dataset that all have in common.

    Raises Conflict where they were not made on the same commit of a dataset, unless `across`.
    """
    if not FEWEST <= len(names) <= MOST:
        raise InvalidInput(
            f"{FEWEST} to {MOST} evaluations can be compared, not {len(names)}",
            code="wrong_number",
        )
    if not 0 <= wish.seed <= _MOST_SEED:
        raise InvalidInput(f"a seed is a number from 0 to {_MOST_SEED}", code="invalid_seed")
    evaluations, notes = find_compared(hub, user, names, across=wish.across)
    metrics = _choose_metrics(evaluations, wish.metrics)
    with take_turn():
        rows = [
            row
            for place in range(1, len(evaluations))
            for row in _compare(hub, evaluations, place, metrics, wish)
        ]
    return Table(evaluations, _adjust(rows), wish.seed, (*notes, _method(rows)))


def _choose_metrics(evaluations: Sequence[Evaluation], wanted: Sequence[str]) -> list[str]:
    there = dict.fromkeys(name for each in evaluations for name in _measurements(each))
    missing = [name for name in wanted if name not in there]
    if missing:
        raise InvalidInput(
            f"none of the evaluations has a metric {missing[0]!r}; they have "
            f"{', '.join(list(there)[:20])}",
            code="unknown_metric",
        )
    chosen = list(dict.fromkeys(wanted)) or list(there)
    if len(chosen) > _MOST_METRICS:
        raise InvalidInput(
            f"at most {_MOST_METRICS} metrics can be compared at once, not {len(chosen)}",
            code="too_many_metrics",
        )
    return chosen


def _measurements(evaluation: Evaluation) -> dict[str, Measurement]:
    """The metrics of an evaluation, by the name with the slice."""
    found = {}
    for name, value in evaluation.metrics.items():
        detail = evaluation.details.get(name, UNKNOWN)
        found[full_name(name, detail.slice)] = Measurement(name, float(value), detail)
    return found


def _compare(
    hub: Hub, evaluations: Sequence[Evaluation], place: int, metrics: Sequence[str], wish: Wish
) -> Iterator[Compared]:
    first, other = evaluations[0], evaluations[place]
    pairs, notes = _pair(hub, first, other, wish.cluster)
    ours, theirs = _measurements(first), _measurements(other)
    if (first.dataset.id, first.dataset.commit) != (other.dataset.id, other.dataset.commit):
        notes = (*notes, "measured on different data")
    for metric in metrics:
        a, b = ours.get(metric), theirs.get(metric)
        row = Compared(
            metric=metric,
            a=0,
            b=place,
            values=(a.value if a else None, b.value if b else None),
            higher_is_better=None,
            comparison=None,
            notes=notes,
            flips={},
            left_out={},
        )
        if a is None or b is None:
            yield row._replace(notes=(*notes, f"only {'A' if a else 'B'} has this metric"))
            continue
        direction = find_direction(metric, a.detail, b.detail)
        row = row._replace(
            higher_is_better=direction.higher_is_better,
            notes=(*notes, direction.note) if direction.note else notes,
        )
        yield _fill(row, pairs, a, b, direction, wish)


def _pair(
    hub: Hub, a: Evaluation, b: Evaluation, cluster: str
) -> tuple[Pairs | None, tuple[str, ...]]:
    """The samples of two evaluations in pairs, None and why where there are none."""
    if a.samples is None or b.samples is None:
        if cluster:
            raise InvalidInput(
                f"evaluation {(a if a.samples is None else b).id} has no samples that could be "
                "clustered",
                code="samples_missing",
            )
        return None, ()
    if a.samples.rows + b.samples.rows > MOST_ROWS:
        return None, (f"more than {MOST_ROWS} samples are not paired: compared by value",)
    pairs = pair_samples(SampleTable(hub, a.samples), SampleTable(hub, b.samples), cluster)
    if not len(pairs.rows_a):
        return None, ("no sample id is in both: compared by value",)
    return pairs, ()


def _fill(
    row: Compared,
    pairs: Pairs | None,
    a: Measurement,
    b: Measurement,
    direction: Direction,
    wish: Wish,
) -> Compared:
    better = direction.higher_is_better
    if pairs is not None and pairs.a.has(a.name) and pairs.b.has(b.name):
        paired = compare_pairs(pairs, a, b, better, wish.seed)
        if paired is not None:
            return row._replace(
                comparison=paired.comparison,
                flips=_flips(pairs, paired, wish),
                left_out=_left_out(pairs, paired, wish),
            )
        row = row._replace(notes=(*row.notes, "no sample has a finite value in both"))
    made = compare_values(a, b, better)
    return row._replace(comparison=made._replace(seed=wish.seed))


def _flips(pairs: Pairs, paired: Paired, wish: Wish) -> dict[str, Part]:
    if paired.comparison.mcnemar is None:
        return {}
    return {
        name: _part(pairs.a, paired.rows[which], wish)
        for name, which in (("gained", paired.gained), ("lost", paired.lost))
    }


def _left_out(pairs: Pairs, paired: Paired, wish: Wish) -> dict[str, Part]:
    import numpy as np

    kinds = {
        "onlyInA": (pairs.a, pairs.only_in_a),
        "onlyInB": (pairs.b, pairs.only_in_b),
        "notFinite": (pairs.a, np.setdiff1d(pairs.rows_a, paired.rows, assume_unique=True)),
    }
    return {name: _part(table, rows, wish) for name, (table, rows) in kinds.items()}


def _part(table: SampleTable, rows: "NDArray[np.int64]", wish: Wish) -> Part:
    return Part(len(rows), show_ids(table, rows[wish.after : wish.after + wish.amount]))


def _adjust(rows: Sequence[Compared]) -> list[Compared]:
    from assethub import statistics

    adjusted = iter(
        statistics.adjust([row.comparison for row in rows if row.comparison is not None])
    )
    return [row._replace(comparison=next(adjusted)) if row.comparison else row for row in rows]


def _method(rows: Sequence[Compared]) -> str:
    known = sum(1 for row in rows if row.comparison and row.comparison.p_value is not None)
    return (
        f"p-values are adjusted by Holm's method over {known} comparison"
        f"{'' if known == 1 else 's'}; a verdict needs one of at most 0.05 and an interval "
        "without 0"
    )
