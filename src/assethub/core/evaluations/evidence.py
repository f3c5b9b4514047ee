"""What an evaluation says beside its metrics: with what, how and on what it was measured."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from assethub.core.values import check_labels, check_text
from assethub.errors import InvalidInput

_LONGEST = 255
_LONGEST_HARDWARE = 4096
_LARGEST_JSON = 65_536
_DEEPEST = 32
_SEEDS = range(-(2**63), 2**63)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Evidence(NamedTuple):
    """All optional. `revision` is that of the code that measured, in git; `duration` in seconds.

    `started` is in microseconds since the epoch. `source` says from which file of which format it
    was imported.
    """

    params: dict[str, Any] | None = None
    tool: str | None = None
    tool_version: str | None = None
    revision: str | None = None
    seed: int | None = None
    hardware: str | None = None
    duration: float | None = None
    started: int | None = None
    note: str | None = None
    labels: list[str] | None = None
    source: dict[str, Any] | None = None


NO_EVIDENCE = Evidence()
# What a request may have beside the model, the dataset and the metrics.
KEYS = (
    *("params", "tool", "revision", "seed", "hardware", "duration", "started", "note", "labels"),
    "source",
)


def check_evidence(given: Mapping[str, Any]) -> Evidence:
    """The evidence of a request; raises InvalidInput that names what is wrong."""
    told = {key: given[key] for key in KEYS if given.get(key) is not None}
    if not told:
        return NO_EVIDENCE
    tool, version = _check_tool(told.get("tool"))
    return Evidence(
        params=_check_object("params", told.get("params")),
        tool=tool,
        tool_version=version,
        revision=_check_text("revision", told.get("revision")),
        seed=_check_seed(told.get("seed")),
        hardware=_check_text("hardware", told.get("hardware"), _LONGEST_HARDWARE),
        duration=_check_duration(told.get("duration")),
        started=_check_time(told.get("started")),
        note=_check_text("note", told.get("note"), _LARGEST_JSON),
        labels=_check_labels(told.get("labels")),
        source=_check_object("source", told.get("source")),
    )


def _wrong(what: str) -> InvalidInput:
    return InvalidInput(what, code="invalid_evidence")


def _check_text(kind: str, value: object, longest: int = _LONGEST) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise _wrong(f"the {kind} must be text")
    return check_text(kind, value, longest=longest)


def _check_tool(value: object) -> tuple[str | None, str | None]:
    """A tool and its version, of `{name, version}` or `name@version`."""
    if isinstance(value, dict):
        unknown = value.keys() - {"name", "version"}
        if unknown or not value.get("name"):
            raise _wrong("the tool must be an object of name and version, or text name@version")
        name, version = value["name"], value.get("version")
    elif isinstance(value, str):
        at = value.rfind("@")
        name, version = (value[:at], value[at + 1 :]) if at > 0 else (value, None)
    elif value is None:
        name = version = None
    else:
        raise _wrong("the tool must be an object of name and version, or text name@version")
    return _check_text("tool", name), _check_text("version of the tool", version)


def _check_seed(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value not in _SEEDS:
        raise _wrong("the seed must be a whole number of at most 64 bits")
    return value


def _check_duration(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1e18:
        raise _wrong("the duration must be a number of seconds, from 0 on")
    return float(value)


def _check_time(value: object) -> int | None:
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise _wrong("started must be a time such as 2024-06-01T12:30:05Z")
    try:
        passed = moment.astimezone(UTC) - _EPOCH
    except OverflowError as error:
        raise _wrong("started must be a time from the year 1 to 9999") from error
    return (passed.days * 86_400 + passed.seconds) * 1_000_000 + passed.microseconds


def _check_labels(value: object) -> list[str] | None:
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(label, str) for label in value):
        raise _wrong("the labels must be a list of texts")
    return check_labels(value) or None


def _check_object(kind: str, value: object) -> dict[str, Any] | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise _wrong(f"{kind} must be an object")
    if _measure(kind, value, kind, 1) > _LARGEST_JSON:
        raise _wrong(f"{kind} have at most {_LARGEST_JSON} bytes")
    return value or None


def _measure(kind: str, value: object, place: str, depth: int) -> int:
    """About how many bytes the value has; raises InvalidInput for what is no JSON."""
    if depth > _DEEPEST:
        raise _wrong(f"{place} lies deeper than {_DEEPEST} levels")
    if isinstance(value, str):
        check_text(place, value)
        return len(value.encode()) + 2
    if isinstance(value, int | float):
        _check_number(value, place)
        return len(repr(value)) if isinstance(value, float) else 8 + value.bit_length() // 3
    size = 2
    if isinstance(value, dict):
        for key, inner in value.items():
            check_text(f"name of a part of {kind}", key)
            size += len(key.encode()) + 4 + _measure(kind, inner, f"{place}.{key}"[:200], depth + 1)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            size += 2 + _measure(kind, inner, f"{place}.{number}"[:200], depth + 1)
    return size


def _check_number(value: float, place: str) -> None:
    try:
        finite = math.isfinite(value)
    except OverflowError:
        finite = False
    if not finite:
        raise _wrong(
            f"{place} is NaN, infinite or too large for a double, which JSON has no number for",
        )
