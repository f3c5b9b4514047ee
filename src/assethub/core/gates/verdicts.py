"""Whether evaluations satisfy a gate's rule. No database.

All evaluations that count have to satisfy it, not the newest or the best of them: so nobody passes
by measuring until it goes well, and another evaluation never helps one that is there already.
"""

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from assethub.core.gates.evidence import MOST_EVALUATIONS, Measured
from assethub.core.gates.rules import Rule

if TYPE_CHECKING:
    from assethub.statistics import Comparison

# Of the candidate's evaluations with the baseline's; and of those, such with samples in both.
_MOST_PAIRS = 1000
_MOST_SAMPLED = 16

# The baseline's evaluation, then the candidate's; None where it is yet to be compared.
Compare = Callable[[Measured, Measured], "Comparison | None"]


class RuleResult(NamedTuple):
    """What came of a rule: `required` and `actual` are for people, as is `reason`, empty where it
    passed. `value` is the one that decided, and `evaluation` whose it is, None where there is none.
    """

    number: int
    rule: Rule
    required: str
    actual: str
    value: float | None
    evaluation: str | None
    passed: bool
    reason: str


class Case(NamedTuple):
    """What a rule is judged by: what was measured of the candidate and of the baseline.

    `problem` says why nothing can be judged, as that the dataset is gone.
    """

    commit: str = ""
    dataset_commit: str = ""
    measured: Sequence[Measured] = ()
    baseline: str = ""
    baseline_measured: Sequence[Measured] = ()
    problem: str = ""


def judge_rule(number: int, rule: Rule, case: Case, compare: Compare, moment: int) -> RuleResult:
    """What comes of a rule at a moment (microseconds)."""
    own = [each for each in case.measured if each.name == rule.metric]
    counting, problem = _counting(rule, case, own)
    problem = case.problem or problem
    decisive = None
    problems = [problem] if problem else []
    if not problem:
        decisive = _worst(rule, counting)
        problems += [*_judge_values(rule, counting), *_judge_age(rule, counting, moment)]
        problems += _judge_slices(rule, case)
    actual = _number(decisive.value) if decisive else "no evaluation that counts"
    if not problem and rule.relative_to is not None:
        found, more = _judge_relative(rule, case, counting, compare)
        problems += more
        if found is not None:
            decisive, difference = found
            actual = f"{actual}, {difference}"
    return RuleResult(
        number=number,
        rule=rule,
        required=describe_rule(rule),
        actual=actual,
        value=decisive.value if decisive else None,
        evaluation=decisive.evaluation if decisive else None,
        passed=not problems,
        reason="; ".join(problems),
    )


def describe_rule(rule: Rule) -> str:
    """The rule in words."""
    parts = []
    if rule.min is not None:
        parts.append(f"at least {_number(rule.min)}")
    if rule.max is not None:
        parts.append(f"at most {_number(rule.max)}")
    if rule.relative_to is not None:
        bound, way, limit = _limit(rule)
        parts.append(f"{bound} of the difference to {rule.relative_to} {way} {_number(limit)}")
    if rule.min_samples is not None:
        parts.append(f"{rule.min_samples} samples or more")
    if rule.max_age is not None:
        parts.append(f"not older than {rule.max_age}")
    if rule.slices:
        parts.append(f"slices {', '.join(rule.slices)}")
    return f"{rule.metric} on {rule.dataset}: {', '.join(parts) or 'has to be there'}"


def _counting(rule: Rule, case: Case, own: Sequence[Measured]) -> tuple[Sequence[Measured], str]:
    """The evaluations that count, or why there are none."""
    short, of_dataset = case.commit[:12], case.dataset_commit[:12]
    if len(own) > MOST_EVALUATIONS:
        return (), (
            f"more than {MOST_EVALUATIONS} evaluations of commit {short} there: a gate looks at no "
            "more; make a new commit"
        )
    if not own:
        return (), f"no evaluation of commit {short} has this metric on this dataset"
    here = [each for each in own if each.dataset_commit == case.dataset_commit]
    if not here:
        others = sorted({each.dataset_commit[:12] for each in own})
        return (), (
            f"commit {short} was evaluated on commit {', '.join(others[:3])} of the dataset, and "
            f"the rule names {of_dataset} now"
        )
    standing = [each for each in here if not each.out]
    if not standing:
        reasons = " or ".join(sorted({each.out for each in here}))
        return (), f"every evaluation of commit {short} there is {reasons}"
    if rule.min_samples is None:
        return standing, ""
    enough = [each for each in standing if (each.n or 0) >= rule.min_samples]
    if enough:
        return enough, ""
    counts = [each.n for each in standing if each.n is not None]
    most = f"{max(counts)} samples at most" if counts else "no evaluation that says how many"
    return (), f"{rule.min_samples} samples are needed, and there is {most}"


