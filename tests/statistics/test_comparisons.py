"""What a comparison says, at its edges as well."""

import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assethub import statistics
from assethub.statistics import Summary, Verdict, compare_samples, compare_summaries

RNG = np.random.default_rng(11)
NOISE = RNG.normal(size=400)


def pair(a, b, clusters=None) -> statistics.Alignment:
    return statistics.align(range(len(a)), a, range(len(b)), b, clusters)


@pytest.mark.parametrize(
    ("shift", "higher_is_better", "verdict"),
    [
        (0.5, True, "better"),
        (0.5, False, "worse"),
        (-0.5, True, "worse"),
        (-0.5, False, "better"),
        (0.5, None, "different"),
        (0.0, True, "no difference shown"),
    ],
)
def test_the_verdict_follows_the_direction_of_the_metric(shift, higher_is_better, verdict) -> None:
    b = NOISE + shift + RNG.normal(scale=0.5, size=400) * (shift != 0)
    result = compare_samples(pair(NOISE, b), higher_is_better=higher_is_better)
    assert result.verdict == verdict
    low, high = result.interval[:2]
    assert low <= result.difference <= high


@pytest.mark.parametrize("values", [[0.0, 1, 1, 0], [0.25, 0.5, 1.5], [7.0], [1e308] * 3])
@pytest.mark.parametrize("clusters", [None, "x"])
def test_identical_vectors_show_no_difference_with_p_1(values, clusters) -> None:
    labels = clusters and [clusters] * len(values)
    result = compare_samples(pair(values, values, labels))
    assert result.difference == 0
    assert result.p_value == 1
    assert result.verdict is Verdict.NO_DIFFERENCE
    assert result.effect is not None
    assert result.effect.value == 0
    assert result.interval.low <= 0 <= result.interval.high


def test_the_same_seed_gives_the_same_result_and_another_one_nearly() -> None:
    a, b = RNG.normal(size=60), RNG.normal(size=60)
    first, again, other = (compare_samples(pair(a, b), seed=seed) for seed in (5, 5, 6))
    assert first == again
    assert first.seed == 5
    assert first.interval != other.interval
    assert first.interval.low == pytest.approx(other.interval.low, abs=0.05)


def test_the_same_difference_everywhere_has_a_percentile_interval_and_says_so() -> None:
    result = compare_samples(pair(np.arange(8.0), np.arange(8.0) + 0.5))
    assert result.interval.method.startswith("percentile bootstrap (BCa is not defined)")
    assert result.interval[:2] == (0.5, 0.5)
    assert result.p_value == 2 / 2**8
    assert result.effect is None


def test_a_0_1_metric_with_few_differing_pairs_keeps_an_honest_interval() -> None:
    """Of 20 pairs none differs: that is no proof that no more than none does."""
    result = compare_samples(pair([1.0] * 20, [1.0] * 20))
    assert result.interval.method == "Bonett-Price"
    assert result.interval.low < -0.1
    assert result.interval.high > 0.1
    # 6 of 40 gained, none lost: p = 2 / 64.
    better = compare_samples(pair([0.0] * 6 + [1.0] * 34, [1.0] * 40))
    assert better.verdict is Verdict.BETTER
    assert better.mcnemar == (6, 0, 2 / 64)
    assert better.effect == ("Cohen's g", 0.5)


