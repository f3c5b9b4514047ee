"""The rows of the audit log: added as the last thing of a transaction, in chains of hashes.

A row's hash covers all that it says and the hash of the row before it in its chain, so whoever
changes, removes or inserts one has to change all that follow. `audit_chains` keeps the length and
the last hash of each chain, so that rows missing at its end show too. SQLite has one chain. On
PostgreSQL a transaction takes one that no other holds: with a single chain each would wait until
the one before it is on the disk.
"""

import hashlib
import json
import random
from typing import Any, NamedTuple

import sqlalchemy as sa

from assethub.store.statements import Prepared, Row
from assethub.store.tables import audit, audit_chains

START = "0" * 64
_WAITING = "audit"


class Entry(NamedTuple):
    """A row of the audit log without its place in it. `time` is in microseconds."""

    time: int
    user_id: str | None
    user_name: str
    key_prefix: str
    peer: str
    action: str
    target: str
    asset_id: str | None
    folder_id: str | None
    result: str
    detail: dict[str, Any]


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode


def hash_entry(entry: Entry, chain: int, number: int, previous: str) -> str:
    """The SHA-256 of the hash before and the canonical JSON of what stands as `number` there."""
    text = f"{previous}\n[{chain},{number},{_encode_rest(entry)}"
    return hashlib.sha256(text.encode()).hexdigest()


def _encode_rest(entry: Entry) -> str:
    """The canonical JSON of a list without its beginning: place in the chain, then the entry."""
    return _encode(entry)[1:]


def begin_entries(connection: sa.Connection) -> list[Entry]:
    """A new transaction begins: nothing waits to be added any more. Returns what will."""
    waiting: list[Entry] = []
    connection.info[_WAITING] = waiting
    return waiting


def add_entry(connection: sa.Connection, entry: Entry) -> None:
    """Adds a row when the transaction ends, if it does not fail."""
    connection.info[_WAITING].append(entry)


def write_entries(connection: sa.Connection) -> None:
    """Adds the rows that wait. To be called last: others may take their turn on the chain then."""
    waiting: list[Entry] = connection.info[_WAITING]
    if not waiting:
        return
    if len(waiting) > 1 or not _write_at_once(connection, waiting[0]):
        _write_all(connection, waiting)
    waiting.clear()


def _write_at_once(connection: sa.Connection, entry: Entry) -> bool:
    """Adds one row by one statement, where the database hashes itself and a chain is free."""
    if connection.dialect.name != "postgresql":
        return False
    values = entry._asdict() | {"rest": _encode_rest(entry)}
    return _add_one.first(connection, values) is not None


def _write_all(connection: sa.Connection, waiting: list[Entry]) -> None:
    chain, count, last = _take_chain(connection)
    rows = []
    for entry in waiting:
        count += 1
        hashed = hash_entry(entry, chain, count, last)
        rows.append(entry._asdict() | {"chain": chain, "previous": last, "hash": hashed})
        last = hashed
    _insert.each(connection, rows)
    _advance.each(connection, [{"its_chain": chain, "new_count": count, "new_hash": last}])


def _take_chain(connection: sa.Connection) -> Row:
    free = _free.first(connection, {})
    if free is not None:
        return free
    # All are held. No holder waits for anything but the disk.
    number = random.randrange(_count_chains(connection))  # noqa: S311
    return _wait_for.all(connection, {"chain": number})[0]


def _count_chains(connection: sa.Connection) -> int:
    query = sa.select(sa.func.count()).select_from(audit_chains)
    return int(connection.execute(query).scalar_one())


_head = sa.select(audit_chains.c.chain, audit_chains.c.count, audit_chains.c.hash)
_free = Prepared(
    _head.order_by(audit_chains.c.chain)
    .limit(sa.literal_column("1"))
    .offset(sa.literal_column("0"))
    .with_for_update(skip_locked=True)
)
_wait_for = Prepared(_head.where(audit_chains.c.chain == sa.bindparam("chain")).with_for_update())
_insert = Prepared(audit.insert(), *Entry._fields, "chain", "previous", "hash")
_advance = Prepared(
    audit_chains.update()
    .where(audit_chains.c.chain == sa.bindparam("its_chain"))
    .values(count=sa.bindparam("new_count"), hash=sa.bindparam("new_hash"))
)


def _make_add_one() -> "sa.Insert":
    """Takes a free chain, hashes as `hash_entry` does, and moves the chain on; PostgreSQL's."""
    free = (
        _head.order_by(audit_chains.c.chain)
        .limit(sa.literal_column("1"))
        .with_for_update(skip_locked=True)
        .cte("free")
    )
    number = free.c.count + sa.literal_column("1")
    comma, begin = sa.literal_column("','", sa.Text), sa.literal_column("E'\\n['", sa.Text)
    place = begin + sa.cast(free.c.chain, sa.Text) + comma + sa.cast(number, sa.Text) + comma
    text = sa.func.convert_to(
        free.c.hash + place + sa.bindparam("rest", type_=sa.Text), sa.literal_column("'UTF8'")
    )
    hashed = sa.func.encode(sa.func.sha256(text), sa.literal_column("'hex'"))
    added = sa.select(
        free.c.chain, number.label("number"), free.c.hash.label("previous"), hashed.label("hash")
    ).cte("added")
    moved = (
        audit_chains.update()
        .where(audit_chains.c.chain == added.c.chain)
        .values(count=added.c.number, hash=added.c.hash)
        .returning(audit_chains.c.chain)
        .cte("moved")
    )
    said = [sa.bindparam(name, type_=audit.c[name].type) for name in Entry._fields]
    row = sa.select(*said, added.c.chain, added.c.previous, added.c.hash)
    names = [*Entry._fields, "chain", "previous", "hash"]
    return audit.insert().from_select(names, row.add_cte(moved)).returning(audit.c.seq)


_add_one = Prepared(_make_add_one())
