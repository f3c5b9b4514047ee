"""Objects: the files of a snapshot, listed and read."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

import sqlalchemy as sa

from assethub.core.assets import load_asset
from assethub.core.hub import Hub
from assethub.core.pages import Page, check_amount, take_page
from assethub.core.people.users import User
from assethub.core.permissions import Level
from assethub.core.repository.commits import load_commit
from assethub.core.repository.contents import Place, content_missing, find_places
from assethub.core.repository.targets import find_target
from assethub.core.repository.workspace import open_nodes
from assethub.core.values import check_path
from assethub.errors import NotFound
from assethub.store.nodes import load_nodes
from assethub.tree import CommonPrefix, Entry, Summary, get_entries, list_level, scan

_LOCATED_AT_ONCE = 500


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


def stream_objects(hub: Hub, user: User, asset_id: str, ref: str) -> Iterator[Entry]:
    """All objects at a branch, tag or commit, by path, read as the caller goes on.

    What is wrong with the reference is raised at once.
    """
    with hub.database.read() as connection:
        tree = _find_tree(connection, user, asset_id, "any", ref)
    return scan(open_nodes(hub.database), tree)


def page_objects(
    hub: Hub,
    user: User,
    asset_id: str,
    ref: str,
    *,
    kind: str = "any",
    prefix: str = "",
    delimiter: str = "",
    after: str = "",
    amount: int | None = None,
) -> Page[Entry | CommonPrefix]:
    """Up to `amount` objects whose paths start with `prefix` and come after the path `after`.

    With a delimiter, all that lies further down than the next one is listed as one folder.
    """
    most = check_amount(amount)
    with hub.database.read() as connection:
        tree = _find_tree(connection, user, asset_id, kind, ref)

        def load(hashes: Sequence[str]) -> Mapping[str, bytes]:
            return load_nodes(connection, hashes)

        found: Iterator[Entry | CommonPrefix]
        if delimiter:
            found = list_level(load, tree, prefix=prefix, delimiter=delimiter, after=after)
        else:
            found = scan(load, tree, prefix=prefix, after=after)
        return take_page(found, most)


def measure_objects(
    hub: Hub, user: User, asset_id: str, commit_id: str, prefix: str, most: int
) -> Summary:
    """How many objects of a commit have paths that start with `prefix`, and of how many bytes.

    Counts no further than to one more than `most`.
    """
    with hub.database.read() as connection:
        tree = _find_tree(connection, user, asset_id, "commit", commit_id)
        found = scan(lambda hashes: load_nodes(connection, hashes), tree, prefix=prefix)
        count = size = 0
        for entry in islice(found, most + 1):
            count += 1
            size += entry.size
    return Summary(count, size)


def stream_contents(
    hub: Hub, user: User, asset_id: str, commit_id: str, prefix: str = ""
) -> Iterator[Content]:
    """The objects of a commit whose paths start with `prefix`, by path, and where their bytes are.

    They are read as the caller goes on, some at a time. What is wrong with the commit is raised at
    once; the first object whose bytes are lost, when it is reached.
    """
    with hub.database.read() as connection:
        tree = _find_tree(connection, user, asset_id, "commit", commit_id)
    return _locate(hub, scan(open_nodes(hub.database), tree, prefix=prefix))


def _locate(hub: Hub, found: Iterator[Entry]) -> Iterator[Content]:
    while batch := list(islice(found, _LOCATED_AT_ONCE)):
        with hub.database.read() as connection:
            places = find_places(connection, {entry.checksum for entry in batch})
        for entry in batch:
            if entry.checksum not in places:
                raise content_missing(entry.checksum)
            yield Content(entry, places[entry.checksum])


def find_object(
    hub: Hub, user: User, asset_id: str, ref: str, path: str, *, kind: str = "any"
) -> Content:
    """One object at a branch, tag or commit, and where its bytes are."""
    check_path(path)
    return find_objects(hub, user, asset_id, ref, [path], kind=kind)[0]


def find_objects(
    hub: Hub, user: User, asset_id: str, ref: str, paths: Sequence[str], *, kind: str = "any"
) -> list[Content]:
    """Objects at a branch, tag or commit, and where their bytes are, in the order of the paths."""
    with hub.database.read() as connection:
        tree = _find_tree(connection, user, asset_id, kind, ref)
        entries = get_entries(lambda hashes: load_nodes(connection, hashes), tree, paths)
        for path in paths:
            if path not in entries:
                raise NotFound(
                    "object not found", code="object_not_found", detail=f"object {path} not found"
                )
        places = find_places(connection, (entry.checksum for entry in entries.values()))
    for entry in entries.values():
        if entry.checksum not in places:
            raise content_missing(entry.checksum)
    return [Content(entries[path], places[entries[path].checksum]) for path in paths]


def _find_tree(connection: sa.Connection, user: User, asset_id: str, kind: str, ref: str) -> str:
    load_asset(connection, user, asset_id, Level.VIEW)
    target = find_target(connection, asset_id, kind, ref)
    return load_commit(connection, asset_id, target.commit_id).tree
