"""Holds a branch to its gate, in the transaction that moves it."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import sqlalchemy as sa

from assethub.core.assets import Asset, load_asset
from assethub.core.audit import record
from assethub.core.comparisons.measurements import (
    Measurement,
    compare_pairs,
    compare_values,
    is_mean,
    take_turn,
)
from assethub.core.comparisons.sample_pairs import MOST_ROWS, SampleTable, pair_samples
from assethub.core.gates.definitions import bound_rules, load_gate
from assethub.core.gates.evidence import Measured, load_measured, lock_evaluations
from assethub.core.gates.points import BoundRule, find_point, show_rules
from assethub.core.gates.verdicts import Case, RuleResult, judge_rule
from assethub.core.hub import Hub
from assethub.core.people.users import User
from assethub.core.permissions import Level, level_of
from assethub.core.values import check_text, now
from assethub.errors import Conflict, InvalidInput, PermissionDenied

if TYPE_CHECKING:
    from assethub.statistics import Comparison

T = TypeVar("T")
Pair = tuple[Measured, Measured]
HINT = (
    "A commit made on the branch itself has no evaluations yet: make it on another branch that has "
    "all of {branch}, evaluate it there, and merge that by fast-forward or reset {branch} to it"
)


class GateFailed(Conflict):
    """The commit does not satisfy the gate; `results` are those of all rules."""

    code = "gate_failed"

    def __init__(self, branch: str, commit: str, results: list[RuleResult], hint: str) -> None:
        failed = "; ".join(
            f"rule {each.number} ({each.required}): {each.reason}"
            for each in results
            if not each.passed
        )
        passing = f"commit {commit[:12]}" if commit else "a commit made on it"
        text = f"the gate of branch {branch} does not let {passing} pass: {failed}"
        super().__init__(f"{text}. {hint}" if hint else text)
        self.results = results


class Uncompared(Exception):
    """Comparisons are needed that take too long for a transaction: make them, then try again."""

    def __init__(self, pairs: list[Pair]) -> None:
        super().__init__()
        self.pairs = pairs


class Passage:
    """One attempt to move branches: the comparisons made for it, and an owner's override."""

    def __init__(self, override: str | None = None) -> None:
        if (
            override is not None
            and not check_text("reason of the override", override, 4096).strip()
        ):
            raise InvalidInput("an override needs a reason", code="reason_missing")
        self.override = override
        self.compared: dict[object, Comparison] = {}

    def repeat(self, hub: Hub, attempt: Callable[[], T]) -> T:
        """What the attempt returns, tried again with the comparisons that it asks for."""
        while True:
            try:
                return attempt()
            except Uncompared as needed:
                with take_turn():
                    for pair in needed.pairs:
                        self.compared[_key(*pair)] = compare_measured(hub, *pair)


def _key(a: Measured, b: Measured) -> object:
    return a.seq, b.seq, a.metric, b.metric, a.samples is None, b.samples is None


def compare_measured(hub: Hub, a: Measured, b: Measured) -> "Comparison":
    """B against A: by their samples where these are the same ones and their mean is the value,
    else by what the evaluations say of the value.
    """
    first, second = (Measurement(each.metric, each.value, each.detail) for each in (a, b))
    if a.samples and b.samples and a.samples.rows == b.samples.rows <= MOST_ROWS // 2:
        pairs = pair_samples(SampleTable(hub, a.samples), SampleTable(hub, b.samples))
        paired = compare_pairs(pairs, first, second, None, 0)
        if paired is not None and len(paired.rows) == a.samples.rows:
            made = paired.comparison
            if is_mean(first, made.a) and is_mean(second, made.b):
                return made
    return compare_values(first, second, None)


class Move(NamedTuple):
    """A branch is to leave one commit for another, which may be `made` in this transaction."""

    asset_id: str
    branch: str
    head: str
    target: str
    made: bool = False


def keep_gate(
    connection: sa.Connection, user: User, move: Move, gate: dict[str, Any], passage: Passage
) -> None:
    """Raises GateFailed where a branch may not move so.

    With an override of the owner it may, and that is recorded; others get PermissionDenied.
    """
    lock_evaluations(connection, move.asset_id)
    results = judge_move(connection, user, move, bound_rules(gate), passage, lock=True)
    failed = [each for each in results if not each.passed]
    if not failed:
        return
    if passage.override is None:
        hint = HINT.format(branch=move.branch) if move.made else ""
        raise GateFailed(move.branch, move.target, results, hint)
    asset = load_asset(connection, user, move.asset_id, Level.EDIT)
    if level_of(user, asset.folder, asset.id) < Level.OWNER:
        raise PermissionDenied(
            "permission denied: only the owner may override a gate", code="override_denied"
        )
    record(
        connection,
        user,
        "gate.override",
        asset.about.at(f":branch/{move.branch}"),
        commit=move.target,
        before=move.head,
        reason=passage.override,
        rules=[{"number": each.number, "required": each.required} for each in failed],
    )


def check_committable(connection: sa.Connection, user: User, asset: Asset, branch: str) -> None:
    """Raises GateFailed before any work is done, where a commit made on a branch will not pass.

    For the owner it may, by an override; whoever moves the branch checks again.
    """
    gate = load_gate(connection, asset.id, branch)
    if gate is None or level_of(user, asset.folder, asset.id) >= Level.OWNER:
        return
    case = Case(problem="a new commit has no evaluations")
    results = [
        judge_rule(number, rule, case, lambda *_: None, now())
        for number, rule in enumerate(show_rules(connection, user, bound_rules(gate)), 1)
    ]
    raise GateFailed(branch, "", results, HINT.format(branch=branch))


def judge_move(
    connection: sa.Connection,
    user: User,
    move: Move,
    rules: Iterable[BoundRule],
    passage: Passage,
    *,
    lock: bool,
) -> list[RuleResult]:
    """What comes of each rule for the commit that the branch is to point at.

    Raises Uncompared with all comparisons that are missing in the passage.
    """
    rules = list(rules)
    missing: list[Pair] = []

    def compare(a: Measured, b: Measured) -> "Comparison | None":
        found = passage.compared.get(_key(a, b))
        if found is None:
            missing.append((a, b))
        return found

    shown = show_rules(connection, user, rules)
    results = [
        judge_rule(number, rule, _load_case(connection, move, bound, lock), compare, now())
        for number, (rule, bound) in enumerate(zip(shown, rules, strict=True), 1)
    ]
    if missing:
        raise Uncompared(missing)
    return results


def _load_case(connection: sa.Connection, move: Move, bound: BoundRule, lock: bool) -> Case:
    rule = bound.rule
    dataset_commit = find_point(connection, bound.dataset_id, bound.dataset_point)
    if dataset_commit is None:
        return Case(problem="the dataset, or what the rule names of it, is gone")
    names = [rule.metric, *(f"{rule.metric}/{each}" for each in rule.slices)]
    measured = load_measured(
        connection, move.asset_id, move.target, bound.dataset_id, names, lock=lock
    )
    case = Case(move.target, dataset_commit, measured)
    if rule.relative_to is None:
        return case
    baseline = move.head
    if bound.baseline is not None:
        found = find_point(connection, move.asset_id, bound.baseline)
        if found is None:
            return case._replace(problem=f"the baseline {rule.relative_to} is gone")
        baseline = found
    others = load_measured(
        connection, move.asset_id, baseline, bound.dataset_id, [rule.metric], lock=lock
    )
    return case._replace(baseline=baseline, baseline_measured=others)
