"""Checks that everything the hub promises to hold is there and is what was put in.

First the blobs: every content's bytes lie where they should, and have its SHA-256. Then all
commits: each says what its id is the hash of, its parents are there, every node of its tree has its
hash, and every file's content is there and kept for its asset. At last the samples of evaluations.
Memory does not grow with the hub.
"""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from hashlib import sha256
from typing import NamedTuple

import sqlalchemy as sa

from assethub.core.hub import Hub
from assethub.core.maintenance.inspection import inspect_blob, next_blobs
from assethub.core.maintenance.quarantine import put_blob_aside, put_node_aside
from assethub.core.repository.commits import Commit, hash_commit
from assethub.errors import Conflict
from assethub.store.database import insert_missing
from assethub.store.holds import taking_blobs
from assethub.store.scratch import HashSet, scratch_set
from assethub.store.tables import (
    asset_contents,
    assets,
    commits,
    contents,
    evaluations,
    folders,
    nodes,
    samples,
    users,
)
from assethub.tree import EMPTY, CorruptNode, Entry, node_references
from assethub.tree.nodes import Range

_AT_ONCE = 500
_NODES_AT_ONCE = 16


class _Snapshot(NamedTuple):
    """A commit, how it is called in a sentence, and what is wrong with its record."""

    asset_id: str
    tree: str
    name: str
    faults: Sequence[str]


def check_hub(hub: Hub, *, quick: bool, repair: bool) -> Iterator[str]:
    """A sentence for each thing that is wrong; nothing where all is well.

    `quick` looks whether blobs are there and long enough, without reading them. `repair` moves
    what is damaged aside, so that the same bytes may be sent again, and deletes nothing. Raises
    Conflict where it would move blobs that a backup still has to copy.
    """
    with ExitStack() as stack:
        if repair and not stack.enter_context(taking_blobs(hub.database)):
            raise Conflict(
                "a backup or a garbage collection is running: repair once it has ended",
                code="blobs_held",
            )
        lost = stack.enter_context(scratch_set())
        yield from _check_blobs(hub, lost, quick=quick, repair=repair)
        yield from _check_assets(hub, lost, repair=repair)
        yield from _check_samples(hub, lost)


def _check_blobs(hub: Hub, lost: HashSet, *, quick: bool, repair: bool) -> Iterator[str]:
    after = ""
    while addresses := next_blobs(hub, after):
        for address in addresses:
            faults = inspect_blob(hub, address, quick=quick)
            lost.add(fault.place.sha256 for fault in faults)
            for fault in faults:
                yield f"blob {address}: {fault.reason}; content {fault.place.sha256} is lost"
            if faults and repair:
                yield f"blob {address}: {put_blob_aside(hub, address)}"
        after = addresses[-1]


def _check_assets(hub: Hub, lost: HashSet, *, repair: bool) -> Iterator[str]:
    for asset_id, name in _assets(hub):
        with scratch_set() as seen:
            for snapshot in _snapshots(hub, asset_id, name):
                if snapshot.faults and _is_there(hub, asset_id):
                    yield from (f"{snapshot.name}: {fault}" for fault in snapshot.faults)
                if snapshot.tree != EMPTY and seen.add([snapshot.tree]):
                    yield from _check_tree(hub, snapshot, seen, lost, repair=repair)


def _check_tree(
    hub: Hub, snapshot: _Snapshot, seen: HashSet, lost: HashSet, *, repair: bool
) -> Iterator[str]:
    """What is wrong with the nodes of a tree that no earlier one had, and with their files."""
    ranges: list[str] = []
    for name, node in _load(hub, [snapshot.tree]):
        if isinstance(node, str):
            yield from _blame(hub, snapshot, name, node, repair=repair)
        else:
            ranges = seen.add(node_references(node))
    for start in range(0, len(ranges), _NODES_AT_ONCE):
        for name, node in _load(hub, ranges[start : start + _NODES_AT_ONCE]):
            if isinstance(node, str):
                yield from _blame(hub, snapshot, name, node, repair=repair)
            else:
                files = Range(node)
                entries = files.entries(0, len(files))
                yield from _check_files(hub, snapshot, entries, lost, repair=repair)


def _load(hub: Hub, names: list[str]) -> Iterator[tuple[str, bytes | str]]:
    """Each node, or what is wrong with it."""
    query = sa.select(nodes.c.hash, nodes.c.data).where(nodes.c.hash.in_(names))
    with hub.database.read() as connection:
        found = {row.hash: row.data for row in connection.execute(query)}
    for name in names:
        yield name, _decode(name, found[name]) if name in found else "is missing"


def _decode(name: str, data: bytes) -> bytes | str:
    try:
        node = zlib.decompress(data)
        if sha256(node).hexdigest() == name:
            node_references(node)
            return node
    except (zlib.error, CorruptNode):
        pass
    return "holds other bytes than were written to it"


def _blame(hub: Hub, snapshot: _Snapshot, node: str, reason: str, *, repair: bool) -> Iterator[str]:
    if _is_there(hub, snapshot.asset_id):
        yield f"{snapshot.name}: node {node} {reason}"
        if repair and put_node_aside(hub, node):
            yield f"node {node}: moved to the table quarantine"


