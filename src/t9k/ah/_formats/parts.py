"""Parts of a document: a value, and where it stands, so that a refusal can name the place."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

from .._errors import InvalidInputError
from .._tables import printable

# Deeper than any tool nests, of a whole document and of what is kept of it: a hub takes 32.
MAX_DEPTH = 64
_DEEPEST_KEPT = 28


class Part:
    """A value of a document. Asked for what it must be, it gives that or raises InvalidInputError.

    `file` and `place` are for people: `results.json`, and `results/task/acc` or nothing for the
    whole document.
    """

    __slots__ = ("file", "place", "value")

    def __init__(self, file: str, value: Any, place: str = "") -> None:
        self.file = file
        self.value = value
        self.place = place

    def refuse(self, what: str, *, code: str = "malformed_file") -> InvalidInputError:
        """The error to raise: the file, the place, and what is wrong with it."""
        where = f"{self.file}: {self.place}" if self.place else self.file
        # What libraries say may have lines, and names in a file what moves a terminal's cursor.
        return InvalidInputError(printable(" ".join(f"{where} {what}".split())), code=code)

    def part(self, key: str | int, value: Any) -> Part:
        """A part of this one."""
        return Part(self.file, value, f"{self.place}/{key}" if self.place else str(key))

    def get(self, key: str) -> Part:
        """The part with that key, whose value is None where there is none."""
        return self.part(key, self.object().get(key))

    def find(self, *keys: str) -> Part:
        """The part down these keys, whose value is None where one of them is not there."""
        found = self
        for key in keys:
            if found.value is None:
                return found
            found = found.get(key)
        return found

    def __bool__(self) -> bool:
        """Whether there is a value at all."""
        return self.value is not None

    def object(self) -> dict[str, Any]:
        """The value as a dict with keys of text."""
        if not isinstance(self.value, dict):
            raise self.refuse(_must("an object", self.value))
        return self.value

    def items(self) -> Iterator[tuple[str, Part]]:
        """The keys and parts of an object; none where there is nothing."""
        if self:
            for key, value in self.object().items():
                yield self.part("", None).text_of(key), self.part(key, value)

    def each(self) -> Iterator[Part]:
        """The parts of a list; none where there is nothing."""
        if not self:
            return
        if not isinstance(self.value, list):
            raise self.refuse(_must("a list", self.value))
        for at, value in enumerate(self.value):
            yield self.part(at, value)

    def text_of(self, value: Any) -> str:
        """A value as text that every encoding can hold."""
        if not isinstance(value, str):
            raise self.refuse(_must("text", value))
        try:
            value.encode()
        except UnicodeEncodeError:
            raise self.refuse("has half of a character in its text") from None
        return value

    def text(self) -> str:
        """The value as text; empty where there is nothing."""
        return self.text_of(self.value) if self else ""

    def name(self) -> str:
        """The value as text, as which numbers count too: for names and versions."""
        if isinstance(self.value, int | float) and not isinstance(self.value, bool):
            return str(self.value)
        return self.text()

    def is_number(self) -> bool:
        """Whether it is a number, as a boolean is not."""
        return isinstance(self.value, int | float) and not isinstance(self.value, bool)

    def number(self) -> float:
        """The value as a double, which may be infinite or NaN."""
        if not self.is_number():
            raise self.refuse(_must("a number", self.value))
        try:
            return float(self.value)
        except OverflowError:
            raise self.refuse("is too large for a double") from None

    def whole(self) -> int | None:
        """The value as a whole number of 64 bits; None where there is nothing."""
        if not self:
            return None
        number = self.number()
        if not number.is_integer() or abs(number) >= 2**63:
            raise self.refuse(f"must be a whole number, not {self.value!r:.60}")
        return int(self.value)

    def count(self) -> int | None:
        """The value as a whole number that is not negative; None where there is nothing."""
        found = self.whole()
        if found is not None and found < 0:
            raise self.refuse(f"must be 0 or more, not {found}")
        return found

    def seconds(self) -> float | None:
        """The value as a length of time, also given as text; None where there is nothing."""
        if not self:
            return None
        number = self.as_number().number()
        if not 0 <= number < float("inf"):
            raise self.refuse(f"must be a length of time in seconds, not {number}")
        return number

    def as_number(self) -> Part:
        """This, with text that is a number read as that number."""
        if not isinstance(self.value, str):
            return self
        try:
            # Seeds have more digits than a double.
            whole = self.value.removeprefix("-").isdecimal() and len(self.value) < 20
            number = int(self.value) if whole else float(self.value)
            return Part(self.file, number, self.place)
        except ValueError:
            raise self.refuse(f"must be a number, not {self.value!r:.60}") from None

    def flag(self) -> bool | None:
        """The value as true or false; None where there is nothing."""
        if self.value is not None and not isinstance(self.value, bool):
            raise self.refuse(_must("true or false", self.value))
        return self.value

    def moment(self) -> str | None:
        """The value, seconds since 1970 or ISO 8601, as RFC 3339 in UTC; None for nothing.

        A time that says no zone is taken for UTC.
        """
        if not self or self.value == "":
            return None
        try:
            if self.is_number():
                return _show(datetime.fromtimestamp(self.number(), UTC))
            text = self.text()
            if text.replace(".", "", 1).isdecimal():
                return _show(datetime.fromtimestamp(float(text), UTC))
            return _show(datetime.fromisoformat(text))
        except (ValueError, OverflowError, OSError):
            raise self.refuse(f"must be a time, not {self.value!r:.60}") from None

    def plain(self) -> Any:
        """A copy that a hub can keep as JSON: NaN, infinities and huge numbers become text."""
        return self._plain(self.value, _DEEPEST_KEPT)

    def _plain(self, value: Any, depth: int) -> Any:
        if depth == 0:
            raise self.refuse(f"is nested more than {_DEEPEST_KEPT} levels deep")
        if isinstance(value, dict):
            return {self.text_of(key): self._plain(each, depth - 1) for key, each in value.items()}
        if isinstance(value, list):
            return [self._plain(each, depth - 1) for each in value]
        if isinstance(value, str):
            return self.text_of(value)
        if isinstance(value, float) and (value != value or abs(value) == float("inf")):
            return str(value)
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, int) and abs(value) >= 2**63:
            return str(value)
        if value is None or isinstance(value, bool | int | float):
            return value
        raise self.refuse(f"has {_name(value)} where JSON has none")


def _show(moment: datetime) -> str:
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _must(be: str, value: Any) -> str:
    return "is missing" if value is None else f"must be {be}, not {_name(value)}"


def _name(value: Any) -> str:
    """A value for people: what it is, or its text where that is short."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    return f"{value!r:.60}"
