"""Who may do what: the one place that decides."""

from enum import IntEnum
from typing import Any, NamedTuple, cast

import sqlalchemy as sa

from assethub.core.audit import About
from assethub.core.people.users import User
from assethub.errors import NotFound, PermissionDenied
from assethub.store.tables import Id, folders, group_members, shares


class Level(IntEnum):
    """What a user may do with a folder and all in it; each includes those below."""

    NONE = 0
    VIEW = 1
    RUN = 2
    EDIT = 3
    OWNER = 4


# Of 2,000 folders in a listing each has its level: `Level(held)` takes four times as long.
_LEVELS = tuple(Level)


class Folder(NamedTuple):
    """A folder of models or of datasets, the unit of sharing.

    `held` is the level that its asker holds by owning it or by shares, whatever key they use.
    """

    id: str
    type: str
    name: str
    owner_id: str
    owner: str
    labels: list[str]
    description: str
    created: int
    modified: int
    held: int

    @property
    def path(self) -> str:
        return f"{self.owner}/{self.type}/{self.name}"

    @property
    def about(self) -> About:
        return About(self.path, self.id)


asker = sa.bindparam("asker", type_=Id)
# Whom a share that counts for the asker names: everyone, the asker, or a group of theirs.
grantees = sa.union_all(
    sa.select(sa.literal_column("''")),
    sa.select(asker),
    sa.select(group_members.c.group_id).where(group_members.c.user_id == asker),
)


def held_level(folder: Any = folders) -> "sa.ColumnElement[int]":
    """A column: the level of the user bound as `asker` in the folder of each row."""
    shared = sa.select(sa.func.max(shares.c.level)).where(
        shares.c.folder_id == folder.c.id, shares.c.grantee.in_(grantees)
    )
    by_share = sa.func.coalesce(shared.scalar_subquery(), sa.literal_column("0"))
    owned: Any = (folder.c.owner_id == asker, sa.literal_column(str(int(Level.OWNER))))
    return sa.case(owned, else_=by_share).label("held")


def cap(user: User, held: int, folder_id: str, asset_id: str | None = None) -> Level:
    """What is left of a level in a folder, or in one asset of it, with the key that is used.

    A key of one folder or asset opens just that, and nobody shares, renames or deletes a folder
    with it. Of the folder around its one asset it shows the name.
    """
    key = user.key
    if key is None:
        return _LEVELS[held]
    if not key.whole_account:
        if key.folder_id != folder_id or asset_id not in (None, key.asset_id or asset_id):
            return Level.NONE
        held = min(held, Level.EDIT if key.asset_id == asset_id or not key.asset_id else Level.VIEW)
    return _LEVELS[min(held, Level.VIEW) if key.read_only else held]


def level_of(user: User, folder: Folder, asset_id: str | None = None) -> Level:
    """What the user may do with the folder, or with one asset of it."""
    return cap(user, folder.held, folder.id, asset_id)


def require(
    user: User, folder: Folder | None, level: Level, missing: str, asset_id: str | None = None
) -> Folder:
    """The folder, where the user holds at least `level` there, or in one asset of it.

    Who may not even view it gets the same answer as for what does not exist: NotFound with the
    text `missing`. Who may view, but not this, gets PermissionDenied.
    """
    held = Level.NONE if folder is None else level_of(user, folder, asset_id)
    check_level(held, level, missing)
    return cast(Folder, folder)


def check_level(held: Level, level: Level, missing: str) -> None:
    """Raises what `require` does, where less is held than is needed."""
    if held < Level.VIEW:
        raise NotFound(missing, code=missing.replace(" ", "_"))
    if held < level:
        raise PermissionDenied("permission denied")


def require_account(user: User) -> None:
    """Raises PermissionDenied where the key is one for a single folder or asset."""
    if user.key is not None and not user.key.whole_account:
        raise _limited("it is for one folder or asset")


def require_full_key(user: User) -> None:
    """Raises PermissionDenied where the key is limited in any way, but by when it expires."""
    require_account(user)
    if user.key is not None and user.key.read_only:
        raise _limited("it may only read")


def require_admin(user: User) -> None:
    """Raises PermissionDenied unless an admin asks, with a key that is not limited."""
    if not user.admin:
        raise PermissionDenied(
            "permission denied", code="admin_only", detail="only an admin may do that"
        )
    require_full_key(user)


def _limited(why: str) -> PermissionDenied:
    return PermissionDenied(
        "permission denied",
        code="key_limited",
        detail=f"this key may not do that, since {why}; use another key",
    )
