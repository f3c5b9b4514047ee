"""Objects: the files of a snapshot, listed and read."""

from itertools import islice
from typing import NamedTuple

import sqlalchemy as sa

from assethub.core.assets import load_asset
from assethub.core.commits import load_commit
from assethub.core.contents import Place, find_place
from assethub.core.hub import Hub
from assethub.core.permissions import Level
from assethub.core.targets import find_target
from assethub.core.users import User
from assethub.core.values import check_path
from assethub.errors import NotFound
from assethub.store.nodes import load_nodes
from assethub.tree import Entry, get_entries, scan


class Content(NamedTuple):
    """An object and where its bytes lie."""

    entry: Entry
    place: Place


def list_objects(
    hub: Hub, user: User, asset_id: str, ref: str, *, kind: str = "any", amount: int | None = None
) -> list[Entry]:
    """The objects at a branch, tag or commit, by path in byte order: all, or the first `amount`.

    `kind` says which of the three `ref` must be; a branch may be named like a commit.
    """
    with hub.database.read() as connection:
        tree = _find_tree(connection, user, asset_id, kind, ref)
        found = scan(lambda hashes: load_nodes(connection, hashes), tree)
        return list(islice(found, amount))


def find_object(
    hub: Hub, user: User, asset_id: str, ref: str, path: str, *, kind: str = "any"
) -> Content:
    """One object at a branch, tag or commit, and where its bytes are."""
    check_path(path)
    with hub.database.read() as connection:
        tree = _find_tree(connection, user, asset_id, kind, ref)
        entries = get_entries(lambda hashes: load_nodes(connection, hashes), tree, [path])
        if path not in entries:
            raise NotFound(
                "object not found", code="object_not_found", detail=f"object {path} not found"
            )
        return Content(entries[path], find_place(connection, entries[path].checksum))


def _find_tree(connection: sa.Connection, user: User, asset_id: str, kind: str, ref: str) -> str:
    load_asset(connection, user, asset_id, Level.VIEW)
    target = find_target(connection, asset_id, kind, ref)
    return load_commit(connection, asset_id, target.commit_id).tree
