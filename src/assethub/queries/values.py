"""Values in a search: what they mean to the field that they are compared with."""

import math
import re
from datetime import UTC, datetime, timedelta

from .fields import FIELDS, Flaw, unquote, write_field, write_text
from .terms import Ago, Field, Kind, Name, Operator, Span, Value

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?", re.I)
_SPECIAL = re.compile(r"[+-]?(?:inf|infinity)|nan", re.I)
_WHOLE = re.compile(r"[+-]?[0-9]{1,16}")
_COMMIT = re.compile(r"[0-9a-f]{4,64}")
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(?:[T ][0-9]{2}:[0-9]{2}(?P<second>:[0-9]{2}(?P<fraction>\.[0-9]{1,6})?)?"
    r"(?:Z|[+-][0-9]{2}:[0-9]{2})?)?"
)
_AGE = re.compile(r"(?:[0-9]{1,9}[wdhms])+")
_UNITS = {"w": 604_800, "d": 86_400, "h": 3600, "m": 60, "s": 1}
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
_OPERATORS: dict[Kind, tuple[str, ...]] = {
    Kind.NUMBER: ("=", "!=", "<", "<=", ">", ">="),
    Kind.TIME: ("=", "!=", "<", "<=", ">", ">="),
    Kind.TEXT: ("=", "!=", "~"),
    Kind.COMMIT: ("=", "!="),
    Kind.ANY: ("=", "!=", "<", "<=", ">", ">=", "~"),
}


def check_operator(field: Field, operator: str, position: int) -> None:
    """Raises Flaw where values of the field cannot be compared so."""
    known = _OPERATORS[field.kind]
    if operator not in known:
        raise Flaw(
            f"{write_field(field)} is compared with {_listed(known)}, not with {operator}", position
        )


def check_order(field: Field, operator: Operator, value: Value, position: int) -> None:
    """Raises Flaw where the value has no place in an order, or nothing can contain it."""
    if operator == "~" and not isinstance(value, str):
        raise Flaw("~ looks for text: put it in quotes", position)
    ordered = operator in ("<", "<=", ">", ">=")
    if ordered and isinstance(value, float) and math.isnan(value):
        raise Flaw("NaN is neither more nor less than anything: use = or !=", position)
    if ordered and (value is None or isinstance(value, bool)):
        raise Flaw(f"{write_field(field)} is compared with this by = and != only", position)


def read_value(field: Field, text: str, ago: bool, position: int) -> Value:
    """The value that `text` is for this field; raises Flaw."""
    if field.kind is Kind.TIME:
        return _read_age(text, position) if ago else _read_time(unquote(text), position)
    if ago:
        raise Flaw(f"{write_field(field)} is no time, and cannot be some time ago", position)
    match field.kind:
        case Kind.NUMBER:
            return _read_number(field, text, position)
        case Kind.COMMIT:
            return _read_commit(unquote(text), position)
        case Kind.ANY if text[0] not in "\"'":
            return _read_any(text, position)
        case _:
            return unquote(text)


def write_value(value: Value) -> str:
    """Text that is read as this value by a field that can have it."""
    match value:
        case None | bool():
            return next(word for word, meant in _WORDS.items() if meant is value)
        case str():
            return write_text(value)
        case Span():
            return _write_time(value)
        case Ago():
            return _write_age(value.age)
        case _:
            return repr(value)


def _read_number(field: Field, text: str, position: int) -> float:
    if not _NUMBER.fullmatch(text) and not _SPECIAL.fullmatch(text):
        raise Flaw(_no_number(field, text), position)
    value = float(text)
    if math.isinf(value) and _NUMBER.fullmatch(text):
        raise Flaw("this number is too large", position)
    return math.nan if math.isnan(value) else value


def _no_number(field: Field, text: str) -> str:
    kind = "a metric" if field.name is Name.METRIC else "a number"
    message = f"{write_field(field)} is {kind}: expected a number"
    if field.name is Name.METRIC and field.path[0].lower() in FIELDS:
        message += f" (the field is written {field.path[0].lower()}, without quotes)"
    elif text[0] in "\"'" and _NUMBER.fullmatch(unquote(text) or " "):
        message += " without quotes"
    return message


def _read_commit(text: str, position: int) -> str:
    if not _COMMIT.fullmatch(text.lower()):
        raise Flaw("expected a commit: 4 to 64 hexadecimal digits", position)
    return text.lower()


def _read_any(text: str, position: int) -> Value:
    if text in _WORDS:
        return _WORDS[text]
    if _WHOLE.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text) or _SPECIAL.fullmatch(text):
        return _read_number(Field(Name.PARAM), text, position)
    return text


def _read_time(text: str, position: int) -> Span:
    found = _TIME.fullmatch(text)
    if not found:
        raise Flaw("expected a time, such as 2024-06-01, 2024-06-01T12:00:00Z or 7d ago", position)
    if len(text) == 10:
        length = timedelta(days=1)
    elif found["fraction"]:
        length = timedelta(microseconds=1)
    else:
        length = timedelta(seconds=1 if found["second"] else 60)
    try:
        start = datetime.fromisoformat(text)
        start = start.astimezone(UTC) if start.tzinfo else start.replace(tzinfo=UTC)
        return Span(start, start + length)
    except (ValueError, OverflowError) as error:
        raise Flaw(f"there is no such time: {error}", position) from error


def _read_age(text: str, position: int) -> Ago:
    if not _AGE.fullmatch(text):
        raise Flaw("expected an age, such as 7d, 12h or 1d12h (w, d, h, m or s)", position)
    parts = re.findall(r"([0-9]+)([wdhms])", text)
    try:
        return Ago(timedelta(seconds=sum(int(count) * _UNITS[unit] for count, unit in parts)))
    except OverflowError as error:
        raise Flaw("this age is too large", position) from error


def _write_time(span: Span) -> str:
    length = span.end - span.start
    start = span.start.replace(tzinfo=None)
    if length == timedelta(days=1) and start.time() == datetime.min.time():
        return start.date().isoformat()
    if length == timedelta(minutes=1):
        return start.isoformat(timespec="minutes") + "Z"
    if length == timedelta(seconds=1):
        return start.isoformat(timespec="seconds") + "Z"
    return start.isoformat(timespec="microseconds") + "Z"


def _write_age(age: timedelta) -> str:
    left, text = int(age.total_seconds()), ""
    for unit, size in _UNITS.items():
        if left >= size and unit != "w":
            text += f"{left // size}{unit}"
            left %= size
    return f"{text or '0s'} ago"


def _listed(words: tuple[str, ...]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"
