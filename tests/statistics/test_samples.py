"""Samples are paired by id, and what is left out is reported."""

import numpy as np
import pytest

from assethub import statistics


def test_samples_are_paired_by_id_whatever_their_order() -> None:
    aligned = statistics.align(["x", "y", "z"], [1, 2, 3], ["z", "x", "y"], [30, 10, 20])
    assert aligned.ids == ["x", "y", "z"]
    assert aligned.a.tolist() == [1, 2, 3]
    assert aligned.b.tolist() == [10, 20, 30]
    assert aligned.problems() == []


def test_missing_and_duplicate_ids_and_values_that_are_not_finite_are_reported() -> None:
    nan, inf = float("nan"), float("inf")
    aligned = statistics.align(
        ["a", "b", "b", "c", "d", "e", "only a", "twice"],
        [1, 2, 3, 4, nan, 6, 7, 8],
        ["only b", "e", "d", "c", "b", "a", "twice", "twice", "both", "both"],
        [0, inf, 5, 4, 3, 2, 1, 1, 1, 1],
    )
    assert aligned.ids == ["a", "c"]
    assert aligned.only_in_a == ["only a"]
    assert aligned.only_in_b == ["only b", "both"]
    assert aligned.duplicates_in_a == ["b"]
    assert aligned.duplicates_in_b == ["twice", "both"]
    assert aligned.not_finite == ["d", "e"]
    assert aligned.problems() == [
        "1 sample only in A left out",
        "2 samples only in B left out",
        "1 sample more than once in A left out",
        "2 samples more than once in B left out",
        "2 samples without a finite value left out",
    ]
    assert statistics.compare_samples(aligned).notes == tuple(aligned.problems())


def test_the_same_ids_twice_on_both_sides_make_no_pair() -> None:
    aligned = statistics.align([1, 1, 2], [1, 2, 3], [1, 1, 2], [1, 2, 3])
    assert (aligned.ids, aligned.duplicates_in_a, aligned.duplicates_in_b) == ([2], [1], [1])
    assert (aligned.only_in_a, aligned.only_in_b) == ([], [])


def test_values_too_far_apart_for_their_difference_are_reported() -> None:
    aligned = statistics.align([1, 2], [-1.7e308, 0], [1, 2], [1.7e308, 0])
    assert (aligned.ids, aligned.not_finite) == ([2], [1])


def test_ids_may_be_an_array_and_are_compared_as_they_are() -> None:
    aligned = statistics.align(np.arange(3), [1, 2, 3], ["0", 1, 2], [1, 2, 3])
    assert (aligned.ids, aligned.only_in_a, aligned.only_in_b) == ([1, 2], [0], ["0"])


def test_clusters_follow_their_samples() -> None:
    aligned = statistics.align(
        [1, 2, 3, 4], [0, 0, 0, 0], [4, 2, 1], [1, 1, 1], clusters=["p", "q", "r", "p"]
    )
    assert aligned.ids == [1, 2, 4]
    assert aligned.clusters is not None
    assert aligned.clusters.tolist() == [0, 1, 0]


def test_samples_that_flipped_are_named_both_ways() -> None:
    aligned = statistics.align("abcd", [0, 1, 1, 0], "abcd", [1, 0, 1, 0])
    assert statistics.find_flips(aligned) == (["a"], ["b"])
    with pytest.raises(statistics.InvalidSamples, match="0/1"):
        statistics.find_flips(statistics.align("ab", [0, 0.5], "ab", [1, 1]))


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("ab", [1, 2, 3], "ab", [1, 2]), "unequal_length"),
        (("ab", [[1], [2]], "ab", [1, 2]), "unequal_length"),
        (("ab", ["1", "good"], "ab", [1, 2]), "not_a_number"),
        (("ab", [1, 2], ["a", None], [1, 2]), "missing_id"),
        (("ab", [1, 2], ["a", float("nan")], [1, 2]), "missing_id"),
        (("ab", [1, 2], ["a", ["b"]], [1, 2]), "invalid_id"),
        (("ab", [1, 2], "ab", [1, 2], "a"), "unequal_length"),
        (("ab", [1, 2], "ab", [1, 2], ["a", None]), "missing_cluster"),
    ],
)
def test_columns_that_cannot_be_samples_are_refused(arguments, code) -> None:
    with pytest.raises(statistics.InvalidSamples) as raised:
        statistics.align(*arguments)
    assert raised.value.code == code


@pytest.mark.parametrize("values", [[], [float("nan")]])
def test_nothing_in_common_is_refused(values) -> None:
    ids = range(len(values))
    with pytest.raises(statistics.InvalidSamples) as raised:
        statistics.compare_samples(statistics.align(ids, values, ids, values))
    assert raised.value.code == "no_common_samples"
