"""Bringing commits together: merging into a branch, and taking a commit's change back."""

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

import sqlalchemy as sa

from assethub.core.assets import load_asset
from assethub.core.audit import audited, find_branch, record
from assethub.core.gates.keeping import Passage
from assethub.core.hub import Hub
from assethub.core.people.users import User
from assethub.core.permissions import Level
from assethub.core.repository.ancestry import find_merge_base
from assethub.core.repository.commits import Commit, load_commit
from assethub.core.repository.moves import carry_out, check_metadata, commit_tree, move_branch
from assethub.core.repository.targets import find_target
from assethub.core.repository.workspace import NewTree, Workspace
from assethub.core.values import check_text, shown_paths
from assethub.errors import Conflict, InvalidInput
from assethub.tree import EMPTY, Change, apply_changes, merge
from assethub.tree import Conflict as PathConflict

Strategy = Literal["ours", "theirs"]
Result = Literal["merged", "fast_forward", "up_to_date"]
_MOST_CONFLICTS = 1000


class MergeConflict(Conflict):
    """Both sides changed the same paths, each in its own way: the first 1,000 `conflicts`."""

    code = "merge_conflict"

    def __init__(self, text: str, conflicts: list[PathConflict]) -> None:
        super().__init__(text)
        self.conflicts = conflicts


class Merged(NamedTuple):
    """Where the branch is after a merge, and how it came there."""

    commit_id: str
    result: Result


class _Move(NamedTuple):
    """A branch is to point at another commit that is there."""

    branch: str
    head: Commit
    target: Commit


class _Change(NamedTuple):
    """A branch is to get a commit of this tree, made of its head and of `other`."""

    branch: str
    head: Commit
    other: Commit
    tree: NewTree


@audited("branch.merge", asset="asset_id")
def merge_branch(
    hub: Hub,
    user: User,
    asset_id: str,
    branch: str,
    source: str,
    *,
    message: str | None = None,
    strategy: Strategy | None = None,
    metadata: Mapping[str, str] | None = None,
    override: str | None = None,
) -> Merged:
    """Merges a branch, tag or commit of the same asset into a branch.

    Where the branch has all of it already nothing happens, and where the branch has nothing of its
    own it is moved to the source's commit; message and metadata count for neither. Else a commit
    with two parents is made. `strategy` says whose entry stands where both sides changed a path:
    `ours` the branch's, `theirs` the source's. Without it MergeConflict lists these paths.
    `override` is an owner's reason to pass the branch's gate.
    """
    # A whole commit id is cut as people see it.
    shown = source[:12] if len(source) == 64 else source
    text = check_text("message", f"Merge {shown} into {branch}" if message is None else message)
    noted = check_metadata(metadata or {})
    passage = Passage(override)

    def plan(connection: sa.Connection) -> _Move | _Change:
        head = _load_head(connection, user, asset_id, branch)
        target = find_target(connection, asset_id, "any", source)
        theirs = load_commit(connection, asset_id, target.commit_id)
        base_id = find_merge_base(connection, head, theirs)
        if base_id in (head.id, theirs.id):
            return _Move(branch, head, theirs if base_id == head.id else head)
        base = load_commit(connection, asset_id, base_id).tree if base_id else EMPTY
        doing = f"merging {shown} into {branch}"
        tree = _merge_trees(connection, base, head, theirs.tree, doing, strategy)
        return _Change(branch, head, theirs, tree)

    def make(connection: sa.Connection, plan: _Move | _Change) -> Merged | None:
        merged = bring(connection, plan)
        if merged is not None:
            said = merged._asdict() | {"before": plan.head.id}
            record(
                connection, user, "branch.merge", find_branch(connection, asset_id, branch), **said
            )
        return merged

    def bring(connection: sa.Connection, plan: _Move | _Change) -> Merged | None:
        if isinstance(plan, _Change):
            parents = [plan.head, plan.other]
            made = commit_tree(connection, user, branch, parents, plan.tree, text, noted, passage)
            return Merged(made, "merged") if made else None
        if plan.target.id == plan.head.id:
            return Merged(plan.head.id, "up_to_date")
        moved = move_branch(connection, user, branch, plan.head, plan.target.id, passage)
        return Merged(plan.target.id, "fast_forward") if moved else None

    return carry_out(hub, passage, plan, make)


