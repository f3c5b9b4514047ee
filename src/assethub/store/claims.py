"""A directory is served by one process: two would not know of each other's uploads."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from assethub.errors import HubError
from assethub.store._files import make_directory, translated

_FILE = "serving.lock"


class AlreadyServed(HubError):
    """Another process serves what is in the directory."""

    code = "already_served"


@contextmanager
def claim_directory(path: Path) -> Iterator[None]:
    """For the time of a `with`, or until the process ends, no other can claim the directory.

    It is made where it is missing. Raises AlreadyServed, StoreError where it cannot be used.
    """
    with translated(f"use the directory {path}"):
        make_directory(path)
        file = os.open(path / _FILE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        with translated(f"lock {path / _FILE}"):
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise AlreadyServed(_describe(path, os.read(file, 32))) from error
            os.truncate(file, 0)
            os.write(file, str(os.getpid()).encode())
        yield
    finally:
        os.close(file)


def _describe(path: Path, holder: bytes) -> str:
    process = f" (process {int(holder)})" if holder.isdigit() else ""
    return (
        f"another assethub serves {path} already{process}: stop it first, or give this one another "
        "directory; several hubs serve together on PostgreSQL and an object store"
    )
