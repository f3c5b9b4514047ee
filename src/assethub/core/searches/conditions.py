"""Searches as conditions of a statement: every value goes in as a bound parameter.

A condition is true or false, never NULL: what has not the field, or NaN there, fulfils none but
`!=`. Both databases answer alike; a test compares them with a plain reading of the tree.
"""

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, cast

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from assethub.core.evaluations.parameters import Parameter, read_parameter
from assethub.queries import (
    Ago,
    And,
    Compare,
    Exists,
    Field,
    In,
    Kind,
    Name,
    Not,
    Operator,
    Or,
    Query,
    SortKey,
    Span,
    Value,
    bounds,
)
from assethub.store.tables import assets, evaluations, metrics

Condition = sa.ColumnElement[bool]
Expression = sa.ColumnElement[Any]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_e = evaluations.c
# Each use is a scope of its own; making an alias takes longer than all else in a condition.
_measured = metrics.alias("measured")
_one: "sa.Select[Any]" = sa.select(sa.literal_column("1"))
_TEXTS: dict[Name, Expression] = {
    Name.ID: _e.id,
    Name.CREATOR: _e.creator,
    Name.BRANCH: sa.func.nullif(_e.model_branch, ""),
    Name.TOOL: _e.tool,
    Name.TOOL_VERSION: _e.tool_version,
    Name.REVISION: _e.revision,
    Name.HARDWARE: _e.hardware,
    Name.NOTE: _e.note,
}
_NUMBERS: dict[Name, Expression] = {
    Name.SEED: sa.cast(_e.seed, sa.Double),
    Name.DURATION: _e.duration,
}
_COMMITS: dict[Name, Expression] = {
    Name.COMMIT: _e.model_commit,
    Name.DATASET_COMMIT: _e.dataset_commit,
}


class Context(NamedTuple):
    """What a search is compiled for: a database, the moment, and whose datasets' names are known.

    `dialect` is `sqlite` or `postgresql`, `sees_dataset` a condition that is never NULL. `seq` is
    by what the metrics of an evaluation are found: a column of the row that is read first.
    """

    dialect: str
    now: datetime
    sees_dataset: Condition
    seq: Expression = _e.seq


class Term(NamedTuple):
    """One expression to sort by. `number` says that it is one; what is NULL comes last."""

    expression: Expression
    descending: bool
    number: bool = True
    nullable: bool = True


def compile_query(query: Query, context: Context) -> Condition:
    """The condition that rows of `evaluations` fulfil where the search means them."""
    match query:
        case And(operands):
            return sa.and_(*(compile_query(each, context) for each in operands))
        case Or(operands):
            return sa.or_(*(compile_query(each, context) for each in operands))
        case Not(operand):
            return sa.not_(compile_query(operand, context))
        case Exists(field):
            return _exists(field, context)
        case In(field, values):
            return sa.or_(*(_compare(field, "=", value, context) for value in values))
        case Compare(field, "!=", value):
            return sa.not_(_compare(field, "=", value, context))
        case Compare(field, operator, value):
            return _compare(field, operator, value, context)


def compile_sort(keys: Sequence[SortKey], context: Context) -> list[Term]:
    """What to sort by, most important first."""
    return [term for key in keys for term in _sort_by(key, context)]


def metric_value(name: str, context: Context) -> Expression:
    """The value of an evaluation's metric: NULL where it is NaN, or not measured."""
    row = _measured.c
    return (
        sa.select(row.value)
        .where(row.evaluation_seq == context.seq, row.name == name)
        .correlate_except(_measured)
        .scalar_subquery()
    )


def _has_metric(name: str, context: Context, *conditions: Callable[[Any], Condition]) -> Condition:
    row = _measured.c
    found = _one.where(
        row.evaluation_seq == context.seq,
        row.name == name,
        *(condition(row) for condition in conditions),
    )
    return sa.exists(found.correlate_except(_measured))


def _sure(condition: Condition) -> Condition:
    return sa.func.coalesce(condition, sa.false())


def _ordered(operator: Operator, left: Expression, right: Any) -> Condition:
    made: dict[str, Condition] = {
        "=": left == right,
        "<": left < right,
        "<=": left <= right,
        ">": left > right,
        ">=": left >= right,
    }
    return _sure(made[operator])


def _compare(field: Field, operator: Operator, value: Value, context: Context) -> Condition:
    if isinstance(value, Span | Ago):
        return bound_time(operator, value, context)
    match field.kind:
        case Kind.NUMBER:
            return _compare_number(field, operator, float(cast("float", value)), context)
        case Kind.COMMIT:
            # 'g' follows every hex digit.
            commit = _COMMITS[field.name]
            return sa.and_(commit >= value, commit < f"{value}g")
        case Kind.TEXT:
            return _compare_text(field, operator, str(value), context)
        case _:
            return _compare_parameter(field, operator, value, context)


def _compare_number(field: Field, operator: Operator, value: float, context: Context) -> Condition:
    if field.name is not Name.METRIC:
        if math.isnan(value):
            return sa.false()
        return _ordered(operator, _NUMBERS[field.name], value)
    if math.isnan(value):
        return _has_metric(field.path[0], context, lambda row: row.value.is_(None))
    return _ordered(operator, metric_value(field.path[0], context), value)


def bound_time(operator: Operator, value: Span | Ago, context: Context) -> Condition:
    """That an evaluation was recorded at a time for which the operator holds."""
    start, end = bounds(operator, value, context.now)
    conditions = []
    if start is not None:
        conditions.append(_e.created >= to_micros(start))
    if end is not None:
        conditions.append(_e.created < to_micros(end))
    return sa.and_(*conditions)


