"""The tree that a search is parsed into: typed, immutable, and compared by what it says."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

Operator = Literal["=", "!=", "<", "<=", ">", ">=", "~"]


class Kind(StrEnum):
    """What the values of a field are, and so what they can be compared with."""

    NUMBER = "number"
    TEXT = "text"
    COMMIT = "commit"
    TIME = "time"
    ANY = "any"


class Name(StrEnum):
    """The fields of an evaluation. METRIC and PARAM have a path that says which."""

    METRIC = "metric"
    PARAM = "param"
    ID = "id"
    CREATED = "created"
    CREATOR = "creator"
    MODEL = "model"
    BRANCH = "branch"
    TAG = "tag"
    COMMIT = "commit"
    DATASET = "dataset"
    DATASET_TAG = "dataset_tag"
    DATASET_COMMIT = "dataset_commit"
    LABEL = "label"
    TOOL = "tool"
    TOOL_VERSION = "tool_version"
    REVISION = "revision"
    HARDWARE = "hardware"
    NOTE = "note"
    SEED = "seed"
    DURATION = "duration"


_KINDS = {
    Name.METRIC: Kind.NUMBER,
    Name.SEED: Kind.NUMBER,
    Name.DURATION: Kind.NUMBER,
    Name.PARAM: Kind.ANY,
    Name.CREATED: Kind.TIME,
    Name.COMMIT: Kind.COMMIT,
    Name.DATASET_COMMIT: Kind.COMMIT,
}


@dataclass(frozen=True, slots=True)
class Field:
    """A field; `path` is (metric name,) of a metric, the keys of a parameter, else empty."""

    name: Name
    path: tuple[str, ...] = ()

    @property
    def kind(self) -> Kind:
        return _KINDS.get(self.name, Kind.TEXT)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, from `start` to before `end`, both UTC: a day, a second, an instant.

    Before it is before its start, after it is from its end on. An instant is its microsecond.
    """

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Ago:
    """So long before the search."""

    age: timedelta


Value = float | int | str | bool | None | Span | Ago


@dataclass(frozen=True, slots=True)
class Compare:
    """A field against a value. `!=` also holds for what does not have the field."""

    field: Field
    operator: Operator
    value: Value


@dataclass(frozen=True, slots=True)
class In:
    """A field that equals one of the values."""

    field: Field
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Exists:
    """Whether there is a value, NaN too."""

    field: Field


@dataclass(frozen=True, slots=True)
class Not:
    operand: "Query"


@dataclass(frozen=True, slots=True)
class And:
    """Two operands or more, none of them an And."""

    operands: tuple["Query", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Two operands or more, none of them an Or."""

    operands: tuple["Query", ...]


Query = Compare | In | Exists | Not | And | Or


@dataclass(frozen=True, slots=True)
class SortKey:
    """By which field to sort. What has no value, or NaN, comes last either way."""

    field: Field
    descending: bool = False


def bounds(
    operator: Operator, value: Span | Ago, now: datetime
) -> tuple[datetime | None, datetime | None]:
    """The times from the first to before the second for which `=`, `<`, `<=`, `>` or `>=` holds.

    None is open. For `!=` take what lies outside the bounds of `=`. `now` is UTC; an age that
    reaches before the year 1 is taken as its first moment.
    """
    if isinstance(value, Ago):
        earliest = datetime.min.replace(tzinfo=now.tzinfo)
        moment = now - value.age if value.age < now - earliest else earliest
        value = Span(moment, moment + timedelta(microseconds=1))
    return {
        "=": (value.start, value.end),
        "!=": (value.start, value.end),
        "<": (None, value.start),
        "<=": (None, value.end),
        ">": (value.end, None),
        ">=": (value.start, None),
    }[operator]
