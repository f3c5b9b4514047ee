"""Many rows in one statement, as the driver takes and gives them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

import sqlalchemy as sa

_ROWS_AT_ONCE = 2000


def insert_many(
    connection: sa.Connection,
    table: sa.Table,
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
) -> None:
    """Inserts rows that have a plain value for each of the columns, JSON as text."""
    quote = connection.dialect.identifier_preparer.quote
    named, target = ", ".join(map(quote, columns)), quote(table.name)
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(columns))
        statement = f"INSERT INTO {target} ({named}) VALUES ({marks})"  # noqa: S608
        connection.exec_driver_sql(statement, [tuple(row) for row in rows])
        return
    driver = cast(Any, connection.connection.dbapi_connection)
    with driver.cursor() as cursor, cursor.copy(f"COPY {target} ({named}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def take_numbers(connection: sa.Connection, column: "sa.Column[Any]", number: int) -> list[int]:
    """So many new values of a column that counts up; nobody else gets them."""
    if connection.dialect.name == "sqlite":
        # Whoever writes is alone.
        last = connection.execute(sa.select(sa.func.coalesce(sa.func.max(column), 0))).scalar_one()
        return list(range(last + 1, last + number + 1))
    sequence = sa.func.pg_get_serial_sequence(column.table.name, column.name)
    query = sa.select(sa.func.nextval(sequence)).select_from(sa.func.generate_series(1, number))
    return list(connection.execute(query).scalars())


def read_numbers(
    connection: sa.Connection, query: "sa.Select[Any]", values: Mapping[str, Any]
) -> Iterator[int]:
    """The one column of a query, some rows at a time."""
    if connection.dialect.name != "sqlite":
        options = {"yield_per": _ROWS_AT_ONCE}
        with connection.execute(query, values, execution_options=options) as rows:
            yield from rows.scalars()
        return
    # SQLite finds rows as they are asked for; what SQLAlchemy does for each costs more than that.
    result = connection.execute(query, values)
    cursor = cast(Any, result).cursor
    try:
        while rows := cursor.fetchmany(_ROWS_AT_ONCE):
            for (number,) in rows:
                yield number
    finally:
        result.close()
