"""The bootstrap of a mean, or of a ratio of sums: BCa, percentile where BCa is not defined.

Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 14.
"""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from .intervals import Interval, normal_quantile, student_interval, student_quantile, undefined
from .samples import Floats

# What one call may draw, about a second; and hold at once, 8 MiB.
MOST_DRAWS = 100_000_000
CHUNK = 1 << 20
_MOST_KINDS = 512


def bootstrap(
    sums: Floats,
    counts: Floats | None = None,
    *,
    confidence: float = 0.95,
    resamples: int = 10_000,
    seed: int = 0,
    expand: bool = True,
) -> Interval:
    """The interval of sum(sums) / sum(counts) when units are drawn again; without counts, a mean.

    A unit is a sample, or a cluster of samples with their sum and their count, which is positive.
    `expand` widens the interval of few units as Student's t does (Hesterberg 2015, section 4.5);
    without it, it is the textbook's. The method in the result says what was done: with few
    distinct values the draws of all units are made at once as multinomial counts, and with more
    than 100,000,000 draws to make, Student's t takes the bootstrap's place, from which at so
    many units it hardly differs. Memory is bounded; the same seed gives the same interval.
    """
    units = np.ones_like(sums) if counts is None else counts
    normal_quantile(confidence)
    if len(sums) < 2:
        return undefined(confidence)
    kinds, times = _kinds(sums, units)
    rng = np.random.default_rng(seed)
    if len(kinds) <= min(_MOST_KINDS, len(sums) // 4):
        draws = _draw_counts(kinds, times, resamples, rng)
        how = f"{resamples} multinomial resamples"
    elif len(sums) * resamples <= MOST_DRAWS:
        draws = _draw_units(sums, units, resamples, rng)
        how = f"{resamples} resamples"
    else:
        return _student(sums, units, confidence)
    return _limits(draws, sums, units, confidence, how, expand)


def standard_error(sums: Floats, counts: Floats | None = None) -> float:
    """The standard error of the same ratio: of a mean the usual one, of clusters the clustered.

    sqrt(G / (G - 1) * sum of squared residual sums) / N for G clusters of N samples (Liang and
    Zeger 1986), infinite for a single unit.
    """
    units = np.ones_like(sums) if counts is None else counts
    n = len(sums)
    if n < 2:
        return math.inf
    residuals = sums - units * (sums.sum() / units.sum())
    return float(math.sqrt(n / (n - 1) * float(residuals @ residuals)) / units.sum())


def _student(sums: Floats, units: Floats, confidence: float) -> Interval:
    value = float(sums.sum() / units.sum())
    interval = student_interval(value, standard_error(sums, units), confidence, len(sums) - 1)
    return interval._replace(method="Student's t (too many values to resample)")


def _kinds(sums: Floats, units: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """The distinct rows of (sum, count), and how often each comes."""
    if np.all(units == units[0]):
        values, times = np.unique(sums, return_counts=True)
        return np.column_stack([values, np.full(len(values), units[0])]), times
    rows = np.column_stack([sums, units])
    return np.unique(rows, axis=0, return_counts=True)


def _draw_counts(
    kinds: Floats, times: NDArray[np.int64], resamples: int, rng: np.random.Generator
) -> Floats:
    n = int(times.sum())
    rows = max(1, CHUNK // len(kinds))
    parts = []
    for start in range(0, resamples, rows):
        drawn = rng.multinomial(n, times / n, size=min(rows, resamples - start))
        totals = drawn @ kinds
        parts.append(totals[:, 0] / totals[:, 1])
    return np.concatenate(parts)


def _draw_units(sums: Floats, units: Floats, resamples: int, rng: np.random.Generator) -> Floats:
    n = len(sums)
    rows = max(1, CHUNK // n)
    plain = bool(np.all(units == units[0]))
    parts = []
    for start in range(0, resamples, rows):
        drawn = rng.integers(0, n, size=(min(rows, resamples - start), n), dtype=np.int32)
        total = n * units[0] if plain else units[drawn].sum(axis=1)
        parts.append(sums[drawn].sum(axis=1) / total)
    return np.concatenate(parts)


def _limits(
    draws: Floats, sums: Floats, units: Floats, confidence: float, how: str, expand: bool
) -> Interval:
    n = len(sums)
    reach = normal_quantile(confidence)
    if expand:
        reach = math.sqrt(n / (n - 1)) * student_quantile(confidence, n - 1)
    shares = _bca_shares(draws, sums, units, reach)
    method = "BCa bootstrap"
    if shares is None:
        shares = (float(ndtr(-reach)), float(ndtr(reach)))
        method = "percentile bootstrap (BCa is not defined)"
    low, high = np.quantile(draws, shares)
    return Interval(float(low), float(high), confidence, f"{method}, {how}")


def _bca_shares(
    draws: Floats, sums: Floats, units: Floats, reach: float
) -> tuple[float, float] | None:
    """Which quantiles of the draws are the limits, or None where BCa does not say."""
    value = sums.sum() / units.sum()
    below = (np.count_nonzero(draws < value) + np.count_nonzero(draws <= value)) / 2 / len(draws)
    if not 0 < below < 1 or draws.min() == draws.max():
        return None
    jackknife = (sums.sum() - sums) / (units.sum() - units)
    off = jackknife.mean() - jackknife
    spread = np.abs(off).max()
    if not spread > 0:
        return None
    off = off / spread
    acceleration = float((off**3).sum() / (6 * (off**2).sum() ** 1.5))
    bias = float(ndtri(below))
    shares = []
    for z in (bias - reach, bias + reach):
        scale = 1 - acceleration * z
        if scale <= 0:
            return None
        shares.append(float(ndtr(bias + z / scale)))
    return shares[0], shares[1]
