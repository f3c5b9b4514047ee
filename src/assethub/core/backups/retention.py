"""Drops backups that are no longer wanted, and a week later the blobs that no other needs.

A backup that is being made meanwhile may count on blobs that only a backup dropped since has, or
that were written within a day: it has six days until these could go, and its manifest keeps them.
"""

import time
from datetime import timedelta
from typing import NamedTuple

from assethub.core.backups.copying import group_contents
from assethub.core.backups.depots import Depot, Manifest, open_depot, read_manifest
from assethub.core.backups.dumps import read_dump
from assethub.store.scratch import HashSet, scratch_set

_WAIT_SECONDS = timedelta(days=7).total_seconds()


class Dropped(NamedTuple):
    """The names of backups that were dropped, and the number of blobs that were deleted."""

    backups: list[str]
    blobs: int


def keep_latest(url: str, number: int) -> Dropped:
    """Drops all but the latest backups; deletes the blobs of those dropped a week ago or before.

    Deletes nothing where a backup that is kept is damaged: raises BackupDamaged then.
    """
    depot = open_depot(url)
    names = depot.list()[:-number]
    for name in names:
        depot.drop(name)
    return Dropped(names, _sweep(depot))


def _sweep(depot: Depot) -> int:
    due = time.time() - _WAIT_SECONDS
    dropped = depot.list_dropped()
    expired = [name for name, moment in dropped.items() if moment < due]
    deleted = 0
    if not expired:
        return 0
    with scratch_set() as needed:
        for name in dropped.keys() - expired:
            add_needed(depot, read_manifest(depot.dropped, name), needed)
        for name in depot.list():
            add_needed(depot, read_manifest(depot.manifests, name), needed)
        for blob in depot.blobs.list():
            if blob.modified < due and needed.missing([blob.address]):
                depot.blobs.delete(blob.address)
                deleted += 1
    for name in expired:
        depot.forget(name)
    return deleted


def add_needed(depot: Depot, manifest: Manifest, needed: HashSet) -> None:
    """Adds the addresses of a backup's blobs; raises BackupDamaged where they cannot be told."""
    needed.add(dump.address for dump in manifest.dumps)
    needed.add(blob.address for blob in group_contents(read_dump(depot.blobs, manifest.contents)))
