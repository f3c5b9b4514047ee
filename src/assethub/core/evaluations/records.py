"""Evaluations: metrics of one model commit on one dataset commit. Listed, marked, deleted."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

import sqlalchemy as sa

from assethub.core.assets import load_asset, load_viewable
from assethub.core.audit import NOTHING, audited, find_asset, record
from assethub.core.evaluations.evidence import NO_EVIDENCE, Evidence
from assethub.core.evaluations.measures import Detail, read_number
from assethub.core.evaluations.sample_files import Samples
from assethub.core.evaluations.staleness import Point, count_moves
from assethub.core.hub import Hub
from assethub.core.people.users import User
from assethub.core.permissions import Level, cap, check_level, held_level
from assethub.core.references import Reference, parse_reference, resolve
from assethub.core.values import check_text, now
from assethub.errors import InvalidInput
from assethub.store.tables import assets, evaluations, folders, metrics, samples

_encode = json.JSONEncoder(ensure_ascii=False).encode


class Side(NamedTuple):
    """The model or the dataset of an evaluation, as it was named and where that pointed then."""

    id: str
    ref: str
    branch: str
    tags: list[str]
    commit: str


class Mark(NamedTuple):
    """That an evaluation is not valid: why, who said so, and when."""

    reason: str
    by: str
    time: int


class Evaluation(NamedTuple):
    """An evaluation; `metrics` in the order given, NaN and infinities as they are.

    `details` has those metrics of which more than the value is known. `moved` is by how many
    commits the dataset's `main` is ahead of the one measured on, None where that is not to be
    known.
    """

    id: str
    model: Side
    dataset: Side
    metrics: dict[str, float | int]
    creator: str
    created: int
    seq: int = 0
    details: Mapping[str, Detail] = {}
    evidence: Evidence = NO_EVIDENCE
    samples: Samples | None = None
    invalid: Mark | None = None
    moved: int | None = None

    @property
    def metrics_text(self) -> str:
        """The metrics as JSON text (with NaN and Infinity as Python's json writes them)."""
        return _encode(self.metrics)


def parse_side(text: str, type_: str) -> Reference:
    """The reference to a model or a dataset; raises InvalidInput where it is to the other."""
    reference = parse_reference(text)
    if reference.type != type_:
        raise InvalidInput(
            f"reference {text} is a {reference.type}; the {type_} of an evaluation must be a "
            f"{type_}",
            code="wrong_type",
        )
    return reference


def names_commit(reference: str) -> bool:
    """Whether a reference means one commit, and not all of a model or a dataset."""
    return ":" in reference or "@" in reference


def list_evaluations(
    hub: Hub, user: User, model: str, *, sort: str = "", amount: int | None = None
) -> list[Evaluation]:
    """Evaluations of a model, newest first: of the commit that a reference points at now, or of
    all commits where `model` names only the model.

    `sort` is a metric's name, with `-` before it for the highest first; those without the metric,
    and NaN, come last.
    """
    reference = parse_side(model, "model")
    with hub.database.read() as connection:
        asset, target = resolve(connection, user, reference)
        query = _select.where(evaluations.c.model_id == asset.id)
        if names_commit(model):
            query = query.where(evaluations.c.model_commit == target.commit_id)
        rows = connection.execute(_sorted(query, sort).limit(amount), {"asker": user.id}).all()
        return _with_metrics(connection, user, rows)


def list_evaluations_on(
    hub: Hub, user: User, dataset_id: str, commit_id: str, *, amount: int | None = None
) -> list[Evaluation]:
    """Evaluations on one commit of a dataset, newest first, of the models the user may view."""
    query = _select.where(
        evaluations.c.dataset_id == dataset_id, evaluations.c.dataset_commit == commit_id
    )
    with hub.database.read() as connection:
        load_asset(connection, user, dataset_id, Level.VIEW)
        ids = connection.execute(query.with_only_columns(evaluations.c.model_id).distinct())
        models = load_viewable(connection, user, ids.scalars().all())
        query = query.where(evaluations.c.model_id.in_(models))
        rows = connection.execute(_sorted(query, "").limit(amount), {"asker": user.id}).all()
        return _with_metrics(connection, user, rows)


def load_found(connection: sa.Connection, user: User, seqs: Sequence[int]) -> list[Evaluation]:
    """Evaluations that a search has found for the user, in the same order."""
    rows: dict[int, sa.Row[Any]] = {}
    for start in range(0, len(seqs), _AT_ONCE):
        values = {"asker": user.id, "seqs": seqs[start : start + _AT_ONCE]}
        rows.update((row.seq, row) for row in connection.execute(_by_seqs, values).all())
    return _with_metrics(connection, user, [rows[seq] for seq in seqs if seq in rows])


def get_evaluation(hub: Hub, user: User, id_: str) -> Evaluation:
    """One evaluation, for who may view its model; NotFound where it is not there or deleted."""
    with hub.database.read() as connection:
        return load_evaluation(connection, user, id_, Level.VIEW)


def load_evaluation(connection: sa.Connection, user: User, id_: str, level: Level) -> Evaluation:
    """One evaluation, where the user holds the level in its model."""
    row = find_row(connection, user, id_, level)
    return _with_metrics(connection, user, [row])[0]


@audited("evaluation.delete", evaluation="id_")
def delete_evaluation(hub: Hub, user: User, id_: str, why: str = "") -> None:
    """Hides an evaluation for good, leaving a tombstone: who deleted it, when and why."""
    mark = {
        "deleted": now(),
        "deleted_by": user.name,
        "deleted_why": check_text("reason", why),
    }

    def job(connection: sa.Connection) -> None:
        row = find_row(connection, user, id_, Level.EDIT)
        connection.execute(evaluations.update().where(evaluations.c.seq == row.seq), mark)
        _record(connection, user, "evaluation.delete", row)

    hub.database.write(job)


@audited("evaluation.invalidate", evaluation="id_")
def mark_invalid(hub: Hub, user: User, id_: str, reason: str) -> Evaluation:
    """Says that an evaluation does not count, and why: it is shown, and never ranked.

    Allowed to who may edit the model, and to who recorded it and may still run. Marking it again
    replaces the reason.
    """
    if not reason.strip():
        raise InvalidInput("say why the evaluation is not valid", code="reason_missing")
    mark = {
        "invalid": now(),
        "invalid_by": user.name,
        "invalid_why": check_text("reason", reason),
    }
    return _change_mark(hub, user, id_, "evaluation.invalidate", mark)


@audited("evaluation.validate", evaluation="id_")
def mark_valid(hub: Hub, user: User, id_: str) -> Evaluation:
    """Takes back that an evaluation does not count.

    Allowed to who may edit the model, and to who recorded it where they have said it themselves.
    """
    mark = {"invalid": None, "invalid_by": None, "invalid_why": None}
    return _change_mark(hub, user, id_, "evaluation.validate", mark)


def _change_mark(
    hub: Hub, user: User, id_: str, action: str, mark: Mapping[str, object]
) -> Evaluation:
    def job(connection: sa.Connection) -> Evaluation:
        row = find_row(connection, user, id_, Level.RUN)
        if row.creator != user.name or row.invalid_by not in (None, user.name):
            find_row(connection, user, id_, Level.EDIT)
        connection.execute(evaluations.update().where(evaluations.c.seq == row.seq), mark)
        _record(connection, user, action, row)
        return load_evaluation(connection, user, id_, Level.RUN)

    return hub.database.write(job)


def _record(connection: sa.Connection, user: User, action: str, row: "sa.Row[Any]") -> None:
    about = (find_asset(connection, row.model_id) or NOTHING).at(f"@{row.model_commit}")
    record(connection, user, action, about, evaluation=row.id)


_datasets = folders.alias("dataset_folders")
_select = (
    sa.select(
        evaluations,
        _datasets.c.id.label("dataset_there"),
        held_level(_datasets),
        *(getattr(samples.c, field).label(f"samples_{field}") for field in Samples._fields),
    )
    .outerjoin(_datasets, _datasets.c.id == evaluations.c.dataset_folder_id)
    .outerjoin(samples, samples.c.evaluation_seq == evaluations.c.seq)
    .where(evaluations.c.deleted.is_(None))
)
_by_seqs = _select.where(evaluations.c.seq.in_(sa.bindparam("seqs", expanding=True)))
# The model's side comes with the row, so that what is hidden takes as long as what is not there.
_by_id = (
    _select.add_columns(assets.c.folder_id, held_level(folders).label("model_held"))
    .join(assets, assets.c.id == evaluations.c.model_id)
    .join(folders, folders.c.id == assets.c.folder_id)
    .where(evaluations.c.id == sa.bindparam("id"))
)


def _sorted(query: "sa.Select[Any]", sort: str) -> "sa.Select[Any]":
    if not sort:
        return query.order_by(evaluations.c.seq.desc())
    name = sort.removeprefix("-")
    value = metrics.c.value.desc() if sort.startswith("-") else metrics.c.value.asc()
    return query.outerjoin(
        metrics,
        sa.and_(metrics.c.evaluation_seq == evaluations.c.seq, metrics.c.name == name),
    ).order_by(value.nulls_last(), evaluations.c.seq.desc())


def find_row(connection: sa.Connection, user: User, id_: str, level: Level) -> "sa.Row[Any]":
    """The row of an evaluation, where the user holds the level in its model."""
    row = connection.execute(_by_id, {"id": id_, "asker": user.id}).first()
    held = Level.NONE if row is None else cap(user, row.model_held, row.folder_id, row.model_id)
    check_level(held, level, "evaluation not found")
    return cast("sa.Row[Any]", row)


_AT_ONCE = 500
_UNKNOWN = [None] * len(Detail._fields)
_metrics_of = (
    sa.select(
        *(metrics.c.evaluation_seq, metrics.c.name, metrics.c.value, metrics.c.integral),
        *(getattr(metrics.c, field) for field in Detail._fields),
    )
    .where(metrics.c.evaluation_seq.in_(sa.bindparam("seqs", expanding=True)))
    .order_by(metrics.c.evaluation_seq, metrics.c.position)
)


def _with_metrics(
    connection: sa.Connection, user: User, rows: Sequence["sa.Row[Any]"]
) -> list[Evaluation]:
    values: dict[int, dict[str, float | int]] = {row.seq: {} for row in rows}
    details: dict[int, dict[str, Detail]] = {}
    for start in range(0, len(rows), _AT_ONCE):
        seqs = [row.seq for row in rows[start : start + _AT_ONCE]]
        found = connection.execute(_metrics_of, {"seqs": seqs}).all()
        for seq, name, value, integral, *known in found:
            values[seq][name] = read_number(value, integral)
            if known != _UNKNOWN:
                details.setdefault(seq, {})[name] = Detail(*known)
    moved = count_moves(connection, {(row.dataset_id, row.dataset_commit) for row in rows})
    return [
        _evaluation(user, row, values[row.seq], details.get(row.seq, {}), moved) for row in rows
    ]


def _evaluation(
    user: User,
    row: "sa.Row[Any]",
    values: dict[str, float | int],
    details: Mapping[str, Detail],
    moved: Mapping[Point, int],
) -> Evaluation:
    model, dataset = (
        Side(*(getattr(row, f"{side}_{field}") for field in Side._fields))
        for side in ("model", "dataset")
    )
    sees = _sees_dataset(user, row)
    if not sees:
        dataset = Side(dataset.id, f"{dataset.id}:{dataset.commit}", "", [], dataset.commit)
    return Evaluation(
        *(row.id, model, dataset, values, row.creator, row.created, row.seq),
        details=details,
        evidence=Evidence(*(getattr(row, field) for field in Evidence._fields)),
        samples=None
        if row.samples_sha256 is None
        else Samples(*(getattr(row, f"samples_{field}") for field in Samples._fields)),
        invalid=None if row.invalid is None else Mark(row.invalid_why, row.invalid_by, row.invalid),
        moved=moved.get((dataset.id, dataset.commit)) if sees else None,
    )


def _sees_dataset(user: User, row: "sa.Row[Any]") -> bool:
    """Whether the user may see the dataset's name: of one gone with its folder, if it was theirs.

    Who could view that cannot be told any more.
    """
    if row.dataset_there is None:
        own = user.name in (row.creator, row.dataset_ref.partition("/")[0])
        return own and (user.key is None or user.key.whole_account)
    return cap(user, row.held, row.dataset_there, row.dataset_id) >= Level.VIEW
