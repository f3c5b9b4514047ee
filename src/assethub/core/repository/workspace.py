"""Trees being made: nodes read from the database, and new ones kept aside until they are saved."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from assethub.store.database import Database
from assethub.store.nodes import compress_node, expand_node, load_nodes
from assethub.tree import Load, Summary, summarize


class NewTree(NamedTuple):
    """A tree that a commit may be made of, and its nodes that are new, compressed."""

    root: str
    summary: Summary
    nodes: dict[str, bytes]


class Workspace:
    """The `load` and the `put` of trees, over one connection.

    New nodes stay here, compressed, so that a tree may be worked out beside other writers, and is
    saved in the transaction that makes a commit point at it.
    """

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._fresh: dict[str, bytes] = {}
        self._newest = "", b""

    def load(self, hashes: Sequence[str]) -> Mapping[str, bytes]:
        fresh = {key: self._expand(key) for key in hashes if key in self._fresh}
        stored = [key for key in hashes if key not in fresh]
        return {**fresh, **load_nodes(self._connection, stored)} if stored else fresh

    def put(self, key: str, data: bytes) -> None:
        self._fresh[key] = compress_node(data)
        # The root comes last, and is read once more for its totals.
        self._newest = key, data

    def _expand(self, key: str) -> bytes:
        newest, data = self._newest
        return data if key == newest else expand_node(self._fresh[key])

    def take(self, root: str) -> NewTree:
        """The tree of that root, with all nodes put here."""
        return NewTree(root, summarize(self.load, root), self._fresh)


def open_nodes(database: Database) -> Load:
    """A `load` of trees that outlives a connection: it takes one only while it reads.

    Nodes never change, so a listing that a slow client is sent holds up nobody else.
    """

    def load(hashes: Sequence[str]) -> Mapping[str, bytes]:
        with database.read() as connection:
            return load_nodes(connection, hashes)

    return load
