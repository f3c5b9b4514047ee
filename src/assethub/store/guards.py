"""Keeps garbage collection apart from those who begin to refer to what it may delete.

A transaction that begins to refer to contents or nodes that may be there already calls
`keep_collector_out` before it looks; one that deletes what nothing refers to calls
`keep_writers_out` before it looks. So each sees all that the other did. On SQLite there is nothing
to do, since write transactions follow one another.
"""

import sqlalchemy as sa

_LOCK = 7254022
_share = sa.select(sa.func.pg_advisory_xact_lock_shared(_LOCK))
_claim = sa.select(sa.func.pg_advisory_xact_lock(_LOCK))


def keep_collector_out(connection: sa.Connection) -> None:
    """Until the transaction ends nothing is deleted for lack of a reference."""
    if connection.dialect.name == "postgresql":
        connection.execute(_share)


def keep_writers_out(connection: sa.Connection) -> None:
    """Until the transaction ends nobody else begins to refer to anything."""
    if connection.dialect.name == "postgresql":
        connection.execute(_claim)
