"""Evaluations: metrics of one model commit on one dataset commit. Made, listed, deleted."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, cast

import sqlalchemy as sa

from assethub.core.assets import Asset, load_asset, load_viewable
from assethub.core.audit import NOTHING, audited, find_asset, find_asset_named, note_refusal, record
from assethub.core.hub import Hub
from assethub.core.permissions import Level, cap, check_level, held_level
from assethub.core.references import Reference, parse_reference, resolve
from assethub.core.targets import Target, tags_of
from assethub.core.users import User
from assethub.core.values import check_text, new_id, now
from assethub.errors import HubError, InvalidInput
from assethub.store.statements import Prepared
from assethub.store.tables import assets, evaluations, folders, metrics

_LONGEST_METRIC_NAME = 255
_MOST_METRICS = 10_000
_LARGEST_EXACT = 2**53


class Side(NamedTuple):
    """The model or the dataset of an evaluation, as it was named and where that pointed then."""

    id: str
    ref: str
    branch: str
    tags: list[str]
    commit: str


class Evaluation(NamedTuple):
    """An evaluation; `metrics` in the order given, NaN and infinities as they are."""

    id: str
    model: Side
    dataset: Side
    metrics: dict[str, float | int]
    creator: str
    created: int
    seq: int = 0

    @property
    def metrics_text(self) -> str:
        """The metrics as JSON text (with NaN and Infinity as Python's json writes them)."""
        return json.dumps(self.metrics, ensure_ascii=False)


def create_evaluation(
    hub: Hub, user: User, model: str, dataset: str, values: Mapping[str, Any]
) -> Evaluation:
    """Records metrics of the commit that `model` points at now, on that of `dataset`."""
    return hub.database.write(plan_evaluation(model, dataset, values, lambda _: user))


def plan_evaluation(
    model: str,
    dataset: str,
    values: Mapping[str, Any],
    find_user: Callable[[sa.Connection], User],
) -> Callable[[sa.Connection], Evaluation]:
    """`create_evaluation` as a job for `Database.submit`, which also finds out who asks.

    Raises InvalidInput at once for what is wrong in itself.
    """
    sides = _parse_side(model, "model"), _parse_side(dataset, "dataset")
    checked = check_metrics(values)
    return lambda connection: _record(connection, find_user(connection), sides, checked)


def note_refused(hub: Hub, user: User, model: str, error: HubError) -> None:
    """Records that no evaluation of a model was made for the user, and why."""
    path = "/".join(_parse_side(model, "model")[:4])
    note_refusal(
        hub,
        user,
        "evaluation.create",
        error,
        find=lambda connection: find_asset_named(connection, path),
        what=path,
    )


def check_metrics(values: Mapping[str, Any]) -> dict[str, float | int]:
    """The metrics as numbers; raises InvalidInput that names the one that is none."""
    if not values:
        raise InvalidInput("an evaluation needs at least one metric", code="metrics_missing")
    if len(values) > _MOST_METRICS:
        raise InvalidInput(f"at most {_MOST_METRICS} metrics", code="too_many_metrics")
    return {_metric_name(name): _metric_value(name, value) for name, value in values.items()}


def _metric_name(name: str) -> str:
    if not name.strip():
        raise InvalidInput("a metric needs a name", code="invalid_metric")
    return check_text("name of a metric", name, longest=_LONGEST_METRIC_NAME)


def _metric_value(name: str, value: object) -> float | int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidInput(
            f"metric {name!r} must be a number, not {_kind(value)}", code="invalid_metric"
        )
    try:
        float(value)
    except OverflowError as error:
        raise InvalidInput(
            f"metric {name!r} is larger than a double can hold", code="invalid_metric"
        ) from error
    return value


def _kind(value: object) -> str:
    names = {str: "text", list: "a list", dict: "an object", bool: "true or false"}
    return "missing" if value is None else names.get(type(value), type(value).__name__)


def _parse_side(text: str, type_: str) -> Reference:
    reference = parse_reference(text)
    if reference.type != type_:
        raise InvalidInput(
            f"reference {text} is a {reference.type}; the {type_} of an evaluation must be a "
            f"{type_}",
            code="wrong_type",
        )
    return reference


def _record(
    connection: sa.Connection,
    user: User,
    sides: tuple[Reference, Reference],
    values: dict[str, float | int],
) -> Evaluation:
    found = (
        resolve(connection, user, sides[0], Level.RUN),
        resolve(connection, user, sides[1], Level.VIEW),
    )
    model, dataset = (
        _side(asset, target, tags_of(connection, asset.id, target.commit_id))
        for asset, target in found
    )
    evaluation = Evaluation(new_id(), model, dataset, values, user.name, now())
    row = {
        "id": evaluation.id,
        "creator": evaluation.creator,
        "created": evaluation.created,
        **{f"model_{key}": value for key, value in model._asdict().items()},
        **{f"dataset_{key}": value for key, value in dataset._asdict().items()},
        "dataset_folder_id": found[1][0].folder.id,
    }
    [(seq,)] = _insert.all(connection, row)
    _insert_metrics.each(connection, _metric_rows(seq, values))
    record(
        connection,
        user,
        "evaluation.create",
        found[0][0].about.at(f"@{model.commit}"),
        evaluation=evaluation.id,
        dataset=dataset.id,
        dataset_commit=dataset.commit,
    )
    return evaluation._replace(seq=seq)


_insert = Prepared(
    evaluations.insert().returning(evaluations.c.seq),
    *("id", "creator", "created", "dataset_folder_id"),
    *(f"{side}_{field}" for side in ("model", "dataset") for field in Side._fields),
)
_insert_metrics = Prepared(metrics.insert())


def _metric_rows(seq: int, values: Mapping[str, float | int]) -> list[dict[str, object]]:
    return [
        {
            "evaluation_seq": seq,
            "position": position,
            "name": name,
            "value": None if math.isnan(value) else float(value),
            "integral": isinstance(value, int) and abs(value) <= _LARGEST_EXACT,
        }
        for position, (name, value) in enumerate(values.items())
    ]


def _side(asset: Asset, target: Target, tags: list[str]) -> Side:
    return Side(
        id=asset.id,
        ref=f"{asset.path}:{_shown(asset, target)}",
        branch=target.branch,
        tags=tags,
        commit=target.commit_id,
    )


def _shown(asset: Asset, target: Target) -> str:
    if target.tag:
        return f"tag/{target.tag}"
    if not target.branch:
        return target.commit_id
    # A dataset has but one branch, and is shown as NAME:main.
    return target.branch if asset.folder.type == "dataset" else f"branch/{target.branch}"


def list_evaluations(
    hub: Hub, user: User, model: str, *, sort: str = "", amount: int | None = None
) -> list[Evaluation]:
    """Evaluations of a model, newest first: of the commit that a reference points at now, or of
    all commits where `model` names only the model.

    `sort` is a metric's name, with `-` before it for the highest first; those without the metric,
    and NaN, come last.
    """
    reference = _parse_side(model, "model")
    with hub.database.read() as connection:
        asset, target = resolve(connection, user, reference)
        query = _select.where(evaluations.c.model_id == asset.id)
        if ":" in model or "@" in model:
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


def get_evaluation(hub: Hub, user: User, id_: str) -> Evaluation:
    """One evaluation, for who may view its model; NotFound where it is not there or deleted."""
    with hub.database.read() as connection:
        row = _find(connection, user, id_, Level.VIEW)
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
        row = _find(connection, user, id_, Level.EDIT)
        connection.execute(evaluations.update().where(evaluations.c.seq == row.seq), mark)
        about = (find_asset(connection, row.model_id) or NOTHING).at(f"@{row.model_commit}")
        record(connection, user, "evaluation.delete", about, evaluation=id_)

    hub.database.write(job)


_datasets = folders.alias("dataset_folders")
_select = (
    sa.select(evaluations, _datasets.c.id.label("dataset_there"), held_level(_datasets))
    .outerjoin(_datasets, _datasets.c.id == evaluations.c.dataset_folder_id)
    .where(evaluations.c.deleted.is_(None))
)
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


def _find(connection: sa.Connection, user: User, id_: str, level: Level) -> "sa.Row[Any]":
    row = connection.execute(_by_id, {"id": id_, "asker": user.id}).first()
    held = Level.NONE if row is None else cap(user, row.model_held, row.folder_id, row.model_id)
    check_level(held, level, "evaluation not found")
    return cast("sa.Row[Any]", row)


_metrics_of = (
    sa.select(metrics)
    .where(metrics.c.evaluation_seq.in_(sa.bindparam("seqs", expanding=True)))
    .order_by(metrics.c.evaluation_seq, metrics.c.position)
)


def _with_metrics(
    connection: sa.Connection, user: User, rows: Sequence["sa.Row[Any]"]
) -> list[Evaluation]:
    values: dict[int, dict[str, float | int]] = {row.seq: {} for row in rows}
    for start in range(0, len(rows), 500):
        seqs = [row.seq for row in rows[start : start + 500]]
        for metric in connection.execute(_metrics_of, {"seqs": seqs}):
            values[metric.evaluation_seq][metric.name] = _number(metric.value, metric.integral)
    return [_evaluation(user, row, values[row.seq]) for row in rows]


def _number(value: float | None, integral: bool) -> float | int:
    if value is None:
        return math.nan
    return int(value) if integral else value


def _evaluation(user: User, row: "sa.Row[Any]", values: dict[str, float | int]) -> Evaluation:
    model, dataset = (
        Side(*(getattr(row, f"{side}_{field}") for field in Side._fields))
        for side in ("model", "dataset")
    )
    if not _sees_dataset(user, row):
        dataset = Side(dataset.id, f"{dataset.id}:{dataset.commit}", "", [], dataset.commit)
    return Evaluation(row.id, model, dataset, values, row.creator, row.created, row.seq)


def _sees_dataset(user: User, row: "sa.Row[Any]") -> bool:
    """Whether the user may see the dataset's name: of one gone with its folder, if it was theirs.

    Who could view that cannot be told any more.
    """
    if row.dataset_there is None:
        own = user.name in (row.creator, row.dataset_ref.partition("/")[0])
        return own and (user.key is None or user.key.whole_account)
    return cap(user, row.held, row.dataset_there, row.dataset_id) >= Level.VIEW
