"""Numbers that others have published come out, and those of scipy and statsmodels.

Each published number stands, with its source, in what scipy or statsmodels install: their test
suites and docstrings, which are named here. Some come from R, by code that stands there too.
"""

import numpy as np
import pytest
import scipy.stats
import statsmodels.api as sm
from statsmodels.stats.contingency_tables import mcnemar as sm_mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint
from statsmodels.stats.tests.results.results_proportion import res_binom, res_binom_methods

from assethub import statistics

# The mice of Efron and Tibshirani (1993): scipy/stats/tests/test_resampling.py,
# test_BCa_acceleration_against_reference.
MOUSE_TREATED = np.array([16.0, 23, 38, 94, 99, 141, 197])
MOUSE_CONTROL = np.array([10.0, 27, 31, 40, 46, 50, 52, 104, 146])
# Darwin's plants, eighths of an inch: the docstring of scipy.stats.wilcoxon.
DARWIN = np.array([6.0, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67, 75])


def pair(a, b, clusters=None) -> statistics.Alignment:
    return statistics.align(range(len(a)), a, range(len(b)), b, clusters)


def counts(both: int, lost: int, gained: int, neither: int) -> statistics.Alignment:
    """Pairs of 0 and 1 with the cells of a two-by-two table."""
    a = np.repeat([1.0, 1, 0, 0], [both, lost, gained, neither])
    b = np.repeat([1.0, 0, 1, 0], [both, lost, gained, neither])
    return pair(a, b)


def summarize(values) -> statistics.Summary:
    return statistics.Summary(values.mean(), statistics.standard_error(values), len(values))


def test_darwins_plants_have_the_p_value_of_all_sums_with_other_signs() -> None:
    """All 32,768 of them, of which scipy counts those as large. Fisher (1935), chapter III."""
    expected = scipy.stats.permutation_test(
        (DARWIN,), np.sum, permutation_type="samples", n_resamples=np.inf
    )
    assert len(expected.null_distribution) == 2**15
    test = statistics.flip_signs(DARWIN)
    assert test.p_value == expected.pvalue
    assert test.method == "sign flips, exact"


@pytest.mark.parametrize(
    ("lost", "gained", "p_value"),
    [
        (121, 59, 0.000004),
        (70, 59, 0.378688),
        (80, 59, 0.089452),
        (30, 60, 0.00206),
        (10, 30, 0.002221),
        (10, 10, 1.0),
    ],
)
def test_mcnemars_exact_test_is_that_of_vassarstats(lost: int, gained: int, p_value: float) -> None:
    """statsmodels/stats/tests/test_nonparametric.py, test_mcnemar_exact; six decimals of each."""
    result = statistics.compare_samples(counts(101, lost, gained, 33))
    assert result.p_value == pytest.approx(p_value, abs=5.1e-7 if p_value < 1 else 0)
    assert result.mcnemar == (gained, lost, result.p_value)


def test_mcnemars_exact_test_is_that_of_r() -> None:
    """mcnemar.exact: statsmodels/stats/tests/results/contingency_table_r_results.csv, row 1."""
    result = statistics.compare_samples(counts(23, 15, 19, 31))
    assert result.p_value == pytest.approx(0.60759136127308, rel=1e-12)
    difference = np.repeat([-1.0, 1, 0], [15, 19, 54])
    assert result.difference == pytest.approx(4 / 88)
    assert result.stderr == pytest.approx(sm.stats.DescrStatsW(difference).std_mean)
    assert result.verdict == "no difference shown"


@pytest.mark.parametrize(("gained", "lost"), [(86, 150), (0, 0), (0, 7), (3, 3), (12, 30)])
def test_mcnemars_test_is_that_of_statsmodels(gained: int, lost: int) -> None:
    expected = sm_mcnemar([[5, lost], [gained, 5]], exact=True).pvalue if gained + lost else 1.0
    assert statistics.mcnemar(gained, lost).p_value == pytest.approx(expected)
    assert statistics.compare_samples(counts(5, lost, gained, 5)).p_value == pytest.approx(expected)


