"""Brings a database to the tables that this program knows, by Alembic's migrations."""

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError

from assethub.errors import HubError, Unavailable

HEAD = "0010"
_MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(url: str) -> None:
    """Makes or upgrades the tables; does nothing (and is quick) where they are up to date.

    Raises HubError where the database was made by a newer program, cannot be opened, or is no
    database.
    """
    engine = make_engine(url)
    try:
        version = _current_version(engine)
        if version == HEAD:
            return
        if version is not None:
            check_known(version, "the database")
        _upgrade(engine)
    except DBAPIError as error:
        raise _not_opened(engine, error) from error
    finally:
        engine.dispose()


def check_known(version: str, what: str) -> None:
    """Raises HubError where `what` has a format newer than this program knows."""
    if version > HEAD:
        raise HubError(
            f"{what} has format {version}, newer than {HEAD} that this program knows; "
            "run the newer assethub that wrote it",
            code="format_too_new",
        )


def read_version(url: str) -> str | None:
    """The format of a database, as it is; None where it has no tables of a hub yet.

    Raises HubError where it cannot be opened, or is no database.
    """
    engine = make_engine(url)
    try:
        return _current_version(engine)
    except DBAPIError as error:
        raise _not_opened(engine, error) from error
    finally:
        engine.dispose()


def _not_opened(engine: sa.Engine, error: DBAPIError) -> Unavailable:
    reason = " ".join(str(error.orig).split())
    return Unavailable(f"cannot open the database {engine.url!r}: {reason}", code="no_database")


def make_engine(url: str) -> sa.Engine:
    """An engine for one connection at a time; raises Unavailable where the URL is none."""
    try:
        return sa.create_engine(url, poolclass=sa.NullPool)
    except (ArgumentError, ImportError) as error:
        raise Unavailable(
            "the database URL must be of the form postgresql://USER@HOST/DATABASE",
            code="no_database",
        ) from error


def _current_version(engine: sa.Engine) -> str | None:
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        found = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
        return None if found is None else str(found)


def _upgrade(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.connection.isolation_level = None  # type: ignore[attr-defined]
            connection.exec_driver_sql("PRAGMA busy_timeout=30000")
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            take_turn(connection)
        upgrade_tables(connection, "head")
        connection.commit()


def take_turn(connection: sa.Connection) -> None:
    """Until the transaction ends, no other makes or upgrades tables in a PostgreSQL database."""
    connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7254021)")


def upgrade_tables(connection: sa.Connection, version: str) -> None:
    """Makes or upgrades the tables to a format, or to "head", within the open transaction."""
    # Alembic takes long to import, and only a new or an old database needs it.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, version)
