"""Folders: made, listed, renamed, labelled, deleted."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from assethub.core.hub import Hub
from assethub.core.pages import Page, check_amount, cut_page
from assethub.core.permissions import Folder, Level, level_of, require
from assethub.core.users import User
from assethub.core.values import check_description, check_labels, check_name, new_id, now
from assethub.errors import InvalidInput, NotFound, PermissionDenied
from assethub.store.tables import assets, folders, users

TYPES = ("model", "dataset")
SCOPES = ("own", "shared", "public", "all")

columns = (
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
_joined = folders.join(users, users.c.id == folders.c.owner_id)
_select = sa.select(*columns).select_from(_joined)
_by_id = _select.where(folders.c.id == sa.bindparam("id"))
_by_name = _select.where(
    users.c.name == sa.bindparam("owner"),
    folders.c.type == sa.bindparam("type"),
    folders.c.name == sa.bindparam("name"),
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


def create_folder(
    hub: Hub, user: User, type_: str, name: str, labels: Sequence[str], description: str = ""
) -> str:
    """Makes a folder of the user's; returns its id."""
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
    after: str = "",
    amount: int | None = None,
) -> Page[Listed]:
    """Up to `amount` of these folders, from behind the one whose `place` is `after`."""
    most = check_amount(amount)
    query = _in_scope(user, scope, type_)
    if after:
        last = after.split("/")
        if len(last) != len(_order):
            raise InvalidInput("after must be of the form TYPE/NAME/OWNER", code="invalid_after")
        query = query.where(sa.tuple_(*_order) > sa.tuple_(*map(sa.literal, last)))
    return cut_page(_list(hub, user, query.limit(most + 1)), most)


_order = (folders.c.type, folders.c.name, users.c.name)


def _in_scope(user: User, scope: str, type_: str | None) -> "sa.Select[Any]":
    if scope not in SCOPES:
        raise InvalidInput(f"scope must be one of {', '.join(SCOPES)}", code="invalid_scope")
    counted = sa.select(sa.func.count()).where(assets.c.folder_id == folders.c.id)
    query = sa.select(*columns, counted.scalar_subquery()).select_from(_joined)
    own = folders.c.owner_id == user.id
    query = query.where(own if scope in ("own", "all") else sa.false())
    if type_ is not None:
        query = query.where(folders.c.type == check_type(type_))
    return query.order_by(*_order)


def _list(hub: Hub, user: User, query: "sa.Select[Any]") -> list[Listed]:
    with hub.database.read() as connection:
        rows = connection.execute(query).all()
    found = [(Folder(*row[:-1]), row[-1]) for row in rows]
    return [Listed(folder, level_of(user, folder), count) for folder, count in found]


def get_folder(hub: Hub, user: User, id_: str) -> Listed:
    """A folder by its id; PermissionDenied for one that is not there too."""
    with hub.database.read() as connection:
        folder = load_folder(connection, user, id_, Level.VIEW)
        count = connection.execute(
            sa.select(sa.func.count()).where(assets.c.folder_id == id_)
        ).scalar_one()
    return Listed(folder, level_of(user, folder), count)


def update_folder(
    hub: Hub,
    user: User,
    id_: str,
    name: str,
    labels: Sequence[str],
    description: str | None = None,
) -> None:
    """Renames and labels a folder; labels replace all earlier ones, None keeps the description."""
    change: dict[str, object] = {
        "name": check_name("folder", name),
        "labels": check_labels(labels),
        "modified": now(),
    }
    if description is not None:
        change["description"] = check_description(description)

    def job(connection: sa.Connection) -> None:
        load_folder(connection, user, id_, Level.OWNER)
        try:
            connection.execute(folders.update().where(folders.c.id == id_), change)
        except IntegrityError as error:
            raise InvalidInput(
                "folder name already exists",
                code="folder_exists",
                detail=f"a folder named {name} already exists",
            ) from error

    hub.database.write(job)


def delete_folder(hub: Hub, user: User, id_: str) -> None:
    """Deletes a folder and all assets in it."""

    def job(connection: sa.Connection) -> None:
        load_folder(connection, user, id_, Level.OWNER)
        connection.execute(folders.delete().where(folders.c.id == id_))

    hub.database.write(job)


def load_folder(connection: sa.Connection, user: User, id_: str, level: Level) -> Folder:
    """The folder of that id, where the user holds the level.

    An unknown one is PermissionDenied here, as for an outsider: the released protocol says so.
    """
    row = connection.execute(_by_id, {"id": id_}).first()
    try:
        return require(user, None if row is None else Folder(*row), level, "folder not found")
    except NotFound as error:
        raise PermissionDenied("permission denied") from error


def find_folder(connection: sa.Connection, user: User, owner: str, type_: str, name: str) -> Folder:
    """The folder of that name, where the user may view it; else NotFound."""
    row = connection.execute(_by_name, {"owner": owner, "type": type_, "name": name}).first()
    return require(user, None if row is None else Folder(*row), Level.VIEW, "folder not found")


def check_type(type_: str) -> str:
    if type_ not in TYPES:
        raise InvalidInput("type must be 'model' or 'dataset'", code="invalid_type")
    return type_
