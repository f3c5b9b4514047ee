"""Parameters of evaluations, read by both databases in the same way."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from assethub.store.tables import evaluations

Expression = sa.ColumnElement[Any]
# Deeper than what is taken in; and SQLite joins no more than 64 tables.
_DEEPEST = 32


class Parameter(NamedTuple):
    """A value within a JSON object, as expressions.

    `kind` is number, text, true, false, null, list or object, and NULL where there is none; the
    other two are NULL where it is of another kind.
    """

    kind: Expression
    number: Expression
    text: Expression


_NONE = Parameter(sa.null(), sa.cast(sa.null(), sa.Double), sa.cast(sa.null(), sa.Text))


def read_parameter(column: Expression, path: Sequence[str], dialect: str) -> Parameter:
    """What lies at a path of keys; a list has no keys."""
    if len(path) > _DEEPEST:
        return _NONE
    return _read_sqlite(column, path) if dialect == "sqlite" else _read_postgresql(column, path)


_SQLITE_KINDS = {
    "integer": "number",
    "real": "number",
    "text": "text",
    "true": "true",
    "false": "false",
    "null": "null",
    "array": "list",
    "object": "object",
}


def _read_sqlite(column: Expression, path: Sequence[str]) -> Parameter:
    # A path in SQLite's own notation cannot name a key with a quote in it.
    levels: list[Any] = []
    inner = column
    for _ in path:
        level = sa.func.json_each(inner).table_valued(
            *("key", "value", "type"), joins_implicitly=True
        )
        levels.append(level)
        inner = sa.case((level.c.type == "object", level.c.value))
    last = levels[-1].c

    def pick(value: Expression) -> Expression:
        found = sa.select(value).select_from(*levels)
        for level, key in zip(levels, path, strict=True):
            found = found.where(level.c.key == key)
        return found.limit(1).correlate(evaluations).scalar_subquery()

    number = sa.case((last.type.in_(("integer", "real")), sa.cast(last.value, sa.Double)))
    text = sa.case((last.type == "text", sa.cast(last.value, sa.Text)))
    return Parameter(pick(sa.case(_SQLITE_KINDS, value=last.type)), pick(number), pick(text))


_POSTGRESQL_KINDS = {"number": "number", "string": "text", "array": "list"} | {
    kind: kind for kind in ("null", "object")
}


def _read_postgresql(column: Expression, path: Sequence[str]) -> Parameter:
    value: Expression = sa.cast(column, JSONB)
    for key in path:
        # By text an operator finds keys only; by number it would find elements of lists.
        value = value.op("->", return_type=JSONB())(sa.cast(key, sa.Text))
    type_ = sa.func.jsonb_typeof(value)
    plain = value.op("#>>", return_type=sa.Text())(sa.text("'{}'"))
    kind = sa.case((type_ == "boolean", plain), else_=sa.case(_POSTGRESQL_KINDS, value=type_))
    number = sa.case((type_ == "number", sa.cast(plain, sa.Double)))
    return Parameter(kind, number, sa.case((type_ == "string", plain)))
