"""Garbage collection: removes what nothing refers to any more, while the hub is serving.

First goes what has expired, with the parts of large files never finished; then contents that no
asset holds, no operation has staged and no sender may still name; then tree nodes of no commit.
Packs that are mostly dead are copied. A blob is deleted last: once nothing has lain in it for the
grace period, since a reader may have its address, and its writer may not have noted yet what lies
in it.
"""

from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import NamedTuple

import sqlalchemy as sa

from assethub.core.hub import Hub
from assethub.core.maintenance.reachability import sweep_nodes
from assethub.core.maintenance.repacking import repack
from assethub.core.maintenance.usage import Usage, unreferenced
from assethub.core.repository.uploads import drop_orphans
from assethub.core.values import now
from assethub.store.blobs import BlobInfo
from assethub.store.clock import database_time
from assethub.store.database import insert_missing
from assethub.store.guards import keep_writers_out
from assethub.store.holds import taking_blobs
from assethub.store.tables import api_keys, contents, metadata, unused_blobs, uploads

_SECOND = 1_000_000
_AT_ONCE = 2000
_BLOBS_AT_ONCE = 500


class Amount(NamedTuple):
    """How many things, and their bytes."""

    number: int = 0
    size: int = 0

    def plus(self, number: int, size: int) -> "Amount":
        return Amount(self.number + number, self.size + size)


@dataclass
class Collection:
    """What a collection has removed, or would remove.

    `uploads` have left parts. `packs` are those copied, with the dead bytes in them; `blobs` those
    deleted, and `waiting` those whose grace period has not passed. `nodes` is None where they were
    all kept, since the tree of a commit is damaged and what it needs cannot be told. `held` is
    whether all blobs were kept for a backup being made, or left to another collection.
    """

    expired: int = 0
    uploads: int = 0
    contents: Amount = field(default_factory=Amount)
    nodes: Amount | None = field(default_factory=Amount)
    packs: Amount = field(default_factory=Amount)
    blobs: Amount = field(default_factory=Amount)
    waiting: Amount = field(default_factory=Amount)
    held: bool = False


def collect(hub: Hub, grace: int, *, apply: bool) -> Collection:
    """Removes what nothing refers to; without `apply` only tells what it would remove.

    `grace` is in seconds, by the database's clock: how long a blob has to have been unused, which
    begins when a collection first finds it so. It must be longer than what the slowest request
    takes, unless nobody uses the hub. Safe to run several times at once.
    """
    result = Collection()
    result.expired = _drop_expired(hub) if apply else _count_expired(hub)
    result.uploads = drop_orphans(hub) if apply else _count_orphans(hub)
    result.contents = _sweep_contents(hub, apply=apply)
    swept = sweep_nodes(hub.database, apply=apply)
    result.nodes = None if swept is None else Amount(*swept)
    _look_at_blobs(hub, grace * _SECOND, result, apply=apply)
    if apply:
        with taking_blobs(hub.database) as free:
            result.held = not free
            if free:
                _delete_blobs(hub, grace * _SECOND, result)
        _count_waiting(hub, result)
    return result


def _expiring() -> list[sa.Table]:
    """Every table whose rows are good for a while only; a key that has expired is still listed."""
    return [
        table for table in metadata.sorted_tables if "expires" in table.c and table is not api_keys
    ]


def _count_expired(hub: Hub) -> int:
    with hub.database.read() as connection:
        return sum(
            connection.execute(
                sa.select(sa.func.count()).select_from(table).where(table.c.expires < now())
            ).scalar_one()
            for table in _expiring()
        )


def _count_orphans(hub: Hub) -> int:
    there = hub.blobs.parts.list_uploads()
    living = sa.select(uploads.c.id).where(uploads.c.expires >= now())
    with hub.database.read() as connection:
        return len(there.difference(connection.execute(living).scalars()))


def _drop_expired(hub: Hub) -> int:
    return sum(_drop_expired_of(hub, table) for table in _expiring())


def _drop_expired_of(hub: Hub, table: sa.Table) -> int:
    """Deletes oldest first and not all at once, so that others may write in between."""
    moment, dropped = now(), 0
    oldest = sa.select(table.c.expires).where(table.c.expires < moment).order_by(table.c.expires)
    last = sa.select(sa.func.max(oldest.limit(_AT_ONCE).subquery().c.expires)).scalar_subquery()
    gone = table.delete().where(table.c.expires <= last)
    while count := hub.database.write(lambda connection: connection.execute(gone).rowcount):
        dropped += count
    return dropped