@pytest.mark.parametrize("case", res_binom)
def test_wilsons_intervals_are_those_of_r(case: tuple[int, int]) -> None:
    """binom.confint: statsmodels/stats/tests/results/results_proportion.py. Wilson (1927)."""
    successes, n = case
    place = res_binom_methods.index("wilson")
    expected = res_binom[case].ci_low[place], res_binom[case].ci_upp[place]
    interval = statistics.wilson_interval(successes / n, n)
    # Those of 30 trials are given to seven digits.
    assert interval[:2] == pytest.approx(expected, abs=5e-8 if n == 30 else 1e-9)
    assert interval[:2] == pytest.approx(proportion_confint(successes, n, method="wilson"))


def test_two_proportions_have_the_interval_of_newcombe_that_fagerland_gives() -> None:
    """7 of 34 and 1 of 34: Fagerland et al. (2015), in statsmodels/stats/tests/test_proportion.py,
    test_confint_2indep; to the decimals given.
    """
    result = statistics.compare_summaries(
        statistics.Summary(1 / 34, n=34, proportion=True),
        statistics.Summary(7 / 34, n=34, proportion=True),
    )
    assert (round(result.interval.low, 3), round(result.interval.high, 2)) == (0.019, 0.34)
    expected = confint_proportions_2indep(7, 34, 1, 34, method="newcomb")
    assert result.interval[:2] == pytest.approx(expected)
    assert result.p_value == pytest.approx(sm.stats.proportions_ztest([7, 1], [34, 34])[1])
    assert result.verdict == "better"
    assert "unpaired" in result.interval.method


@pytest.mark.parametrize(
    ("a", "b", "p_value"),
    [
        ([1.0, 2, 3], [1.1, 2.9, 4.2], 0.53619490753126686),
        ([1.0, 2, 3, 4], [1.1, 2.9, 4.2], 0.84354139131608252),
    ],
)
def test_welchs_test_is_that_of_r(a: list[float], b: list[float], p_value: float) -> None:
    """t.test(a, b, equal.var=FALSE): scipy/stats/tests/test_stats.py, test_ttest_ind_with_uneq_var.

    The interval is that of scipy.
    """
    first, second = np.array(a), np.array(b)
    result = statistics.compare_summaries(summarize(first), summarize(second))
    assert result.p_value == pytest.approx(p_value, rel=1e-12)
    expected = scipy.stats.ttest_ind(second, first, equal_var=False).confidence_interval(0.95)
    assert result.interval[:2] == pytest.approx(tuple(expected))


def test_the_mice_have_welchs_interval_of_scipy() -> None:
    result = statistics.compare_summaries(summarize(MOUSE_CONTROL), summarize(MOUSE_TREATED))
    expected = scipy.stats.ttest_ind(MOUSE_TREATED, MOUSE_CONTROL, equal_var=False)
    assert statistics.standard_error(MOUSE_TREATED) == scipy.stats.sem(MOUSE_TREATED)
    assert result.p_value == pytest.approx(expected.pvalue)
    assert result.interval[:2] == pytest.approx(tuple(expected.confidence_interval(0.95)))
    assert result.verdict == "no difference shown"


def test_the_sums_of_darwins_plants_do_not_quite_tell_them_apart() -> None:
    """By ranks the docstring of scipy.stats.wilcoxon has 0.0413; the two that lost weigh more."""
    result = statistics.compare_samples(pair(np.zeros(15), DARWIN))
    assert result.difference == pytest.approx(DARWIN.mean())
    assert 0.05 < result.p_value < 0.055
    assert result.verdict == "no difference shown"
    assert result.effect == ("Cohen's d_z", pytest.approx(DARWIN.mean() / DARWIN.std(ddof=1)))


