"""Statements that one request runs many of: compiled once, and then given to the driver as text."""

from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter, methodcaller
from typing import Any, NamedTuple, cast

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler

Row = tuple[Any, ...]
Values = Mapping[str, Any]
_Convert = Callable[[Any], Any]


class Prepared:
    """A select, or an insert that gives values for `columns`.

    SQLAlchemy's work for each call of `Connection.execute` takes five to ten times what SQLite
    does for it. Here only JSON is converted, and rows are plain tuples.
    """

    def __init__(self, statement: Any, *columns: str) -> None:
        self._statement = statement
        self._columns = columns or None
        self._texts: dict[str, _Text] = {}

    def first(self, connection: sa.Connection, values: Values) -> Row | None:
        """The first row, None where there is none."""
        rows = self.all(connection, values)
        return rows[0] if rows else None

    def all(self, connection: sa.Connection, values: Values) -> list[Row]:
        """All rows."""
        text = self._text(connection)
        return text.convert_rows(_run(connection, text.sql, text.arrange(values), _fetch))

    def each(self, connection: sa.Connection, rows: Iterable[Values]) -> None:
        """Runs it with the values of each row."""
        text = self._text(connection)
        _run(connection, text.sql, [text.arrange(values) for values in rows], None)

    def _text(self, connection: sa.Connection) -> "_Text":
        dialect = connection.dialect
        text = self._texts.get(dialect.name)
        if text is None:
            compiled = self._statement.compile(dialect=dialect, column_keys=self._columns)
            text = _make_text(compiled, self._statement.exported_columns)
            self._texts[dialect.name] = text
        return text


class NumberedInsert:
    """An insert that gives values for `columns` of a table whose key counts up."""

    def __init__(self, table: sa.Table, *columns: str) -> None:
        self._plain = Prepared(table.insert(), *columns)
        self._returning = Prepared(table.insert().returning(*table.primary_key), *columns)

    def run(self, connection: sa.Connection, values: Values) -> int:
        """Inserts a row and returns its key."""
        if connection.dialect.name != "sqlite":
            return cast(int, self._returning.all(connection, values)[0][0])
        # There RETURNING takes longer than the insert itself.
        text = self._plain._text(connection)
        return cast(int, _run(connection, text.sql, text.arrange(values), _last_key))


class _Text(NamedTuple):
    """What the driver takes: `order` names the values where they go without names."""

    sql: str
    order: list[str] | None
    to_driver: dict[str, _Convert]
    from_driver: dict[int, _Convert]

    def arrange(self, values: Values) -> Any:
        if self.to_driver:
            changed = {name: convert(values[name]) for name, convert in self.to_driver.items()}
            values = {**values, **changed}
        return values if self.order is None else [values[name] for name in self.order]

    def convert_rows(self, rows: list[Row]) -> list[Row]:
        if not self.from_driver:
            return rows
        changed = [list(row) for row in rows]
        for row in changed:
            for position, convert in self.from_driver.items():
                row[position] = convert(row[position])
        return [tuple(row) for row in changed]


def _make_text(compiled: SQLCompiler, columns: Iterable["sa.ColumnElement[Any]"]) -> _Text:
    dialect = compiled.dialect
    to_driver = {
        name: _quick_on_empty(bound.type.dialect_impl(dialect).bind_processor(dialect))
        for name, bound in compiled.binds.items()
        if isinstance(bound.type, sa.JSON)
    }
    from_driver = {
        position: _quick_on_empty_text(
            column.type.dialect_impl(dialect).result_processor(dialect, None)
        )
        for position, column in enumerate(columns)
        if isinstance(column.type, sa.JSON)
    }
    return _Text(
        str(compiled),
        None if compiled.positiontup is None else list(compiled.positiontup),
        {name: convert for name, convert in to_driver.items() if convert},
        {position: convert for position, convert in from_driver.items() if convert},
    )


def _quick_on_empty(convert: _Convert | None) -> _Convert | None:
    """The same; most lists of labels and tags have nothing in them."""
    if convert is None:
        return None
    nothing = convert([])
    return lambda value: nothing if value == [] else convert(value)


def _quick_on_empty_text(convert: _Convert | None) -> _Convert | None:
    return None if convert is None else lambda text: [] if text == "[]" else convert(text)


_fetch = methodcaller("fetchall")
_last_key = attrgetter("lastrowid")


def _run(connection: sa.Connection, sql: str, values: Any, take: _Convert | None) -> Any:
    """What `take` gets from the cursor; with None, `values` are those of many runs."""
    if not connection.in_transaction():
        connection.begin()
    cursor = cast(Any, connection.connection.dbapi_connection).cursor()
    try:
        if take is None:
            cursor.executemany(sql, values)
            return None
        cursor.execute(sql, values)
        return take(cursor)
    except connection.dialect.loaded_dbapi.Error as error:
        raise wrap_error(connection, sql, error) from error
    finally:
        cursor.close()


def wrap_error(connection: sa.Connection, sql: str, error: Exception) -> Exception:
    """What SQLAlchemy would raise for an error of the driver."""
    base = connection.dialect.loaded_dbapi.Error
    return DBAPIError.instance(sql, None, error, base, dialect=connection.dialect)
