"""Models and datasets: made, listed, renamed, labelled, deleted."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, cast

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from assethub.core import folders
from assethub.core.audit import About, audited, record
from assethub.core.hub import Hub
from assethub.core.pages import Page, check_amount, cut_page
from assethub.core.people.users import User
from assethub.core.permissions import Folder, Level, level_of, require
from assethub.core.repository import commits
from assethub.core.repository.protection import check_asset
from assethub.core.values import check_description, check_labels, check_name, new_id, now
from assethub.errors import InvalidInput
from assethub.store import tables
from assethub.store.statements import Prepared
from assethub.store.tables import branches, users

DEFAULT_BRANCH = "main"
_AT_ONCE = 500


class Asset(NamedTuple):
    """A model or a dataset: a small repository. The folder's type decides which."""

    id: str
    name: str
    labels: list[str]
    description: str
    created: int
    modified: int
    folder: Folder

    @property
    def path(self) -> str:
        return f"{self.folder.path}/{self.name}"

    @property
    def about(self) -> About:
        return About(self.path, self.folder.id, self.id)


class Listed(NamedTuple):
    """An asset in a listing, with the number of its branches."""

    asset: Asset
    branches: int


_own = (
    tables.assets.c.id,
    tables.assets.c.name,
    tables.assets.c.labels,
    tables.assets.c.description,
    tables.assets.c.created,
    tables.assets.c.modified,
)
_select = sa.select(*_own, *folders.columns).select_from(
    tables.assets.join(tables.folders).join(users)
)
_by_id = Prepared(_select.where(tables.assets.c.id == sa.bindparam("id")))


def select_by_name(prefix: str = "") -> "sa.Select[Any]":
    """Selects the asset of `owner`, `type`, `folder` and `name`, which are bound with a prefix."""
    return _select.where(
        users.c.name == sa.bindparam(f"{prefix}owner"),
        tables.folders.c.type == sa.bindparam(f"{prefix}type"),
        tables.folders.c.name == sa.bindparam(f"{prefix}folder"),
        tables.assets.c.name == sa.bindparam(f"{prefix}name"),
    )


@audited("asset.create", folder="folder_id")
def create_asset(
    hub: Hub, user: User, folder_id: str, name: str, labels: Sequence[str], description: str = ""
) -> str:
    """Makes an asset with the branch `main` and a first commit that holds nothing."""
    check_name("asset", name)
    moment = now()
    row = {
        "id": new_id(),
        "folder_id": folder_id,
        "name": name,
        "labels": check_labels(labels),
        "description": check_description(description),
        "created": moment,
        "modified": moment,
    }
    first = commits.first_commit(str(row["id"]), user.name, moment)

    def job(connection: sa.Connection) -> str:
        folder = folders.load_folder(connection, user, folder_id, Level.EDIT)
        try:
            connection.execute(tables.assets.insert(), row)
        except IntegrityError as error:
            raise _exists(name) from error
        commits.save_commit(connection, first)
        connection.execute(
            branches.insert(),
            {
                "asset_id": row["id"],
                "name": DEFAULT_BRANCH,
                "commit_id": first.id,
                "modified": moment,
            },
        )
        about = About(f"{folder.path}/{name}", folder.id, str(row["id"]))
        record(connection, user, "asset.create", about, commit=first.id)
        return str(row["id"])

    return hub.database.write(job)


def list_assets(hub: Hub, user: User, folder_id: str) -> list[Listed]:
    """The assets of a folder, by name."""
    return _list(hub, user, folder_id, _in_folder(user, folder_id))


def page_assets(
    hub: Hub, user: User, folder_id: str, *, after: str = "", amount: int | None = None
) -> Page[Listed]:
    """Up to `amount` of the assets of a folder, from behind the name `after`."""
    most = check_amount(amount)
    query = _in_folder(user, folder_id).where(tables.assets.c.name > after).limit(most + 1)
    return cut_page(_list(hub, user, folder_id, query), most)


