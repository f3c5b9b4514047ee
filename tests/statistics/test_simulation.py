"""Intervals hold the truth as often as they claim, and nothing is found where nothing is.

Each check counts in simulations with fixed seeds, and asks for what a binomial of the claimed
chance leaves in 99.9 % of cases; methods that are known to be careful may be so.
"""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import binom

from assethub import statistics
from assethub.statistics import Summary, compare_samples, compare_summaries

RUNS = 400
Draw = Callable[[np.random.Generator], tuple[statistics.Alignment, float]]


def pair(a, b, clusters=None) -> statistics.Alignment:
    return statistics.align(range(len(a)), a, range(len(b)), b, clusters)


def normal(rng) -> tuple[statistics.Alignment, float]:
    a = rng.normal(size=12)
    return pair(a, a + rng.normal(0.2, 0.5, 12)), 0.2


def skewed(rng) -> tuple[statistics.Alignment, float]:
    a = rng.exponential(size=80)
    return pair(a, a + rng.exponential(0.7, 80) - rng.exponential(0.5, 80)), 0.2


def binary(rng) -> tuple[statistics.Alignment, float]:
    a = rng.random(150) < 0.8
    b = np.where(rng.random(150) < 0.25, rng.random(150) < 0.9, a)
    return pair(a * 1.0, b * 1.0), 0.025


def rarely_different(rng) -> tuple[statistics.Alignment, float]:
    a = np.ones(60)
    return pair(a, a - (rng.random(60) < 0.05)), -0.05


def clustered(rng) -> tuple[statistics.Alignment, float]:
    groups = np.repeat(np.arange(25), rng.integers(2, 9, 25))
    difference = 0.1 + rng.normal(size=25)[groups] + rng.normal(scale=0.5, size=len(groups))
    return pair(np.zeros(len(groups)), difference, groups), 0.1


def many(rng) -> tuple[statistics.Alignment, float]:
    a = rng.integers(0, 5, 2000) / 4
    return pair(a, rng.integers(0, 5, 2000) / 4), 0.0


def without_difference(draw: Draw) -> Draw:
    def drawn(rng) -> tuple[statistics.Alignment, float]:
        """As `draw`, with A and B in each unit changing places at random."""
        alignment, _ = draw(rng)
        size = len(alignment.a) if alignment.clusters is None else alignment.clusters.max() + 1
        turned = rng.random(size) < 0.5
        rows = turned if alignment.clusters is None else turned[alignment.clusters]
        a = np.where(rows, alignment.b, alignment.a)
        b = np.where(rows, alignment.a, alignment.b)
        return alignment._replace(a=a, b=b), 0.0

    return drawn


@pytest.mark.parametrize("draw", [normal, skewed, binary, rarely_different, clustered, many])
def test_a_95_percent_interval_holds_the_truth_in_95_percent_of_cases(draw: Draw) -> None:
    rng = np.random.default_rng(2024)
    held = 0
    for seed in range(RUNS):
        alignment, truth = draw(rng)
        interval = compare_samples(alignment, resamples=1000, seed=seed).interval
        held += interval.low <= truth <= interval.high
    assert held >= binom.ppf(0.0005, RUNS, 0.95)
    if draw is not rarely_different:
        assert held <= binom.ppf(0.9995, RUNS, 0.95)


@pytest.mark.parametrize("draw", [normal, skewed, binary, rarely_different, clustered, many])
def test_a_difference_is_found_in_5_percent_of_cases_where_there_is_none(draw: Draw) -> None:
    rng = np.random.default_rng(77)
    drawn = without_difference(draw)
    results = [compare_samples(drawn(rng)[0], resamples=1000, seed=seed) for seed in range(RUNS)]
    significant = sum(each.p_value <= 0.05 for each in results)
    found = sum(each.verdict != "no difference shown" for each in results)
    assert found <= significant <= binom.ppf(0.9995, RUNS, 0.05)
    if draw in (normal, skewed, clustered, many):
        assert significant >= binom.ppf(0.0005, RUNS, 0.05)


@pytest.mark.parametrize("kind", ["proportions", "means"])
def test_unpaired_comparisons_hold_their_level_and_their_coverage(kind: str) -> None:
    rng = np.random.default_rng(31)
    runs, held, found = 2000, 0, 0
    for _ in range(runs):
        if kind == "proportions":
            a, b = (Summary(rng.binomial(80, 0.7) / 80, n=80, proportion=True) for _ in "ab")
        else:
            a, b = (
                Summary(data.mean(), data.std(ddof=1) / len(data) ** 0.5, len(data))
                for data in (rng.normal(size=9), rng.normal(scale=3, size=15))
            )
        result = compare_summaries(a, b)
        held += result.interval.low <= 0 <= result.interval.high
        found += result.verdict != "no difference shown"
    assert binom.ppf(0.0005, runs, 0.95) <= held <= binom.ppf(0.9995, runs, 0.96)
    assert found <= binom.ppf(0.9995, runs, 0.05)


def test_a_leaderboard_of_equals_has_one_rank_in_at_least_95_percent_of_cases() -> None:
    rng = np.random.default_rng(8)
    errors = np.full(10, 0.1)
    shared = sum(
        all(each.rank == 1 for each in statistics.rank(rng.normal(0, 0.1, 10), errors).entries)
        for _ in range(RUNS)
    )
    assert binom.ppf(0.0005, RUNS, 0.95) <= shared < RUNS
