"""Makes a hub of a backup, in a new database and an empty store: whole, or nothing.

The rows are read through first, then come the blobs, each content checked, and the database last.
What fails takes back what it has copied. Whoever is killed leaves a note in the store, by which the
next one knows that what is there is of a backup, and goes on.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import islice

from assethub.core.backups.copying import (
    BlobDamaged,
    Copied,
    Filled,
    copy_blobs,
    group_contents,
)
from assethub.core.backups.depots import Depot, Manifest, check_apart, open_depot
from assethub.core.backups.dumps import BackupDamaged, check_dump, read_dump
from assethub.core.backups.places import Filling, Progress, check_new, claimed_place
from assethub.settings import Settings
from assethub.store.blobs import BlobStore, open_store
from assethub.store.new_databases import new_database
from assethub.store.scratch import HashSet, scratch_set, scratch_sizes
from assethub.store.shelves import Shelf, open_shelf

_NOTE = "restoring.txt"
_AT_ONCE = 1000


@dataclass(frozen=True)
class Restored:
    """The backup that a hub was made of, and what was copied for it."""

    name: str
    manifest: Manifest
    copied: Copied


def restore_backup(settings: Settings, url: str, name: str | None, progress: Progress) -> Restored:
    """Makes the hub at the settings of a backup, the newest unless another is named.

    Raises NotFound where there is none, Conflict where the database or the store is not empty, and
    BackupDamaged where a file of the backup is missing or not what was written: nothing is changed
    then.
    """
    depot = open_depot(url)
    name, manifest = depot.load(name)
    check_apart(url, settings.resolved_store_url)
    with ExitStack() as stack:
        stack.enter_context(claimed_place(settings))
        store = open_store(settings.resolved_store_url)
        note: Shelf = open_shelf(settings.resolved_store_url)
        going_on = note.get(_NOTE) is not None
        check_new(settings, None if going_on else store)
        _check_dumps(depot, manifest, progress)
        note.put(_NOTE, f"A backup is being restored here: {name}\n".encode())
        try:
            with _taken_back(store) as made:
                copied = _copy(depot, manifest, store, made, progress)
                _fill(depot, manifest, settings, note, progress)
        except BaseException:
            if not going_on:
                note.delete(_NOTE)
            raise
    return Restored(name, manifest, copied)


def _check_dumps(depot: Depot, manifest: Manifest, progress: Progress) -> None:
    progress.begin("Reading", sum(dump.size for dump in manifest.dumps), "bytes")
    for dump in manifest.dumps:
        check_dump(depot.blobs, dump)
        progress.advance(dump.size)


@contextmanager
def _taken_back(store: BlobStore) -> Iterator[HashSet]:
    """A set for the addresses of what is copied, which a failure deletes again."""
    with scratch_set() as addresses:
        try:
            yield addresses
        except BaseException:
            for address in addresses:
                store.delete(address)
            raise


def _copy(
    depot: Depot, manifest: Manifest, store: BlobStore, made: HashSet, progress: Progress
) -> Copied:
    def on_damage(error: BlobDamaged) -> None:
        if error.address not in known:
            raise BackupDamaged(f"the backup is damaged: {error.text}")

    def choose() -> Iterator[Filled]:
        for blob in group_contents(read_dump(depot.blobs, manifest.contents)):
            if there.get(blob.address) is None:
                made.add([blob.address])
            yield blob

    known = frozenset(manifest.damaged)
    progress.begin("Bytes", manifest.size, "bytes")
    with scratch_sizes() as there:
        # What a restore that was killed has copied was sound.
        listed = store.list()
        while batch := [(blob.address, blob.size) for blob in islice(listed, _AT_ONCE)]:
            there.add(batch)
        return copy_blobs(
            depot.blobs,
            store,
            choose(),
            there,
            on_damage=on_damage,
            progress=progress.advance,
        )


def _fill(
    depot: Depot, manifest: Manifest, settings: Settings, note: Shelf, progress: Progress
) -> None:
    progress.begin("Database", sum(dump.rows for dump in manifest.dumps), "rows")
    with new_database(settings.resolved_database_url) as connection:
        filling = Filling(connection, manifest.format)
        for dump in manifest.dumps:
            filling.load(read_dump(depot.blobs, dump), progress)
        filling.finish()
        # Not after the hub is there: the next one would take its bytes for those of a restore.
        note.delete(_NOTE)
