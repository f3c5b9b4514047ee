"""Searches for evaluations among all that the asker may see, a page at a time."""

from typing import NamedTuple

import sqlalchemy as sa

from assethub.core.evaluations.records import Evaluation, load_found, names_commit, parse_side
from assethub.core.hub import Hub
from assethub.core.pages import check_amount
from assethub.core.people.users import User
from assethub.core.references import resolve
from assethub.core.searches.cursors import Match, read_after, write_after
from assethub.core.searches.finding import Finder
from assethub.core.searches.terms import Search, read_query, read_sort


class Asked(NamedTuple):
    """A search as it was asked for; what is empty or None asks for nothing.

    `model` and `dataset` are references. One that names only the model or the dataset means all its
    commits, else it means the commit that it points at now.
    """

    model: str = ""
    dataset: str = ""
    query: str = ""
    sort: str = ""
    stale: bool | None = None
    invalid: bool | None = None


class Results(NamedTuple):
    """A page, and what the next one is `after`: empty where no more follow."""

    evaluations: list[Evaluation]
    next_offset: str


def search_evaluations(
    hub: Hub, user: User, asked: Asked, *, amount: int | None = None, after: str = ""
) -> Results:
    """The next `amount` evaluations that the user may see, of those that are asked for.

    They are in the order of `sort`; of equals, and without it, the newest comes first, but last
    where the order is a rising one. Raises InvalidInput that points at the place in the query.
    """
    most = check_amount(amount)
    search = Search(
        query=read_query(asked.query),
        sort=read_sort(asked.sort),
        stale=asked.stale,
        invalid=asked.invalid,
    )
    with hub.database.read() as connection:
        search = find_sides(connection, user, asked, search)
        matches, next_offset = find_page(connection, user, search, most, after)
        return Results(load_found(connection, user, [match.seq for match in matches]), next_offset)


def find_sides(connection: sa.Connection, user: User, asked: Asked, search: Search) -> Search:
    """The search with the model and the dataset that are named. Raises NotFound."""
    if asked.model:
        asset, target = resolve(connection, user, parse_side(asked.model, "model"))
        commit = target.commit_id if names_commit(asked.model) else None
        search = search._replace(model_id=asset.id, model_commit=commit)
    if asked.dataset:
        asset, target = resolve(connection, user, parse_side(asked.dataset, "dataset"))
        commit = target.commit_id if names_commit(asked.dataset) else None
        search = search._replace(dataset_id=asset.id, dataset_commit=commit)
    return search


def find_page(
    connection: sa.Connection, user: User, search: Search, amount: int, after: str = ""
) -> tuple[list[Match], str]:
    """The next matches from behind `after`, and what is then to be behind."""
    finder = Finder(connection, user, search)
    found = list(finder.matches(amount + 1, read_after(after, finder.terms)))
    page = found[:amount]
    return page, write_after(page[-1]) if len(found) > amount else ""
