"""What the evaluations of a commit say of a metric: all of them, as a gate has to see them."""

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from assethub.core.evaluations.measures import Detail
from assethub.core.evaluations.sample_files import Samples
from assethub.core.permissions import Level, held_level
from assethub.store.tables import assets, evaluations, folders, metrics, samples, users

# Of one commit on one dataset. Who has more of them is asked to mark some as invalid.
MOST_EVALUATIONS = 200


class Measured(NamedTuple):
    """One metric of one evaluation. `metric` is the name it is stored by, `samples` those that have
    a column of that name; `value` may be NaN. `created` is in microseconds. `out` says why it does
    not count, and is empty where it does.
    """

    seq: int
    evaluation: str
    dataset_commit: str
    created: int
    out: str
    metric: str
    value: float
    stderr: float | None = None
    n: int | None = None
    higher_is_better: bool | None = None
    slice: str | None = None
    samples: Samples | None = None

    @property
    def detail(self) -> Detail:
        """What is known of the value."""
        return Detail(self.stderr, self.n, self.higher_is_better, self.slice)

    @property
    def name(self) -> str:
        """The metric's name, with the slice that it is of behind a slash."""
        return full_name(self.metric, self.slice)


def full_name(metric: str, slice_: str | None) -> str:
    """How a metric of a slice is called: `accuracy/night`, also where it says so twice."""
    if not slice_ or metric.endswith(f"/{slice_}"):
        return metric
    return f"{metric}/{slice_}"


def lock_evaluations(connection: sa.Connection, asset_id: str) -> None:
    """Until the transaction ends nobody records an evaluation of a model.

    On PostgreSQL: recording one takes a share of this lock for its foreign key. On SQLite writers
    take turns anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(assets.c.id).where(assets.c.id == asset_id).with_for_update())


def load_measured(
    connection: sa.Connection,
    asset_id: str,
    commit_id: str,
    dataset_id: str,
    names: Iterable[str],
    *,
    lock: bool,
) -> list[Measured]:
    """What the evaluations of a commit on a dataset, at any of its commits, say of these metrics.

    Those that do not count are among them, and `out` says why. With `lock` nobody marks or deletes
    one until the transaction ends; a change under way is waited for. Newest first.
    """
    wanted = set(names)
    # A slice may stand in a field of its own.
    stored = wanted | {name.rpartition("/")[0] for name in wanted if "/" in name}
    query = _select.where(
        evaluations.c.model_id == asset_id,
        evaluations.c.model_commit == commit_id,
        evaluations.c.dataset_id == dataset_id,
        metrics.c.name.in_(sorted(stored)),
    )
    if lock:
        query = query.with_for_update(of=evaluations)
    # One more than the most shows that there are too many.
    rows = connection.execute(query.limit((MOST_EVALUATIONS + 1) * len(stored))).all()
    markers = {row.invalid_by for row in rows if row.invalid}
    trusted = _may_edit(connection, asset_id, markers) if markers else frozenset()
    measured = (_measured(row, trusted) for row in rows)
    return [found for found in measured if found.name in wanted]


def _may_edit(connection: sa.Connection, asset_id: str, names: Iterable[str]) -> frozenset[str]:
    """Those who may edit a model. Who recorded an evaluation may mark it as invalid without that,
    which is not enough for a gate: else they could measure until it goes well.
    """
    held = sa.select(held_level(folders)).join(assets, assets.c.folder_id == folders.c.id)
    held = held.where(assets.c.id == asset_id)
    found = connection.execute(
        sa.select(users.c.id, users.c.name).where(users.c.name.in_(sorted(names)))
    )
    return frozenset(
        name
        for id_, name in found.all()
        if (connection.execute(held, {"asker": id_}).scalar() or 0) >= Level.EDIT
    )


_select = (
    sa.select(
        evaluations.c.seq,
        evaluations.c.id,
        evaluations.c.dataset_commit,
        evaluations.c.created,
        evaluations.c.deleted,
        evaluations.c.invalid,
        evaluations.c.invalid_by,
        metrics.c.name,
        metrics.c.value,
        metrics.c.stderr,
        metrics.c.n,
        metrics.c.higher_is_better,
        metrics.c.slice,
        *(getattr(samples.c, field) for field in Samples._fields),
    )
    .join(metrics, metrics.c.evaluation_seq == evaluations.c.seq)
    .outerjoin(samples, samples.c.evaluation_seq == evaluations.c.seq)
    .order_by(evaluations.c.seq.desc())
)


def _measured(row: Any, trusted: frozenset[str]) -> Measured:
    sampled = row.sha256 is not None and [row.name, "number"] in row.columns
    invalid = row.invalid is not None and row.invalid_by in trusted
    return Measured(
        seq=row.seq,
        evaluation=row.id,
        dataset_commit=row.dataset_commit,
        created=row.created,
        out="deleted" if row.deleted else "marked as invalid" if invalid else "",
        metric=row.name,
        value=math.nan if row.value is None else row.value,
        stderr=row.stderr,
        n=row.rows if row.n is None and sampled else row.n,
        higher_is_better=row.higher_is_better,
        slice=row.slice,
        samples=Samples(row.sha256, row.size, row.rows, row.columns) if sampled else None,
    )


def known_metrics(connection: sa.Connection, asset_id: str) -> Sequence[str]:
    """The names of the metrics that evaluations of a model have, up to 10,000."""
    query = (
        sa.select(metrics.c.name, metrics.c.slice)
        .join(evaluations, evaluations.c.seq == metrics.c.evaluation_seq)
        .where(evaluations.c.model_id == asset_id, evaluations.c.deleted.is_(None))
        .distinct()
        .limit(10_000)
    )
    return [full_name(*row) for row in connection.execute(query)]
