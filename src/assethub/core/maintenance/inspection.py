"""Whether the contents that lie in a blob are there, and have their SHA-256."""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import groupby
from typing import NamedTuple

import sqlalchemy as sa

from assethub.core.hub import Hub
from assethub.core.maintenance.usage import places_in
from assethub.core.repository.contents import Place
from assethub.store.blobs import BlobNotFound, BlobStore, DiskFailed
from assethub.store.tables import contents

_AT_ONCE = 500


class Fault(NamedTuple):
    """A content whose bytes are not what they should be, and why."""

    place: Place
    reason: str


def next_blobs(hub: Hub, after: str) -> list[str]:
    """The next addresses in which contents lie, in order."""
    query = sa.select(contents.c.address).distinct().where(contents.c.address > after)
    with hub.database.read() as connection:
        found = connection.execute(query.order_by(contents.c.address).limit(_AT_ONCE))
        return list(found.scalars())


def inspect_blob(hub: Hub, address: str, *, quick: bool) -> list[Fault]:
    """What is wrong with the contents of a blob; `quick` looks at its size alone."""
    try:
        places = places_in(hub, address)
        found = _measure if quick else _read
        faults = list(found(hub.blobs, address, places))
    except BlobNotFound:
        faults = [Fault(place, "is missing") for place in places]
    except DiskFailed as error:
        faults = [Fault(place, f"cannot be looked at ({error.text})") for place in places]
    # Garbage collection may have moved some meanwhile, and dropped the blob later.
    return [fault for fault in faults if fault.place in places_in(hub, address)] if faults else []


def _measure(blobs: BlobStore, address: str, places: Sequence[Place]) -> Iterator[Fault]:
    size = blobs.size(address)
    for place in places:
        if place.offset + place.length > size:
            yield Fault(place, f"ends at byte {size}")


def _read(blobs: BlobStore, address: str, places: Sequence[Place]) -> Iterator[Fault]:
    """Reads once what contents lie in, skipping what is dead."""
    for run in _runs(places):
        try:
            yield from list(_read_run(blobs, address, run))
        except DiskFailed as error:
            if len(run) == 1:
                yield Fault(run[0], f"cannot be read at {run[0].offset} ({error.text})")
            else:
                # Which of them the disk has lost shows when each is read alone.
                for place in run:
                    yield from _read(blobs, address, [place])


def _read_run(blobs: BlobStore, address: str, run: Sequence[Place]) -> Iterator[Fault]:
    first, last = run[0], run[-1]
    length = last.offset + last.length - first.offset
    reader = _Reader(blobs.read(address, first.offset, length))
    for place in run:
        digest, got = reader.hash_next(place.length)
        if got < place.length:
            yield Fault(place, f"ends at byte {place.offset + got}")
        elif digest != place.sha256:
            yield Fault(place, f"holds other bytes at {place.offset}")


def _runs(places: Sequence[Place]) -> Iterator[list[Place]]:
    """The places, split where one does not begin at the end of that before."""
    starts, end, number = [], -1, 0
    for place in places:
        number += place.offset != end
        end = place.offset + place.length
        starts.append((number, place))
    for _, run in groupby(starts, key=lambda pair: pair[0]):
        yield [place for _, place in run]


class _Reader:
    """Takes the chunks of a blob apart into contents."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = memoryview(b"")

    def hash_next(self, length: int) -> tuple[str, int]:
        """The SHA-256 of the next bytes, and how many there were: less than asked at the end."""
        digest, left = sha256(), length
        while left:
            if not self._rest:
                self._rest = memoryview(next(self._chunks, b""))
                if not self._rest:
                    break
            taken = self._rest[:left]
            digest.update(taken)
            self._rest = self._rest[len(taken) :]
            left -= len(taken)
        return digest.hexdigest(), length - left
