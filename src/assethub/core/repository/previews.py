"""What a change would come to, found out without making it: diffs in sum, merges, moves."""

from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

import sqlalchemy as sa

from assethub.core.assets import load_asset
from assethub.core.hub import Hub
from assethub.core.people.users import User
from assethub.core.permissions import Level
from assethub.core.repository.ancestry import find_merge_base
from assethub.core.repository.commits import load_commit
from assethub.core.repository.diffs import stream_diff
from assethub.core.repository.protection import Protection, check_branch
from assethub.core.repository.workspace import Workspace
from assethub.errors import PermissionDenied
from assethub.store.tables import branches
from assethub.tree import EMPTY, Conflict, Difference, merge

MOST_COUNTED = 5000
_MOST_CONFLICTS = 1000


class DiffSum(NamedTuple):
    """How many files a diff adds, removes and changes, and by how many bytes they grow.

    `whole` is False where there are more than 5,000: then these are the first.
    """

    added: int
    removed: int
    changed: int
    bytes: int
    whole: bool


class MergePreview(NamedTuple):
    """Where two histories meet, and the first 1,000 paths on which a merge needs a decision."""

    base: str | None
    conflicts: list[Conflict]


class Guard(NamedTuple):
    """What stands around a branch: who alone may move it, and whether it has a gate."""

    protection: Protection | None
    gated: bool


def sum_diff(
    hub: Hub, user: User, asset_id: str, old: str, new: str, *, prefix: str = ""
) -> DiffSum:
    """The diff from the commit `old` to the commit `new`, in sum."""
    found = stream_diff(hub, user, asset_id, old, new, kind="commit", prefix=prefix)
    return _sum(islice(found, MOST_COUNTED + 1))


def preview_merge(hub: Hub, user: User, asset_id: str, head: str, tip: str) -> MergePreview:
    """What merging the commit `tip` into a branch that points at the commit `head` would meet."""
    with hub.database.read() as connection:
        load_asset(connection, user, asset_id, Level.VIEW)
        ours = load_commit(connection, asset_id, head)
        theirs = load_commit(connection, asset_id, tip)
        base = find_merge_base(connection, ours, theirs)
        if base in (head, tip):
            return MergePreview(base, [])
        before = load_commit(connection, asset_id, base).tree if base else EMPTY
        found = merge(Workspace(connection).load, before, ours.tree, theirs.tree)
        conflicts = (each for each in found if isinstance(each, Conflict))
        return MergePreview(base, list(islice(conflicts, _MOST_CONFLICTS)))


def may_move(hub: Hub, user: User, asset_id: str, branch: str) -> bool:
    """Whether a branch is the user's to move, gate or not."""
    try:
        with hub.database.read() as connection:
            load_asset(connection, user, asset_id, Level.EDIT)
            check_branch(connection, user, asset_id, branch)
    except PermissionDenied:
        return False
    return True


def list_guards(hub: Hub, user: User, asset_id: str) -> dict[str, Guard]:
    """The branches that are protected or have a gate, by name in order."""
    kept = branches.c.protection, branches.c.gate
    query = (
        sa.select(branches.c.name, *kept)
        .where(branches.c.asset_id == asset_id, sa.or_(*(column.is_not(None) for column in kept)))
        .order_by(branches.c.name)
    )
    with hub.database.read() as connection:
        load_asset(connection, user, asset_id, Level.VIEW)
        return {row.name: _guard(row.protection, row.gate) for row in connection.execute(query)}


def _guard(protection: dict[str, Any] | None, gate: dict[str, Any] | None) -> Guard:
    allowed = protection and Protection(protection["users"], protection["groups"])
    return Guard(allowed or None, gate is not None)


def _sum(found: Iterator[Difference]) -> DiffSum:
    added = removed = changed = grown = count = 0
    for count, each in enumerate(found, 1):
        if count > MOST_COUNTED:
            break
        added += each.old is None
        removed += each.new is None
        changed += each.old is not None and each.new is not None
        grown += (each.new.size if each.new else 0) - (each.old.size if each.old else 0)
    return DiffSum(added, removed, changed, grown, count <= MOST_COUNTED)
