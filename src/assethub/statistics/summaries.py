"""Evaluations of which only the values are known, perhaps with a standard error or a count."""

import math
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr, stdtr, stdtrit

from .comparisons import Comparison, Effect, Verdict, judge
from .intervals import (
    Interval,
    newcombe_interval,
    normal_quantile,
    student_interval,
    undefined,
    wilson_interval,
)
from .samples import Floats

UNPAIRED = "unpaired: the samples are not known, so it is not used that they may be the same"


class Summary(NamedTuple):
    """A metric's value with what is known of its certainty.

    `n` counts the samples. `proportion` says that each sample is 0 or 1, as for accuracy. A
    standard error of 0 counts as none: that all samples were equal does not make a value exact.
    """

    value: float
    stderr: float | None = None
    n: int | None = None
    proportion: bool = False


def summary_interval(summary: Summary, confidence: float = 0.95) -> Interval:
    """The interval of one value: Student's t or normal from a standard error, else Wilson's.

    Infinite, with the method "undefined", where the value is not finite or nothing is known.
    """
    _check(summary)
    if not math.isfinite(summary.value):
        return undefined(confidence)
    if summary.stderr:
        return student_interval(summary.value, summary.stderr, confidence, _freedom(summary))
    if summary.proportion and summary.n:
        return wilson_interval(summary.value, summary.n, confidence)
    return undefined(confidence)


def compare_summaries(
    a: Summary,
    b: Summary,
    *,
    higher_is_better: bool | None = True,
    confidence: float = 0.95,
) -> Comparison:
    """B against A from their values alone, unpaired.

    Two proportions with counts and no standard error: Newcombe's interval and the score test. Else
    Welch's t by the standard errors, of which a proportion with a count has one of its own.
    """
    _check(a)
    _check(b)
    interval, stderr, p_value, test, notes = undefined(confidence), math.inf, None, "none", UNPAIRED
    if not math.isfinite(b.value - a.value):
        notes = "a value is not finite: nothing can be compared"
    elif not (_known(a) and _known(b)):
        notes = "a value comes without standard error or count: nothing says how sure it is"
    elif (n_a := _trials(a)) and (n_b := _trials(b)):
        interval = newcombe_interval(a.value, n_a, b.value, n_b, confidence)
        p_value, stderr = _score_test(a.value, n_a, b.value, n_b)
        test = "two proportions, score test"
    else:
        interval, p_value, stderr = _welch(a, b, confidence)
        test = "Welch's t" if interval.method == "Student's t" else "normal"
        interval = interval._replace(method=f"{interval.method}, unpaired")
    return judge(
        Comparison(
            a=a.value,
            b=b.value,
            difference=b.value - a.value,
            interval=interval,
            stderr=stderr,
            p_value=p_value,
            adjusted_p_value=p_value,
            test=test,
            effect=_effect(a, b),
            verdict=Verdict.NO_DIFFERENCE,
            higher_is_better=higher_is_better,
            paired=False,
            n=0,
            clusters=None,
            mcnemar=None,
            seed=0,
            notes=(notes,),
        )
    )


def standard_errors(
    stderrs: Floats, counts: Floats, values: Floats, proportions: bool, alpha: float
) -> Floats:
    """For many values the standard error to compare them with by the normal, NaN where unknown.

    A given one is widened as Student's t asks for at its count. A proportion without one gets
    that of Agresti and Coull (1998), which is not 0 at 0 and at 1.
    """
    errors = np.where(stderrs > 0, stderrs, np.nan)
    few = counts >= 2
    with np.errstate(invalid="ignore", divide="ignore"):
        freedom = np.where(few, counts - 1, 1)
        wider = stdtrit(freedom, 1 - alpha / 2) / normal_quantile(1 - alpha)
        errors = np.where(few, errors * wider, errors)
        if proportions:
            trials = counts + 4
            share = (values * counts + 2) / trials
            adjusted = np.sqrt(share * (1 - share) / trials)
            errors = np.where(np.isnan(errors) & (counts >= 1), adjusted, errors)
    return errors


def _check(summary: Summary) -> None:
    if summary.stderr is not None and not 0 <= summary.stderr < math.inf:
        raise ValueError(f"a standard error is a number from 0 on, not {summary.stderr}")
    if summary.n is not None and summary.n < 1:
        raise ValueError(f"a count of samples is 1 or more, not {summary.n}")
    if summary.proportion and math.isfinite(summary.value) and not 0 <= summary.value <= 1:
        raise ValueError(f"a proportion lies between 0 and 1, not at {summary.value}")


def _trials(summary: Summary) -> int:
    """Of how many trials a value is the proportion, if that is all that says how sure it is."""
    return summary.n if summary.proportion and summary.n and not summary.stderr else 0


def _known(summary: Summary) -> bool:
    return bool(summary.stderr or _trials(summary))


def _freedom(summary: Summary) -> float:
    return summary.n - 1 if summary.n and summary.n > 1 else math.inf


def _stderr(summary: Summary) -> float:
    if summary.stderr:
        return summary.stderr
    n = _trials(summary)
    trials = n + 4
    share = (summary.value * n + 2) / trials
    return math.sqrt(share * (1 - share) / trials)


def _welch(a: Summary, b: Summary, confidence: float) -> tuple[Interval, float, float]:
    """Welch (1947), with the degrees of freedom of Satterthwaite (1946)."""
    of_a, of_b = _stderr(a), _stderr(b)
    stderr = math.hypot(of_a, of_b)
    share = (of_a / stderr) ** 2
    inverse = share**2 / _freedom(a) + (1 - share) ** 2 / _freedom(b)
    freedom = 1 / inverse if inverse else math.inf
    interval = student_interval(b.value - a.value, stderr, confidence, freedom)
    ratio = -abs(b.value - a.value) / stderr
    tail = ndtr(ratio) if math.isinf(freedom) else stdtr(freedom, ratio)
    return interval, float(2 * tail), stderr


def _score_test(a: float, n_a: int, b: float, n_b: int) -> tuple[float, float]:
    pooled = (a * n_a + b * n_b) / (n_a + n_b)
    under_null = math.sqrt(pooled * (1 - pooled) * (1 / n_a + 1 / n_b))
    stderr = math.sqrt(a * (1 - a) / n_a + b * (1 - b) / n_b)
    p_value = 1.0 if a == b else float(2 * ndtr(-abs(b - a) / under_null))
    return p_value, stderr


def _effect(a: Summary, b: Summary) -> Effect | None:
    if not (math.isfinite(a.value) and math.isfinite(b.value)):
        return None
    if a.proportion and b.proportion:
        arcs = [2 * math.asin(math.sqrt(each.value)) for each in (a, b)]
        return Effect("Cohen's h", arcs[1] - arcs[0])
    if not (a.stderr and b.stderr and a.n and b.n):
        return None
    spread = math.hypot(a.stderr * math.sqrt(a.n), b.stderr * math.sqrt(b.n)) / math.sqrt(2)
    return Effect("Cohen's d", (b.value - a.value) / spread) if spread else None
