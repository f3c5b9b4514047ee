"""Folders: made, listed, renamed, labelled, deleted."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from assethub.core.audit import About, audited, record
from assethub.core.hub import Hub
from assethub.core.pages import Page, check_amount, cut_page
from assethub.core.people.users import User
from assethub.core.permissions import (
    Folder,
    Level,
    asker,
    grantees,
    held_level,
    level_of,
    require,
    require_full_key,
)
from assethub.core.repository.protection import check_folder
from assethub.core.values import check_description, check_labels, check_name, new_id, now
from assethub.errors import InvalidInput, NotFound, PermissionDenied
from assethub.store.statements import Prepared
from assethub.store.tables import assets, folders, shares, users

TYPES = ("model", "dataset")
SCOPES = ("own", "shared", "public", "all")

_columns = (
    folders.c.id,
    folders.c.type,
    folders.c.name,
    folders.c.owner_id,
    users.c.name.label("owner"),
    folders.c.labels,
    folders.c.description,
    folders.c.created,
    folders.c.modified,
)
columns = (*_columns, held_level())
_joined = folders.join(users, users.c.id == folders.c.owner_id)
_select = sa.select(*columns).select_from(_joined)
_by_id = Prepared(_select.where(folders.c.id == sa.bindparam("id")))
_by_name = Prepared(
    _select.where(
        users.c.name == sa.bindparam("owner"),
        folders.c.type == sa.bindparam("type"),
        folders.c.name == sa.bindparam("name"),
    )
)


class Listed(NamedTuple):
    """A folder in a listing, with what the asker may do there and how many assets it holds."""

    folder: Folder
    permission: Level
    assets: int

    @property
    def place(self) -> str:
        """Where it stands in the order of listings."""
        return f"{self.folder.type}/{self.folder.name}/{self.folder.owner}"


@audited("folder.create")
def create_folder(
    hub: Hub, user: User, type_: str, name: str, labels: Sequence[str], description: str = ""
) -> str:
    """Makes a folder of the user's; returns its id."""
    require_full_key(user)
    check_type(type_)
    check_name("folder", name)
    moment = now()
    row = {
        "id": new_id(),
        "owner_id": user.id,
        "type": type_,
        "name": name,
        "labels": check_labels(labels),
        "description": check_description(description),
        "created": moment,
        "modified": moment,
    }

    def job(connection: sa.Connection) -> str:
        try:
            connection.execute(folders.insert(), row)
        except IntegrityError as error:
            raise InvalidInput(
                "folder already exists",
                code="folder_exists",
                detail=f"folder {user.name}/{type_}/{name} already exists",
            ) from error
        about = About(f"{user.name}/{type_}/{name}", str(row["id"]))
        record(connection, user, "folder.create", about)
        return str(row["id"])

    return hub.database.write(job)


def list_folders(hub: Hub, user: User, scope: str, type_: str | None = None) -> list[Listed]:
    """The folders of a scope that the user may view, by type and name."""
    return _list(hub, user, _in_scope(user, scope, type_))


def page_folders(
    hub: Hub,
    user: User,
    scope: str,
    type_: str | None = None,
    *,
    owner: str | None = None,
    after: str = "",
    amount: int | None = None,
) -> Page[Listed]:
    """Up to `amount` of these folders, from behind the one whose `place` is `after`.

    With an owner only theirs.
    """
    most = check_amount(amount)
    query = _in_scope(user, scope, type_)
    if owner is not None:
        query = query.where(users.c.name == owner)
    if after:
        last = after.split("/")
        if len(last) != len(_order):
            raise InvalidInput("after must be of the form TYPE/NAME/OWNER", code="invalid_after")
        query = query.where(sa.tuple_(*_order) > sa.tuple_(*map(sa.literal, last)))
    return cut_page(_list(hub, user, query.limit(most + 1)), most)


_own = folders.c.owner_id == asker
_public = folders.c.id.in_(sa.select(shares.c.folder_id).where(shares.c.grantee == ""))
_shares = sa.select(shares.c.folder_id).where(shares.c.grantee.in_(grantees))
# A union, since an OR of the two would look at every folder there is.
_any = sa.union(sa.select(folders.c.id).where(_own), _shares)
_SCOPES = {
    "own": _own,
    "shared": sa.and_(
        folders.c.id.in_(_shares.where(shares.c.grantee != "")), folders.c.owner_id != asker
    ),
    "public": _public,
    "all": folders.c.id.in_(_any),
}
_order = (folders.c.type, folders.c.name, users.c.name)


