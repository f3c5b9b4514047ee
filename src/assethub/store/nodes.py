"""Tree nodes by hash, compressed, in the database."""

import zlib
from collections.abc import Mapping, Sequence
from itertools import islice

import sqlalchemy as sa

from assethub.errors import Damaged
from assethub.store.database import insert_missing
from assethub.store.tables import nodes

_AT_ONCE = 500
_select = sa.select(nodes.c.hash, nodes.c.data).where(
    nodes.c.hash.in_(sa.bindparam("hashes", expanding=True))
)


def load_nodes(connection: sa.Connection, hashes: Sequence[str]) -> Mapping[str, bytes]:
    """The bytes of each node; raises Damaged naming one that is not there or cannot be unpacked."""
    found: dict[str, bytes] = {}
    for start in range(0, len(hashes), _AT_ONCE):
        batch = hashes[start : start + _AT_ONCE]
        for row in connection.execute(_select, {"hashes": batch}):
            try:
                found[row.hash] = expand_node(row.data)
            except zlib.error as error:
                raise Damaged(f"node {row.hash} of a snapshot cannot be unpacked") from error
    for node in hashes:
        if node not in found:
            raise Damaged(f"node {node} of a snapshot is missing")
    return found


def compress_node(data: bytes) -> bytes:
    """The form in which a node is kept."""
    return zlib.compress(data, 1)


def expand_node(data: bytes) -> bytes:
    """The bytes of a node from that form."""
    return zlib.decompress(data)


def save_nodes(connection: sa.Connection, compressed: Mapping[str, bytes]) -> None:
    """Keeps nodes that are not there yet."""
    rows = iter(compressed.items())
    while batch := [{"hash": key, "data": data} for key, data in islice(rows, _AT_ONCE)]:
        insert_missing(connection, nodes, batch)
