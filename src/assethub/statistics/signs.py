"""The paired permutation test: would the difference be as large if A and B changed places?"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, ndtr

from .resampling import CHUNK, MOST_DRAWS
from .samples import Floats

_MOST_ENUMERATED = 20
_MOST_KINDS = 512


class SignTest(NamedTuple):
    """The two-sided p-value of a difference, and how it was found."""

    p_value: float
    method: str


def flip_signs(differences: Floats, *, resamples: int = 10_000, seed: int = 0) -> SignTest:
    """How likely a sum this far from 0 is if each difference had either sign as likely.

    A unit's difference is that of a sample, or the sum of a cluster. Exact for up to 20 units
    that differ (Fisher 1935), and where all differ by the same amount, which for a 0/1 metric is
    McNemar's exact test. Otherwise by random signs, which show no p below 1 / (resamples + 1)
    (Phipson and Smyth 2010); a smaller one is Hoeffding's bound (1963), which p does not exceed,
    so that many comparisons can be told apart. Where random signs would be more than
    100,000,000, the normal limit.
    """
    differences = differences[differences != 0]
    sizes = np.abs(differences)
    if not len(sizes):
        return SignTest(1.0, "sign flips (nothing differs)")
    # Sums that are equal but for rounding count as equal.
    seen = float(abs(differences.sum())) - 1e-12 * float(sizes.sum())
    kinds, times = np.unique(sizes, return_counts=True)
    if len(kinds) == 1:
        positive = int(np.count_nonzero(differences > 0))
        return SignTest(sign_probability(positive, len(sizes)), "sign flips, exact")
    if len(sizes) <= _MOST_ENUMERATED:
        return SignTest(float(np.mean(_all_sums(sizes) >= seen)), "sign flips, exact")
    rng = np.random.default_rng(seed)
    if len(kinds) <= min(_MOST_KINDS, len(sizes) // 4):
        sums = (2 * rng.binomial(times, 0.5, size=(resamples, len(kinds))) - times) @ kinds
    elif len(sizes) * resamples <= MOST_DRAWS:
        sums = _random_sums(sizes, resamples, rng)
    else:
        z = float(abs(differences.sum()) / np.sqrt(sizes @ sizes))
        return SignTest(float(2 * ndtr(-z)), "sign flips, normal limit")
    p_value = (1 + int(np.count_nonzero(np.abs(sums) >= seen))) / (1 + resamples)
    bound = 2 * math.exp(-(seen**2) / (2 * float(sizes @ sizes)))
    if bound < p_value:
        return SignTest(bound, "sign flips, Hoeffding's bound")
    return SignTest(p_value, f"sign flips, {resamples} resamples")


def sign_probability(positive: int, n: int) -> float:
    """Two-sided probability of a split of `n` fair coins at least as uneven as this."""
    return min(1.0, float(2 * bdtr(min(positive, n - positive), n, 0.5))) if n else 1.0


class McNemar(NamedTuple):
    """McNemar's exact test: pairs that went from 0 to 1 and from 1 to 0, and the p-value."""

    gained: int
    lost: int
    p_value: float


def mcnemar(gained: int, lost: int) -> McNemar:
    """McNemar's test in its exact form, two-sided: the pairs that differ are fair coins."""
    return McNemar(gained, lost, sign_probability(gained, gained + lost))


def _all_sums(sizes: Floats) -> Floats:
    """The sums of all choices of signs, without their own sign."""
    sums = np.zeros(1)
    # The first sign is fixed: turning all signs around turns only the sum's.
    for size in sizes[1:]:
        sums = np.concatenate([sums + size, sums - size])
    totals: Floats = np.abs(sums + sizes[0])
    return totals


def _random_sums(sizes: Floats, resamples: int, rng: np.random.Generator) -> Floats:
    n = len(sizes)
    rows = max(1, CHUNK // n)
    total = float(sizes.sum())
    parts: list[NDArray[np.float64]] = []
    for start in range(0, resamples, rows):
        few = min(rows, resamples - start)
        packed = rng.integers(0, 256, size=(few, -(-n // 8)), dtype=np.uint8)
        parts.append(2 * (np.unpackbits(packed, axis=1, count=n) @ sizes) - total)
    return np.concatenate(parts)
