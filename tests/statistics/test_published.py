"""Numbers that others have published come out, and those of scipy and statsmodels."""

import numpy as np
import pytest
import scipy.stats
import statsmodels.api as sm
from statsmodels.stats.contingency_tables import mcnemar as sm_mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from assethub import statistics

# Efron and Tibshirani, An Introduction to the Bootstrap (1993), tables 2.1 and 10.1.
MOUSE_TREATED = np.array([94.0, 197, 16, 38, 99, 141, 23])
MOUSE_CONTROL = np.array([52.0, 104, 146, 10, 51, 30, 40, 27, 46])
PATCH_Z = np.array([8406.0, 2342, 8187, 8459, 4795, 3516, 4796, 10238])
PATCH_Y = np.array([-1200.0, 2601, -2705, 1982, -1290, 351, -638, -2719])
# Fisher, The Design of Experiments (1935), section 17: Darwin's plants, eighths of an inch.
DARWIN = np.array([49.0, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48])
# Student (1908), as the data set `sleep` of R.
SLEEP_1 = np.array([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
SLEEP_2 = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])


def pair(a, b, clusters=None) -> statistics.Alignment:
    return statistics.align(range(len(a)), a, range(len(b)), b, clusters)


def counts(both: int, lost: int, gained: int, neither: int) -> statistics.Alignment:
    """Pairs of 0 and 1 with the cells of a two-by-two table."""
    a = np.repeat([1.0, 1, 0, 0], [both, lost, gained, neither])
    b = np.repeat([1.0, 0, 1, 0], [both, lost, gained, neither])
    return pair(a, b)


def summarize(values) -> statistics.Summary:
    return statistics.Summary(values.mean(), statistics.standard_error(values), len(values))


def test_darwins_plants_have_the_p_value_that_fisher_counted() -> None:
    """863 of the 32,768 sums on each side are as large (Fisher 1935, section 21)."""
    test = statistics.flip_signs(DARWIN)
    assert test.p_value == 2 * 863 / 32768
    assert test.method == "sign flips, exact"


def test_the_approval_ratings_of_agresti_have_his_difference_error_and_interval() -> None:
    """Categorical Data Analysis (2002), table 10.1 and section 10.1.1: -0.04, 0.0095."""
    result = statistics.compare_samples(counts(794, 150, 86, 570))
    assert result.difference == pytest.approx(-0.04)
    assert result.stderr == pytest.approx(0.0095, abs=1e-4)
    assert (round(result.interval.low, 2), round(result.interval.high, 2)) == (-0.06, -0.02)
    assert result.mcnemar == (86, 150, pytest.approx(3.7e-5, rel=0.02))
    assert result.verdict == "worse"


@pytest.mark.parametrize(("gained", "lost"), [(86, 150), (0, 0), (0, 7), (3, 3), (12, 30)])
def test_mcnemars_test_is_that_of_statsmodels(gained: int, lost: int) -> None:
    expected = sm_mcnemar([[5, lost], [gained, 5]], exact=True).pvalue if gained + lost else 1.0
    assert statistics.mcnemar(gained, lost).p_value == pytest.approx(expected)
    assert statistics.compare_samples(counts(5, lost, gained, 5)).p_value == pytest.approx(expected)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilsons_intervals_are_those_of_newcombe(
    successes: int, n: int, low: float, high: float
) -> None:
    """Newcombe (1998), Statistics in Medicine 17, 857-872, table I, method 3."""
    interval = statistics.wilson_interval(successes / n, n)
    assert interval[:2] == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))
    assert interval[:2] == pytest.approx(proportion_confint(successes, n, method="wilson"))


def test_two_proportions_have_the_interval_of_newcombe() -> None:
    """Newcombe (1998), Statistics in Medicine 17, 873-890, table II, case (a), method 10."""
    result = statistics.compare_summaries(
        statistics.Summary(48 / 80, n=80, proportion=True),
        statistics.Summary(56 / 70, n=70, proportion=True),
    )
    assert result.interval[:2] == (pytest.approx(0.0524, abs=5e-5), pytest.approx(0.3339, abs=5e-5))
    expected = confint_proportions_2indep(56, 70, 48, 80, method="newcomb")
    assert result.interval[:2] == pytest.approx(expected)
    assert result.p_value == pytest.approx(sm.stats.proportions_ztest([56, 48], [70, 80])[1])
    assert result.verdict == "better"
    assert "unpaired" in result.interval.method


