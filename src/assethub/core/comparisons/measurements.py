"""One metric of two evaluations, compared: by their samples where both have them, else by value."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, NamedTuple

from assethub.core.comparisons.directions import expect_direction
from assethub.core.evaluations.measures import Detail
from assethub.errors import Unavailable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from assethub.core.comparisons.sample_pairs import Pairs
    from assethub.statistics import Comparison, Summary

_CLOSE = 1e-6
# Comparisons of a process that run at once. Each may take a processor and some hundred MiB.
_AT_ONCE = 2
_PATIENCE_SECONDS = 60
_turns = BoundedSemaphore(_AT_ONCE)
UNKNOWN = Detail()


class Measurement(NamedTuple):
    """A metric as one evaluation has it; `name` is that of its column of samples too."""

    name: str
    value: float
    detail: Detail = UNKNOWN


class Direction(NamedTuple):
    """Whether more is better, None where that is not known; and a note on how it is known."""

    higher_is_better: bool | None
    note: str = ""


class Paired(NamedTuple):
    """A comparison by samples, with the rows of A that the pairs have, and what they are."""

    comparison: "Comparison"
    rows: "NDArray[np.int64]"
    gained: "NDArray[np.bool_]"
    lost: "NDArray[np.bool_]"


@contextmanager
def take_turn() -> Iterator[None]:
    """For the time of a `with` one of the few who compare; raises Unavailable after a minute."""
    if not _turns.acquire(timeout=_PATIENCE_SECONDS):
        raise Unavailable(
            "the hub compares other evaluations now; try again in a while", code="comparing_busy"
        )
    try:
        yield
    finally:
        _turns.release()


def find_direction(metric: str, *details: Detail) -> Direction:
    """Which direction is better: as the evaluations say, else as the metric's name does."""
    said = {each.higher_is_better for each in details} - {None}
    if len(said) == 1:
        return Direction(said.pop())
    if said:
        return Direction(None, "the evaluations contradict each other on which direction is better")
    expected = expect_direction(metric)
    way = "higher" if expected else "lower"
    return Direction(expected, f"that {way} is better is taken from the metric's name")


def compare_values(a: Measurement, b: Measurement, higher_is_better: bool | None) -> "Comparison":
    """B against A from what the evaluations say of the value, unpaired."""
    from assethub import statistics

    made = statistics.compare_summaries(
        summarize(a), summarize(b), higher_is_better=higher_is_better
    )
    shares = [each for each in (a, b) if _is_share(each)]
    note = "the values are taken for shares of so many samples, since no standard error is given"
    return made._replace(notes=(*made.notes, note)) if shares else made


def summarize(measurement: Measurement) -> "Summary":
    """What is known of a value. One that is so many of its samples, and has no standard error, is
    taken for a share of them.
    """
    from assethub import statistics

    detail = measurement.detail
    return statistics.Summary(
        measurement.value, detail.stderr, detail.n or None, proportion=_is_share(measurement)
    )


def _is_share(measurement: Measurement) -> bool:
    value, detail = measurement.value, measurement.detail
    if detail.stderr or not detail.n or not 0 <= value <= 1:
        return False
    return abs(value * detail.n - round(value * detail.n)) < _CLOSE


def compare_pairs(
    pairs: "Pairs", a: Measurement, b: Measurement, higher_is_better: bool | None, seed: int
) -> Paired | None:
    """B against A by their samples, None where no sample has a finite value in both."""
    from assethub import statistics

    alignment, rows = pairs.align(a.name, b.name)
    if not len(alignment.a):
        return None
    made = statistics.compare_samples(alignment, higher_is_better=higher_is_better, seed=seed)
    notes = [
        f"the mean of {side}'s samples is {mean:.6g}, not {each.value:.6g} as recorded: the samples"
        " are compared"
        for side, each, mean in (("A", a, made.a), ("B", b, made.b))
        if not is_mean(each, mean) and not alignment.only_in_a and not alignment.only_in_b
    ]
    return Paired(
        made._replace(notes=(*made.notes, *notes)),
        rows,
        alignment.b > alignment.a,
        alignment.b < alignment.a,
    )


def is_mean(measurement: Measurement, mean: float) -> bool:
    """Whether a metric's value is the mean of its samples, but for rounding."""
    return math.isclose(measurement.value, mean, rel_tol=_CLOSE, abs_tol=_CLOSE)
