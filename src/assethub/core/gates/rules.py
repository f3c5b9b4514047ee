"""The rules of a gate as people write them, read and checked. No database.

A rule says which metric on which dataset a commit has to have been evaluated by, and what has to
hold of it. What may stand in one is in `docs/gates.md`.
"""

import difflib
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from assethub.core.comparisons.directions import expect_direction
from assethub.core.values import check_text
from assethub.errors import InvalidInput

_MOST_RULES = 100
_MOST_SLICES = 1000
_LONGEST_NAME = 255
_MOST_SAMPLES = 2**53
_FIELDS = (
    *("metric", "dataset", "min", "max", "relative_to", "margin"),
    *("higher_is_better", "min_samples", "max_age", "slices"),
)
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_AGE = re.compile(r"([0-9]{1,9})([smhdw])")
_MICROSECONDS = 1_000_000


class InvalidRule(InvalidInput):
    """A rule that cannot be: `number` counts from 1, `field` may be empty."""

    code = "invalid_rule"

    def __init__(self, number: int, field: str, problem: str, code: str | None = None) -> None:
        place = f"rule {number}, {field}" if field else f"rule {number}"
        super().__init__(f"{place}: {problem}", code=code)
        self.number = number
        self.field = field


class Rule(NamedTuple):
    """One rule. `dataset` and `relative_to` are as written; `max_age` too, as `30d`."""

    metric: str
    dataset: str
    min: float | None = None
    max: float | None = None
    relative_to: str | None = None
    margin: float = 0.0
    higher_is_better: bool = True
    min_samples: int | None = None
    max_age: str | None = None
    slices: tuple[str, ...] = ()

    @property
    def max_age_microseconds(self) -> int | None:
        """The greatest age, None where there is no limit."""
        match = _AGE.fullmatch(self.max_age or "")
        return int(match[1]) * _UNITS[match[2]] * _MICROSECONDS if match else None

    def as_json(self) -> dict[str, Any]:
        """The rule as it may be written again: what was left out, or is usual, is left out."""
        usual = self._field_defaults
        shown = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in self._asdict().items()
            if name not in usual or value != usual[name]
        }
        if self.relative_to is not None:
            shown["margin"] = self.margin
        return shown


def read_rules(rules: Any) -> list[Rule]:
    """The rules of a gate, from JSON; raises InvalidRule, or InvalidInput where it is no list."""
    if not isinstance(rules, list):
        raise InvalidInput(f"rules must be a list, not {_kind(rules)}", code="invalid_rule")
    if not rules:
        raise InvalidInput(
            "a gate needs at least one rule; to be without one, delete the gate",
            code="invalid_rule",
        )
    if len(rules) > _MOST_RULES:
        raise InvalidInput(f"a gate has at most {_MOST_RULES} rules", code="invalid_rule")
    return [_read_rule(number, each) for number, each in enumerate(rules, 1)]


def _read_rule(number: int, said: Any) -> Rule:
    if not isinstance(said, Mapping):
        raise InvalidRule(number, "", f"must be a mapping of fields, not {_kind(said)}")
    for name in said:
        if name not in _FIELDS:
            raise InvalidRule(number, str(name), _unknown_field(str(name)))
    reader = _Reader(number, said)
    rule = Rule(
        metric=reader.text("metric", needed=True),
        dataset=reader.text("dataset", needed=True),
        min=reader.number("min"),
        max=reader.number("max"),
        relative_to=reader.text("relative_to") or None,
        margin=reader.number("margin") or 0.0,
        higher_is_better=reader.flag("higher_is_better"),
        min_samples=reader.count("min_samples"),
        max_age=reader.age("max_age"),
        slices=reader.names("slices"),
    )
    _check_together(number, said, rule)
    return rule


def _check_together(number: int, said: Mapping[str, Any], rule: Rule) -> None:
    if rule.min is not None and rule.max is not None and rule.min > rule.max:
        raise InvalidRule(number, "min", f"{rule.min:g} is above max, {rule.max:g}: nothing passes")
    if rule.margin < 0:
        raise InvalidRule(number, "margin", f"must be 0 or more, not {rule.margin:g}")
    unsaid = rule.relative_to is not None and said.get("higher_is_better") is None
    if unsaid and not expect_direction(rule.metric):
        raise InvalidRule(
            number,
            "higher_is_better",
            f"is missing: less of {rule.metric} seems to be better; say false, or true",
        )
    if rule.relative_to is None:
        for name in ("margin", "higher_is_better"):
            if said.get(name) is not None:
                raise InvalidRule(number, name, "says nothing without relative_to")


class _Reader:
    """Reads the fields of one rule; `null` is as good as left out."""

    def __init__(self, number: int, said: Mapping[str, Any]) -> None:
        self._number, self._said = number, said

    def text(self, name: str, *, needed: bool = False) -> str:
        value = self._said.get(name)
        if value is None and not needed:
            return ""
        if value is None:
            raise InvalidRule(self._number, name, "is missing")
        return self._name(name, value)

    def number(self, name: str) -> float | None:
        value = self._said.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._wrong(name, "must be a number", value)
        try:
            number = float(value)
        except OverflowError as error:
            raise InvalidRule(self._number, name, "is too large a number") from error
        if not math.isfinite(number):
            raise InvalidRule(self._number, name, f"must be a finite number, not {number}")
        return number

    def flag(self, name: str) -> bool:
        value = self._said.get(name)
        if value is not None and not isinstance(value, bool):
            raise self._wrong(name, "must be true or false", value)
        return value is not False

    def count(self, name: str) -> int | None:
        value = self._said.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._wrong(name, "must be a whole number", value)
        if not 1 <= value <= _MOST_SAMPLES:
            raise InvalidRule(self._number, name, f"must be 1 or more, not {value}")
        return value

    def age(self, name: str) -> str | None:
        value = self._said.get(name)
        if value is None:
            return None
        match = _AGE.fullmatch(value) if isinstance(value, str) else None
        if match is None or not int(match[1]):
            raise self._wrong(name, "must be a number and one of s, m, h, d, w, as 30d", value)
        return match[0]

    def names(self, name: str) -> tuple[str, ...]:
        value = self._said.get(name)
        if value is None:
            return ()
        if not isinstance(value, Sequence) or isinstance(value, str):
            raise self._wrong(name, "must be a list of names", value)
        if len(value) > _MOST_SLICES:
            raise InvalidRule(self._number, name, f"at most {_MOST_SLICES} slices")
        return tuple(dict.fromkeys(self._name(name, each) for each in value))

    def _name(self, name: str, value: Any) -> str:
        if not isinstance(value, str):
            raise self._wrong(name, "must be text", value)
        if not value.strip():
            raise InvalidRule(self._number, name, "must not be empty")
        try:
            return check_text(name, value, longest=_LONGEST_NAME * 5)
        except InvalidInput as error:
            raise InvalidRule(self._number, name, error.detail) from error

    def _wrong(self, name: str, need: str, value: Any) -> InvalidRule:
        shown = repr(value[:40]) if isinstance(value, str) else _kind(value)
        return InvalidRule(self._number, name, f"{need}, not {shown}")


def _unknown_field(name: str) -> str:
    near = difflib.get_close_matches(name, _FIELDS, 1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(_FIELDS)}"
    return f"there is no such field; {hint}"


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    names: dict[type, str] = {str: "text", list: "a list", dict: "a mapping"}
    if isinstance(value, int | float):
        return f"the number {value:g}" if abs(value) < 1e15 else "a number"
    return "nothing" if value is None else names.get(type(value), type(value).__name__)
