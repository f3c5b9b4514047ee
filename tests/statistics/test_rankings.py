"""On a leaderboard, models that cannot be told apart share a rank."""

import math
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assethub import statistics
from assethub.statistics import Basis, rank

NAN = math.nan


def ranks(values, *arguments, **options) -> list[int]:
    entries = rank(np.array(values, dtype=float), *arguments, **options).entries
    return [each.rank for each in sorted(entries)]


def test_models_not_significantly_worse_than_the_leader_share_its_rank() -> None:
    values, errors = [0.90, 0.70, 0.89, 0.71, 0.50], np.full(5, 0.01)
    ranking = rank(np.array(values), errors)
    assert [each.entry for each in ranking.entries] == [0, 2, 3, 1, 4]
    assert [each.rank for each in ranking.entries] == [1, 1, 3, 3, 5]
    assert [each.against for each in ranking.entries] == [None, 0, 0, 3, 3]
    assert ranking.entries[0].basis is Basis.LEADER
    assert ranking.entries[1].basis is Basis.UNPAIRED
    assert ranking.entries[1].p_value == pytest.approx(0.4795, abs=5e-5)
    assert "Holm" in ranking.method


def test_lower_is_better_where_said() -> None:
    assert ranks([3, 1, 2], higher_is_better=False) == [3, 1, 2]
    assert ranks([3, 1, 2]) == [1, 3, 2]


def test_nan_and_infinities_come_last_and_share_that_rank() -> None:
    values = [NAN, 0.5, math.inf, 0.7, -math.inf]
    assert ranks(values) == [3, 2, 3, 1, 3]
    entries = rank(np.array(values), higher_is_better=False).entries
    assert [each.basis for each in entries[2:]] == [Basis.NOT_FINITE] * 3
    assert ranks([NAN, NAN]) == [1, 1]
    assert ranks([]) == []


def test_equal_values_share_a_rank_and_the_next_counts_them() -> None:
    assert ranks([1, 2, 2, 2, 0.5]) == [4, 1, 1, 1, 5]
    assert ranks([1, 2, 2], np.array([0.1, NAN, 0.1])) == [3, 1, 1]


def test_values_without_standard_error_are_told_apart_by_value_alone() -> None:
    ranking = rank(np.array([0.9, 0.899, 0.898]), np.array([0.05, NAN, 0.05]))
    assert [each.rank for each in ranking.entries] == [1, 2, 3]
    assert [each.basis for each in ranking.entries][1:] == [Basis.VALUE, Basis.VALUE]
    assert ranking.entries[1].p_value is None


def test_proportions_take_their_error_from_the_count() -> None:
    counts = np.array([100.0, 100, 100])
    assert ranks([1.0, 0.97, 0.5], None, counts, proportions=True) == [1, 1, 3]
    assert ranks([1.0, 0.97, 0.5], None, counts * 1000, proportions=True) == [1, 2, 3]


def test_few_samples_need_a_larger_difference() -> None:
    values, errors = [1.0, 0.7], np.array([0.1, 0.1])
    assert ranks(values, errors, np.array([1e6, 1e6])) == [1, 2]
    assert ranks(values, errors, np.array([4.0, 4.0])) == [1, 1]


def test_samples_decide_where_they_exist() -> None:
    asked = []

    def paired(leader: int, other: int) -> float | None:
        asked.append((leader, other))
        return {1: 1e-6, 2: None, 3: 1e-5}[other]

    values, errors = np.array([0.90, 0.89, 0.885, 0.88, 0.1]), np.full(5, 0.02)
    ranking = rank(values, errors, paired=paired)
    assert [each.rank for each in ranking.entries] == [1, 2, 2, 4, 5]
    assert ranking.entries[1][3:] == (1e-6, Basis.PAIRED)
    assert ranking.entries[2].basis is Basis.UNPAIRED
    # No samples could bring 0.1 near 0.9.
    assert (0, 4) not in asked


def test_the_more_models_the_more_a_difference_has_to_be() -> None:
    assert ranks([1.0, 0.77], np.array([0.08, 0.08])) == [1, 2]
    many = [1.0, 0.77, *[0.99] * 20]
    assert ranks(many, np.full(22, 0.08))[:2] == [1, 1]


def step_down(p_values: list[float], alpha: float) -> list[bool]:
    """Which are rejected, stepping from the smallest; `rivals` and the leader make the pairs."""
    rejected = [False] * len(p_values)
    for step, place in enumerate(np.argsort(p_values, kind="stable")):
        rivals = len(p_values) - step
        if p_values[place] > alpha / (rivals * (rivals + 1) / 2):
            break
        rejected[place] = True
    return rejected


@given(
    st.lists(st.tuples(st.integers(0, 60), st.sampled_from([0.5, 1.0, 3.0, NAN])), max_size=30),
    st.sampled_from([0.05, 0.3]),
)
def test_groups_are_those_of_holms_method_stepped_by_the_book(rows, alpha) -> None:
    values = np.array([float(value) for value, _ in rows])
    errors = np.array([error for _, error in rows])
    entries = rank(values, errors, alpha=alpha).entries
    order = [each.entry for each in entries]
    leader, expected = 0, {}
    while leader < len(order):
        below = order[leader + 1 :]
        gaps = values[order[leader]] - values[below]
        z = gaps / np.hypot(errors[order[leader]], errors[below])
        known = np.flatnonzero(~np.isnan(z))
        apart = gaps > 0
        apart[known] = step_down([math.erfc(each / math.sqrt(2)) for each in z[known]], alpha)
        size = int(np.argmax(apart)) if apart.any() else len(below)
        expected |= dict.fromkeys(order[leader : leader + size + 1], leader + 1)
        leader += size + 1
    assert {each.entry: each.rank for each in entries} == expected


@pytest.mark.parametrize("known", ["errors", "small errors", "counts", "nothing"])
def test_ten_thousand_models_are_ranked_in_200_ms(known) -> None:
    values = np.random.default_rng(1).uniform(0.5, 1, 10_000)
    arguments = {
        "errors": (values, np.full(10_000, 0.01)),
        "small errors": (values, np.full(10_000, 1e-4)),
        "counts": (values, None, np.full(10_000, 5000.0)),
        "nothing": (values,),
    }[known]
    times = []
    for _ in range(3):
        # Of this process alone, that others on the machine don't count.
        start = time.process_time()
        ranking = statistics.rank(*arguments, proportions=known == "counts")
        times.append(time.process_time() - start)
    assert len(ranking.entries) == 10_000
    assert min(times) < 0.2
