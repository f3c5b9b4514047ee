"""Evaluations as a table: a CSV file that is read and written, and the same as Parquet.

A row is an evaluation and a column a metric, or with columns `metric` and `value` a row is a metric
and the file one evaluation.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from .entries import metrics_of, tool_of
from .files import MIB, decode, read_bytes
from .parts import Part
from .records import Metric, Record, Tool, add_metric, make_record

NAME = "csv"
MAX_TABLE = 64 * MIB
MAX_COLUMNS = 10_000
_DETAILS = ("stderr", "n", "higher_is_better", "slice")
_FIELDS = ("tool", "tool_version", "revision", "seed", "hardware", "duration", "started", "note")
# What an exported table has beside: it says where the evaluation was, and is kept as such.
_ABOUT = ("id", "model", "model_commit", "dataset", "dataset_commit", "creator")
# What has meaning as a column; others of the same name would be taken for it.
_LONG = ("metric", "value")
_NUMBER = re.compile(
    r"^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$|^[+-]?(inf(inity)?)$|^nan$", re.IGNORECASE
)
_FLAGS = {"true": True, "false": False, "1": True, "0": False}

Row = dict[str, str]


def read_table(path: Path) -> list[Record]:
    """A record for each row, or one for a file that has a row for each metric."""
    whole = Part(path.name, None)
    header, rows = _read_rows(path, whole)
    if set(_LONG) <= set(header):
        return [_read_long(whole, header, rows)]
    metrics = [name for name in header if _is_metric(name, header, rows)]
    if not metrics:
        raise whole.refuse("has no column of numbers", code="no_metrics")
    return [_read_wide(part, row, header, metrics) for part, row in rows]


def read_header(text: str) -> list[str]:
    """The names of the columns of a CSV file; none where it is no table."""
    try:
        return next(csv.reader(io.StringIO(text), strict=True), [])
    except csv.Error:
        return []


def _read_rows(path: Path, whole: Part) -> tuple[list[str], list[tuple[Part, Row]]]:
    reader = csv.reader(
        io.StringIO(decode(read_bytes(path, MAX_TABLE), whole), newline=""), strict=True
    )
    rows: list[tuple[Part, Row]] = []
    header: list[str] = []
    try:
        for cells in reader:
            if not any(cells):
                continue
            if not header:
                header = [cell.strip() for cell in cells]
                _check_header(header, whole)
                continue
            part = whole.part(f"line {reader.line_num}", None)
            if len(cells) != len(header):
                raise part.refuse(f"has {len(cells)} cells, and the header {len(header)}")
            rows.append(
                (part, {name: cell.strip() for name, cell in zip(header, cells, strict=True)})
            )
    except csv.Error as error:
        raise whole.part(f"line {reader.line_num}", None).refuse(f"is no CSV: {error}") from None
    if not rows:
        raise whole.refuse("has no row below its header", code="no_metrics")
    return header, rows


def _check_header(header: Sequence[str], whole: Part) -> None:
    if len(header) > MAX_COLUMNS:
        raise whole.refuse(f"has more than {MAX_COLUMNS:,} columns", code="file_too_large")
    if "" in header:
        raise whole.refuse(f"has no name for column {header.index('') + 1}")
    if len(set(header)) < len(header):
        twice = next(name for name in header if header.count(name) > 1)
        raise whole.refuse(f"has two columns {twice!r:.60}")


def _is_metric(name: str, header: Sequence[str], rows: Sequence[tuple[Part, Row]]) -> bool:
    """Whether a column is of numbers; refuses one that has numbers and text."""
    metric, _, detail = name.rpartition(":")
    if (
        name in (*_FIELDS, *_ABOUT)
        or name.startswith("param.")
        or (detail in _DETAILS and metric in header)
    ):
        return False
    filled = [(part, row[name]) for part, row in rows if row[name]]
    numbers = sum(1 for _, cell in filled if _NUMBER.match(cell))
    if 0 < numbers < len(filled):
        part, cell = next((part, cell) for part, cell in filled if not _NUMBER.match(cell))
        raise part.part(name, None).refuse(f"must be a number as in other rows, not {cell!r:.60}")
    return numbers > 0


def _read_wide(part: Part, row: Row, header: Sequence[str], names: Sequence[str]) -> Record:
    metrics: dict[str, Metric] = {}
    for name in names:
        if row[name]:
            _add(
                metrics,
                part,
                name,
                row[name],
                {key: row.get(f"{name}:{key}", "") for key in _DETAILS},
            )
    params = {
        name.removeprefix("param."): _guess(row[name])
        for name in header
        if row[name] and (name.startswith("param.") or _is_other(name, header, names))
    }
    return _make(part, metrics, row, params)


def _is_other(name: str, header: Sequence[str], metrics: Sequence[str]) -> bool:
    """Whether a column is of text that has no meaning here: it is kept as a parameter."""
    metric, _, detail = name.rpartition(":")
    known = name in (*_FIELDS, *_ABOUT) or name in metrics
    return not known and not (detail in _DETAILS and metric in header)


def _read_long(whole: Part, header: Sequence[str], rows: Sequence[tuple[Part, Row]]) -> Record:
    metrics: dict[str, Metric] = {}
    first = rows[0][1]
    for part, row in rows:
        _add(metrics, part, row["metric"], row["value"], row)
        for name in header:
            if name in (*_FIELDS, *_ABOUT) and row[name] != first[name]:
                raise part.part(name, None).refuse(
                    "differs from that of the first row: a file with a row for each metric is of "
                    "one evaluation"
                )
    return _make(whole, metrics, first, {})


def _add(
    metrics: dict[str, Metric], part: Part, name: str, cell: str, details: Mapping[str, str]
) -> None:
    at = part.part(name, None)
    if not _NUMBER.match(cell):
        raise at.refuse(f"must be a number, not {cell!r:.60}")
    flag = details.get("higher_is_better", "").lower()
    if flag and flag not in _FLAGS:
        raise at.part("higher_is_better", None).refuse(f"must be true or false, not {flag!r:.60}")
    stderr = details.get("stderr") or None
    n = details.get("n") or None
    add_metric(
        metrics,
        name,
        Part(at.file, float(cell), at.place),
        stderr=at.part("stderr", stderr).as_number() if stderr else None,
        n=at.part("n", n).as_number().count() if n else None,
        higher_is_better=_FLAGS[flag] if flag else None,
        slice=details.get("slice", ""),
    )


def _make(part: Part, metrics: dict[str, Metric], row: Row, params: dict[str, Any]) -> Record:
    def cell(name: str) -> Part:
        return part.part(name, row.get(name) or None)

    about = {name: row[name] for name in _ABOUT if row.get(name)}
    tool = row.get("tool", "")
    return make_record(
        part,
        metrics,
        {"format": NAME, "file": part.file, **about},
        params=params,
        tool=Tool(name=tool, version=row.get("tool_version", "")) if tool else None,
        revision=row.get("revision"),
        seed=cell("seed").as_number().whole(),
        hardware=row.get("hardware"),
        duration=cell("duration").seconds(),
        started=cell("started").moment(),
        note=row.get("note"),
    )


def _guess(cell: str) -> Any:
    """A parameter as JSON where it is a plain value of it, and otherwise its text."""
    try:
        value = json.loads(cell)
    except (ValueError, RecursionError):
        return cell
    if isinstance(value, dict | list):
        return cell
    is_kept = not isinstance(value, int | float) or abs(value) < 2**63
    return value if is_kept else cell


def make_rows(entries: Iterable[Mapping[str, Any]]) -> tuple[list[str], list[dict[str, Any]]]:
    """The columns and rows of these evaluations; read_table takes them back."""
    columns: dict[str, None] = dict.fromkeys((*_ABOUT, "started", *_FIELDS))
    rows = [dict(_row(entry)) for entry in entries]
    named = [name for row in rows for name in row if name not in columns]
    # Parameters first, then each metric with what is known of it.
    columns |= dict.fromkeys(name for name in named if name.startswith("param."))
    columns |= dict.fromkeys(named)
    used = [name for name in columns if any(row.get(name) is not None for row in rows)]
    return used, rows


def _row(entry: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    tool, version = tool_of(entry)
    yield from (("id", entry["id"]), ("model", entry["modelRef"]))
    yield from (("model_commit", entry["modelCommit"]), ("dataset", entry["datasetRef"]))
    yield from (("dataset_commit", entry["datasetCommit"]), ("creator", entry.get("creator")))
    yield from (("started", entry["startTime"]), ("tool", tool or None))
    yield "tool_version", version or None
    for name in ("revision", "seed", "hardware", "duration", "note"):
        yield name, entry.get(name)
    for name, value in (entry.get("params") or {}).items():
        plain = isinstance(value, str | int | float | bool)
        yield f"param.{name}", value if plain else json.dumps(value, ensure_ascii=False)
    for name, metric in metrics_of(entry).items():
        yield name, float(metric["value"])
        for detail in _DETAILS:
            if metric.get(detail) is not None:
                yield f"{name}:{detail}", metric[detail]


def write_table(entries: Iterable[Mapping[str, Any]]) -> str:
    """The CSV of these evaluations, by RFC 4180 but for lines that end with LF."""
    columns, rows = make_rows(entries)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(row.get(name)) for name in columns] for row in rows)
    return text.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else str(value)
