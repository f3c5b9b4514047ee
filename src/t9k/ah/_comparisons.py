"""Comparisons: whether one evaluation is better than another, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ._display import Column, html_table
from ._errors import InvalidInputError, WrongTypeError
from ._evaluations import Evaluation
from ._recording import name_point
from ._references import is_id
from ._tables import format_table, number_of

if TYPE_CHECKING:
    from ._connection import Connection
    from ._display import Printer
    from ._records import ComparisonEntry, EvaluationEntry

LETTERS = "ABCDEFGH"
_SHOWN_IDS = 10


class Comparison(list["ComparisonEntry"]):
    """What came of each metric, as dicts; printed, and in a notebook, a table.

    Each compares the evaluation at place `b` of `evaluations` with the first, at place `a`.
    Attributes: `evaluations`; `seed`, which gives the same numbers again; `notes`, what to know
    before one believes it, in sentences.
    """

    def __init__(self, answer: dict[str, Any]) -> None:
        super().__init__(answer["comparisons"])
        self.evaluations: list[EvaluationEntry] = answer["evaluations"]
        self.seed: int = answer["seed"]
        self.notes: list[str] = answer["notes"]

    def __str__(self) -> str:
        return "\n".join([*format_table(*self.table()), "", *self.remarks])

    @property
    def remarks(self) -> list[str]:
        """What stands below the table: which is which, the samples that flipped, the notes."""
        which = [
            f"{letter}  {each['id']}  {each['modelRef']}  on {each['datasetRef']}"
            f"@{each['datasetCommit'][:12]}"
            for letter, each in zip(LETTERS, self.evaluations, strict=False)
        ]
        flips = [line for each in self for line in _flips(each)]
        about: dict[str, list[str]] = {}
        for each in self:
            for note in each["notes"]:
                about.setdefault(note, []).append(_name(each))
        notes = [f"{', '.join(names)}: {note}" for note, names in about.items()]
        return [*which, *flips, *notes, *self.notes, f"seed {self.seed}"]

    def table(self) -> tuple[list[str], list[list[str]], list[str]]:
        """The headers, the cells of each metric as people see them, and the headers of numbers."""
        columns = self._columns()
        right = [column.header for column in columns if column.is_number]
        return [column.header for column in columns], self._rows(columns), right

    def _repr_html_(self) -> str:
        from html import escape

        columns = self._columns()
        remarks = "".join(f"<p>{escape(each)}</p>" for each in self.remarks)
        return html_table(columns, self._rows(columns)) + remarks

    def _repr_pretty_(self, printer: Printer, _cycle: bool) -> None:
        printer.text(str(self))

    def _rows(self, columns: list[Column]) -> list[list[str]]:
        return [[column.cell(each) for column in columns] for each in self]

    def _columns(self) -> list[Column]:
        other = [Column("OF", lambda each: LETTERS[each["b"]])] if len(self.evaluations) > 2 else []
        return [
            Column("METRIC", lambda each: each["metric"]),
            *other,
            Column("A", lambda each: _number(each["values"][0]), is_number=True),
            Column("B", lambda each: _number(each["values"][1]), is_number=True),
            Column("DIFFERENCE", _difference, is_number=True),
            Column("INTERVAL", _interval),
            Column("P", _chance, is_number=True),
            Column("EFFECT", _effect, is_number=True),
            Column("N", lambda each: str(each["n"] or ""), is_number=True),
            Column("VERDICT", lambda each: each["verdict"]),
        ]


def compare(
    connection: Connection,
    evaluations: Sequence[object],
    metric: str | Iterable[str] | None,
    cluster: str | None,
    across: bool,
    seed: int,
    limit: int,
) -> Comparison:
    """Compare two to eight evaluations with the first of them."""
    if not 2 <= len(evaluations) <= len(LETTERS):
        raise InvalidInputError(
            f"Two to {len(LETTERS)} evaluations can be compared, not {len(evaluations)}",
            code="wrong_number",
        )
    if not isinstance(seed, int) or isinstance(seed, bool):
        raise WrongTypeError(f"The seed must be a whole number, not {seed!r:.60}")
    names = [_name_evaluation(connection, each) for each in evaluations]
    metrics = [metric] if isinstance(metric, str) else list(metric or ())
    query = [*zip(LETTERS.lower(), names, strict=False), *(("metric", each) for each in metrics)]
    query += [("seed", str(seed)), ("amount", str(limit))]
    query += [("cluster", cluster)] if cluster else []
    query += [("across", "true")] if across else []
    from urllib.parse import urlencode

    return Comparison(connection.request("GET", f"/compare?{urlencode(query)}"))


def _name_evaluation(connection: Connection, given: object) -> str:
    """An evaluation's id, or the full reference of a model."""
    if isinstance(given, Evaluation):
        return given.id
    if isinstance(given, dict) and isinstance(given.get("id"), str):
        return str(given["id"])
    if isinstance(given, str) and is_id(given):
        return given.lower()
    return name_point(connection, given, "model")


def _name(each: Any) -> str:
    return f"{each['metric']} of {LETTERS[each['b']]}"


def _flips(each: Any) -> list[str]:
    ways = (("gained", "went from 0 to 1"), ("lost", "went from 1 to 0"))
    lines = []
    for way, words in ways:
        part = each["flips"].get(way)
        if part and part["count"]:
            ids = ", ".join(map(str, part["ids"][:_SHOWN_IDS]))
            more = ", …" if part["count"] > min(len(part["ids"]), _SHOWN_IDS) else ""
            lines.append(f"{_name(each)}: {part['count']} samples {words}: {ids}{more}")
    return lines


def _number(value: float | None) -> str:
    return "" if value is None else number_of(value, 6)


def _difference(each: Any) -> str:
    value = each["difference"]
    return "" if value is None else f"{value:+.4g}"


def _interval(each: Any) -> str:
    interval = each["interval"]
    if interval is None or interval["low"] is None or interval["high"] is None:
        return ""
    return f"{interval['low']:+.4g} to {interval['high']:+.4g}"


def _chance(each: Any) -> str:
    value = each["adjustedPValue"]
    return "" if value is None else "<0.001" if value < 0.001 else f"{value:.3f}"


def _effect(each: Any) -> str:
    effect = each["effect"]
    return "" if effect is None or effect["value"] is None else f"{effect['value']:+.2f}"
