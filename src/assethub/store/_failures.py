"""What the errors of the database's driver mean to the hub."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DataError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from assethub.errors import InvalidInput, StorageFull, Unavailable


class Clash(Exception):
    """Another transaction got in between; the same job may well succeed if run again."""


@contextmanager
def translated_errors() -> Iterator[None]:
    """Raises errors of the driver as errors of the hub, where they are known; else as they are."""
    try:
        yield
    except DBAPIError as error:
        translated = _translate(error)
        if translated is None:
            raise
        raise translated from error
    except PoolTimeout as error:
        raise Unavailable(
            "the hub's database is held up; try again", code="database_locked"
        ) from error


def _translate(error: DBAPIError) -> Exception | None:
    state = getattr(error.orig, "sqlstate", None)
    text = str(error.orig)
    if state in ("40001", "40P01"):
        return Clash(text)
    if isinstance(error, DataError) and "NUL" in text:
        return InvalidInput("no text may contain a NUL character", code="invalid_text")
    if state == "53100" or "database or disk is full" in text:
        return StorageFull("the hub's database has no room left; nothing was changed")
    if error.connection_invalidated or (state or "").startswith(("08", "57P", "53")):
        return Unavailable("the hub's database cannot be reached; try again", code="no_database")
    if "database is locked" in text:
        return Unavailable("the hub's database is held up; try again", code="database_locked")
    if isinstance(error, OperationalError) and state is None and "connection" in text:
        return Unavailable("the hub's database cannot be reached; try again", code="no_database")
    return None
