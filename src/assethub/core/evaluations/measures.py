"""Metrics as they come in: numbers by name, with what is known of how sure they are."""

import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from assethub.core.values import check_text
from assethub.errors import InvalidInput

LONGEST_NAME = 255
_MOST = 10_000
_DEEPEST = 32
_LARGEST_EXACT = 2**53
_LARGEST_COUNT = 2**63 - 1


class Detail(NamedTuple):
    """What is known of a metric beside its value.

    `n` counts the samples, `slice` says of which part of the dataset it is; None is not known.
    """

    stderr: float | None = None
    n: int | None = None
    higher_is_better: bool | None = None
    slice: str | None = None


class Measures(NamedTuple):
    """Values by name in the order given, and the details of those metrics that have any."""

    values: dict[str, float | int]
    details: dict[str, Detail]


_KEYS = {"value", *Detail._fields}


def check_metrics(given: Mapping[str, Any]) -> Measures:
    """The metrics of a request; raises InvalidInput that names the one that is wrong.

    A value is a number, `{value, stderr, n, higher_is_better, slice}`, or a mapping of metrics,
    whose names come behind the mapping's own and a slash.
    """
    if not given:
        raise InvalidInput("an evaluation needs at least one metric", code="metrics_missing")
    values: dict[str, float | int] = {}
    details: dict[str, Detail] = {}
    for name, value, detail in _flatten(given, "", 1):
        if name in values:
            raise InvalidInput(f"metric {name!r} is given twice", code="given_twice")
        values[name] = value
        if detail is not None:
            details[name] = detail
    if len(values) > _MOST:
        raise InvalidInput(f"at most {_MOST} metrics", code="too_many_metrics")
    return Measures(values, details)


def check_metric_name(name: str) -> str:
    """The name of a metric; raises InvalidInput."""
    return _check_name(name, "")


def metric_rows(seq: int, measures: Measures) -> list[dict[str, object]]:
    """The metrics as rows of their table; all have the details if one has."""
    rows: list[dict[str, object]] = [
        {
            "evaluation_seq": seq,
            "position": position,
            "name": name,
            "value": None if math.isnan(value) else float(value),
            "integral": isinstance(value, int) and abs(value) <= _LARGEST_EXACT,
        }
        for position, (name, value) in enumerate(measures.values.items())
    ]
    if measures.details:
        for row in rows:
            row.update(measures.details.get(str(row["name"]), _UNKNOWN)._asdict())
    return rows


_UNKNOWN = Detail()


def read_number(value: float | None, integral: bool) -> float | int:
    """A value as it was given, from the two columns that keep it."""
    if value is None:
        return math.nan
    return int(value) if integral else value


def _flatten(
    given: Mapping[str, Any], before: str, depth: int
) -> Iterator[tuple[str, float | int, Detail | None]]:
    for key, value in given.items():
        name = before + _check_name(key, before)
        if type(value) is not dict:
            yield name, _check_value(name, value), None
        elif "value" in value:
            yield name, _check_value(name, value["value"]), _check_detail(name, value)
        elif not value:
            raise _wrong(name, "has no metrics in it")
        elif depth == _DEEPEST:
            raise _wrong(name, f"lies deeper than {_DEEPEST} levels")
        else:
            yield from _flatten(value, f"{name}/", depth + 1)


def _check_name(key: str, before: str) -> str:
    if not key.strip():
        raise InvalidInput("a metric needs a name", code="invalid_metric")
    check_text("name of a metric", before + key, longest=LONGEST_NAME)
    return key


def _check_value(name: str, value: object) -> float | int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong(name, f"must be a number, not {_kind(value)}")
    try:
        float(value)
    except OverflowError as error:
        raise _wrong(name, "is larger than a double can hold") from error
    return value


def _kind(value: object) -> str:
    names = {str: "text", list: "a list", dict: "an object", bool: "true or false"}
    return "missing" if value is None else names.get(type(value), type(value).__name__)


def _check_detail(name: str, given: Mapping[str, Any]) -> Detail | None:
    unknown = next((key for key in given if key not in _KEYS), None)
    if unknown is not None:
        known = ", ".join(("value", *Detail._fields))
        raise _wrong(name, f"has a value and {unknown!r}, which is none of {known}")
    higher, part = given.get("higher_is_better"), given.get("slice")
    if higher is not None and not isinstance(higher, bool):
        raise _wrong(name, "has a higher_is_better that is neither true nor false")
    if part is not None and (not isinstance(part, str) or not part.strip()):
        raise _wrong(name, "has a slice that is no text")
    if part is not None:
        check_text(f"slice of metric {name!r}", part, longest=LONGEST_NAME)
    detail = Detail(_check_stderr(name, given), _check_count(name, given), higher, part)
    return detail if detail != _UNKNOWN else None


def _check_stderr(name: str, given: Mapping[str, Any]) -> float | None:
    stderr = given.get("stderr")
    if stderr is None:
        return None
    if (
        isinstance(stderr, bool)
        or not isinstance(stderr, int | float)
        or not 0 <= stderr < math.inf
    ):
        raise _wrong(name, "has a stderr that is no number from 0 on")
    return _check_value(name, stderr) + 0.0


def _check_count(name: str, given: Mapping[str, Any]) -> int | None:
    n = given.get("n")
    if n is None:
        return None
    if isinstance(n, bool) or not isinstance(n, int) or not 1 <= n <= _LARGEST_COUNT:
        raise _wrong(name, "has an n that is no whole number from 1 on")
    return n


def _wrong(name: str, what: str) -> InvalidInput:
    return InvalidInput(f"metric {name!r} {what}", code="invalid_metric")
