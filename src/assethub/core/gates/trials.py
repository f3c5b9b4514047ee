"""Whether a merge would pass a gate, tried without moving anything."""

from itertools import islice
from typing import Literal, NamedTuple

import sqlalchemy as sa

from assethub.core.gates.definitions import bound_rules, load_gate
from assethub.core.gates.keeping import HINT, Move, Passage, judge_move
from assethub.core.gates.verdicts import RuleResult
from assethub.core.hub import Hub
from assethub.core.people.users import User
from assethub.core.references import Reference, parse_reference, resolve
from assethub.core.repository.ancestry import find_merge_base
from assethub.core.repository.commits import Commit, load_commit
from assethub.core.repository.workspace import Workspace
from assethub.core.values import shown_paths
from assethub.errors import InvalidInput
from assethub.tree import EMPTY, Conflict, merge

_MOST_CONFLICTS = 1000


class Trial(NamedTuple):
    """What would come of merging the commit `source` into a branch that points at `head`.

    `results` are those of the source's commit, also where the merge would make a commit of its own
    that nothing has evaluated; `problem` says so then. `conflicts` are the first 1,000 paths that
    both sides changed, for which the merge would need a decision, gate or not.
    """

    branch: str
    source: str
    head: str
    way: Literal["fast_forward", "up_to_date", "merge"]
    gated: bool
    passed: bool
    problem: str
    results: list[RuleResult]
    conflicts: list[str]


def try_gate(hub: Hub, user: User, source: str, dest: str) -> Trial:
    """What the gate of the branch `dest` says to merging `source`, two references of one model,
    and whether they can be merged without a conflict.
    """
    passage = Passage()
    sides = _parse(source, "source"), _parse(dest, "dest")

    def attempt() -> Trial:
        with hub.database.read() as connection:
            return _try(connection, user, *sides, passage)

    return passage.repeat(hub, attempt)


def _try(
    connection: sa.Connection, user: User, source: Reference, dest: Reference, passage: Passage
) -> Trial:
    asset, target = resolve(connection, user, dest)
    other, theirs = resolve(connection, user, source)
    if other.id != asset.id:
        raise InvalidInput(
            f"{other.path} and {asset.path} are not the same model: only commits of a model can be "
            "merged into its branches",
            code="other_model",
        )
    if not target.branch:
        raise InvalidInput(
            f"dest must name a branch, as {asset.path}:branch/main", code="invalid_reference"
        )
    head = load_commit(connection, asset.id, target.commit_id)
    tip = load_commit(connection, asset.id, theirs.commit_id)
    base = find_merge_base(connection, head, tip)
    trial = Trial(
        branch=target.branch,
        source=theirs.commit_id,
        head=head.id,
        way="up_to_date" if base == theirs.commit_id else "merge",
        gated=False,
        passed=True,
        problem="",
        results=[],
        conflicts=[],
    )
    if base == head.id and trial.way == "merge":
        trial = trial._replace(way="fast_forward")
    if trial.way == "merge":
        trial = _meet(trial, _find_conflicts(connection, asset.id, base, head, tip))
    kept = load_gate(connection, asset.id, target.branch)
    if kept is None or trial.way == "up_to_date":
        return trial._replace(gated=kept is not None)
    move = Move(asset.id, trial.branch, trial.head, trial.source)
    results = judge_move(connection, user, move, bound_rules(kept), passage, lock=False)
    if trial.way == "merge":
        hint = HINT.format(branch=trial.branch)
        problem = f"{trial.problem}. {hint}" if trial.problem else hint
        trial = trial._replace(passed=False, problem=problem)
    passed = trial.passed and all(each.passed for each in results)
    return trial._replace(gated=True, passed=passed, results=results)


def _find_conflicts(
    connection: sa.Connection, asset_id: str, base: str | None, head: Commit, tip: Commit
) -> list[str]:
    before = load_commit(connection, asset_id, base).tree if base else EMPTY
    found = merge(Workspace(connection).load, before, head.tree, tip.tree)
    paths = (each.path for each in found if isinstance(each, Conflict))
    return list(islice(paths, _MOST_CONFLICTS))


def _meet(trial: Trial, conflicts: list[str]) -> Trial:
    if not conflicts:
        return trial
    problem = (
        f"Merging commit {trial.source[:12]} into branch {trial.branch} needs a decision where both"
        f" changed the same paths: {shown_paths(conflicts)}"
    )
    return trial._replace(passed=False, problem=problem, conflicts=conflicts)


def _parse(text: str, name: str) -> Reference:
    reference = parse_reference(text)
    if reference.type != "model" or not reference.name:
        raise InvalidInput(
            f"{name} must be a model's reference, as OWNER/model/FOLDER/NAME:branch/B, not {text}",
            code="wrong_type",
        )
    return reference
