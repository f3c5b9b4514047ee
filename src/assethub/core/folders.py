"""Folders: made, listed, renamed, labelled, deleted."""

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from assethub.core.hub import Hub
from assethub.core.permissions import Folder, Level, level_of, require
from assethub.core.users import User
from assethub.core.values import check_labels, check_name, new_id, now
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


def create_folder(hub: Hub, user: User, type_: str, name: str, labels: Sequence[str]) -> str:
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
    if scope not in SCOPES:
        raise InvalidInput(f"scope must be one of {', '.join(SCOPES)}", code="invalid_scope")
    if scope in ("shared", "public"):
        return []
    counted = sa.select(sa.func.count()).where(assets.c.folder_id == folders.c.id)
    query = sa.select(*columns, counted.scalar_subquery()).select_from(_joined)
    query = query.where(folders.c.owner_id == user.id)
    if type_ is not None:
        query = query.where(folders.c.type == check_type(type_))
    with hub.database.read() as connection:
        rows = connection.execute(query.order_by(folders.c.type, folders.c.name)).all()
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


def update_folder(hub: Hub, user: User, id_: str, name: str, labels: Sequence[str]) -> None:
    """Renames and labels a folder; the labels replace all earlier ones."""
    change = {
        "name": check_name("folder", name),
        "labels": check_labels(labels),
        "modified": now(),
    }

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
