"""scikit-learn's classification_report: as JSON of its dict, and as the table of text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .files import MIB, decode, read_bytes, read_json
from .parts import Part
from .records import Metric, Record, Tool, add_metric, make_record

NAME = "classification-report"
_COLUMNS = ("precision", "recall", "f1-score", "support")
_AVERAGES = ("micro avg", "macro avg", "weighted avg", "samples avg")
_HEADER = re.compile(r"^\s+precision\s+recall\s+f1-score\s+support\s*$", re.MULTILINE)
_NUMBER = re.compile(r"^-?(\d+(\.\d*)?|\.\d+|nan|inf)(e[+-]?\d+)?$")


def is_table(text: str) -> bool:
    """Whether a text has the header of a report."""
    return _HEADER.search(text) is not None


def read_dict(path: Path) -> list[Record]:
    """The record of a report that was written with output_dict=True."""
    document = read_json(path)
    return [_make(document, {name: part.value for name, part in document.items()}, [])]


def read_table(path: Path) -> list[Record]:
    """The record of a report as text, whose numbers are rounded as they were printed."""
    whole = Part(path.name, None)
    text = decode(read_bytes(path, MIB), whole)
    header = _HEADER.search(text)
    if header is None:
        raise whole.refuse("has no line 'precision recall f1-score support'")
    rows = dict[str, Any]()
    first = text.count("\n", 0, header.end()) + 2
    for name, value, part in _rows(text[header.end() + 1 :], first, whole):
        if name in rows:
            raise part.refuse(f"gives {name!r} twice")
        rows[name] = value
    lacks = ["The numbers are rounded as they were printed."]
    return [_make(Part(path.name, rows), rows, lacks)]


def _rows(text: str, first: int, whole: Part) -> Iterator[tuple[str, Any, Part]]:
    """The rows below the header up to what is none: the class or average, and its values."""
    for at, line in enumerate(text.splitlines(), first):
        if not line.strip():
            continue
        part = whole.part(f"line {at}", None)
        words = line.split()
        if words[0] == "accuracy" and len(words) == 3:
            yield "accuracy", part.part("accuracy", words[1]).as_number().value, part
            continue
        name = line.rsplit(maxsplit=4)[0].strip() if len(words) > 4 else ""
        if not name or not all(_NUMBER.match(word) for word in words[-4:]):
            raise part.refuse("is no row of a class, an accuracy or an average")
        values = zip(_COLUMNS, words[-4:], strict=True)
        yield name, {column: float(word) for column, word in values}, part


def _make(document: Part, rows: dict[str, Any], lacks: list[str]) -> Record:
    metrics: dict[str, Metric] = {}
    totals = [
        rows[average].get("support") for average in _AVERAGES if isinstance(rows.get(average), dict)
    ]
    for name, value in rows.items():
        part = document.part(name, value)
        if not isinstance(value, dict):
            n = document.part("support", totals[0] if totals else None).count()
            add_metric(metrics, name, part, n=n, higher_is_better=True)
            continue
        n = part.get("support").count()
        for column in _COLUMNS[:3]:
            add_metric(
                metrics,
                f"{name}/{column}",
                part.get(column),
                n=n,
                higher_is_better=True,
                slice="" if name in _AVERAGES else name,
            )
    return make_record(
        document,
        metrics,
        {"format": NAME, "file": document.file},
        tool=Tool(name="scikit-learn", version=""),
        lacks=[*lacks, "The source says neither which model nor which dataset it is about."],
    )
