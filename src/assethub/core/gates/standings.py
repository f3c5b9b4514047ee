"""How branches stand by their gates: what rules, kept or only typed, say of a commit as it is."""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple, cast

import sqlalchemy as sa

from assethub.core.assets import Asset, load_asset
from assethub.core.gates.definitions import bound_rules, load_gate
from assethub.core.gates.keeping import Move, Passage, Uncompared, judge_move
from assethub.core.gates.points import CURRENT, BoundRule, bind_rules
from assethub.core.gates.rules import Rule, read_rules
from assethub.core.gates.verdicts import RuleResult
from assethub.core.hub import Hub
from assethub.core.people.users import User
from assethub.core.permissions import Level
from assethub.core.repository.targets import find_target

Standing = Literal["passes", "fails", "unchecked"]
Find = Callable[[sa.Connection, Asset], list[BoundRule] | None]


class Judged(NamedTuple):
    """What came of each rule for a commit that a branch is to point at."""

    head: str
    commit: str
    results: list[RuleResult]

    @property
    def passed(self) -> bool:
        return all(each.passed for each in self.results)


def judge_target(hub: Hub, user: User, asset_id: str, branch: str, commit: str) -> Judged | None:
    """What a branch's gate says to its pointing at a commit; None without a gate."""

    def find(connection: sa.Connection, _: Asset) -> list[BoundRule] | None:
        kept = load_gate(connection, asset_id, branch)
        return None if kept is None else bound_rules(kept)

    passage = Passage()
    return passage.repeat(hub, lambda: _judge(hub, user, asset_id, branch, commit, find, passage))


def judge_rules(
    hub: Hub, user: User, asset_id: str, branch: str, rules: Any, commit: str
) -> Judged:
    """What rules that the branch has not got, as `set_gate` takes them, would say to that.

    Raises InvalidRule. Metrics that no evaluation has yet are no error.
    """
    read: list[Rule] = read_rules(rules)

    def find(connection: sa.Connection, asset: Asset) -> list[BoundRule] | None:
        return bind_rules(connection, user, asset, read, allow_new=True)

    passage = Passage()
    judged = passage.repeat(hub, lambda: _judge(hub, user, asset_id, branch, commit, find, passage))
    return cast(Judged, judged)


def find_standing(hub: Hub, user: User, asset_id: str, branch: str) -> Standing:
    """Whether the commit that a branch points at satisfies its gate as it is now.

    Rules that compare with that very commit say nothing of it. Where samples would have to be
    compared the answer is `unchecked`: that takes longer than a look at a branch may.
    """

    def find(connection: sa.Connection, _: Asset) -> list[BoundRule] | None:
        kept = load_gate(connection, asset_id, branch)
        found = [] if kept is None else bound_rules(kept)
        return [each for each in found if each.rule.relative_to != CURRENT]

    try:
        judged = _judge(hub, user, asset_id, branch, None, find, Passage())
    except Uncompared:
        return "unchecked"
    if judged is None or not judged.results:
        return "unchecked"
    return "passes" if judged.passed else "fails"


def _judge(
    hub: Hub,
    user: User,
    asset_id: str,
    branch: str,
    commit: str | None,
    find: Find,
    passage: Passage,
) -> Judged | None:
    with hub.database.read() as connection:
        asset = load_asset(connection, user, asset_id, Level.VIEW)
        head = find_target(connection, asset_id, "branch", branch).commit_id
        target = find_target(connection, asset_id, "commit", commit).commit_id if commit else head
        rules = find(connection, asset)
        if rules is None:
            return None
        move = Move(asset_id, branch, head, target)
        results = judge_move(connection, user, move, rules, passage, lock=False)
        return Judged(head, target, results)
