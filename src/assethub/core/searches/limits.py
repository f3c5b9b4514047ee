"""What a search asks of the values of metrics, of all that it finds."""

import math
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import cast

from assethub.queries import And, Compare, Name, Query

# Of each metric what its values have to be, as operators and numbers.
Limits = Mapping[str, list[tuple[str, float]]]


def conjuncts(query: Query | None) -> Iterator[Query]:
    """The conditions that all have to hold."""
    if isinstance(query, And):
        for each in query.operands:
            yield from conjuncts(each)
    elif query is not None:
        yield query


def read_limits(query: Query | None) -> Limits:
    """The limits of metrics that all have to hold."""
    limits: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for each in conjuncts(query):
        if _is_limit(each):
            condition = cast("Compare", each)
            value = float(cast("float", condition.value))
            limits[condition.field.path[0]].append((condition.operator, value))
    return limits


def without_limits(query: Query | None, names: Collection[str]) -> Query | None:
    """The same search without the limits of some metrics."""
    rest = tuple(
        each
        for each in conjuncts(query)
        if not (_is_limit(each) and cast("Compare", each).field.path[0] in names)
    )
    return And(rest) if len(rest) > 1 else next(iter(rest), None)


def _is_limit(condition: Query) -> bool:
    if not isinstance(condition, Compare) or condition.field.name is not Name.METRIC:
        return False
    value = condition.value
    return condition.operator != "!=" and isinstance(value, int | float) and not math.isnan(value)