def test_the_mice_have_the_means_and_errors_of_efron_and_tibshirani() -> None:
    """Table 2.1: 86.86 (25.24), 56.22 (14.14), difference 30.63 (28.93)."""
    assert statistics.standard_error(MOUSE_TREATED) == pytest.approx(25.24, abs=0.005)
    assert statistics.standard_error(MOUSE_CONTROL) == pytest.approx(14.14, abs=0.02)
    result = statistics.compare_summaries(summarize(MOUSE_CONTROL), summarize(MOUSE_TREATED))
    assert result.difference == pytest.approx(30.63, abs=0.005)
    assert result.stderr == pytest.approx(28.93, abs=0.02)
    assert result.verdict == "no difference shown"


def test_welchs_test_of_the_sleepers_is_that_of_r() -> None:
    """The output of t.test(extra ~ group, data = sleep) in R's manual."""
    result = statistics.compare_summaries(summarize(SLEEP_2), summarize(SLEEP_1))
    assert result.p_value == pytest.approx(0.07939, abs=5e-6)
    assert result.interval[:2] == pytest.approx((-3.3654832, 0.2054832), abs=5e-7)


def test_the_sleepers_paired_are_told_apart() -> None:
    """Student (1908): 1.58 hours more; the t interval is 0.70 to 2.46 (R, paired = TRUE)."""
    result = statistics.compare_samples(pair(SLEEP_1, SLEEP_2))
    assert result.difference == pytest.approx(1.58)
    assert result.verdict == "better"
    # All but one differ in the same direction, the tenth not at all.
    assert result.p_value == 2 / 2**9
    # The bootstrap follows the skew that Student's t does not know.
    assert result.interval.low == pytest.approx(0.95, abs=0.1)
    assert result.interval.high == pytest.approx(2.9, abs=0.3)
    assert result.effect == ("Cohen's d_z", pytest.approx(1.285, abs=0.001))


@pytest.mark.parametrize("data", [MOUSE_TREATED, MOUSE_CONTROL, DARWIN, SLEEP_2 - SLEEP_1])
def test_bca_limits_of_a_mean_are_those_of_scipy(data) -> None:
    expected = scipy.stats.bootstrap(
        (data,), np.mean, n_resamples=50_000, batch=1000, rng=np.random.default_rng(1)
    ).confidence_interval
    limits = statistics.bootstrap(data, resamples=50_000, seed=2, expand=False)
    assert limits.method == "BCa bootstrap, 50000 resamples"
    assert limits[:2] == pytest.approx(tuple(expected), abs=0.06 * data.std())


def test_bca_limits_of_the_patches_ratio_are_those_of_scipy() -> None:
    """The ratio is -0.0713 (Efron and Tibshirani, section 10.3). So are clusters of unlike size."""
    assert PATCH_Y.sum() / PATCH_Z.sum() == pytest.approx(-0.0713, abs=5e-5)

    def ratio(y, z, axis=-1):
        return y.sum(axis) / z.sum(axis)

    expected = scipy.stats.bootstrap(
        (PATCH_Y, PATCH_Z),
        ratio,
        paired=True,
        n_resamples=50_000,
        batch=1000,
        rng=np.random.default_rng(1),
    ).confidence_interval
    limits = statistics.bootstrap(PATCH_Y, PATCH_Z, resamples=50_000, seed=2, expand=False)
    assert limits[:2] == pytest.approx(tuple(expected), abs=0.01)


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


def test_holms_p_values_are_those_of_a_worked_example_and_of_statsmodels() -> None:
    """Four p-values, as in the article on Holm's method in Wikipedia; Holm (1979)."""
    p_values = [0.01, 0.04, 0.03, 0.005]
    assert statistics.holm(p_values).tolist() == pytest.approx([0.03, 0.06, 0.06, 0.02])
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
