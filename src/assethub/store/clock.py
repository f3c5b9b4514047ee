"""The database's clock: the one that all programs which share a hub have in common."""

import sqlalchemy as sa

_postgresql = sa.text("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")
_sqlite = sa.text("SELECT CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)")


def database_time(connection: sa.Connection) -> int:
    """Microseconds since the epoch, by the clock of the database's machine."""
    query = _postgresql if connection.dialect.name == "postgresql" else _sqlite
    return int(connection.execute(query).scalar_one())
