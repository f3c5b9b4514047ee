"""Locks by name that hold between the hubs of one database.

Hubs share a database only where that is PostgreSQL: one connection of each process holds its
advisory locks. SQLite serves one process, which needs none.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from threading import Lock
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from assethub.errors import Unavailable


class Locks(Protocol):
    """Shared or exclusive locks by name. A process holds a name many times, and is never in its
    own way.
    """

    @contextmanager
    def hold(self, name: str, *, shared: bool) -> Iterator[bool]:
        """For the time of a `with` holds a lock; False where another process is in the way."""
        ...

    def close(self) -> None:
        """Lets all locks go."""
        ...


class NoLocks:
    """For a database that no other process serves."""

    @contextmanager
    def hold(self, name: str, *, shared: bool) -> Iterator[bool]:  # noqa: ARG002
        yield True

    def close(self) -> None:
        """There is none to let go."""


class AdvisoryLocks:
    """Advisory locks of PostgreSQL, which end with the connection that took them."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._connection: sa.Connection | None = None
        self._mutex = Lock()

    @contextmanager
    def hold(self, name: str, *, shared: bool) -> Iterator[bool]:
        key = int.from_bytes(sha256(name.encode()).digest()[:8], signed=True)
        kind = "_shared" if shared else ""
        held = self._ask(f"pg_try_advisory_lock{kind}", key)
        try:
            yield held
        finally:
            if held:
                self._ask(f"pg_advisory_unlock{kind}", key)

    def close(self) -> None:
        with self._mutex:
            if self._connection is not None:
                self._connection.invalidate()
                self._connection = None

    def _ask(self, function: str, key: int) -> bool:
        with self._mutex:
            try:
                if self._connection is None:
                    self._connection = self._engine.connect().execution_options(
                        isolation_level="AUTOCOMMIT"
                    )
                asked = sa.select(getattr(sa.func, function)(key))
                return bool(self._connection.execute(asked).scalar())
            except DBAPIError as error:
                # The server has let the locks go; the next one is taken on a new connection.
                if self._connection is not None:
                    self._connection.invalidate()
                    self._connection = None
                raise Unavailable(
                    "the hub's database cannot be reached; try again", code="no_database"
                ) from error
