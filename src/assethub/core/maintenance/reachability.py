"""Which tree nodes the commits of all assets reach, and the removal of the others."""

from hashlib import sha256

import sqlalchemy as sa

from assethub.errors import Damaged
from assethub.store.database import Database
from assethub.store.guards import keep_writers_out
from assethub.store.nodes import load_nodes
from assethub.store.scratch import HashSet, scratch_set
from assethub.store.tables import commits, nodes
from assethub.tree import EMPTY, CorruptNode, node_references

_AT_ONCE = 1000


def sweep_nodes(database: Database, *, apply: bool) -> tuple[int, int] | None:
    """Removes the nodes that no commit reaches; returns their number and bytes.

    None, and nothing removed, where the root of a commit's tree is missing or damaged. A commit
    being made meanwhile is safe: what it takes over from its parents is reached by these, and it
    saves what it adds together with itself, which is looked at before anything is removed.
    """
    number = size = 0
    after = ""
    with scratch_set() as reached:
        with database.read() as connection:
            if not _reach(connection, reached):
                return None
        while True:
            with database.read() as connection:
                page = _page(connection, after)
            if not page:
                return number, size
            after = list(page)[-1]
            if dead := reached.missing(list(page)):
                gone = database.write(lambda c: _remove(c, reached, dead)) if apply else dead
                number += len(gone)
                size += sum(page[key] for key in gone)


def _reach(connection: sa.Connection, reached: HashSet) -> bool:
    """Adds the nodes of all commits to the set; False where one of their roots cannot be read."""
    query = sa.select(commits.c.tree).distinct()
    with connection.execute(query, execution_options={"yield_per": _AT_ONCE}) as rows:
        for tree in rows.scalars():
            if tree != EMPTY and reached.add([tree]):
                ranges = _ranges(connection, tree)
                if ranges is None:
                    return False
                reached.add(ranges)
    return True


def _ranges(connection: sa.Connection, tree: str) -> list[str] | None:
    """What a root lists; None where it cannot be read."""
    try:
        root = load_nodes(connection, [tree])[tree]
        return node_references(root) if sha256(root).hexdigest() == tree else None
    except (Damaged, CorruptNode):
        return None


def _page(connection: sa.Connection, after: str) -> dict[str, int]:
    query = sa.select(nodes.c.hash, sa.func.length(nodes.c.data)).where(nodes.c.hash > after)
    rows = connection.execute(query.order_by(nodes.c.hash).limit(_AT_ONCE))
    return {row[0]: row[1] for row in rows}


def _remove(connection: sa.Connection, reached: HashSet, dead: list[str]) -> list[str]:
    keep_writers_out(connection)
    if not _reach(connection, reached):
        return []
    gone = nodes.delete().where(nodes.c.hash.in_(reached.missing(dead)))
    return list(connection.execute(gone.returning(nodes.c.hash)).scalars())