def _in_scope(user: User, scope: str, type_: str | None) -> "sa.Select[Any]":
    if scope not in SCOPES:
        raise InvalidInput(f"scope must be one of {', '.join(SCOPES)}", code="invalid_scope")
    counted = _count_assets(user, folders.c.id).scalar_subquery()
    held = sa.literal_column(str(int(Level.OWNER))) if scope == "own" else held_level()
    query = sa.select(*_columns, held, counted).select_from(_joined).where(_SCOPES[scope])
    if user.key is not None and user.key.folder_id is not None:
        query = query.where(folders.c.id == user.key.folder_id)
    if type_ is not None:
        query = query.where(folders.c.type == check_type(type_))
    return query.order_by(*_order)


def _count_assets(user: User, folder_id: "sa.ColumnElement[str] | str") -> "sa.Select[int]":
    """How many assets of a folder the user sees: all, but with a key for one of them."""
    counted = sa.select(sa.func.count()).where(assets.c.folder_id == folder_id)
    if user.key is not None and user.key.asset_id is not None:
        counted = counted.where(assets.c.id == user.key.asset_id)
    return counted


def _list(hub: Hub, user: User, query: "sa.Select[Any]") -> list[Listed]:
    with hub.database.read() as connection:
        rows = connection.execute(query, {"asker": user.id}).all()
    found = [(Folder(*row[:-1]), row[-1]) for row in rows]
    return [Listed(folder, level_of(user, folder), count) for folder, count in found]


def get_folder(hub: Hub, user: User, id_: str) -> Listed:
    """A folder by its id; PermissionDenied for one that is not there too."""
    with hub.database.read() as connection:
        folder = load_folder(connection, user, id_, Level.VIEW)
        count = connection.execute(_count_assets(user, id_)).scalar_one()
    return Listed(folder, level_of(user, folder), count)


@audited("folder.update", folder="id_")
def update_folder(
    hub: Hub,
    user: User,
    id_: str,
    name: str,
    labels: Sequence[str] | None,
    description: str | None = None,
) -> None:
    """Renames and labels a folder; labels replace all earlier ones, None leaves what is there."""
    change: dict[str, object] = {
        "name": check_name("folder", name),
        "modified": now(),
    }
    if labels is not None:
        change["labels"] = check_labels(labels)
    if description is not None:
        change["description"] = check_description(description)

    def job(connection: sa.Connection) -> None:
        folder = load_folder(connection, user, id_, Level.OWNER)
        try:
            connection.execute(folders.update().where(folders.c.id == id_), change)
        except IntegrityError as error:
            raise InvalidInput(
                "folder name already exists",
                code="folder_exists",
                detail=f"a folder named {name} already exists",
            ) from error
        record(connection, user, "folder.update", folder.about, name=name)

    hub.database.write(job)


@audited("folder.delete", folder="id_")
def delete_folder(hub: Hub, user: User, id_: str) -> None:
    """Deletes a folder and all assets in it."""

    def job(connection: sa.Connection) -> None:
        folder = load_folder(connection, user, id_, Level.OWNER)
        check_folder(connection, user, id_)
        connection.execute(folders.delete().where(folders.c.id == id_))
        record(connection, user, "folder.delete", folder.about)

    hub.database.write(job)


def load_folder(connection: sa.Connection, user: User, id_: str, level: Level) -> Folder:
    """The folder of that id, where the user holds the level.

    An unknown one is PermissionDenied here, as for an outsider: the released protocol says so.
    """
    row = _by_id.first(connection, {"id": id_, "asker": user.id})
    try:
        return require(user, None if row is None else Folder(*row), level, "folder not found")
    except NotFound as error:
        raise PermissionDenied("permission denied") from error


def find_folder(connection: sa.Connection, user: User, owner: str, type_: str, name: str) -> Folder:
    """The folder of that name, where the user may view it; else NotFound."""
    query = {"owner": owner, "type": type_, "name": name, "asker": user.id}
    row = _by_name.first(connection, query)
    return require(user, None if row is None else Folder(*row), Level.VIEW, "folder not found")


def check_type(type_: str) -> str:
    if type_ not in TYPES:
        raise InvalidInput("type must be 'model' or 'dataset'", code="invalid_type")
    return type_
