"""The hub that a backup is made of, or that is made of one: where its database and bytes lie."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from typing import Any, Literal, Protocol

import sqlalchemy as sa

from assethub.core.hub import claim_hub
from assethub.errors import Conflict, NotFound
from assethub.settings import Settings
from assethub.store.blobs import BlobStore
from assethub.store.database import Database, open_database
from assethub.store.new_databases import check_empty
from assethub.store.rows import Head, Rows, load_rows, set_counters
from assethub.store.schema import check_known, read_version, upgrade_tables

Unit = Literal["bytes", "rows"]
_ROWS_AT_ONCE = 10_000


@contextmanager
def opened_database(settings: Settings) -> Iterator[tuple[Database, str]]:
    """The database of a hub with its format, as it is: not brought up to date, not made.

    Raises NotFound where there is none, and HubError where it is newer than this program.
    """
    url = settings.resolved_database_url
    path = Path(sa.make_url(url).database or "")
    version = None
    if settings.database_url or path.exists():
        version = read_version(url)
    if version is None:
        place = sa.make_url(url).render_as_string() if settings.database_url else settings.data
        raise NotFound(f"there is no hub in {place}", code="no_hub")
    check_known(version, "the database")
    database = open_database(url)
    try:
        yield database, version
    finally:
        database.close()


def check_new(settings: Settings, store: BlobStore | None) -> None:
    """Raises Conflict where the database has something in it, or the store a blob."""
    check_empty(settings.resolved_database_url)
    if store is not None and next(store.list(), None) is not None:
        raise Conflict(
            f"there is something in the store {settings.resolved_store_url} already, and nothing "
            "is ever overwritten: name another with --store-url, or a new data directory",
            code="not_empty",
        )


@contextmanager
def claimed_place(settings: Settings) -> Iterator[None]:
    """For the time of a `with` nobody serves the place of a new hub.

    Where the data directory is made here, a failure removes it again.
    """
    made = not settings.data.exists()
    with claim_hub(settings):
        try:
            yield
        except BaseException:
            if made:
                rmtree(settings.data, ignore_errors=True)
            raise


class Progress(Protocol):
    """Told how far the work is."""

    def begin(self, what: str, total: int | None, unit: Unit) -> None:
        """A part of the work begins, of so many bytes or rows, where that is known."""
        ...

    def advance(self, amount: int) -> None:
        """So many more are done."""
        ...


class Filling:
    """A new database being filled, within the transaction that makes it."""

    def __init__(self, connection: sa.Connection, version: str) -> None:
        self._connection = connection
        self._heads: list[Head] = []
        upgrade_tables(connection, version)

    def load(self, table: Rows, progress: Progress) -> int:
        """Adds all rows of a table, of which `progress` is told; returns how many."""
        self._heads.append(table.head)
        return load_rows(self._connection, table.head, _counted(table.rows, progress))

    def finish(self) -> None:
        """Lets counters go on after what was loaded, and brings the tables up to date."""
        set_counters(self._connection, self._heads)
        if self._connection.dialect.name == "postgresql":
            # A table with references that are still to be checked cannot be altered.
            self._connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
        upgrade_tables(self._connection, "head")


def _counted(rows: Iterable[Sequence[Any]], progress: Progress) -> Iterator[Sequence[Any]]:
    number = 0
    for number, row in enumerate(rows, 1):
        yield row
        if number % _ROWS_AT_ONCE == 0:
            progress.advance(_ROWS_AT_ONCE)
    progress.advance(number % _ROWS_AT_ONCE)
