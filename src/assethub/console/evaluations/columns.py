"""The columns of the table of evaluations: fields of the query language."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from assethub.console.addresses import changed_url
from assethub.console.evaluations.scores import Row, Score, score
from assethub.console.visits import Visit
from assethub.core.comparisons.directions import expect_direction
from assethub.core.evaluations.records import Evaluation
from assethub.queries import Field, Name
from assethub.queries.fields import Flaw, read_field, write_field

# Those that hold one value, in the order in which they are offered. `created` is always there.
FIELDS = (
    *(Name.MODEL, Name.BRANCH, Name.COMMIT, Name.DATASET, Name.DATASET_COMMIT, Name.CREATOR),
    *(Name.TOOL, Name.TOOL_VERSION, Name.REVISION, Name.SEED, Name.HARDWARE, Name.DURATION),
    *(Name.LABEL, Name.TAG, Name.DATASET_TAG, Name.NOTE, Name.ID),
)
_UNSORTED = (Name.LABEL, Name.TAG, Name.DATASET_TAG)
_FROM_HIGHEST = (Name.CREATED, Name.SEED, Name.DURATION)
MOST = 40
_MOST_DEFAULT = 6
_USUAL_SHARE = 0.1
_MOST_OFFERED = 300
_LONGEST = 160
_DEEPEST = 8


class Column(NamedTuple):
    """A column: its field, how it is written, and the links that sort by it.

    `order` is `ascending`, `descending` or empty; `sort_url` is empty where nothing sorts by it.
    """

    field: Field
    text: str
    order: str
    sort_url: str

    @property
    def is_number(self) -> bool:
        return self.field.name in (Name.METRIC, Name.SEED, Name.DURATION)


class Offers(NamedTuple):
    """What the newest evaluations have: metrics, as they are written with their plain names, paths
    of parameters, and what stands in fields of text. The most common come first.

    `usual` are the metrics that many of them have.
    """

    metrics: dict[str, str]
    usual: list[str]
    params: list[str]
    values: Mapping[str, list[str]]


def survey(evaluations: Iterable[Evaluation]) -> Offers:
    """What some evaluations have to choose from."""
    metrics: Counter[str] = Counter()
    params: Counter[str] = Counter()
    values: dict[str, Counter[str]] = {}
    for each in evaluations:
        metrics.update(each.metrics.keys())
        params.update(_written_params(each.evidence.params or {}))
        for name, value in _texts(each):
            values.setdefault(name, Counter())[value] += 1
    written = {
        write_field(Field(Name.METRIC, (name,))): name
        for name, _ in metrics.most_common(_MOST_OFFERED)
    }
    many = max(metrics.values(), default=0) * _USUAL_SHARE
    return Offers(
        written,
        [text for text, name in written.items() if metrics[name] >= many],
        [name for name, _ in params.most_common(_MOST_OFFERED)],
        {name: [each for each, _ in found.most_common(20)] for name, found in values.items()},
    )


def read_columns(visit: Visit, kind: str, offers: Offers) -> list[Column]:
    """The columns that the page's address names; without any those that say most.

    `kind` is `model` or `dataset`, whose page it is, or empty.
    """
    chosen = list(dict.fromkeys(text for text in visit.query.getlist("columns") if text.strip()))
    fields = [field for field in map(_read, chosen[:MOST]) if field and field.name != Name.CREATED]
    if not fields:
        fields = [Field(name) for name in _default(kind)]
        fields += [field for field in map(_read, offers.usual[:_MOST_DEFAULT]) if field]
    return [_column(visit, field) for field in dict.fromkeys(fields)]


def created_column(visit: Visit) -> Column:
    """The first column of each table."""
    return _column(visit, Field(Name.CREATED))


def _default(kind: str) -> tuple[Name, ...]:
    if kind == "model":
        return (Name.BRANCH, Name.COMMIT, Name.DATASET)
    if kind == "dataset":
        return (Name.MODEL, Name.COMMIT, Name.DATASET_COMMIT)
    return (Name.MODEL, Name.COMMIT, Name.DATASET)


def _read(text: str) -> Field | None:
    try:
        return read_field(text.strip())
    except Flaw:
        return None


def _column(visit: Visit, field: Field) -> Column:
    text = write_field(field)
    if field.name in _UNSORTED:
        return Column(field, text, "", "")
    sort = visit.query.get("sort", "")
    falls = field.name in _FROM_HIGHEST or (
        field.name is Name.METRIC and expect_direction(field.path[0])
    )
    ways = [f"-{text}", text] if falls else [text, f"-{text}"]
    # Without any order the newest comes first.
    now = sort or "-created"
    following = ways[(ways.index(now) + 1) % 2] if now in ways else ways[0]
    order = ("descending" if now[:1] == "-" else "ascending") if now in ways else ""
    url = changed_url(visit.request, sort=following, after=None, done=None)
    return Column(field, text, order, url)


def fill_cells(
    visit: Visit, rows: Sequence[Row], columns: Sequence[Column]
) -> Iterator[dict[str, Any]]:
    """What each row has in the columns that are not its own: scores, parameters, plain texts."""
    scores: dict[str, list[Score | None]] = {
        column.text: score(
            visit.language, [row.evaluation.metrics.get(column.field.path[0]) for row in rows]
        )
        for column in columns
        if column.field.name is Name.METRIC
    }
    for place, row in enumerate(rows):
        yield {
            column.text: scores[column.text][place]
            if column.text in scores
            else _cell(row.evaluation, column.field)
            for column in columns
        }


def _cell(evaluation: Evaluation, field: Field) -> str:
    if field.name is Name.PARAM:
        return shorten(write_value(_find(evaluation.evidence.params, field.path)))
    told = evaluation.evidence
    plain: dict[Name, Any] = {
        Name.ID: evaluation.id,
        Name.CREATOR: evaluation.creator,
        Name.TAG: ", ".join(evaluation.model.tags),
        Name.DATASET_TAG: ", ".join(evaluation.dataset.tags),
        Name.LABEL: ", ".join(told.labels or ()),
        Name.TOOL: told.tool,
        Name.TOOL_VERSION: told.tool_version,
        Name.REVISION: told.revision,
        Name.SEED: told.seed,
        Name.HARDWARE: told.hardware,
        Name.DURATION: told.duration,
        Name.NOTE: told.note,
    }
    value = plain.get(field.name)
    return "" if value is None else shorten(str(value))


def shorten(text: str) -> str:
    """A text as short as a cell can bear."""
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def write_value(value: Any) -> str:
    """A value of JSON as people read it: text without quotes."""
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, ensure_ascii=False)


def _find(params: Any, path: Sequence[str]) -> Any:
    for key in path:
        if not isinstance(params, dict) or key not in params:
            return None
        params = params[key]
    return params


def _written_params(params: Mapping[str, Any], before: tuple[str, ...] = ()) -> Iterator[str]:
    for key, value in params.items():
        path = (*before, key)
        if isinstance(value, dict) and value and len(path) < _DEEPEST:
            yield from _written_params(value, path)
        else:
            yield write_field(Field(Name.PARAM, path))


def _texts(evaluation: Evaluation) -> Iterator[tuple[str, str]]:
    yield "model", evaluation.model.ref.partition(":")[0]
    yield "creator", evaluation.creator
    if evaluation.model.branch:
        yield "branch", evaluation.model.branch
    # Of a dataset that one may not see, only the id is there.
    if "/" in evaluation.dataset.ref:
        yield "dataset", evaluation.dataset.ref.partition(":")[0]
    if evaluation.evidence.tool:
        yield "tool", evaluation.evidence.tool
    for label in evaluation.evidence.labels or ():
        yield "label", label
