"""Commits as they are looked up and listed: one of them, and the history of a reference."""

from collections.abc import Iterator
from itertools import dropwhile, islice

import sqlalchemy as sa

from assethub.core.assets import load_asset
from assethub.core.hub import Hub
from assethub.core.pages import Page, check_amount, take_page
from assethub.core.people.users import User
from assethub.core.permissions import Level
from assethub.core.repository.ancestry import walk_history
from assethub.core.repository.commits import Commit, load_commit, load_commits
from assethub.core.repository.targets import find_target
from assethub.errors import InvalidInput


def get_commit(hub: Hub, user: User, asset_id: str, ref: str, kind: str = "commit") -> Commit:
    """One commit of an asset, by its id or a unique prefix of it.

    With the kind `any` a branch or a tag of that name comes first.
    """
    with hub.database.read() as connection:
        return _find_commit(connection, user, asset_id, ref, kind)


def list_commits(
    hub: Hub, user: User, asset_id: str, ref: str, kind: str = "branch", amount: int | None = None
) -> list[Commit]:
    """The history of a branch, newest first, down to the first commit: all, or `amount` of it.

    With the kind `any` that of a branch, a tag or a commit.
    """
    with hub.database.read() as connection:
        history = _history(connection, user, asset_id, ref, kind)
        ids = list(islice(history, amount))
        found = load_commits(connection, asset_id, ids)
    return [found[id_] for id_ in ids]


def page_commits(
    hub: Hub,
    user: User,
    asset_id: str,
    ref: str,
    kind: str = "branch",
    *,
    after: str = "",
    amount: int | None = None,
) -> Page[Commit]:
    """Up to `amount` commits of such a history, from behind the commit `after`.

    Raises InvalidInput where that commit is not in it.
    """
    most = check_amount(amount)
    with hub.database.read() as connection:
        history = _history(connection, user, asset_id, ref, kind)
        if after:
            last = find_target(connection, asset_id, "commit", after).commit_id
            history = dropwhile(lambda id_: id_ != last, history)
            if next(history, None) is None:
                noun = "branch " if kind == "branch" else ""
                raise InvalidInput(
                    f"commit {last[:12]} is not in the history of {noun}{ref}",
                    code="invalid_after",
                )
        ids, more = take_page(history, most)
        found = load_commits(connection, asset_id, ids)
    return Page([found[id_] for id_ in ids], more)


def _history(
    connection: sa.Connection, user: User, asset_id: str, ref: str, kind: str
) -> Iterator[str]:
    return walk_history(connection, _find_commit(connection, user, asset_id, ref, kind))


def _find_commit(
    connection: sa.Connection, user: User, asset_id: str, ref: str, kind: str
) -> Commit:
    load_asset(connection, user, asset_id, Level.VIEW)
    target = find_target(connection, asset_id, kind, ref)
    return load_commit(connection, asset_id, target.commit_id)