def to_micros(moment: datetime) -> int:
    """Microseconds since the epoch."""
    return (moment - _EPOCH) // _MICROSECOND


def _compare_text(field: Field, operator: Operator, value: str, context: Context) -> Condition:
    if field.name in (Name.MODEL, Name.DATASET):
        path = _path(field.name, context)
        if operator == "~":
            return _sure(_contains(path, value, context))
        return _sure(sa.or_(path == value, _ending(path, f"/{value}", context)))

    def fits(text: Expression) -> Condition:
        return text == value if operator == "=" else _contains(text, value, context)

    if field.name in _TEXTS:
        return _sure(fits(_TEXTS[field.name]))
    return _any_of(field.name, fits, context)


def _contains(text: Expression, part: str, context: Context) -> Condition:
    if context.dialect == "sqlite":
        return sa.func.instr(text, part) > 0
    return sa.func.strpos(text, sa.cast(part, sa.Text)) > 0


def _ending(text: Expression, ending: str, context: Context) -> Condition:
    length = len(ending)
    if context.dialect == "sqlite":
        return sa.func.substr(text, -length) == ending
    return sa.func.right(text, length) == ending


def _path(name: Name, context: Context) -> Expression:
    """`OWNER/TYPE/FOLDER/NAME` of a side as it was called, NULL where that is not to be known."""
    if name is Name.MODEL:
        return _before_colon(_e.model_ref, context)
    path = _before_colon(_e.dataset_ref, context)
    return sa.case((context.sees_dataset, path), else_=sa.null())


def _before_colon(text: Expression, context: Context) -> Expression:
    if context.dialect == "sqlite":
        return sa.func.substr(text, 1, sa.func.instr(text, ":") - 1)
    return sa.func.split_part(text, ":", 1)


def _any_of(name: Name, fits: Callable[[Expression], Condition], context: Context) -> Condition:
    """That one of the tags or labels fits."""
    if name is Name.TAG:
        return _has_element(_e.model_tags, fits, context)
    if name is Name.DATASET_TAG:
        return sa.and_(context.sees_dataset, _has_element(_e.dataset_tags, fits, context))
    of_model = (
        sa.select(assets.c.labels)
        .where(assets.c.id == _e.model_id)
        .correlate(evaluations)
        .scalar_subquery()
    )
    return sa.or_(_has_element(_e.labels, fits, context), _has_element(of_model, fits, context))


def _has_element(
    array: Expression, fits: Callable[[Expression], Condition], context: Context
) -> Condition:
    """That an element of a JSON array of texts fits; of NULL none does."""
    if context.dialect == "sqlite":
        rows = sa.func.json_each(array).table_valued("value", joins_implicitly=True)
        found = _one.select_from(rows)
        return sa.exists(found.where(fits(rows.c.value)).correlate(evaluations))
    elements = sa.func.jsonb_array_elements_text(sa.cast(array, JSONB))
    texts = elements.table_valued(sa.column("value", sa.Text), joins_implicitly=True)
    rows = texts.render_derived()
    found = _one.select_from(rows)
    return sa.exists(found.where(fits(rows.c.value)).correlate(evaluations))


def _compare_parameter(
    field: Field, operator: Operator, value: Value, context: Context
) -> Condition:
    found = read_parameter(_e.params, field.path, context.dialect)
    if value is None or isinstance(value, bool):
        return _sure(found.kind == {None: "null", True: "true", False: "false"}[value])
    if isinstance(value, int | float):
        if math.isnan(value):
            return sa.false()
        return _ordered(operator, found.number, float(value))
    if operator == "~":
        return _sure(_contains(found.text, str(value), context))
    return _ordered(operator, _by_bytes(found.text, context), str(value))


def _by_bytes(text: Expression, context: Context) -> Expression:
    return text if context.dialect == "sqlite" else sa.collate(text, "C")


def _exists(field: Field, context: Context) -> Condition:
    name = field.name
    if name is Name.METRIC:
        return _has_metric(field.path[0], context)
    if name is Name.PARAM:
        return read_parameter(_e.params, field.path, context.dialect).kind.is_not(None)
    if name in _TEXTS:
        return _TEXTS[name].is_not(None)
    if name in _NUMBERS:
        return _NUMBERS[name].is_not(None)
    if name is Name.DATASET:
        return context.sees_dataset
    if field.kind is Kind.TEXT and name is not Name.MODEL:
        return _any_of(name, lambda text: text.is_not(None), context)
    return sa.true()


def _sort_by(key: SortKey, context: Context) -> list[Term]:
    name, down = key.field.name, key.descending
    if name is Name.METRIC:
        return [Term(metric_value(key.field.path[0], context), down)]
    if name is Name.PARAM:
        found = read_parameter(_e.params, key.field.path, context.dialect)
        return _sort_by_parameter(found, down, context)
    if name is Name.CREATED:
        return [Term(_e.created, down, nullable=False)]
    if name in _NUMBERS:
        return [Term(_NUMBERS[name], down)]
    text = _COMMITS.get(name, _TEXTS.get(name))
    if text is None:
        text = _path(name, context)
    return [Term(_by_bytes(text, context), down, number=False)]


def _sort_by_parameter(found: Parameter, down: bool, context: Context) -> list[Term]:
    """Numbers before texts before false and true; what is none of these has no value."""
    order = {"number": 1, "text": 2, "false": 3, "true": 4}
    return [
        Term(sa.case(order, value=found.kind), down),
        Term(found.number, down),
        Term(_by_bytes(found.text, context), down, number=False),
    ]
