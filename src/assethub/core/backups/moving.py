"""Moves a hub's database to another: from SQLite to PostgreSQL, back, or to one of the same kind.

The bytes stay where they are.
"""

import time
from contextlib import ExitStack
from typing import NamedTuple

import sqlalchemy as sa

from assethub.core.backups.places import Filling, Progress, check_new, opened_database
from assethub.core.hub import claim_hub, make_directory
from assethub.errors import Conflict, InvalidInput
from assethub.settings import Settings
from assethub.store.blobs import local_directory
from assethub.store.claims import claim_directory
from assethub.store.database import Database
from assethub.store.new_databases import new_database
from assethub.store.rows import read_tables

_POSTGRESQL = ("postgresql://", "postgres://")
# A connection that was just closed is listed for a moment longer.
_PATIENCE = (0, 0.1, 0.3, 0.6)


class Moved(NamedTuple):
    """How many rows were copied, and what a hub on the new database has to be started with."""

    rows: int
    settings: Settings


def move_database(settings: Settings, to: str, progress: Progress) -> Moved:
    """Copies all rows to a new database: a `postgresql://` URL, or a data directory for SQLite.

    The old one stays as it is. Raises AlreadyServed or Conflict while a hub serves it, Conflict
    where something is in the new one, and then changes nothing.
    """
    target = _place(settings, to)
    with ExitStack() as stack:
        database, version = stack.enter_context(opened_database(settings))
        stack.enter_context(claim_hub(settings))
        _check_alone(database)
        if not target.database_url:
            make_directory(target.data)
            stack.enter_context(claim_directory(target.data))
        check_new(target, None)
        progress.begin("Database", None, "rows")
        connection = stack.enter_context(database.read())
        with new_database(target.resolved_database_url) as new:
            filling = Filling(new, version)
            rows = sum(filling.load(table, progress) for table in read_tables(connection))
            filling.finish()
    return Moved(rows, target)


def _place(settings: Settings, to: str) -> Settings:
    """The hub after the move, with the store that it has now."""
    if to.startswith(_POSTGRESQL):
        return Settings(data=settings.data, database_url=to, store_url=settings.store_url)
    directory = local_directory(to)
    if directory is None:
        raise InvalidInput(
            f"{to} is neither a postgresql:// URL nor a directory", code="invalid_database"
        )
    return Settings(data=directory, database_url="", store_url=settings.resolved_store_url)


def _check_alone(database: Database) -> None:
    """Raises Conflict where others are connected to a PostgreSQL database."""
    if database.engine.dialect.name != "postgresql":
        return
    others = sa.text(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid() "
        "AND backend_type = 'client backend'"
    )
    for wait in _PATIENCE:
        time.sleep(wait)
        with database.read() as connection:
            number = connection.execute(others).scalar_one()
        if not number:
            return
    raise Conflict(
        f"{number} others are connected to the database, perhaps a hub that serves: what they "
        "change now would be lost, so stop them first",
        code="already_served",
    )
