"""What differs between two snapshots of an asset."""

from collections.abc import Iterator

import sqlalchemy as sa

from assethub.core.assets import load_asset
from assethub.core.hub import Hub
from assethub.core.pages import Page, check_amount, take_page
from assethub.core.people.users import User
from assethub.core.permissions import Level
from assethub.core.repository.commits import load_commit
from assethub.core.repository.targets import find_target
from assethub.core.repository.workspace import open_nodes
from assethub.store.nodes import load_nodes
from assethub.tree import Difference, diff


def stream_diff(
    hub: Hub, user: User, asset_id: str, old: str, new: str, *, kind: str = "any", prefix: str = ""
) -> Iterator[Difference]:
    """How the branch, tag or commit `new` differs from `old`, by path, read as the caller goes on.

    `kind` says which of the three both must be: a branch may be named like a commit. What is wrong
    with the references is raised at once.
    """
    with hub.database.read() as connection:
        trees = _find_trees(connection, user, asset_id, kind, old, new)
    return diff(open_nodes(hub.database), *trees, prefix=prefix)


def page_diff(
    hub: Hub,
    user: User,
    asset_id: str,
    old: str,
    new: str,
    *,
    kind: str = "any",
    prefix: str = "",
    after: str = "",
    amount: int | None = None,
) -> Page[Difference]:
    """Up to `amount` of these differences, from behind the path `after`."""
    most = check_amount(amount)
    with hub.database.read() as connection:
        trees = _find_trees(connection, user, asset_id, kind, old, new)
        found = diff(
            lambda hashes: load_nodes(connection, hashes), *trees, prefix=prefix, after=after
        )
        return take_page(found, most)


def _find_trees(
    connection: sa.Connection, user: User, asset_id: str, kind: str, old: str, new: str
) -> tuple[str, str]:
    load_asset(connection, user, asset_id, Level.VIEW)

    def find(ref: str) -> str:
        target = find_target(connection, asset_id, kind, ref)
        return load_commit(connection, asset_id, target.commit_id).tree

    return find(old), find(new)
