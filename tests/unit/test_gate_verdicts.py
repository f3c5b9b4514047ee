"""A gate's rule looks at all evaluations that count: more of them never make up for a bad one."""

import math
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from assethub import statistics
from assethub.core.comparisons.measurements import Measurement, compare_values
from assethub.core.gates.evidence import Measured, full_name
from assethub.core.gates.rules import Rule
from assethub.core.gates.verdicts import Case, RuleResult, judge_rule

values = st.one_of(st.floats(0, 1), st.just(math.nan), st.just(math.inf))
measured = st.builds(
    Measured,
    seq=st.integers(1, 2**40),
    evaluation=st.uuids().map(str),
    dataset_commit=st.just("data"),
    created=st.just(0),
    out=st.just(""),
    metric=st.just("accuracy"),
    value=values,
    stderr=st.one_of(st.none(), st.floats(1e-6, 0.1)),
    n=st.one_of(st.none(), st.integers(1, 100_000)),
)
several = st.lists(measured, min_size=1, max_size=4)
rules = st.builds(
    Rule,
    metric=st.just("accuracy"),
    dataset=st.just("images/mnist"),
    min=st.one_of(st.none(), st.floats(0, 0.5)),
    max=st.one_of(st.none(), st.floats(0.5, 1)),
    relative_to=st.sampled_from([None, "current"]),
    margin=st.floats(0, 0.2),
    higher_is_better=st.booleans(),
)


def compare(a: Measured, b: Measured) -> statistics.Comparison:
    first, second = (Measurement(each.metric, each.value, each.detail) for each in (a, b))
    return compare_values(first, second, None)


def judge(rule: Rule, own: list[Measured], base: list[Measured]) -> RuleResult:
    case = Case("candidate", "data", own, "baseline", base)
    return judge_rule(1, rule, case, compare, 0)


@settings(deadline=None, max_examples=60)
@given(rules, several, several, several, st.booleans())
def test_another_evaluation_never_makes_a_failing_rule_pass(
    rule: Rule,
    own: list[Measured],
    base: list[Measured],
    more: list[Measured],
    of_baseline: bool,
) -> None:
    if not judge(rule, own, base).passed:
        grown = (own, base + more) if of_baseline else (own + more, base)
        assert not judge(rule, *grown).passed


@settings(deadline=None, max_examples=60)
@given(rules, several, several)
def test_a_rule_passes_exactly_where_it_gives_no_reason(
    rule: Rule, own: list[Measured], base: list[Measured]
) -> None:
    result = judge(rule, own, base)
    assert result.passed == (result.reason == "")


def measure(value: float, **more: Any) -> Measured:
    return Measured(1, "e" * 36, "data", 0, "", "accuracy", value, **more)


def test_a_difference_passes_where_its_lower_bound_is_above_the_margin() -> None:
    a, b = (statistics.Summary(value, n=1000, proportion=True) for value in (0.9, 0.91))
    low = statistics.compare_summaries(a, b).interval.low
    own, base = [measure(0.91, n=1000)], [measure(0.9, n=1000)]
    for margin, passes in ((-low * 1.001, True), (-low * 0.999, False)):
        rule = Rule("accuracy", "d", relative_to="current", margin=margin)
        assert judge(rule, own, base).passed is passes


def test_where_less_is_better_the_upper_bound_counts() -> None:
    own, base = [measure(0.2, stderr=0.01)], [measure(0.3, stderr=0.01)]
    less = Rule("accuracy", "d", relative_to="current", higher_is_better=False)
    assert judge(less, own, base).passed
    assert not judge(less, base, own).passed
    assert not judge(less._replace(higher_is_better=True), own, base).passed


def test_an_evaluation_that_says_the_other_direction_fails() -> None:
    rule = Rule("accuracy", "d", relative_to="current")
    own = [measure(0.1, stderr=0.01, higher_is_better=False)]
    result = judge(rule, own, [measure(0.9, stderr=0.01)])
    assert "says higher_is_better: false" in result.reason


def test_values_of_which_nothing_says_how_sure_they_are_fail() -> None:
    rule = Rule("accuracy", "d", relative_to="current", margin=0.5)
    assert "nothing says how sure" in judge(rule, [measure(0.9)], [measure(0.1)]).reason


def test_a_baseline_without_an_evaluation_fails() -> None:
    rule = Rule("accuracy", "d", relative_to="tag/best")
    assert "the baseline tag/best" in judge(rule, [measure(0.9, n=10)], []).reason


def test_evaluations_of_too_few_samples_do_not_count() -> None:
    rule = Rule("accuracy", "d", min=0.9, min_samples=1000)
    smoke, full = measure(0.1, n=10), measure(0.95, n=1000)
    assert judge(rule, [smoke, full], []).passed
    assert "there is 10 samples at most" in judge(rule, [smoke], []).reason
    assert "that says how many" in judge(rule, [measure(0.95)], []).reason


def test_every_slice_has_to_be_there_as_a_finite_number() -> None:
    rule = Rule("accuracy", "d", slices=("day", "night"))
    whole, day = measure(0.9), measure(0.9, slice="day")
    night = measure(0.8)._replace(metric="accuracy/night")
    assert judge(rule, [whole, day, night], []).passed
    assert judge(rule, [whole, day], []).reason == "slices are missing: night"
    dark = night._replace(value=math.nan)
    assert judge(rule, [whole, day, dark], []).reason == "slices are missing: night"
    assert "no evaluation" in judge(rule, [day, night], []).reason


def test_a_metric_of_a_slice_is_called_after_both() -> None:
    assert full_name("accuracy", "night") == "accuracy/night"
    assert full_name("accuracy/night", "night") == "accuracy/night"
    assert full_name("accuracy", None) == "accuracy"
