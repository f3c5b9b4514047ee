"""Makes a backup of a hub, which may be serving: its rows as of one moment, then its blobs.

Blobs are never changed, and kept from garbage collection until the last is copied. The manifest is
written when all else is there, so what was broken off is no backup; what it has copied is found
by the next one.
"""

import time
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from assethub.core.backups.copying import Copied, copy_blobs, group_contents
from assethub.core.backups.depots import (
    Depot,
    Manifest,
    check_apart,
    open_depot,
    timestamp,
)
from assethub.core.backups.dumps import BackupDamaged, Dump, read_dump, write_dump
from assethub.core.backups.places import Progress, opened_database
from assethub.core.backups.retention import add_needed
from assethub.errors import NotFound
from assethub.settings import Settings
from assethub.store.blobs import BlobStore, open_store
from assethub.store.database import Database
from assethub.store.holds import keep_blobs
from assethub.store.rows import read_tables
from assethub.store.scratch import Sizes, scratch_set, scratch_sizes
from t9k.ah._version import __version__

_AT_ONCE = 1000
_TRUSTED_SECONDS = 24 * 3600


@dataclass(frozen=True)
class Backup:
    """A backup that was made; `copied` is what was not there already."""

    name: str
    manifest: Manifest
    copied: Copied


def make_backup(settings: Settings, url: str, progress: Progress) -> Backup:
    """Makes a backup of the hub at the settings in a directory or an object store.

    What is damaged in the hub is copied as it is, and told. Raises HubError where there is no hub,
    or the place cannot be used; the backups that are there stay as they are.
    """
    check_apart(url, settings.resolved_store_url)
    depot = open_depot(url)
    source = open_store(settings.resolved_store_url)
    with opened_database(settings) as (database, version):
        depot.blobs.check_writable()
        with keep_blobs(database):
            made = timestamp()
            progress.begin("Database", None, "rows")
            dumps = _dump(database, depot.blobs)
            contents = next(dump for dump in dumps if dump.table == "contents")
            number, size = _measure(depot.blobs, contents)
            progress.begin("Bytes", size, "bytes")
            copied = _copy(source, depot, contents, progress)
    damaged = tuple(sorted(copied.damaged))
    manifest = Manifest(made, __version__, version, dumps, number, size, damaged)
    return Backup(depot.save(manifest), manifest, copied)


def _dump(database: Database, blobs: BlobStore) -> tuple[Dump, ...]:
    with database.read() as connection:
        return tuple(write_dump(blobs, table) for table in read_tables(connection))


def _measure(blobs: BlobStore, contents: Dump) -> tuple[int, int]:
    """How many blobs contents lie in, and the bytes of these."""
    number = size = 0
    for blob in group_contents(read_dump(blobs, contents)):
        number += 1
        size += blob.used
    return number, size


def _copy(source: BlobStore, depot: Depot, contents: Dump, progress: Progress) -> Copied:
    suspects = depot.list_damaged()
    with scratch_sizes() as there:
        _find_copied(depot, suspects, there)
        copied = copy_blobs(
            source,
            depot.blobs,
            group_contents(read_dump(depot.blobs, contents)),
            there,
            on_damage=depot.note_damage,
            progress=progress.advance,
        )
    for address in suspects - copied.damaged.keys():
        depot.forget_damage(address)
    return copied


def _find_copied(depot: Depot, suspects: set[str], there: Sizes) -> None:
    """Adds what the latest backup has, and what was copied within a day: no other is safe from
    those who drop backups (`retention`).
    """
    recent = time.time() - _TRUSTED_SECONDS
    with scratch_set() as kept:
        # Of a backup that is damaged nothing counts as copied.
        with suppress(NotFound, BackupDamaged):
            add_needed(depot, depot.load()[1], kept)
        listed = (blob for blob in depot.blobs.list() if blob.address not in suspects)
        while batch := list(islice(listed, _AT_ONCE)):
            lost = set(kept.missing([blob.address for blob in batch]))
            there.add(
                (blob.address, blob.size)
                for blob in batch
                if blob.modified >= recent or blob.address not in lost
            )
