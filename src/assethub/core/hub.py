"""A hub at work: its database and its blob store."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from assethub.core.people.uses import Uses
from assethub.core.refusals import Refusals
from assethub.core.repository.turns import Turns
from assethub.errors import Unavailable
from assethub.settings import Settings
from assethub.store.blobs import BlobStore, local_directory, open_store
from assethub.store.claims import claim_directory
from assethub.store.database import Database, open_database
from assethub.store.schema import migrate


@dataclass(frozen=True)
class Hub:
    """What every use case works on. Safe to share between threads."""

    database: Database
    blobs: BlobStore
    turns: Turns = field(default_factory=Turns)
    uses: Uses = field(default_factory=Uses)
    refusals: Refusals = field(default_factory=Refusals)

    def close(self) -> None:
        self.database.close()


def open_hub(settings: Settings) -> Hub:
    """Opens a hub, making its tables and directories where they are missing.

    Raises HubError with a sentence that names the directory, the database or the store that
    cannot be used.
    """
    if not settings.database_url or not settings.store_url:
        make_directory(settings.data)
    migrate(settings.resolved_database_url)
    database = open_database(settings.resolved_database_url)
    return Hub(
        database=database,
        blobs=open_store(settings.resolved_store_url),
        turns=Turns(database.locks),
    )


@contextmanager
def claim_hub(settings: Settings) -> Iterator[None]:
    """For the time of a `with`, or until the process ends, no other serves the hub's directories.

    Raises AlreadyServed where one does. A hub on PostgreSQL and an object store has none.
    """
    store = local_directory(settings.resolved_store_url)
    with ExitStack() as stack:
        if not settings.database_url:
            make_directory(settings.data)
            stack.enter_context(claim_directory(settings.data))
        if store is not None and store != settings.data.absolute():
            stack.enter_context(claim_directory(store))
        yield


def make_directory(path: Path) -> None:
    """Makes a data directory that only the hub's own user may enter, where it is missing."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(
            f"cannot use the data directory {path}: {error.strerror}", code="data_not_writable"
        ) from error