def _worst(rule: Rule, counting: Sequence[Measured]) -> Measured:
    """The evaluation that is furthest from passing; NaN is further than all."""

    def lacking(each: Measured) -> float:
        if math.isnan(each.value):
            return math.inf
        if rule.min is None and rule.max is None:
            return -each.value if rule.higher_is_better else each.value
        below = -math.inf if rule.min is None else rule.min - each.value
        above = -math.inf if rule.max is None else each.value - rule.max
        return max(below, above)

    return max(counting, key=lacking)


def _judge_values(rule: Rule, counting: Sequence[Measured]) -> list[str]:
    problems = []
    for each in counting:
        found = f"{_number(each.value)} (evaluation {each.evaluation[:8]})"
        if not math.isfinite(each.value):
            problems.append(f"is {found}, not a finite number")
        elif rule.min is not None and each.value < rule.min:
            problems.append(f"is {found}, below {_number(rule.min)}")
        elif rule.max is not None and each.value > rule.max:
            problems.append(f"is {found}, above {_number(rule.max)}")
    return _few(problems, "evaluations fail so")


def _judge_age(rule: Rule, counting: Sequence[Measured], moment: int) -> list[str]:
    most = rule.max_age_microseconds
    if most is None or any(moment - each.created <= most for each in counting):
        return []
    return [f"every evaluation is older than {rule.max_age}: evaluate again"]


def _judge_slices(rule: Rule, case: Case) -> list[str]:
    there = {
        each.name
        for each in case.measured
        if not each.out and each.dataset_commit == case.dataset_commit and math.isfinite(each.value)
    }
    missing = [name for name in rule.slices if f"{rule.metric}/{name}" not in there]
    if not missing:
        return []
    more = ", …" if len(missing) > 10 else ""
    return [f"slices are missing: {', '.join(missing[:10])}{more}"]


def _judge_relative(
    rule: Rule, case: Case, counting: Sequence[Measured], compare: Compare
) -> tuple[tuple[Measured, str] | None, list[str]]:
    """The pair that decides, with its difference in words; and what is wrong."""
    name = f"the baseline {rule.relative_to}, commit {case.baseline[:12]},"
    base = [
        each
        for each in case.baseline_measured
        if each.name == rule.metric and each.dataset_commit == case.dataset_commit and not each.out
    ]
    if not base:
        return None, [
            f"{name} has no evaluation that counts on commit {case.dataset_commit[:12]} of the "
            "dataset: evaluate it there"
        ]
    sampled = [sum(1 for each in side if each.samples) for side in (base, counting)]
    if len(base) * len(counting) > _MOST_PAIRS or sampled[0] * sampled[1] > _MOST_SAMPLED:
        return None, [f"{name} and the candidate have too many evaluations to compare them all"]
    turned = [each for each in (*counting, *base) if _contradicts(rule, each)]
    if turned:
        said = "false" if rule.higher_is_better else "true"
        return None, [
            f"evaluation {turned[0].evaluation[:8]} says higher_is_better: {said}, and the rule "
            "the opposite"
        ]
    tried = [(b, compare(a, b)) for a in base for b in counting]
    pairs = [(b, comparison) for b, comparison in tried if comparison is not None]
    if not pairs:
        return None, []
    least, worst = min(pairs, key=lambda pair: _bound(rule, pair[1]))
    return (least, _difference(worst)), _judge_difference(rule, worst)


def _limit(rule: Rule) -> tuple[str, str, float]:
    """Which bound of the difference has to be where, so that a good one is above -margin."""
    if rule.higher_is_better:
        return "lower bound", "above", 0.0 - rule.margin
    return "upper bound", "below", rule.margin


def _bound(rule: Rule, comparison: "Comparison") -> float:
    """The bound of the difference that counts, turned so that more is better."""
    interval = comparison.interval
    return interval.low if rule.higher_is_better else -interval.high


def _contradicts(rule: Rule, each: Measured) -> bool:
    return each.higher_is_better is not None and each.higher_is_better != rule.higher_is_better


def _judge_difference(rule: Rule, worst: "Comparison") -> list[str]:
    bound = _bound(rule, worst)
    if math.isinf(bound):
        return [
            "nothing says how sure the values are: record a standard error, the number of samples, "
            "or the samples"
        ]
    if bound > -rule.margin:
        return []
    name, way, limit = _limit(rule)
    return [f"the {name} of the difference {_difference(worst)} is not {way} {_number(limit)}"]


def _difference(comparison: "Comparison") -> str:
    low, high = comparison.interval.low, comparison.interval.high
    return f"{comparison.difference:+.4g} [{low:+.4g}, {high:+.4g}]"


def _few(problems: list[str], more: str) -> list[str]:
    if len(problems) <= 3:
        return problems
    return [*problems[:3], f"{len(problems) - 3} more {more}"]


def _number(value: float) -> str:
    return f"{value:.10g}"