def _in_folder(user: User, folder_id: str) -> "sa.Select[Any]":
    counted = sa.select(sa.func.count()).where(branches.c.asset_id == tables.assets.c.id)
    query = sa.select(*_own, counted.scalar_subquery())
    if user.key is not None and user.key.asset_id is not None:
        query = query.where(tables.assets.c.id == user.key.asset_id)
    return query.where(tables.assets.c.folder_id == folder_id).order_by(tables.assets.c.name)


def _list(hub: Hub, user: User, folder_id: str, query: "sa.Select[Any]") -> list[Listed]:
    with hub.database.read() as connection:
        folder = folders.load_folder(connection, user, folder_id, Level.VIEW)
        rows = connection.execute(query).all()
    return [Listed(Asset._make((*row[:-1], folder)), row[-1]) for row in rows]


def get_asset(hub: Hub, user: User, id_: str) -> Asset:
    with hub.database.read() as connection:
        return load_asset(connection, user, id_, Level.VIEW)


def find_viewable(hub: Hub, user: User, ids: Iterable[str]) -> dict[str, Asset]:
    """Those of the assets that are there and that the user may view, by id."""
    with hub.database.read() as connection:
        return load_viewable(connection, user, ids)


@audited("asset.update", asset="id_")
def update_asset(
    hub: Hub,
    user: User,
    id_: str,
    name: str,
    labels: Sequence[str] | None,
    description: str | None = None,
) -> None:
    """Renames and labels an asset; labels replace all earlier ones, None leaves what is there."""
    change: dict[str, object] = {
        "name": check_name("asset", name),
        "modified": now(),
    }
    if labels is not None:
        change["labels"] = check_labels(labels)
    if description is not None:
        change["description"] = check_description(description)

    def job(connection: sa.Connection) -> None:
        asset = load_asset(connection, user, id_, Level.EDIT)
        try:
            connection.execute(tables.assets.update().where(tables.assets.c.id == id_), change)
        except IntegrityError as error:
            raise _exists(name) from error
        record(connection, user, "asset.update", asset.about, name=name)

    hub.database.write(job)


@audited("asset.delete", asset="id_")
def delete_asset(hub: Hub, user: User, id_: str) -> None:
    """Deletes an asset with its branches, tags, commits and, of a model, its evaluations."""

    def job(connection: sa.Connection) -> None:
        asset = load_asset(connection, user, id_, Level.EDIT)
        check_asset(connection, user, id_, level_of(user, asset.folder, id_))
        connection.execute(tables.assets.delete().where(tables.assets.c.id == id_))
        record(connection, user, "asset.delete", asset.about)

    hub.database.write(job)


def load_asset(connection: sa.Connection, user: User, id_: str, level: Level) -> Asset:
    """The asset of that id, where the user holds the level in its folder."""
    return allow(_by_id.first(connection, {"id": id_, "asker": user.id}), user, level)


def load_viewable(connection: sa.Connection, user: User, ids: Iterable[str]) -> dict[str, Asset]:
    found: dict[str, Asset] = {}
    wanted = sorted(set(ids))
    for start in range(0, len(wanted), _AT_ONCE):
        batch = wanted[start : start + _AT_ONCE]
        query = _select.where(tables.assets.c.id.in_(batch))
        for row in connection.execute(query, {"asker": user.id}):
            folder = Folder(*row[len(_own) :])
            if level_of(user, folder, row[0]) >= Level.VIEW:
                found[row[0]] = Asset._make((*row[: len(_own)], folder))
    return found


def allow(row: Sequence[Any] | None, user: User, level: Level) -> Asset:
    """The asset of a row of `select_by_name`, where the user holds the level in its folder."""
    folder = None if row is None else Folder(*row[len(_own) :])
    allowed = require(user, folder, level, "asset not found", None if row is None else row[0])
    return Asset._make((*cast(Sequence[Any], row)[: len(_own)], allowed))


def _exists(name: str) -> InvalidInput:
    return InvalidInput(f"asset {name} already exists", code="asset_exists")
