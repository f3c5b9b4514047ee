"""Whether B is better than A, and how sure that is."""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

import numpy as np

from .intervals import Interval, bonett_price_interval
from .multiplicity import holm
from .resampling import bootstrap, standard_error
from .samples import Alignment, Floats, InvalidSamples, is_binary
from .signs import McNemar, flip_signs, mcnemar

# Below this many differing pairs of a 0/1 metric a bootstrap's interval is too narrow.
_FEW_DISCORDANT = 10
_FEW_CLUSTERS = 10


class Verdict(StrEnum):
    """What may be said of B; DIFFERENT where it is not known which direction is better."""

    BETTER = "better"
    WORSE = "worse"
    DIFFERENT = "different"
    NO_DIFFERENCE = "no difference shown"


class Effect(NamedTuple):
    """How large a difference is beside the spread of what was measured, signed as B - A."""

    name: str
    value: float


class Comparison(NamedTuple):
    """B against A. Differences are B - A, whatever the direction of the metric.

    `interval` is infinite and `p_value` None where nothing tells how sure the values are.
    `stderr` is that of the difference, clustered where clusters are named. `adjusted_p_value` is
    `p_value` unless `adjust` has made it stricter. A verdict other than NO_DIFFERENCE needs both:
    an adjusted p-value of at most 1 - confidence, and 0 outside the interval. `n` is the number
    of pairs, 0 where A and B are not paired; `notes` are sentences on what limits the result.
    """

    a: float
    b: float
    difference: float
    interval: Interval
    stderr: float
    p_value: float | None
    adjusted_p_value: float | None
    test: str
    effect: Effect | None
    verdict: Verdict
    higher_is_better: bool | None
    paired: bool
    n: int
    clusters: int | None
    mcnemar: McNemar | None
    seed: int
    notes: tuple[str, ...]


def compare_samples(
    alignment: Alignment,
    *,
    higher_is_better: bool | None = True,
    confidence: float = 0.95,
    resamples: int = 10_000,
    seed: int = 0,
) -> Comparison:
    """The means of B and A on the samples they share, paired.

    The interval is a bootstrap's of the mean difference, of clusters where the alignment has
    them; for a 0/1 metric with fewer than ten differing pairs it is Bonett and Price's. The
    p-value is that of random sign flips, which for a 0/1 metric is McNemar's exact test. What a
    metric means that is no mean of samples, as F1, this cannot say. Raises InvalidSamples where
    no sample is in both.
    """
    if not len(alignment.a):
        raise InvalidSamples("no sample has a finite value in both", "no_common_samples")
    differences = alignment.b - alignment.a
    # By a power of two, so that squares neither overflow nor vanish, and nothing is rounded.
    unit = float(np.exp2(np.frexp(np.abs(differences).max())[1] - 1.0))
    if not unit > 0:
        unit = 1.0
    scaled = differences / unit
    sums, counts = _units(alignment, scaled)
    test = flip_signs(sums, resamples=resamples, seed=seed)
    split = _split(alignment)
    if split and alignment.clusters is None and split.gained + split.lost < _FEW_DISCORDANT:
        interval = bonett_price_interval(split.gained, split.lost, len(scaled), confidence)
    else:
        interval = bootstrap(sums, counts, confidence=confidence, resamples=resamples, seed=seed)
        interval = interval._replace(low=interval.low * unit, high=interval.high * unit)
    return judge(
        Comparison(
            a=_mean(alignment.a),
            b=_mean(alignment.b),
            difference=float(scaled.mean()) * unit,
            interval=interval,
            stderr=standard_error(sums, counts) * unit,
            p_value=test.p_value,
            adjusted_p_value=test.p_value,
            test=test.method,
            effect=_effect(scaled, split),
            verdict=Verdict.NO_DIFFERENCE,
            higher_is_better=higher_is_better,
            paired=True,
            n=len(scaled),
            clusters=None if counts is None else len(counts),
            mcnemar=split,
            seed=seed,
            notes=_notes(alignment, counts),
        )
    )


def adjust(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """The same comparisons with Holm's p-values over all that have one, and judged by them."""
    known = [each.p_value for each in comparisons if each.p_value is not None]
    adjusted = iter(holm(known).tolist())
    return [
        each if each.p_value is None else judge(each._replace(adjusted_p_value=next(adjusted)))
        for each in comparisons
    ]


def judge(comparison: Comparison) -> Comparison:
    """The comparison with the verdict that its interval and adjusted p-value allow."""
    return comparison._replace(verdict=_verdict(comparison))


def _verdict(comparison: Comparison) -> Verdict:
    interval, p_value = comparison.interval, comparison.adjusted_p_value
    if p_value is None or p_value > 1 - interval.confidence:
        return Verdict.NO_DIFFERENCE
    if interval.low <= 0 <= interval.high:
        return Verdict.NO_DIFFERENCE
    if comparison.higher_is_better is None:
        return Verdict.DIFFERENT
    return Verdict.BETTER if (interval.low > 0) == comparison.higher_is_better else Verdict.WORSE


def _units(alignment: Alignment, differences: Floats) -> tuple[Floats, Floats | None]:
    """What is drawn and flipped as one: the samples, or the clusters' sums with their counts."""
    if alignment.clusters is None:
        return differences, None
    codes = alignment.clusters
    sums = np.bincount(codes, differences).astype(np.float64)
    return sums, np.bincount(codes).astype(np.float64)


def _split(alignment: Alignment) -> McNemar | None:
    if not is_binary(alignment.a) or not is_binary(alignment.b):
        return None
    gained = int(np.count_nonzero(alignment.b > alignment.a))
    return mcnemar(gained, int(np.count_nonzero(alignment.b < alignment.a)))


def _effect(differences: Floats, split: McNemar | None) -> Effect | None:
    if split:
        differing = split.gained + split.lost
        return Effect("Cohen's g", split.gained / differing - 0.5 if differing else 0.0)
    mean = float(differences.mean())
    if mean == 0:
        return Effect("Cohen's d_z", 0.0)
    if len(differences) < 2 or differences.min() == differences.max():
        return None
    return Effect("Cohen's d_z", mean / float(differences.std(ddof=1)))


def _mean(values: Floats) -> float:
    """The mean, also where the sum of the values is too large for a double."""
    largest = float(np.abs(values).max())
    return float((values / largest).mean() * largest) if largest > 1e290 else float(values.mean())


def _notes(alignment: Alignment, counts: Floats | None) -> tuple[str, ...]:
    notes = alignment.problems()
    if counts is not None and len(counts) < _FEW_CLUSTERS:
        notes.append(f"only {len(counts)} clusters: the interval may be too narrow")
    return tuple(notes)
