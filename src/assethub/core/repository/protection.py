"""Protected branches: who may move or delete one, checked in the transaction that does it.

A branch with a gate is deleted only by the owner: made anew, it would have none.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from assethub.core.people.users import User
from assethub.core.permissions import Level
from assethub.errors import PermissionDenied
from assethub.store.tables import assets, branches, group_members, groups


class Protection(NamedTuple):
    """The names of the users and groups that may move or delete a branch: nobody, if none."""

    users: list[str]
    groups: list[str]


def check_movable(
    connection: sa.Connection, user: User, branch: str, protection: dict[str, Any] | None
) -> None:
    """Raises PermissionDenied where a branch of that protection is not the user's to move."""
    if protection is None or user.name in protection["users"]:
        return
    if protection["groups"] and _is_member(connection, user, protection["groups"]):
        return
    raise PermissionDenied(
        "permission denied: the branch is protected",
        code="branch_protected",
        detail=f"branch {branch} is protected: {_describe(protection)} may move or delete it; "
        "commit to another branch",
    )


def check_branch(connection: sa.Connection, user: User, asset_id: str, branch: str) -> None:
    """`check_movable` before any work is done; whoever moves the branch checks again."""
    _check_all(connection, user, branches.c.asset_id == asset_id, branches.c.name == branch)


def check_gated(held: Level, branch: str) -> None:
    """Raises PermissionDenied where a branch with a gate is not the user's to delete."""
    if held < Level.OWNER:
        raise PermissionDenied(
            "permission denied: the branch has a gate",
            code="branch_gated",
            detail=f"branch {branch} has a gate: only the owner may delete it",
        )


def check_asset(connection: sa.Connection, user: User, asset_id: str, held: Level) -> None:
    """Raises PermissionDenied where deleting an asset, of which the user holds that level, would
    delete a branch that is protected or has a gate.
    """
    _check_all(connection, user, branches.c.asset_id == asset_id)
    gated = sa.select(branches.c.name).where(
        branches.c.asset_id == asset_id, branches.c.gate.is_not(None)
    )
    for name in connection.execute(gated.limit(1)).scalars():
        check_gated(held, name)


def check_folder(connection: sa.Connection, user: User, folder_id: str) -> None:
    """Raises PermissionDenied where deleting a folder would delete a branch that is protected."""
    inside = sa.select(assets.c.id).where(assets.c.folder_id == folder_id)
    _check_all(connection, user, branches.c.asset_id.in_(inside))


def _check_all(
    connection: sa.Connection, user: User, *conditions: "sa.ColumnElement[bool]"
) -> None:
    query = sa.select(branches.c.name, branches.c.protection).where(
        *conditions, branches.c.protection.is_not(None)
    )
    for name, protection in connection.execute(query).all():
        check_movable(connection, user, name, protection)


def _is_member(connection: sa.Connection, user: User, names: Sequence[str]) -> bool:
    query = (
        sa.select(groups.c.id)
        .join(group_members, group_members.c.group_id == groups.c.id)
        .where(group_members.c.user_id == user.id, groups.c.name.in_(names))
    )
    return connection.execute(query.limit(1)).first() is not None


def _describe(protection: dict[str, Any]) -> str:
    named = [*protection["users"], *(f"group {name}" for name in protection["groups"])]
    return f"only {', '.join(named)}" if named else "nobody"