def test_clusters_make_a_difference_of_repeated_samples_less_sure() -> None:
    cluster = np.repeat(np.arange(12), 20)
    b = np.repeat(RNG.normal(0.3, 1, 12), 20) + RNG.normal(scale=0.05, size=240)
    apart = compare_samples(pair(np.zeros(240), b))
    together = compare_samples(pair(np.zeros(240), b, cluster))
    assert together.difference == pytest.approx(apart.difference)
    assert together.stderr > 3 * apart.stderr
    assert together.interval.low < apart.interval.low
    assert together.p_value > apart.p_value
    few = compare_samples(pair(np.zeros(240), b, cluster // 4))
    assert "only 3 clusters" in few.notes[0]


def test_a_single_sample_or_cluster_has_no_interval_and_shows_nothing() -> None:
    for alignment in (pair([1.0], [2.5]), pair([1.0, 2], [3.0, 5], ["x", "x"])):
        result = compare_samples(alignment)
        assert result.interval[:2] == (-math.inf, math.inf)
        assert result.interval.method == "undefined"
        assert result.verdict is Verdict.NO_DIFFERENCE


def test_many_different_values_take_the_normal_limit_and_say_so() -> None:
    a = RNG.normal(size=20_000)
    result = compare_samples(pair(a, a + RNG.normal(0.05, 1, 20_000)))
    assert result.interval.method == "Student's t (too many values to resample)"
    assert result.test == "sign flips, normal limit"
    assert result.verdict is Verdict.BETTER


def test_holm_takes_back_what_only_many_looks_made_seem_sure() -> None:
    shaky = compare_summaries(Summary(0.0, 0.1), Summary(0.22, 0.02))
    sure = compare_summaries(Summary(0.0, 0.1), Summary(0.9, 0.02))
    unknown = compare_summaries(Summary(0.1), Summary(0.9))
    assert shaky.verdict is Verdict.BETTER
    adjusted = statistics.adjust([shaky, sure, unknown, shaky._replace(p_value=0.5)])
    assert [each.verdict.value for each in adjusted[:3]] == [
        "no difference shown",
        "better",
        "no difference shown",
    ]
    assert adjusted[0].adjusted_p_value == pytest.approx(2 * shaky.p_value)
    assert adjusted[0].p_value == shaky.p_value
    assert adjusted[2] == unknown


@pytest.mark.parametrize(
    ("a", "b", "note"),
    [
        (Summary(0.1), Summary(0.9), "nothing says how sure it is"),
        (Summary(0.1, 0.01), Summary(0.9, 0.0), "nothing says how sure it is"),
        (Summary(0.1, n=50), Summary(0.9, n=50), "nothing says how sure it is"),
        (Summary(0.1, 0.01), Summary(math.nan, 0.01), "not finite"),
        (Summary(math.inf, 0.01), Summary(math.inf, 0.01), "not finite"),
    ],
)
def test_values_that_say_nothing_about_their_certainty_show_no_difference(a, b, note) -> None:
    result = compare_summaries(a, b)
    assert result.verdict is Verdict.NO_DIFFERENCE
    assert result.p_value is None
    assert result.interval.method == "undefined"
    assert note in result.notes[0]


def test_a_proportion_is_compared_with_a_value_with_a_standard_error() -> None:
    result = compare_summaries(Summary(1.0, n=400, proportion=True), Summary(0.9, 0.01))
    assert result.verdict is Verdict.WORSE
    assert result.test == "Welch's t"
    assert result.interval.method == "Student's t, unpaired"


def test_one_value_has_the_interval_that_its_certainty_allows() -> None:
    interval = statistics.summary_interval
    assert interval(Summary(1.0, 0.1)).method == "normal"
    assert interval(Summary(1.0, 0.1))[:2] == pytest.approx((0.804, 1.196), abs=5e-4)
    assert interval(Summary(1.0, 0.1, 5))[:2] == pytest.approx((0.7224, 1.2776), abs=5e-5)
    assert interval(Summary(0.0, n=20, proportion=True)).high == pytest.approx(0.1611, abs=5e-5)
    assert interval(Summary(0.5)).method == "undefined"
    assert interval(Summary(math.inf, 0.1)).method == "undefined"


@pytest.mark.parametrize(
    "summary", [Summary(1, -0.1), Summary(1, math.nan), Summary(1, 1, 0), Summary(2, None, 5, True)]
)
def test_impossible_certainty_is_refused(summary) -> None:
    with pytest.raises(ValueError, match="not"):
        compare_summaries(Summary(1, 1), summary)
    with pytest.raises(ValueError, match="not"):
        statistics.summary_interval(summary)


@pytest.mark.parametrize("confidence", [0, 1, 95])
def test_a_confidence_that_is_none_is_refused(confidence) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        compare_samples(pair(NOISE, NOISE + 1), confidence=confidence)


values = st.one_of(
    st.floats(width=64), st.sampled_from([0.0, 1.0, 0.5, -1.0, 5e-324, 1e308, math.nan, math.inf])
)


@given(st.lists(st.tuples(values, values, st.integers(0, 3)), min_size=1, max_size=40))
@example([(5e-324, 0.0, 0), (0.0, 0.0, 0)])
@example([(1e308, -1e307, 0), (1e308, 1.0, 1), (0.0, 5e-324, 1)])
@example([(0.0, -8.98846567431158e307, 0)])
def test_any_numbers_give_a_result_without_nan_and_without_a_warning(rows) -> None:
    a, b, clusters = zip(*rows, strict=True)
    for labels in (None, clusters):
        aligned = pair(a, b, labels)
        assert len(aligned.ids) + len(aligned.not_finite) == len(rows)
        if not aligned.ids:
            continue
        result = compare_samples(aligned, resamples=200)
        assert 0 < result.p_value <= 1
        assert result.interval.low <= result.interval.high
        figures = (result.difference, result.a, result.b, result.stderr)
        assert not any(map(math.isnan, figures))
        swapped = compare_samples(pair(b, a, labels), resamples=200)
        assert swapped.difference == -result.difference
        assert swapped.p_value == result.p_value


def test_importing_the_package_loads_neither_numpy_nor_scipy() -> None:
    code = (
        "import sys, assethub.app, assethub.cli; from assethub import statistics, queries;"
        "print([name for name in ('numpy', 'scipy', 'pandas', 'lark') if name in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_every_name_of_the_package_is_there() -> None:
    assert all(getattr(statistics, name) for name in statistics.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        statistics.nothing  # noqa: B018
