"""Branches of an asset: made, listed, deleted."""

from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from assethub.core.assets import DEFAULT_BRANCH, load_asset
from assethub.core.audit import audited, record
from assethub.core.hub import Hub
from assethub.core.pages import Page, check_amount, cut_page
from assethub.core.people.groups import load_group
from assethub.core.people.users import User, load_account
from assethub.core.permissions import Level, level_of
from assethub.core.repository.protection import Protection, check_gated, check_movable
from assethub.core.repository.targets import find_target
from assethub.core.values import check_branch_name, now
from assethub.errors import Conflict, InvalidInput, NotFound
from assethub.store.tables import branches, commits

_SECOND = 1_000_000


class Branch(NamedTuple):
    """A branch: the commit it points at, the bytes of that snapshot, when it moved last (s)."""

    name: str
    commit_id: str
    size: int
    modified: int


@audited("branch.create", asset="asset_id")
def create_branch(hub: Hub, user: User, asset_id: str, name: str, source: str | None) -> str:
    """Makes a branch at a branch, tag or commit; returns the id of the commit it points at.

    Without a source the branch is empty: it starts at the asset's first commit.
    """
    check_branch_name("branch", name)

    def job(connection: sa.Connection) -> str:
        asset = load_asset(connection, user, asset_id, Level.EDIT)
        if asset.folder.type == "dataset" and name != DEFAULT_BRANCH:
            raise InvalidInput("a dataset has only the branch main", code="dataset_branch")
        if source is None:
            commit_id = _first_commit(connection, asset_id)
        else:
            commit_id = find_target(connection, asset_id, "any", source).commit_id
        row = {"asset_id": asset_id, "name": name, "commit_id": commit_id, "modified": now()}
        try:
            connection.execute(branches.insert(), row)
        except IntegrityError as error:
            raise Conflict(
                "branch already exists",
                code="branch_exists",
                detail=f"branch already exists: {name}",
            ) from error
        about = asset.about.at(f":branch/{name}")
        record(connection, user, "branch.create", about, commit=commit_id)
        return commit_id

    return hub.database.write(job)


def list_branches(hub: Hub, user: User, asset_id: str) -> list[Branch]:
    """The branches of an asset, by name."""
    return _select(hub, user, asset_id, _of_asset(asset_id))


def page_branches(
    hub: Hub, user: User, asset_id: str, *, after: str = "", amount: int | None = None
) -> Page[Branch]:
    """Up to `amount` of the branches of an asset, from behind the name `after`."""
    most = check_amount(amount)
    query = _of_asset(asset_id).where(branches.c.name > after).limit(most + 1)
    return cut_page(_select(hub, user, asset_id, query), most)


def _of_asset(asset_id: str) -> "sa.Select[Any]":
    return (
        sa.select(branches.c.name, branches.c.commit_id, commits.c.size, branches.c.modified)
        .join(commits)
        .where(branches.c.asset_id == asset_id)
        .order_by(branches.c.name)
    )


def _select(hub: Hub, user: User, asset_id: str, query: "sa.Select[Any]") -> list[Branch]:
    with hub.database.read() as connection:
        load_asset(connection, user, asset_id, Level.VIEW)
        rows = connection.execute(query).all()
    return [Branch._make((*row[:3], row.modified // _SECOND)) for row in rows]


@audited("branch.delete", asset="asset_id")
def delete_branch(hub: Hub, user: User, asset_id: str, name: str) -> None:
    """Deletes a branch; its commits stay. The branch `main` cannot be deleted."""

    def job(connection: sa.Connection) -> None:
        asset = load_asset(connection, user, asset_id, Level.EDIT)
        if name == DEFAULT_BRANCH:
            # The released client looks at the status 500.
            raise Conflict(
                "cannot delete repository default branch",
                code="default_branch",
                plain_status=500,
            )
        gone = branches.delete().where(branches.c.asset_id == asset_id, branches.c.name == name)
        kept = (branches.c.commit_id, branches.c.protection, branches.c.gate)
        row = connection.execute(gone.returning(*kept)).first()
        if row is None:
            raise _missing(name)
        check_movable(connection, user, name, row.protection)
        if row.gate is not None:
            check_gated(level_of(user, asset.folder, asset_id), name)
        about = asset.about.at(f":branch/{name}")
        record(connection, user, "branch.delete", about, commit=row.commit_id)

    hub.database.write(job)


@audited("branch.protect", asset="asset_id")
def protect_branch(
    hub: Hub, user: User, asset_id: str, name: str, protection: Protection
) -> Protection:
    """Keeps a branch from being moved or deleted by others than these, its owner included."""
    kept = Protection(*(sorted(set(names)) for names in protection))

    def job(connection: sa.Connection) -> Protection:
        asset = load_asset(connection, user, asset_id, Level.OWNER)
        for each in kept.users:
            load_account(connection, each)
        for each in kept.groups:
            load_group(connection, each)
        _set_protection(connection, asset_id, name, {**kept._asdict(), "gate": False})
        about = asset.about.at(f":branch/{name}")
        record(connection, user, "branch.protect", about, **kept._asdict())
        return kept

    return hub.database.write(job)


@audited("branch.unprotect", asset="asset_id")
def unprotect_branch(hub: Hub, user: User, asset_id: str, name: str) -> None:
    """Lets all who may change the asset move and delete a branch again."""

    def job(connection: sa.Connection) -> None:
        asset = load_asset(connection, user, asset_id, Level.OWNER)
        _set_protection(connection, asset_id, name, None)
        record(connection, user, "branch.unprotect", asset.about.at(f":branch/{name}"))

    hub.database.write(job)


def get_protection(hub: Hub, user: User, asset_id: str, name: str) -> Protection | None:
    """Who may move or delete a branch; None where it is not protected."""
    query = sa.select(branches.c.protection).where(
        branches.c.asset_id == asset_id, branches.c.name == name
    )
    with hub.database.read() as connection:
        load_asset(connection, user, asset_id, Level.VIEW)
        row = connection.execute(query).first()
    if row is None:
        raise _missing(name)
    kept = row.protection
    return None if kept is None else Protection(kept["users"], kept["groups"])


def _set_protection(
    connection: sa.Connection, asset_id: str, name: str, protection: dict[str, Any] | None
) -> None:
    change = branches.update().where(branches.c.asset_id == asset_id, branches.c.name == name)
    if not connection.execute(change.values(protection=protection)).rowcount:
        raise _missing(name)


def _first_commit(connection: sa.Connection, asset_id: str) -> str:
    query = sa.select(commits.c.id).where(commits.c.asset_id == asset_id, commits.c.generation == 0)
    return str(connection.execute(query.limit(1)).scalar_one())


def _missing(name: str) -> NotFound:
    return NotFound("branch not found", code="branch_not_found", detail=f"branch {name} not found")
