"""Recording evaluations: one at once, or very many in one transaction."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from assethub.core.assets import DEFAULT_BRANCH, Asset
from assethub.core.audit import find_asset_named, note_refusal, record
from assethub.core.evaluations.evidence import KEYS, NO_EVIDENCE, Evidence, check_evidence
from assethub.core.evaluations.measures import Detail, Measures, check_metrics, metric_rows
from assethub.core.evaluations.records import Evaluation, Side, parse_side
from assethub.core.evaluations.sample_files import Samples
from assethub.core.evaluations.samples import attach_samples
from assethub.core.evaluations.staleness import count_moves
from assethub.core.hub import Hub
from assethub.core.people.users import User
from assethub.core.permissions import Level
from assethub.core.references import Reference, Resolved, resolve, resolve_two
from assethub.core.repository.targets import Target, tags_of
from assethub.core.values import new_id, now
from assethub.errors import HubError, InvalidInput
from assethub.store.bulk import insert_many, take_numbers
from assethub.store.statements import NumberedInsert, Prepared
from assethub.store.tables import evaluations, metrics

MOST_AT_ONCE = 10_000
_REQUIRED: dict[str, tuple[type, str]] = {
    "model": (str, "text"),
    "dataset": (str, "text"),
    "metrics": (dict, "an object of names and numbers"),
}
_KEYS = {*_REQUIRED, *KEYS, "samples"}
FindUser = Callable[[sa.Connection], User]


class New(NamedTuple):
    """An evaluation as it was asked for; `samples` is the id of those sent before, or None."""

    model: Reference
    dataset: Reference
    measures: Measures
    evidence: Evidence
    samples: str | None


class _Found(NamedTuple):
    """A side with the asset that it is of."""

    asset: Asset
    side: Side


def read_new(body: Mapping[str, Any], parse: Callable[[str, str], Reference] = parse_side) -> New:
    """The evaluation that a request asks for; raises InvalidInput that names what is wrong.

    `parse` reads references: who reads many gives one that remembers.
    """
    for name, (kind, need) in _REQUIRED.items():
        if not isinstance(body.get(name), kind):
            raise InvalidInput(
                f"request not understood: {name} must be {need}", code="invalid_request"
            )
    if len(body) > len(_REQUIRED):
        _check_keys(body)
    return New(
        parse(body["model"], "model"),
        parse(body["dataset"], "dataset"),
        check_metrics(body["metrics"]),
        check_evidence(body) if len(body) > len(_REQUIRED) else NO_EVIDENCE,
        body.get("samples"),
    )


def _check_keys(body: Mapping[str, Any]) -> None:
    unknown = next((key for key in body if key not in _KEYS), None)
    if unknown is not None:
        raise InvalidInput(
            f"an evaluation has no {unknown!r}; it may have {', '.join(KEYS)} and samples",
            code="invalid_request",
        )
    if not isinstance(body.get("samples", ""), str | None):
        raise InvalidInput("samples must be the id of what was sent", code="invalid_request")


def create_evaluation(
    hub: Hub, user: User, model: str, dataset: str, values: Mapping[str, Any], **more: Any
) -> Evaluation:
    """Records metrics of the commit that `model` points at now, on that of `dataset`.

    `more` is what a request may have beside them. Raises InvalidInput.
    """
    body = {"model": model, "dataset": dataset, "metrics": values, **more}
    return hub.database.write(plan_evaluation(read_new(body), lambda _: user))


def plan_evaluation(new: New, find_user: FindUser) -> Callable[[sa.Connection], Evaluation]:
    """`create_evaluation` as a job for `Database.submit`, which also finds out who asks."""
    return lambda connection: _record(connection, find_user(connection), new)


def plan_batch(news: Sequence[New], find_user: FindUser) -> Callable[[sa.Connection], list[str]]:
    """Records all evaluations or none; the job returns their ids in the order given.

    Raises InvalidInput where there are none, or more than `MOST_AT_ONCE`.
    """
    if not 1 <= len(news) <= MOST_AT_ONCE:
        raise InvalidInput(
            f"a batch has 1 to {MOST_AT_ONCE} evaluations, not {len(news)}", code="batch_too_large"
        )
    return lambda connection: _record_all(connection, find_user(connection), news)


def note_refused(hub: Hub, user: User, model: Reference, error: HubError) -> None:
    """Records that no evaluation of a model was made for the user, and why."""
    path = "/".join(model[:4])
    note_refusal(
        hub,
        user,
        "evaluation.create",
        error,
        find=lambda connection: find_asset_named(connection, path),
        what=path,
    )


def _record(connection: sa.Connection, user: User, new: New) -> Evaluation:
    found = resolve_two(connection, user, (new.model, Level.RUN), (new.dataset, Level.VIEW))
    model, dataset = (_with_side(connection, each) for each in found)
    evaluation = _make(user, new, model, dataset, now())
    row = _row(evaluation, model, dataset)
    if new.evidence is NO_EVIDENCE:
        seq = _insert.run(connection, row)
    else:
        seq = _insert_whole.run(connection, row | new.evidence._asdict())
    insert = _insert_details if new.measures.details else _insert_metrics
    insert.each(connection, metric_rows(seq, new.measures))
    samples = _attach(connection, user, new, seq)
    record(
        connection,
        user,
        "evaluation.create",
        model.asset.about.at(f"@{model.side.commit}"),
        evaluation=evaluation.id,
        dataset=dataset.side.id,
        dataset_commit=dataset.side.commit,
    )
    moved = 0 if dataset.side.branch == DEFAULT_BRANCH else _count_moves(connection, dataset.side)
    return evaluation._replace(seq=seq, samples=samples, moved=moved)


def _attach(connection: sa.Connection, user: User, new: New, seq: int) -> Samples | None:
    if new.samples is None:
        return None
    return attach_samples(connection, user, new.samples, seq, new.measures.values)


def _count_moves(connection: sa.Connection, dataset: Side) -> int | None:
    point = (dataset.id, dataset.commit)
    return count_moves(connection, [point]).get(point)


def _make(user: User, new: New, model: _Found, dataset: _Found, moment: int) -> Evaluation:
    return Evaluation(
        new_id(),
        model.side,
        dataset.side,
        new.measures.values,
        user.name,
        moment,
        details=new.measures.details,
        evidence=new.evidence,
    )


def _row(evaluation: Evaluation, model: _Found, dataset: _Found) -> dict[str, Any]:
    return {
        "id": evaluation.id,
        "creator": evaluation.creator,
        "created": evaluation.created,
        **{f"model_{key}": value for key, value in model.side._asdict().items()},
        **{f"dataset_{key}": value for key, value in dataset.side._asdict().items()},
        "model_folder_id": model.asset.folder.id,
        "dataset_folder_id": dataset.asset.folder.id,
    }


_SIDES = [f"{side}_{field}" for side in ("model", "dataset") for field in Side._fields]
_PLAIN = ("id", "creator", "created", *_SIDES, "model_folder_id", "dataset_folder_id")
_METRIC = ("evaluation_seq", "position", "name", "value", "integral")
_insert = NumberedInsert(evaluations, *_PLAIN)
_insert_whole = NumberedInsert(evaluations, *_PLAIN, *Evidence._fields)
_insert_metrics = Prepared(metrics.insert(), *_METRIC)
_insert_details = Prepared(metrics.insert(), *_METRIC, *Detail._fields)


def _find(connection: sa.Connection, user: User, reference: Reference, level: Level) -> _Found:
    asset, target = resolve(connection, user, reference, level)
    return _with_side(connection, Resolved(asset, target, tagged=True))


def _with_side(connection: sa.Connection, resolved: Resolved) -> _Found:
    asset, target, tagged = resolved
    return _Found(
        asset,
        Side(
            asset.id,
            f"{asset.path}:{_shown(asset, target)}",
            target.branch,
            tags_of(connection, asset.id, target.commit_id) if tagged else [],
            target.commit_id,
        ),
    )


def _shown(asset: Asset, target: Target) -> str:
    if target.tag:
        return f"tag/{target.tag}"
    if not target.branch:
        return target.commit_id
    # A dataset has but one branch, and is shown as NAME:main.
    return target.branch if asset.folder.type == "dataset" else f"branch/{target.branch}"


def _record_all(connection: sa.Connection, user: User, news: Sequence[New]) -> list[str]:
    models: dict[Reference, _Found] = {}
    datasets: dict[Reference, _Found] = {}
    for new in news:
        if new.model not in models:
            models[new.model] = _find(connection, user, new.model, Level.RUN)
        if new.dataset not in datasets:
            datasets[new.dataset] = _find(connection, user, new.dataset, Level.VIEW)
    seqs = take_numbers(connection, evaluations.c.seq, len(news))
    fixed = _fixed_columns(models, datasets, user)
    ids = [new_id() for _ in news]
    rows = (
        (seq, id_, *fixed[new.model, "model"], *fixed[new.dataset, "dataset"], *_told(new.evidence))
        for seq, id_, new in zip(seqs, ids, news, strict=True)
    )
    insert_many(connection, evaluations, ("seq", "id", *_MODEL, *_DATASET, *Evidence._fields), rows)
    insert_many(connection, metrics, (*_METRIC, *Detail._fields), _metrics_of(news, seqs))
    for new, seq in zip(news, seqs, strict=True):
        _attach(connection, user, new, seq)
    _record_batch(connection, user, models, Counter(new.model for new in news))
    return ids


_MODEL = (*(f"model_{field}" for field in Side._fields), "model_folder_id", "creator", "created")
_DATASET = (*(f"dataset_{field}" for field in Side._fields), "dataset_folder_id")


def _fixed_columns(
    models: Mapping[Reference, _Found], datasets: Mapping[Reference, _Found], user: User
) -> dict[tuple[Reference, str], tuple[Any, ...]]:
    """What the rows of a batch have in common that name the same model or dataset."""
    moment = now()
    fixed = {}
    for kind, sides in (("model", models), ("dataset", datasets)):
        for reference, (asset, side) in sides.items():
            plain = side._replace(tags=json.dumps(side.tags))  # type: ignore[arg-type]
            made = (user.name, moment) if kind == "model" else ()
            fixed[reference, kind] = (*plain, asset.folder.id, *made)
    return fixed


_UNTOLD = (None,) * len(Evidence._fields)
_JSON = frozenset(("params", "labels", "source"))


def _told(evidence: Evidence) -> tuple[Any, ...]:
    if evidence is NO_EVIDENCE:
        return _UNTOLD
    return tuple(
        json.dumps(value) if name in _JSON and value is not None else value
        for name, value in zip(Evidence._fields, evidence, strict=True)
    )


def _metrics_of(news: Sequence[New], seqs: Sequence[int]) -> Iterator[tuple[Any, ...]]:
    for new, seq in zip(news, seqs, strict=True):
        for row in metric_rows(seq, new.measures):
            values = tuple(row.values())
            yield values if len(values) > len(_METRIC) else (*values, None, None, None, None)


def _record_batch(
    connection: sa.Connection,
    user: User,
    models: Mapping[Reference, _Found],
    counts: Mapping[Reference, int],
) -> None:
    """A row of the audit log for each model that was named."""
    for reference, (asset, side) in models.items():
        about = asset.about.at(f"@{side.commit}")
        record(connection, user, "evaluation.create", about, evaluations=counts[reference])
