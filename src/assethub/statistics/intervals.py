"""Confidence intervals of a mean or a proportion, from formulas."""

import math
from typing import NamedTuple

from scipy.special import ndtri, stdtrit


class Interval(NamedTuple):
    """From `low` to `high`, meant to hold the true value in the share `confidence` of all cases.

    `method` says in words how it was reached. Where the numbers allow none, it is infinite and
    its method "undefined".
    """

    low: float
    high: float
    confidence: float
    method: str


def undefined(confidence: float) -> Interval:
    return Interval(-math.inf, math.inf, confidence, "undefined")


def normal_quantile(confidence: float) -> float:
    """How many standard errors a two-sided interval reaches to each side: 1.96 for 0.95."""
    if not 0 < confidence < 1:
        raise ValueError(f"a confidence lies between 0 and 1, not at {confidence}")
    return float(ndtri((1 + confidence) / 2))


def student_quantile(confidence: float, freedom: float) -> float:
    """The same with Student's t of so many degrees of freedom; infinite ones are the normal."""
    if math.isinf(freedom):
        return normal_quantile(confidence)
    normal_quantile(confidence)
    return float(stdtrit(freedom, (1 + confidence) / 2))


def student_interval(
    value: float, stderr: float, confidence: float, freedom: float = math.inf
) -> Interval:
    """The value plus and minus its standard errors, normal where no freedom is known."""
    reach = student_quantile(confidence, freedom) * stderr
    method = "normal" if math.isinf(freedom) else "Student's t"
    return Interval(value - reach, value + reach, confidence, method)


def wilson_interval(proportion: float, n: int, confidence: float = 0.95) -> Interval:
    """The score interval of a proportion of `n` trials. Wilson (1927); Newcombe (1998), method 3.

    Raises ValueError for a proportion outside 0 to 1, or fewer trials than one.
    """
    if not 0 <= proportion <= 1:
        raise ValueError(f"a proportion lies between 0 and 1, not at {proportion}")
    if n < 1:
        raise ValueError(f"a proportion needs at least one trial, not {n}")
    z = normal_quantile(confidence)
    centre = proportion + z * z / (2 * n)
    reach = z * math.sqrt(proportion * (1 - proportion) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    # Rounding must not keep the ends from 0 and 1, which the formula reaches.
    low = 0.0 if proportion == 0 else max(0.0, (centre - reach) / scale)
    high = 1.0 if proportion == 1 else min(1.0, (centre + reach) / scale)
    return Interval(low, high, confidence, "Wilson")


def newcombe_interval(a: float, n_a: int, b: float, n_b: int, confidence: float) -> Interval:
    """The interval of b - a, two proportions of separate trials. Newcombe (1998), method 10."""
    of_a, of_b = wilson_interval(a, n_a, confidence), wilson_interval(b, n_b, confidence)
    low = math.hypot(b - of_b.low, of_a.high - a)
    high = math.hypot(of_b.high - b, a - of_a.low)
    return Interval(b - a - low, b - a + high, confidence, "Newcombe (Wilson, unpaired)")


def bonett_price_interval(gained: int, lost: int, n: int, confidence: float) -> Interval:
    """The interval of (gained - lost) / n in `n` pairs of 0 and 1. Bonett and Price (2012).

    Holds where only a few pairs differ, or none, and a bootstrap has nothing to draw from.
    """
    up, down = (gained + 1) / (n + 2), (lost + 1) / (n + 2)
    stderr = math.sqrt((up + down - (up - down) ** 2) / (n + 2))
    reach = normal_quantile(confidence) * stderr
    low, high = max(-1.0, up - down - reach), min(1.0, up - down + reach)
    return Interval(low, high, confidence, "Bonett-Price")