@audited("branch.revert", asset="asset_id")
def revert_commit(
    hub: Hub,
    user: User,
    asset_id: str,
    branch: str,
    ref: str,
    *,
    message: str | None = None,
    override: str | None = None,
) -> str:
    """Makes a commit of a branch that takes back what one commit changed; returns its id.

    A merge is taken back to its first parent. Raises InvalidInput for a first commit and where
    nothing of the change is left, MergeConflict where the branch has changed its paths since.
    """
    if message is not None:
        check_text("message", message)
    passage = Passage(override)

    def plan(connection: sa.Connection) -> _Change:
        head = _load_head(connection, user, asset_id, branch)
        target = find_target(connection, asset_id, "any", ref)
        wrong = load_commit(connection, asset_id, target.commit_id)
        short = wrong.id[:12]
        if not wrong.parents:
            raise InvalidInput(
                f"commit {short} is the first of all and changed nothing that could be reverted",
                code="first_commit",
            )
        before = load_commit(connection, asset_id, wrong.parents[0]).tree
        doing = f"reverting {short} on {branch}"
        tree = _merge_trees(connection, wrong.tree, head, before, doing, None)
        if tree.root == head.tree:
            raise InvalidInput(
                f"branch {branch} has nothing left of what commit {short} changed",
                code="no_changes",
            )
        return _Change(branch, head, wrong, tree)

    def make(connection: sa.Connection, plan: _Change) -> str | None:
        text = _revert_message(plan.other) if message is None else message
        made = commit_tree(connection, user, branch, [plan.head], plan.tree, text, {}, passage)
        if made is not None:
            said = {"commit": made, "reverted": plan.other.id}
            about = find_branch(connection, asset_id, branch)
            record(connection, user, "branch.revert", about, **said)
        return made

    return carry_out(hub, passage, plan, make)


@audited("branch.reset", asset="asset_id")
def reset_branch(
    hub: Hub, user: User, asset_id: str, branch: str, ref: str, *, override: str | None = None
) -> str:
    """Points a branch at any commit of its asset; returns the commit's id.

    Commits that only the branch led to stay reachable by their ids and tags.
    """
    passage = Passage(override)

    def plan(connection: sa.Connection) -> _Move:
        head = _load_head(connection, user, asset_id, branch)
        target = find_target(connection, asset_id, "any", ref)
        return _Move(branch, head, load_commit(connection, asset_id, target.commit_id))

    def make(connection: sa.Connection, plan: _Move) -> str | None:
        if not move_branch(connection, user, branch, plan.head, plan.target.id, passage):
            return None
        about = find_branch(connection, asset_id, branch)
        record(connection, user, "branch.reset", about, commit=plan.target.id, before=plan.head.id)
        return plan.target.id

    return carry_out(hub, passage, plan, make)


def _load_head(connection: sa.Connection, user: User, asset_id: str, branch: str) -> Commit:
    load_asset(connection, user, asset_id, Level.EDIT)
    target = find_target(connection, asset_id, "branch", branch)
    return load_commit(connection, asset_id, target.commit_id)


def _revert_message(commit: Commit) -> str:
    # Cut so that a message of the greatest length can be reverted too.
    return f'Revert "{commit.message.strip().partition(chr(10))[0][:200]}" ({commit.id[:12]})'


def _merge_trees(
    connection: sa.Connection,
    base: str,
    head: Commit,
    theirs: str,
    doing: str,
    strategy: Strategy | None,
) -> NewTree:
    """The tree of `head` with what `theirs` changed since `base`; raises MergeConflict."""
    workspace = Workspace(connection)
    conflicts: list[PathConflict] = []

    def changes() -> Iterator[Change]:
        for found in merge(workspace.load, base, head.tree, theirs):
            if isinstance(found, Change):
                if not conflicts:
                    yield found
            elif strategy == "theirs":
                yield Change(found.path, found.theirs)
            elif strategy is None:
                conflicts.append(found)
                if len(conflicts) > _MOST_CONFLICTS:
                    return

    root = apply_changes(workspace.load, workspace.put, head.tree, changes())
    if conflicts:
        paths = shown_paths([conflict.path for conflict in conflicts])
        raise MergeConflict(
            f"{doing} needs a decision where both changed the same paths: {paths}",
            conflicts[:_MOST_CONFLICTS],
        )
    return workspace.take(root)
