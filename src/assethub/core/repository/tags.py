"""Tags of an asset: made, listed, deleted. A tag never moves."""

from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from assethub.core.assets import load_asset
from assethub.core.audit import audited, record
from assethub.core.hub import Hub
from assethub.core.pages import Page, check_amount, cut_page
from assethub.core.people.users import User
from assethub.core.permissions import Level
from assethub.core.repository.targets import find_target
from assethub.core.values import check_branch_name, now
from assethub.errors import Conflict, NotFound
from assethub.store.tables import tags


class Tag(NamedTuple):
    """A name for one commit."""

    name: str
    commit_id: str


@audited("tag.create", asset="asset_id")
def create_tag(hub: Hub, user: User, asset_id: str, name: str, source: str) -> str:
    """Names the commit that a branch, tag or commit points at; returns its id."""
    check_branch_name("tag", name)

    def job(connection: sa.Connection) -> str:
        asset = load_asset(connection, user, asset_id, Level.EDIT)
        commit_id = find_target(connection, asset_id, "any", source).commit_id
        row = {"asset_id": asset_id, "name": name, "commit_id": commit_id, "created": now()}
        try:
            connection.execute(tags.insert(), row)
        except IntegrityError as error:
            raise Conflict(
                "tag already exists", code="tag_exists", detail=f"tag already exists: {name}"
            ) from error
        about = asset.about.at(f":tag/{name}")
        record(connection, user, "tag.create", about, commit=commit_id)
        return commit_id

    return hub.database.write(job)


def list_tags(hub: Hub, user: User, asset_id: str) -> list[Tag]:
    """The tags of an asset, by name."""
    return _select(hub, user, asset_id, _of_asset(asset_id))


def page_tags(
    hub: Hub, user: User, asset_id: str, *, after: str = "", amount: int | None = None
) -> Page[Tag]:
    """Up to `amount` of the tags of an asset, from behind the name `after`."""
    most = check_amount(amount)
    query = _of_asset(asset_id).where(tags.c.name > after).limit(most + 1)
    return cut_page(_select(hub, user, asset_id, query), most)


def _of_asset(asset_id: str) -> "sa.Select[Any]":
    query = sa.select(tags.c.name, tags.c.commit_id).where(tags.c.asset_id == asset_id)
    return query.order_by(tags.c.name)


def _select(hub: Hub, user: User, asset_id: str, query: "sa.Select[Any]") -> list[Tag]:
    with hub.database.read() as connection:
        load_asset(connection, user, asset_id, Level.VIEW)
        return [Tag(*row) for row in connection.execute(query)]


@audited("tag.delete", asset="asset_id")
def delete_tag(hub: Hub, user: User, asset_id: str, name: str) -> None:
    def job(connection: sa.Connection) -> None:
        asset = load_asset(connection, user, asset_id, Level.EDIT)
        gone = tags.delete().where(tags.c.asset_id == asset_id, tags.c.name == name)
        row = connection.execute(gone.returning(tags.c.commit_id)).first()
        if row is None:
            raise NotFound("tag not found", code="tag_not_found", detail=f"tag {name} not found")
        about = asset.about.at(f":tag/{name}")
        record(connection, user, "tag.delete", about, commit=row.commit_id)

    hub.database.write(job)
