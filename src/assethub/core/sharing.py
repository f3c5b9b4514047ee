"""Sharing of folders: with users, groups or everyone, and giving one away."""

from typing import Literal, NamedTuple

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from assethub.core.audit import audited, record
from assethub.core.folders import load_folder
from assethub.core.hub import Hub
from assethub.core.people.groups import load_group
from assethub.core.people.users import Account, User, load_account
from assethub.core.permissions import Folder, Level, require_admin
from assethub.core.values import now
from assethub.errors import Conflict, InvalidInput, NotFound
from assethub.store.database import insert_or_replace
from assethub.store.tables import folders, groups, shares, users

Kind = Literal["user", "group", "public"]


class Grantee(NamedTuple):
    """Whom a folder is shared with; `name` is empty for everyone."""

    kind: Kind
    name: str = ""


class Share(NamedTuple):
    """What someone may do with a folder, since when (microseconds), and who said so."""

    grantee: Grantee
    level: Level
    created: int
    created_by: str


@audited("folder.share", folder="folder_id")
def share_folder(hub: Hub, user: User, folder_id: str, grantee: Grantee, level: Level) -> None:
    """Lets others into a folder, or changes what they may do there."""
    if level not in (Level.VIEW, Level.RUN, Level.EDIT):
        raise InvalidInput("a level is view, run or edit", code="invalid_level")
    if grantee.kind == "public" and level != Level.VIEW:
        raise InvalidInput("everyone can be given only the level view", code="invalid_level")

    def job(connection: sa.Connection) -> None:
        folder = load_folder(connection, user, folder_id, Level.OWNER)
        if grantee == ("user", folder.owner):
            raise InvalidInput(f"user {folder.owner} owns this folder", code="shared_with_owner")
        row = {
            "folder_id": folder.id,
            "kind": grantee.kind,
            "grantee": _find_grantee(connection, grantee),
            "level": int(level),
            "created": now(),
            "created_by": user.name,
        }
        insert_or_replace(connection, shares, [row])
        said = grantee._asdict() | {"level": level.name.lower()}
        record(connection, user, "folder.share", folder.about, **said)

    hub.database.write(job)


@audited("folder.unshare", folder="folder_id")
def unshare_folder(hub: Hub, user: User, folder_id: str, grantee: Grantee) -> None:
    """Takes back what was shared; raises NotFound where nothing was."""

    def job(connection: sa.Connection) -> None:
        folder = load_folder(connection, user, folder_id, Level.OWNER)
        gone = shares.delete().where(
            shares.c.folder_id == folder.id,
            shares.c.kind == grantee.kind,
            shares.c.grantee == _find_grantee(connection, grantee),
        )
        if not connection.execute(gone).rowcount:
            raise NotFound(
                "share not found",
                code="share_not_found",
                detail=f"folder {folder.path} is not shared with {_describe(grantee)}",
            )
        record(connection, user, "folder.unshare", folder.about, **grantee._asdict())

    hub.database.write(job)


def list_shares(hub: Hub, user: User, folder_id: str) -> list[Share]:
    """With whom a folder is shared: everyone first, then groups, then users, by name."""
    query = (
        sa.select(
            shares.c.kind,
            sa.func.coalesce(users.c.name, groups.c.name, ""),
            shares.c.level,
            shares.c.created,
            shares.c.created_by,
        )
        .outerjoin(users, sa.and_(shares.c.kind == "user", users.c.id == shares.c.grantee))
        .outerjoin(groups, sa.and_(shares.c.kind == "group", groups.c.id == shares.c.grantee))
        .where(shares.c.folder_id == folder_id)
    )
    with hub.database.read() as connection:
        load_folder(connection, user, folder_id, Level.OWNER)
        rows = connection.execute(query).all()
    found = [Share(Grantee(*row[:2]), Level(row[2]), *row[3:]) for row in rows]
    order = ("public", "group", "user")
    return sorted(found, key=lambda share: (order.index(share.grantee.kind), share.grantee.name))


@audited("folder.transfer", folder="folder_id")
def transfer_folder(hub: Hub, user: User, folder_id: str, owner: str) -> None:
    """Gives a folder to another user, by its owner or by an admin.

    An owner who gives it keeps the level edit, until the new one takes it. References to what is
    in it begin with the new owner's name from then on.
    """

    def job(connection: sa.Connection) -> None:
        folder = _load_transferable(connection, user, folder_id)
        account = load_account(connection, owner)
        if account.disabled is not None:
            raise Conflict(f"user {owner} is disabled; choose another", code="user_disabled")
        if account.id != folder.owner_id:
            _give(connection, user, folder, account)
        said = {"from": folder.owner, "to": account.name}
        record(connection, user, "folder.transfer", folder.about, **said)

    hub.database.write(job)


def list_owned(hub: Hub, user: User, owner: str) -> list[tuple[str, str, str]]:
    """For an admin: id, type and name of all folders of a user."""
    require_admin(user)
    with hub.database.read() as connection:
        account = load_account(connection, owner)
        query = sa.select(folders.c.id, folders.c.type, folders.c.name)
        query = query.where(folders.c.owner_id == account.id)
        rows = connection.execute(query.order_by(folders.c.type, folders.c.name))
        return [(row.id, row.type, row.name) for row in rows]


def _load_transferable(connection: sa.Connection, user: User, folder_id: str) -> Folder:
    if not user.admin:
        return load_folder(connection, user, folder_id, Level.OWNER)
    require_admin(user)
    # An admin may give away what they do not see themselves.
    query = sa.select(folders.c.owner_id).where(folders.c.id == folder_id)
    owner_id = connection.execute(query).scalar()
    if owner_id is None:
        raise NotFound("folder not found", code="folder_not_found")
    return load_folder(connection, user._replace(id=owner_id), folder_id, Level.OWNER)


def _give(connection: sa.Connection, user: User, folder: Folder, account: Account) -> None:
    # Before the new row of the former owner, and also where there is none.
    known = sa.and_(shares.c.folder_id == folder.id, shares.c.kind == "user")
    connection.execute(shares.delete().where(known, shares.c.grantee == account.id))
    change = folders.update().where(folders.c.id == folder.id)
    try:
        connection.execute(change.values(owner_id=account.id, modified=now()))
    except IntegrityError as error:
        raise Conflict(
            f"user {account.name} cannot take a folder of this type and name; rename it first",
            code="folder_exists",
        ) from error
    if user.id == folder.owner_id:
        row = {
            "folder_id": folder.id,
            "kind": "user",
            "grantee": user.id,
            "level": int(Level.EDIT),
            "created": now(),
            "created_by": user.name,
        }
        insert_or_replace(connection, shares, [row])


def _find_grantee(connection: sa.Connection, grantee: Grantee) -> str:
    """Its id: that of the user or group of the name, which NotFound says is not there."""
    if grantee.kind == "user":
        return load_account(connection, grantee.name).id
    return load_group(connection, grantee.name).id if grantee.kind == "group" else ""


def _describe(grantee: Grantee) -> str:
    return "everyone" if grantee.kind == "public" else f"{grantee.kind} {grantee.name}"
