"""Samples read from their file, and those that a query means."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from assethub.core.evaluations.sample_files import ID_COLUMNS, Samples
from assethub.errors import InvalidInput
from assethub.queries import And, Compare, Exists, Field, In, Name, Not, Or, Query, Value

if TYPE_CHECKING:
    import pyarrow.parquet as pq

_AT_ONCE = 4096


def check_condition(query: Query, found: Samples) -> None:
    """Raises InvalidInput where a query asks for what these samples have not."""
    match query:
        case And(operands) | Or(operands):
            for each in operands:
                check_condition(each, found)
        case Not(operand):
            check_condition(operand, found)
        case Compare(field) | In(field) | Exists(field):
            if field.name is Name.METRIC:
                kinds = {column[0]: column[1] for column in found.columns}
                if kinds.get(field.path[0]) != "number":
                    raise InvalidInput(
                        f"the samples have no column of numbers {field.path[0]!r}",
                        code="invalid_query",
                    )
            elif field.name is not Name.ID:
                raise InvalidInput(
                    f"{field.name} is nothing that a sample has; ask for its id or for a column "
                    "of numbers",
                    code="invalid_query",
                )


def iterate_rows(
    parquet: pq.ParquetFile, query: Query | None, start: int
) -> Iterator[tuple[int, dict[str, Any]]]:
    """The samples that the query means, from the one at `start` on, each with its place."""
    groups: list[int] = []
    passed = 0
    for group in range(parquet.metadata.num_row_groups):
        rows = parquet.metadata.row_group(group).num_rows
        if groups or passed + rows > start:
            groups.append(group)
        else:
            passed += rows
    if not groups:
        return
    for batch in parquet.iter_batches(_AT_ONCE, row_groups=groups, use_threads=False):
        # What lies before the start is not made into objects, which is what takes the time.
        ahead = max(0, min(start - passed, batch.num_rows))
        for place, row in enumerate(batch.slice(ahead).to_pylist(), passed + ahead):
            if query is None or _means(query, row):
                yield place, row
        passed += batch.num_rows


def _means(query: Query, row: dict[str, Any]) -> bool:
    match query:
        case And(operands):
            return all(_means(each, row) for each in operands)
        case Or(operands):
            return any(_means(each, row) for each in operands)
        case Not(operand):
            return not _means(operand, row)
        case Exists(field):
            return _read(field, row) is not None
        case In(field, values):
            return any(_compare(_read(field, row), "=", value) for value in values)
        case Compare(field, "!=", value):
            return not _compare(_read(field, row), "=", value)
        case Compare(field, operator, value):
            return _compare(_read(field, row), operator, value)


def _read(field: Field, row: dict[str, Any]) -> Any:
    if field.name is not Name.ID:
        return row[field.path[0]]
    return str(next(row[name] for name in ID_COLUMNS if name in row))


def _compare(found: Any, operator: str, value: Value) -> bool:
    if isinstance(found, str):
        return found == value if operator == "=" else str(value) in found
    if found is None or not isinstance(value, int | float):
        return False
    if math.isnan(value):
        return operator == "=" and math.isnan(found)
    results = {
        "=": found == value,
        "<": found < value,
        "<=": found <= value,
        ">": found > value,
        ">=": found >= value,
    }
    return bool(results[operator])
