"""An asset's history as a graph: some commits of it at a time, and what points at them."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa

from assethub.core.assets import DEFAULT_BRANCH, load_asset
from assethub.core.hub import Hub
from assethub.core.pages import Page, check_amount, take_page
from assethub.core.people.users import User
from assethub.core.permissions import Level
from assethub.core.repository.ancestry import walk_history_from
from assethub.core.repository.commits import Commit, load_commits
from assethub.core.repository.targets import find_target
from assethub.store.tables import branches, commits, evaluations, tags

# Enough of an id to tell the commits of one asset apart.
DIGITS = 16
_MOST_HEADS = 500
_MOST_WALKED = 2000


class Names(NamedTuple):
    """The branches and tags that point at a commit, and how many evaluations it has."""

    branches: list[str]
    tags: list[str]
    evaluations: int


class Apart(NamedTuple):
    """How many commits a branch has that `main` has not, and the other way round."""

    ahead: int
    behind: int


def page_graph(
    hub: Hub,
    user: User,
    asset_id: str,
    *,
    start: str = "",
    after: str = "",
    wanted: Collection[str] = (),
    amount: int | None = None,
) -> Page[Commit]:
    """Up to `amount` commits, each before its parents: those of all branches that moved last, or
    those that come from the commit `start`.

    The next page goes on behind the commit `after`: `wanted` then has the first 16 digits of all
    commits yet to come that have a child on the pages before.
    """
    most = check_amount(amount)
    with hub.database.read() as connection:
        load_asset(connection, user, asset_id, Level.VIEW)
        first = _load(connection, asset_id, after) if after else None
        sought = {*wanted, *(first.parents if first and not wanted else ())}
        if start and first is None:
            sought.add(start)
        elif not start:
            sought.update(connection.execute(_heads(asset_id)).scalars())
        sought = {id_[:DIGITS] for id_ in sought}
        ids, more = take_page(walk_history_from(connection, asset_id, sought, first, DIGITS), most)
        found = load_commits(connection, asset_id, ids)
    return Page([found[id_] for id_ in ids], more)


def name_commits(hub: Hub, user: User, asset_id: str, ids: Collection[str]) -> Mapping[str, Names]:
    """What points at each of some commits."""
    names = {id_: Names([], [], 0) for id_ in ids}
    with hub.database.read() as connection:
        asset = load_asset(connection, user, asset_id, Level.VIEW)
        for table in (branches, tags):
            query = sa.select(table.c.name, table.c.commit_id).where(
                table.c.asset_id == asset_id, table.c.commit_id.in_(names)
            )
            for name, id_ in connection.execute(query.order_by(table.c.name)):
                (names[id_].branches if table is branches else names[id_].tags).append(name)
        if asset.folder.type == "model":
            for id_, count in connection.execute(_count(asset_id, names)):
                names[id_] = names[id_]._replace(evaluations=count)
    return names


def measure_branches(
    hub: Hub, user: User, asset_id: str, heads: Mapping[str, str]
) -> dict[str, Apart]:
    """How far branches, given by name with their commits, are from `main`.

    Nothing where that takes more than 2,000 commits to find out.
    """
    with hub.database.read() as connection:
        load_asset(connection, user, asset_id, Level.VIEW)
        main = find_target(connection, asset_id, "branch", DEFAULT_BRANCH).commit_id
        return _measure(connection, asset_id, main, dict(heads))


def _measure(
    connection: sa.Connection, asset_id: str, main: str, heads: dict[str, str]
) -> dict[str, Apart]:
    """One walk for all: a bit for each branch, the lowest for main, says who has a commit."""
    bits = {name: 1 << place for place, name in enumerate(heads, 1)}
    reached = {main: 1}
    for name, id_ in heads.items():
        reached[id_] = reached.get(id_, 0) | bits[name]
    everyone = (1 << len(heads) + 1) - 1
    apart = dict.fromkeys(heads, Apart(0, 0))
    query = (
        sa.select(commits.c.id, commits.c.parents)
        .where(commits.c.asset_id == asset_id)
        .order_by(commits.c.generation.desc())
        .execution_options(yield_per=500)
    )
    with connection.execute(query) as rows:
        for number, (id_, parents) in enumerate(rows):
            if all(held == everyone for held in reached.values()):
                return apart
            if number == _MOST_WALKED:
                return {}
            held = reached.pop(id_, 0)
            for parent in parents if held else ():
                reached[parent] = reached.get(parent, 0) | held
            if held in (0, everyone):
                continue
            for name, bit in bits.items():
                if bool(held & bit) != bool(held & 1):
                    ahead, behind = apart[name]
                    apart[name] = Apart(ahead + bool(held & bit), behind + (held & 1))
    return apart


def _heads(asset_id: str) -> "sa.Select[Any]":
    query = sa.select(branches.c.commit_id).where(branches.c.asset_id == asset_id)
    return query.order_by(branches.c.modified.desc()).limit(_MOST_HEADS)


def _load(connection: sa.Connection, asset_id: str, ref: str) -> Commit:
    id_ = find_target(connection, asset_id, "commit", ref).commit_id
    return load_commits(connection, asset_id, [id_])[id_]


def _count(asset_id: str, ids: Collection[str]) -> "sa.Select[Any]":
    return (
        sa.select(evaluations.c.model_commit, sa.func.count())
        .where(
            evaluations.c.model_id == asset_id,
            evaluations.c.model_commit.in_(ids),
            evaluations.c.deleted.is_(None),
        )
        .group_by(evaluations.c.model_commit)
    )
