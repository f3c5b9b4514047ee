"""Statements that one request runs many of: compiled once, and then given to the driver as text."""

from collections.abc import Callable, Iterable, Mapping
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
        return text.convert_rows(_run(connection, text.sql, text.arrange(values)))

    def each(self, connection: sa.Connection, rows: Iterable[Values]) -> None:
        """Runs it with the values of each row."""
        text = self._text(connection)
        _run(connection, text.sql, [text.arrange(values) for values in rows], many=True)

    def _text(self, connection: sa.Connection) -> "_Text":
        dialect = connection.dialect
        if dialect.name not in self._texts:
            compiled = self._statement.compile(dialect=dialect, column_keys=self._columns)
            self._texts[dialect.name] = _make_text(compiled, self._statement.exported_columns)
        return self._texts[dialect.name]


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
        name: bound.type.dialect_impl(dialect).bind_processor(dialect)
        for name, bound in compiled.binds.items()
        if isinstance(bound.type, sa.JSON)
    }
    from_driver = {
        position: column.type.dialect_impl(dialect).result_processor(dialect, None)
        for position, column in enumerate(columns)
        if isinstance(column.type, sa.JSON)
    }
    return _Text(
        str(compiled),
        None if compiled.positiontup is None else list(compiled.positiontup),
        {name: convert for name, convert in to_driver.items() if convert},
        {position: convert for position, convert in from_driver.items() if convert},
    )


def _run(connection: sa.Connection, sql: str, values: Any, *, many: bool = False) -> list[Row]:
    if not connection.in_transaction():
        connection.begin()
    cursor = cast(Any, connection.connection.dbapi_connection).cursor()
    try:
        if many:
            cursor.executemany(sql, values)
            return []
        cursor.execute(sql, values)
        return cast(list[Row], cursor.fetchall())
    except connection.dialect.loaded_dbapi.Error as error:
        base = connection.dialect.loaded_dbapi.Error
        raise DBAPIError.instance(sql, None, error, base, dialect=connection.dialect) from error
    finally:
        cursor.close()
