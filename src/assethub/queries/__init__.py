"""The search language for evaluations: text in, a typed tree out, and back.

`parse_query('accuracy >= 0.9 and dataset = "mnist"')` and `parse_sort("-accuracy,created")` raise
`QueryError`, which points at the place. Who runs the search turns the tree into a statement.
"""

from .errors import QueryError
from .parser import parse_query, parse_sort
from .terms import (
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
from .writer import write_query, write_sort

__all__ = [
    "Ago",
    "And",
    "Compare",
    "Exists",
    "Field",
    "In",
    "Kind",
    "Name",
    "Not",
    "Operator",
    "Or",
    "Query",
    "QueryError",
    "SortKey",
    "Span",
    "Value",
    "bounds",
    "parse_query",
    "parse_sort",
    "write_query",
    "write_sort",
]
