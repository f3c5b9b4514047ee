"""Branches of an asset: made, listed, deleted, and their history."""

from collections.abc import Iterator
from itertools import dropwhile, islice
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from assethub.core.ancestry import walk_history
from assethub.core.assets import DEFAULT_BRANCH, load_asset
from assethub.core.commits import Commit, load_commit, load_commits
from assethub.core.hub import Hub
from assethub.core.pages import Page, check_amount, take_page
from assethub.core.permissions import Level
from assethub.core.targets import find_target
from assethub.core.users import User
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
        return commit_id

    return hub.database.write(job)


def list_branches(hub: Hub, user: User, asset_id: str) -> list[Branch]:
    """The branches of an asset, by name."""
    query = (
        sa.select(branches.c.name, branches.c.commit_id, commits.c.size, branches.c.modified)
        .join(commits)
        .where(branches.c.asset_id == asset_id)
        .order_by(branches.c.name)
    )
    with hub.database.read() as connection:
        load_asset(connection, user, asset_id, Level.VIEW)
        rows = connection.execute(query).all()
    return [Branch(*row[:3], row.modified // _SECOND) for row in rows]


def delete_branch(hub: Hub, user: User, asset_id: str, name: str) -> None:
    """Deletes a branch; its commits stay. The branch `main` cannot be deleted."""

    def job(connection: sa.Connection) -> None:
        load_asset(connection, user, asset_id, Level.EDIT)
        if name == DEFAULT_BRANCH:
            # The released client looks at the status 500.
            raise Conflict(
                "cannot delete repository default branch",
                code="default_branch",
                plain_status=500,
            )
        gone = branches.delete().where(branches.c.asset_id == asset_id, branches.c.name == name)
        if not connection.execute(gone).rowcount:
            raise _missing(name)

    hub.database.write(job)


def list_commits(
    hub: Hub, user: User, asset_id: str, branch: str, amount: int | None = None
) -> list[Commit]:
    """The history of a branch, newest first, down to the first commit: all, or `amount` of it."""
    with hub.database.read() as connection:
        history = _history(connection, user, asset_id, branch)
        ids = list(islice(history, amount))
        found = load_commits(connection, asset_id, ids)
    return [found[id_] for id_ in ids]


def page_commits(
    hub: Hub, user: User, asset_id: str, branch: str, *, after: str = "", amount: int | None = None
) -> Page[Commit]:
    """Up to `amount` commits of a branch, newest first, from behind the commit `after`.

    Raises InvalidInput where that commit is not in the history of the branch.
    """
    most = check_amount(amount)
    with hub.database.read() as connection:
        history = _history(connection, user, asset_id, branch)
        if after:
            last = find_target(connection, asset_id, "commit", after).commit_id
            history = dropwhile(lambda id_: id_ != last, history)
            if next(history, None) is None:
                raise InvalidInput(
                    f"commit {last[:12]} is not in the history of branch {branch}",
                    code="invalid_after",
                )
        ids, more = take_page(history, most)
        found = load_commits(connection, asset_id, ids)
    return Page([found[id_] for id_ in ids], more)


def _history(connection: sa.Connection, user: User, asset_id: str, branch: str) -> Iterator[str]:
    load_asset(connection, user, asset_id, Level.VIEW)
    head = find_target(connection, asset_id, "branch", branch).commit_id
    return walk_history(connection, load_commit(connection, asset_id, head))


def get_commit(hub: Hub, user: User, asset_id: str, id_: str) -> Commit:
    """One commit of an asset, by its id or a unique prefix of it."""
    with hub.database.read() as connection:
        load_asset(connection, user, asset_id, Level.VIEW)
        target = find_target(connection, asset_id, "commit", id_)
        return load_commit(connection, asset_id, target.commit_id)


def _first_commit(connection: sa.Connection, asset_id: str) -> str:
    query = sa.select(commits.c.id).where(commits.c.asset_id == asset_id, commits.c.generation == 0)
    return str(connection.execute(query.limit(1)).scalar_one())


def _missing(name: str) -> NotFound:
    return NotFound("branch not found", code="branch_not_found", detail=f"branch {name} not found")
