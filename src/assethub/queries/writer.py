"""From the tree of a search back to text."""

from collections.abc import Sequence

from .fields import write_field
from .terms import And, Compare, Exists, In, Not, Or, Query, SortKey
from .values import write_value


def write_query(query: Query) -> str:
    """Text that `parse_query` reads as this tree again."""
    match query:
        case Compare(field, operator, value):
            return f"{write_field(field)} {operator} {write_value(value)}"
        case In(field, values):
            return f"{write_field(field)} in ({', '.join(map(write_value, values))})"
        case Exists(field):
            return f"{write_field(field)} exists"
        case Not(operand):
            return f"not {_grouped(operand, And, Or)}"
        case And(operands):
            return " and ".join(_grouped(each, Or) for each in operands)
        case Or(operands):
            return " or ".join(map(write_query, operands))


def write_sort(keys: Sequence[SortKey]) -> str:
    """Text that `parse_sort` reads as these keys again."""
    return ",".join(f"{'-' if key.descending else ''}{write_field(key.field)}" for key in keys)


def _grouped(query: Query, *weaker: type) -> str:
    text = write_query(query)
    return f"({text})" if isinstance(query, weaker) else text
