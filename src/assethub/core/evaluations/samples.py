"""Samples of evaluations: taken in, given to an evaluation, read."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa

from assethub.core.audit import NOTHING, audited, find_asset, record
from assethub.core.evaluations.records import Evaluation, load_evaluation
from assethub.core.evaluations.sample_files import (
    LARGEST_BYTES,
    MAGIC,
    BlobFile,
    InvalidSamples,
    Samples,
    inspect_parquet,
    open_parquet,
)
from assethub.core.evaluations.sample_lines import LineWriter
from assethub.core.evaluations.sample_rows import check_condition, iterate_rows
from assethub.core.hub import Hub
from assethub.core.people.users import User
from assethub.core.permissions import Level, require_full_key
from assethub.core.repository.contents import (
    Place,
    content_missing,
    drop_unused,
    find_places,
    save_contents,
)
from assethub.core.searches.terms import read_query
from assethub.core.values import new_id, now
from assethub.errors import Conflict, NotFound, PermissionDenied, TooLarge
from assethub.store.blobs import Blob
from assethub.store.tables import samples

_LIFE = 24 * 3600 * 1_000_000


class Sent(NamedTuple):
    """Samples that were sent, by the id under which an evaluation takes them within a day."""

    id: str
    samples: Samples


class SampleIntake:
    """Takes in a file of samples, Parquet or JSON lines, of up to 10 GiB, piece by piece.

    Used in a `with`: what was not finished leaves nothing behind.
    """

    def __init__(self, hub: Hub, user: User) -> None:
        require_full_key(user)
        self._hub, self._user = hub, user
        self._writer = hub.blobs.create()
        self._head = b""
        self._size = 0
        self._feed: Callable[[bytes], None] | None = None
        self._lines: LineWriter | None = None

    def __enter__(self) -> "SampleIntake":
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.abort()

    def write(self, chunk: bytes) -> None:
        """Takes more; raises InvalidSamples, or TooLarge."""
        self._size += len(chunk)
        if self._size > LARGEST_BYTES:
            raise TooLarge(f"samples have at most {LARGEST_BYTES} bytes", code="samples_too_large")
        if self._feed is not None:
            self._feed(chunk)
            return
        self._head += chunk
        if len(self._head) >= len(MAGIC):
            self._begin()

    def finish(self) -> Sent:
        """What was sent, kept for a day; raises InvalidSamples."""
        if self._feed is None:
            self._begin()
        if self._lines is not None:
            self._lines.finish()
        blob = self._writer.commit()
        try:
            found = inspect_parquet(BlobFile(self._hub.blobs, blob.address, 0, blob.size), blob)
        except BaseException:
            self._hub.blobs.delete(blob.address)
            raise
        return self._keep(blob, found)

    def _begin(self) -> None:
        """By its first bytes, Parquet is taken as it is."""
        if self._head.startswith(MAGIC):
            self._feed = self._writer.write
        else:
            start = self._head.lstrip(b" \t\r\n")[:1]
            if start not in (b"", b"{"):
                raise InvalidSamples("the samples are neither Parquet nor JSON lines")
            self._lines = LineWriter(self._writer.write)
            self._feed = self._lines.feed
        self._feed(self._head)
        self._head = b""

    def _keep(self, blob: Blob, found: Samples) -> Sent:
        moment = now()
        row = {
            "id": new_id(),
            "user_id": self._user.id,
            **found._asdict(),
            "expires": moment + _LIFE,
        }

        def job(connection: sa.Connection) -> Sent:
            place = Place(blob.sha256, blob.address, 0, blob.size)
            save_contents(connection, self._user, [place])
            connection.execute(samples.insert(), row)
            return Sent(str(row["id"]), found)

        try:
            return self._hub.database.write(job)
        finally:
            drop_unused(self._hub, blob)


def attach_samples(
    connection: sa.Connection, user: User, id_: str, seq: int, values: Mapping[str, object]
) -> Samples:
    """Gives samples that the user sent to an evaluation with these metrics.

    Raises NotFound where they are not there any more, Conflict where it has some already, and
    InvalidSamples where a metric's column is not of numbers.
    """
    own = sa.and_(
        samples.c.id == id_, samples.c.user_id == user.id, samples.c.evaluation_seq.is_(None)
    )
    row = connection.execute(_select.where(own, samples.c.expires > now())).first()
    if row is None:
        raise NotFound(
            "samples not found",
            code="samples_not_found",
            detail=f"samples {id_} are not there: they were used, or sent more than a day ago",
        )
    found = Samples(*row)
    for name, kind in found.columns:
        if name in values and kind != "number":
            raise InvalidSamples(
                f"the column {name!r} of the samples has {kind} where the metric of that name "
                "needs numbers",
                code="samples_not_numbers",
            )
    taken = sa.select(samples.c.id).where(samples.c.evaluation_seq == seq)
    if connection.execute(taken).first() is not None:
        raise Conflict("the evaluation has samples already", code="samples_exist")
    used = samples.update().where(own).values(evaluation_seq=seq, expires=None)
    connection.execute(used)
    return found


_select = sa.select(*(getattr(samples.c, field) for field in Samples._fields))


def open_samples(hub: Hub, found: Samples) -> BlobFile:
    """The Parquet file of samples, to read from; Damaged where its bytes are lost."""
    place = find_place(hub, found)
    return BlobFile(hub.blobs, place.address, place.offset, place.length)


def find_place(hub: Hub, found: Samples) -> Place:
    """Where the Parquet file of samples lies."""
    with hub.database.read() as connection:
        places = find_places(connection, [found.sha256])
    if found.sha256 not in places:
        raise content_missing(found.sha256)
    return places[found.sha256]


def find_rows(
    hub: Hub, found: Samples, query: str, start: int
) -> Iterator[tuple[int, dict[str, Any]]]:
    """The samples that a query means, from the one at `start` on, each with its place.

    In a query, metrics are columns of numbers and `id` is the sample's. Raises InvalidInput that
    points at the place.
    """
    condition = read_query(query)
    file = open_samples(hub, found)
    if condition is not None:
        check_condition(condition, found)
    return iterate_rows(open_parquet(file), condition, start)


@audited("evaluation.samples", evaluation="id_")
def check_without(hub: Hub, user: User, id_: str) -> None:
    """That the user may give samples to an evaluation, which they recorded and has none.

    Raises PermissionDenied, and Conflict.
    """
    with hub.database.read() as connection:
        _find_own(connection, user, id_)


@audited("evaluation.samples", evaluation="id_")
def add_samples(hub: Hub, user: User, id_: str, sent: Sent) -> Evaluation:
    """Gives samples that the user sent to an evaluation that they recorded and that has none."""

    def job(connection: sa.Connection) -> Evaluation:
        evaluation = _find_own(connection, user, id_)
        attach_samples(connection, user, sent.id, evaluation.seq, evaluation.metrics)
        model = evaluation.model
        about = (find_asset(connection, model.id) or NOTHING).at(f"@{model.commit}")
        record(connection, user, "evaluation.samples", about, evaluation=id_)
        return load_evaluation(connection, user, id_, Level.RUN)

    return hub.database.write(job)


def _find_own(connection: sa.Connection, user: User, id_: str) -> Evaluation:
    evaluation = load_evaluation(connection, user, id_, Level.RUN)
    if evaluation.creator != user.name:
        raise PermissionDenied(
            "permission denied",
            code="not_the_creator",
            detail="only who recorded an evaluation may add its samples",
        )
    if evaluation.samples is not None:
        raise Conflict("the evaluation has samples already", code="samples_exist")
    return evaluation