def _sweep_contents(hub: Hub, *, apply: bool) -> Amount:
    """Forgets the contents that nothing refers to; what a pack's or a blob's bytes are for."""
    found, after = Amount(), ""
    usage = Usage(0 if apply else now())
    while True:
        query = sa.select(contents.c.sha256).where(contents.c.sha256 > after, *unreferenced(usage))
        with hub.database.read() as connection:
            page = connection.execute(query.order_by(contents.c.sha256).limit(_AT_ONCE))
            hashes = list(page.scalars())
            if not hashes:
                return found
            sizes = [] if apply else usage.unstaged(connection, hashes)
        if apply:
            sizes = hub.database.write(partial(_forget, usage=usage, hashes=hashes))
        found, after = found.plus(len(sizes), sum(sizes)), hashes[-1]


def _forget(connection: sa.Connection, *, usage: Usage, hashes: list[str]) -> list[int]:
    keep_writers_out(connection)
    gone = contents.delete().where(contents.c.sha256.in_(hashes), *unreferenced(usage))
    gone = gone.where(contents.c.sha256.not_in(usage.staged(hashes)))
    return list(connection.execute(gone.returning(contents.c.length)).scalars())


def _look_at_blobs(hub: Hub, grace: int, result: Collection, *, apply: bool) -> None:
    """Finds the unused and the mostly dead ones; notes the former, copies what lives of these."""
    usage = Usage(0 if apply else now())
    blobs = hub.blobs.list()
    while batch := list(islice(blobs, _BLOBS_AT_ONCE)):
        with hub.database.read() as connection:
            used = usage.used_bytes(connection, [blob.address for blob in batch])
            since = _since(connection, batch)
            due = database_time(connection) - grace
        unused = [blob for blob in batch if blob.address not in used]
        sparse = [blob for blob in batch if 2 * used.get(blob.address, blob.size) < blob.size]
        dead = sum(blob.size - used[blob.address] for blob in sparse)
        result.packs = result.packs.plus(len(sparse), dead)
        if apply:
            _note(hub, unused, since)
            repack(hub, [blob.address for blob in sparse])
            continue
        for blob in unused:
            if since.get(blob.address, due + 1) <= due:
                result.blobs = result.blobs.plus(1, blob.size)
            else:
                result.waiting = result.waiting.plus(1, blob.size)


def _since(connection: sa.Connection, batch: list[BlobInfo]) -> dict[str, int]:
    columns = unused_blobs.c
    query = sa.select(columns.address, columns.since).where(
        columns.address.in_([blob.address for blob in batch])
    )
    return {row.address: row.since for row in connection.execute(query)}


def _note(hub: Hub, unused: list[BlobInfo], since: dict[str, int]) -> None:
    """Notes since when blobs are unused, and forgets that of those that are used again."""
    again = since.keys() - {blob.address for blob in unused}
    fresh = [blob for blob in unused if blob.address not in since]
    if not again and not fresh:
        return

    def job(connection: sa.Connection) -> None:
        moment = database_time(connection)
        rows = [{"address": b.address, "size": b.size, "since": moment} for b in fresh]
        insert_missing(connection, unused_blobs, rows)
        connection.execute(unused_blobs.delete().where(unused_blobs.c.address.in_(again)))

    hub.database.write(job)


def _delete_blobs(hub: Hub, grace: int, result: Collection) -> None:
    """Deletes the blobs that have been unused for the grace period, and still are.

    The note goes first. Whoever is stopped before the blob is gone has it noted anew next time.
    """

    def take(connection: sa.Connection) -> list[tuple[str, int]]:
        keep_writers_out(connection)
        due = unused_blobs.c.since <= database_time(connection) - grace
        query = sa.select(unused_blobs.c.address, unused_blobs.c.size).where(due)
        rows = connection.execute(query.limit(_BLOBS_AT_ONCE)).all()
        addresses = [row.address for row in rows]
        used = Usage(0).used_bytes(connection, addresses)
        connection.execute(unused_blobs.delete().where(unused_blobs.c.address.in_(addresses)))
        return [(row.address, row.size) for row in rows if row.address not in used]

    while taken := hub.database.write(take):
        for address, size in taken:
            hub.blobs.delete(address)
            result.blobs = result.blobs.plus(1, size)


def _count_waiting(hub: Hub, result: Collection) -> None:
    counted = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(unused_blobs.c.size), 0))
    with hub.database.read() as connection:
        number, size = connection.execute(counted).one()
    result.waiting = Amount(number, int(size))