@pytest.mark.parametrize("data", [MOUSE_TREATED, MOUSE_CONTROL, DARWIN])
def test_bca_limits_of_a_mean_are_those_of_scipy(data) -> None:
    expected = scipy.stats.bootstrap(
        (data,), np.mean, n_resamples=50_000, batch=1000, rng=np.random.default_rng(1)
    ).confidence_interval
    limits = statistics.bootstrap(data, resamples=50_000, seed=2, expand=False)
    assert limits.method == "BCa bootstrap, 50000 resamples"
    assert limits[:2] == pytest.approx(tuple(expected), abs=0.06 * data.std())


def test_bca_limits_of_a_ratio_are_those_of_scipy() -> None:
    """As of clusters of unlike size: sums of values, and how many they are."""
    sums = DARWIN[:8]
    sizes = np.array([3.0, 5, 2, 8, 4, 6, 9, 3])

    def ratio(y, z, axis=-1):
        return y.sum(axis) / z.sum(axis)

    expected = scipy.stats.bootstrap(
        (sums, sizes),
        ratio,
        paired=True,
        n_resamples=50_000,
        batch=1000,
        rng=np.random.default_rng(1),
    ).confidence_interval
    limits = statistics.bootstrap(sums, sizes, resamples=50_000, seed=2, expand=False)
    assert limits[:2] == pytest.approx(tuple(expected), rel=0.02)


def test_the_multinomial_bootstrap_agrees_with_drawing_units() -> None:
    data = np.repeat([-1.0, 0.0, 1.0], [30, 320, 50])
    expected = scipy.stats.bootstrap(
        (data,), np.mean, n_resamples=20_000, batch=500, rng=np.random.default_rng(1)
    ).confidence_interval
    limits = statistics.bootstrap(data, resamples=20_000, expand=False)
    assert "multinomial" in limits.method
    assert limits[:2] == pytest.approx(tuple(expected), abs=0.004)


def test_clustered_errors_are_those_of_a_regression_with_clustered_covariance() -> None:
    rng = np.random.default_rng(5)
    clusters = np.sort(rng.integers(0, 20, 150))
    values = rng.normal(size=150) + rng.normal(size=20)[clusters]
    fit = sm.OLS(values, np.ones(150)).fit(cov_type="cluster", cov_kwds={"groups": clusters})
    result = statistics.compare_samples(pair(np.zeros(150), values, clusters))
    assert result.stderr == pytest.approx(fit.bse[0])
    assert result.clusters == 20


def test_holms_p_values_are_those_of_r_and_of_statsmodels() -> None:
    """mt.rawp2adjp of multtest: statsmodels/stats/tests/test_multi.py, res_multtest3."""
    p_values = [0.001, 0.002, 0.003, 0.004, 0.005, 0.05, 0.06, 0.07, 0.08, 0.09]
    adjusted = [0.01, 0.018, 0.024, 0.028, 0.03, 0.25, 0.25, 0.25, 0.25, 0.25]
    assert statistics.holm(p_values).tolist() == pytest.approx(adjusted)
    assert statistics.holm(p_values[::-1]).tolist() == pytest.approx(adjusted[::-1])
    random = np.random.default_rng(3).random(50) ** 4
    assert statistics.holm(random) == pytest.approx(multipletests(random, method="holm")[1])
    assert statistics.holm([]).tolist() == []


def test_the_random_sign_test_is_that_of_scipy() -> None:
    data = np.random.default_rng(4).normal(0.25, 1, 60)
    expected = scipy.stats.permutation_test(
        (data, np.zeros(60)),
        lambda x, y, axis: (x - y).mean(axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=20_000,
        batch=2000,
        rng=np.random.default_rng(1),
    ).pvalue
    assert statistics.flip_signs(data, resamples=20_000).p_value == pytest.approx(
        expected, abs=0.01
    )


def test_a_p_value_below_what_resamples_show_is_a_bound_that_the_exact_one_keeps_to() -> None:
    """40 differences, all positive: only one choice of signs, and its mirror, sums as high."""
    test = statistics.flip_signs(np.linspace(0.5, 1.5, 40))
    assert test.method == "sign flips, Hoeffding's bound"
    assert 2 / 2**40 < test.p_value < 1e-7
