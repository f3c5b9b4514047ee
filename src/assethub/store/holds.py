"""Keeps blobs in their store while a backup copies them, for longer than a transaction lasts.

Hubs of one PostgreSQL hold an advisory lock there; with SQLite they are on one machine, and a lock
on a file beside the database does. Either ends with the process that took it.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from assethub.store._files import translated
from assethub.store.database import Database

_LOCK = "blobs"
_FILE = "blobs.lock"
_POLL_SECONDS = 0.1


@contextmanager
def keep_blobs(database: Database) -> Iterator[None]:
    """For the time of a `with` no blob is deleted or moved; waits for who is at that."""
    while True:
        with _hold(database, shared=True) as held:
            if held:
                yield
                return
        time.sleep(_POLL_SECONDS)


@contextmanager
def taking_blobs(database: Database) -> Iterator[bool]:
    """For the time of a `with` whether blobs may go; False where a backup is being made, or
    another takes some.
    """
    with _hold(database, shared=False) as held:
        yield held


@contextmanager
def _hold(database: Database, *, shared: bool) -> Iterator[bool]:
    if database.engine.dialect.name == "postgresql":
        with database.locks.hold(_LOCK, shared=shared) as held:
            yield held
        return
    path = Path(database.engine.url.database or "").with_name(_FILE)
    with translated(f"lock {path}"):
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_NB | (fcntl.LOCK_SH if shared else fcntl.LOCK_EX))
            held = True
        except BlockingIOError:
            held = False
    try:
        yield held
    finally:
        os.close(file)
