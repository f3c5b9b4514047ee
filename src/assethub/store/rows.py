"""All rows of a database as plain values, the same for SQLite and PostgreSQL.

Tables are taken as the database has them, not as this program knows them, so that a database of an
older format is read as it is. JSON stays the text that it was.
"""

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Literal, NamedTuple

import sqlalchemy as sa

from assethub.store.bulk import insert_many

Kind = Literal["plain", "json", "bytes", "boolean"]
# What the parts of unfinished uploads are, and which blobs a store might drop, is for that store
# alone; the format of the tables is kept elsewhere.
_NOT_CARRIED = frozenset({"alembic_version", "uploads", "upload_parts", "unused_blobs"})
_CHAINS = "audit_chains"
_ROWS_AT_ONCE = 1000


class Head(NamedTuple):
    """A table's name, and the name and kind of each of its columns."""

    table: str
    columns: tuple[tuple[str, Kind], ...]

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.columns]


class Rows(NamedTuple):
    """All rows of a table, in the order of the head's columns; read while the reader goes on."""

    head: Head
    rows: Iterator[Sequence[Any]]


def read_tables(connection: sa.Connection) -> Iterator[Rows]:
    """Every table that a copy of the database needs, those that others refer to first.

    The contents come by the blob in which they lie. Memory does not grow with the rows.
    """
    found = sa.MetaData()
    found.reflect(connection, only=lambda name, _: name not in _NOT_CARRIED, resolve_fks=False)
    for table in found.sorted_tables:
        head = Head(table.name, tuple((column.name, _kind(column.type)) for column in table.c))
        yield Rows(head, _read(connection, table, head))


def _kind(type_: "sa.types.TypeEngine[Any]") -> Kind:
    if isinstance(type_, sa.JSON):
        return "json"
    if isinstance(type_, sa.LargeBinary):
        return "bytes"
    return "boolean" if isinstance(type_, sa.Boolean) else "plain"


def _read(connection: sa.Connection, table: sa.Table, head: Head) -> Iterator[Sequence[Any]]:
    columns = [
        sa.cast(table.c[name], sa.Text).label(name) if kind == "json" else table.c[name]
        for name, kind in head.columns
    ]
    query = sa.select(*columns)
    if table.name == "contents":
        query = query.order_by(table.c.address, table.c.offset)
    convert = _converter(head, lambda value: b64encode(value).decode())
    with connection.execute(query, execution_options={"yield_per": _ROWS_AT_ONCE}) as result:
        for row in result:
            yield convert(row)


def load_rows(connection: sa.Connection, head: Head, rows: Iterable[Sequence[Any]]) -> int:
    """Adds rows, as `read_tables` gave them, to a table; returns how many."""
    convert = _converter(head, b64decode)
    if head.table == _CHAINS:
        return _load_chains(connection, head, rows)
    table = sa.Table(head.table, sa.MetaData())
    number, left = 0, iter(rows)
    while batch := [convert(row) for row in islice(left, _ROWS_AT_ONCE)]:
        insert_many(connection, table, head.names, batch)
        number += len(batch)
    return number


def _converter(
    head: Head, change: Callable[[Any], Any]
) -> Callable[[Sequence[Any]], Sequence[Any]]:
    """Applies `change` to the bytes of a row."""
    places = [at for at, (_, kind) in enumerate(head.columns) if kind == "bytes"]
    if not places:
        return tuple

    def convert(row: Sequence[Any]) -> Sequence[Any]:
        values = list(row)
        for at in places:
            if values[at] is not None:
                values[at] = change(values[at])
        return values

    return convert


def _load_chains(connection: sa.Connection, head: Head, rows: Iterable[Sequence[Any]]) -> int:
    """The chains of the audit log: a new database has some, which may only go forward."""
    chains = sa.table(_CHAINS, *(sa.column(name) for name in head.names))
    there = set(connection.execute(sa.select(chains.c.chain)).scalars())
    number = 0
    for row in rows:
        number += 1
        values = dict(zip(head.names, row, strict=True))
        if values["chain"] not in there:
            connection.execute(chains.insert().values(values))
        elif values["count"]:
            known = chains.update().where(chains.c.chain == values["chain"])
            connection.execute(known.values(count=values["count"], hash=values["hash"]))
    return number


def set_counters(connection: sa.Connection, heads: Iterable[Head]) -> None:
    """Lets columns that count up go on after the rows that were loaded."""
    if connection.dialect.name != "postgresql":
        return
    for head in heads:
        for name, kind in head.columns:
            if kind != "plain":
                continue
            column: sa.ColumnClause[int] = sa.column(name)
            counter = sa.func.pg_get_serial_sequence(head.table, name)
            largest = sa.select(sa.func.max(column)).select_from(sa.table(head.table))
            if connection.execute(sa.select(counter)).scalar() is not None:
                last = connection.execute(largest).scalar()
                if last is not None:
                    connection.execute(sa.select(sa.func.setval(counter, last)))