def _check_files(
    hub: Hub, snapshot: _Snapshot, entries: list[Entry], lost: HashSet, *, repair: bool
) -> Iterator[str]:
    """What is wrong with the contents of a range's files."""
    for start in range(0, len(entries), _AT_ONCE):
        batch = entries[start : start + _AT_ONCE]
        hashes = sorted({entry.checksum for entry in batch})
        lengths, held = _contents(hub, snapshot.asset_id, hashes)
        sound = set(lost.missing(hashes))
        for entry in batch:
            if entry.checksum not in lengths:
                reason = "is missing"
            elif entry.checksum not in sound:
                reason = "is lost"
            elif lengths[entry.checksum] != entry.size:
                reason = f"has {lengths[entry.checksum]} bytes, not {entry.size}"
            else:
                continue
            if _is_there(hub, snapshot.asset_id):
                yield f"{snapshot.name}: {entry.path}: content {entry.checksum} {reason}"
        yield from _check_held(hub, snapshot, lengths.keys() - held, repair=repair)


def _contents(hub: Hub, asset_id: str, hashes: list[str]) -> tuple[dict[str, int], set[str]]:
    """The lengths of those contents that the hub has, and those that are kept for the asset."""
    there = sa.select(contents.c.sha256, contents.c.length).where(contents.c.sha256.in_(hashes))
    kept = sa.select(asset_contents.c.sha256).where(
        asset_contents.c.asset_id == asset_id, asset_contents.c.sha256.in_(hashes)
    )
    with hub.database.read() as connection:
        lengths = {row.sha256: row.length for row in connection.execute(there)}
        return lengths, set(connection.execute(kept).scalars())


def _check_held(
    hub: Hub, snapshot: _Snapshot, loose: Iterable[str], *, repair: bool
) -> Iterator[str]:
    rows = [{"sha256": key, "asset_id": snapshot.asset_id} for key in sorted(loose)]
    if not rows or not _is_there(hub, snapshot.asset_id):
        return
    for row in rows:
        yield f"{snapshot.name}: content {row['sha256']} is not noted as kept for it"
    if repair:
        hub.database.write(lambda connection: insert_missing(connection, asset_contents, rows))
        yield f"{snapshot.name}: noted {len(rows)} contents as kept for it"


def _assets(hub: Hub) -> Iterator[tuple[str, str]]:
    query = sa.select(assets.c.id, users.c.name, folders.c.type, folders.c.name, assets.c.name)
    query = query.select_from(assets.join(folders).join(users)).order_by(assets.c.id)
    after = ""
    while True:
        with hub.database.read() as connection:
            rows = connection.execute(query.where(assets.c.id > after).limit(_AT_ONCE)).all()
        if not rows:
            return
        for id_, *names in rows:
            yield id_, "/".join(names)
        after = rows[-1][0]


def _snapshots(hub: Hub, asset_id: str, name: str) -> Iterator[_Snapshot]:
    columns = [getattr(commits.c, field) for field in Commit._fields]
    query = sa.select(*columns).where(commits.c.asset_id == asset_id)
    query = query.order_by(commits.c.id).limit(_AT_ONCE)
    after = ""
    while True:
        with hub.database.read() as connection:
            rows = connection.execute(query.where(commits.c.id > after)).all()
        if not rows:
            return
        found = [Commit(*row) for row in rows]
        parents = _find_parents(hub, asset_id, found)
        for commit in found:
            faults = [
                f"its parent {parent} is missing"
                for parent in commit.parents
                if parent not in parents
            ]
            if hash_commit(commit) != commit.id:
                faults.append("the commit says other things than were written to it")
            yield _Snapshot(asset_id, commit.tree, f"{name}@{commit.id[:12]}", faults)
        after = found[-1].id


def _find_parents(hub: Hub, asset_id: str, children: Sequence[Commit]) -> set[str]:
    """Those parents of commits that are there."""
    wanted = {parent for commit in children for parent in commit.parents}
    query = sa.select(commits.c.id).where(
        commits.c.asset_id == asset_id, commits.c.id.in_(sorted(wanted))
    )
    with hub.database.read() as connection:
        return set(connection.execute(query).scalars())


def _check_samples(hub: Hub, lost: HashSet) -> Iterator[str]:
    """What is wrong with the samples that evaluations have."""
    query = sa.select(samples.c.id, samples.c.sha256, samples.c.size, contents.c.length)
    query = query.add_columns(evaluations.c.id.label("evaluation"))
    query = query.select_from(
        samples.join(evaluations).outerjoin(contents, contents.c.sha256 == samples.c.sha256)
    )
    query = query.order_by(samples.c.id).limit(_AT_ONCE)
    after = ""
    while True:
        with hub.database.read() as connection:
            rows = connection.execute(query.where(samples.c.id > after)).all()
        if not rows:
            return
        sound = set(lost.missing([row.sha256 for row in rows]))
        for row in rows:
            if row.length == row.size and row.sha256 in sound:
                continue
            reason = "is missing" if row.length is None else "is lost"
            if row.length not in (None, row.size):
                reason = f"has {row.length} bytes, not {row.size}"
            yield (f"evaluation {row.evaluation}: the content {row.sha256} of its samples {reason}")
        after = rows[-1].id


def _is_there(hub: Hub, asset_id: str) -> bool:
    """Whether the asset has not been deleted meanwhile, and what it had with it."""
    query = sa.select(assets.c.id).where(assets.c.id == asset_id)
    with hub.database.read() as connection:
        return connection.execute(query).first() is not None
