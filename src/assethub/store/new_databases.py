"""A database made whole, or not at all: for what is restored or copied from elsewhere."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from assethub.errors import Conflict, HubError, StorageFull, Unavailable
from assethub.store import _files
from assethub.store.schema import make_engine, take_turn

_ASIDE = ".making-"


def check_empty(url: str) -> None:
    """Raises Conflict where something is in the database, Unavailable where it cannot be opened."""
    path = _sqlite_path(url)
    if path is not None:
        if path.exists():
            raise _not_empty(str(path))
        return
    with _connected(url) as connection:
        _check_no_tables(connection)


@contextmanager
def new_database(url: str) -> Iterator[sa.Connection]:
    """For the time of a `with` a connection to an empty database, in a transaction.

    What was written is there once the `with` ends well, and nothing of it otherwise. Raises as
    `check_empty` does, and StorageFull.
    """
    path = _sqlite_path(url)
    with _translated(url):
        if path is None:
            with _connected(url) as connection:
                take_turn(connection)
                _check_no_tables(connection)
                # Whoever writes may copy files for hours in between.
                connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
                yield connection
                connection.commit()
        else:
            with _new_file(path) as connection:
                yield connection


def _sqlite_path(url: str) -> Path | None:
    return Path(sa.make_url(url).database or "") if url.startswith("sqlite:") else None


@contextmanager
def _connected(url: str) -> Iterator[sa.Connection]:
    with _translated(url):
        engine = make_engine(url)
        with engine.connect() as connection:
            yield connection


def _check_no_tables(connection: sa.Connection) -> None:
    if sa.inspect(connection).get_table_names():
        raise _not_empty(repr(connection.engine.url))


def _not_empty(place: str) -> Conflict:
    return Conflict(
        f"there is something in the database {place} already, and nothing is ever overwritten: "
        "name a new data directory, or a new, empty database",
        code="not_empty",
    )


@contextmanager
def _new_file(path: Path) -> Iterator[sa.Connection]:
    """Writes a file beside the place, which takes it once the `with` ends well."""
    if path.exists():
        raise _not_empty(str(path))
    for left in path.parent.glob(f"{path.name}{_ASIDE}*"):
        left.unlink()
    aside = path.with_name(f"{path.name}{_ASIDE}{uuid4().hex}")
    engine = sa.create_engine(
        f"sqlite:///{aside}", poolclass=sa.NullPool, connect_args={"isolation_level": None}
    )
    try:
        with engine.connect() as connection:
            # Nobody needs the file if this fails.
            connection.exec_driver_sql("PRAGMA journal_mode=OFF")
            connection.exec_driver_sql("PRAGMA synchronous=OFF")
            connection.exec_driver_sql("BEGIN")
            yield connection
            _check_references(connection)
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        _put_in_place(aside, path)
    finally:
        engine.dispose()
        for left in path.parent.glob(f"{aside.name}*"):
            left.unlink()


def _check_references(connection: sa.Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        raise HubError(
            f"a row of {broken[0]} refers to one of {broken[2]} that is not there",
            code="backup_damaged",
        )


def _put_in_place(aside: Path, path: Path) -> None:
    with _files.translated(f"write {path}"):
        descriptor = os.open(aside, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        # Unlike a rename this never replaces what came meanwhile.
        os.link(aside, path)
        aside.unlink()
        _files.sync_directory(path.parent)


@contextmanager
def _translated(url: str) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        reason = " ".join(str(error.orig).split())
        if getattr(error.orig, "sqlstate", None) == "53100" or "is full" in reason:
            raise StorageFull("no room is left for the database; nothing was changed") from error
        raise Unavailable(
            f"cannot use the database {sa.make_url(url)!r}: {reason}", code="no_database"
        ) from error
