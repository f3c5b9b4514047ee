"""Commits: immutable snapshots, each named by the hash of its record."""

import hashlib
import json
from collections.abc import Mapping
from typing import NamedTuple

import sqlalchemy as sa

from assethub.store import tables
from assethub.store.database import insert_missing
from assethub.tree import EMPTY

_SECOND = 1_000_000
_AT_ONCE = 500


class Commit(NamedTuple):
    """A snapshot of an asset. `time` is in epoch seconds, `size` in bytes.

    `generation` is one more than the highest of the parents', 0 for a first commit.
    """

    asset_id: str
    id: str
    tree: str
    parents: list[str]
    generation: int
    message: str
    committer: str
    time: int
    metadata: dict[str, str]
    objects: int
    size: int


_columns = tuple(getattr(tables.commits.c, field) for field in Commit._fields)
_some = sa.select(*_columns).where(
    tables.commits.c.asset_id == sa.bindparam("asset_id"),
    tables.commits.c.id.in_(sa.bindparam("ids", expanding=True)),
)


def first_commit(asset_id: str, committer: str, moment: int) -> Commit:
    """The commit that a new asset's `main` starts with: nothing in it, no parents."""
    return make_commit(
        asset_id, EMPTY, [], "Repository created", committer, moment, {}, objects=0, size=0
    )


def make_commit(
    asset_id: str,
    tree: str,
    parents: list[Commit],
    message: str,
    committer: str,
    moment: int,
    metadata: Mapping[str, str],
    *,
    objects: int,
    size: int,
) -> Commit:
    """A commit with its id."""
    commit = Commit(
        asset_id=asset_id,
        id="",
        tree=tree,
        parents=[parent.id for parent in parents],
        generation=max((parent.generation + 1 for parent in parents), default=0),
        message=message,
        committer=committer,
        time=moment // _SECOND,
        metadata=dict(metadata),
        objects=objects,
        size=size,
    )
    return commit._replace(id=hash_commit(commit))


def hash_commit(commit: Commit) -> str:
    """What a commit's id has to be: the SHA-256 of the canonical JSON of all that it says."""
    record = {
        "asset": commit.asset_id,
        "committer": commit.committer,
        "message": commit.message,
        "metadata": commit.metadata,
        "parents": commit.parents,
        "time": commit.time,
        "tree": commit.tree,
        "version": 1,
    }
    text = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def save_commit(connection: sa.Connection, commit: Commit) -> None:
    """Keeps a commit; the very same one may be there already, made on another branch."""
    insert_missing(connection, tables.commits, [commit._asdict()])


def load_commits(connection: sa.Connection, asset_id: str, ids: list[str]) -> dict[str, Commit]:
    found: dict[str, Commit] = {}
    for start in range(0, len(ids), _AT_ONCE):
        batch = {"asset_id": asset_id, "ids": ids[start : start + _AT_ONCE]}
        found.update((row.id, Commit(*row)) for row in connection.execute(_some, batch))
    return found


def load_commit(connection: sa.Connection, asset_id: str, id_: str) -> Commit:
    return load_commits(connection, asset_id, [id_])[id_]
