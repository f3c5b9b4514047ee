"""Samples that come as JSON lines, made into Parquet as they come: never more than some in memory.

Every line is an object with the same fields. A number, true or false makes a column of doubles,
anything else one of text, in which lists and objects stand as JSON.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from assethub.core.evaluations.sample_files import ID_COLUMNS, InvalidSamples

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

_LONGEST_LINE = 16 * 1024 * 1024
_ROWS_AT_ONCE = 65_536
_BYTES_AT_ONCE = 8 * 1024 * 1024


class _Sink(io.RawIOBase):
    """What a Parquet file is written to, piece after piece."""

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self._write = write

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self._write(piece)
        return len(piece)


class LineWriter:
    """Takes JSON lines in pieces of any size, and writes a Parquet file."""

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self._sink = _Sink(write)
        self._rest = b""
        self._number = 0
        self._kinds: dict[str, str] = {}
        self._rows: list[Mapping[str, Any]] = []
        self._bytes = 0
        self._writer: pq.ParquetWriter | None = None

    def feed(self, chunk: bytes) -> None:
        """Takes more; raises InvalidSamples that names the line that is wrong."""
        lines = (self._rest + chunk).split(b"\n")
        self._rest = lines.pop()
        if len(self._rest) > _LONGEST_LINE:
            raise self._wrong(f"is longer than {_LONGEST_LINE} bytes", self._number + 1)
        for line in lines:
            self._take(line)

    def finish(self) -> None:
        """Takes the last line, and ends the file."""
        self._take(self._rest)
        if self._writer is None and not self._rows:
            raise InvalidSamples("the file has no samples in it", code="no_samples")
        self._flush()
        if self._writer is not None:
            self._writer.close()

    def _take(self, line: bytes) -> None:
        self._number += 1
        if not line.strip():
            return
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise self._wrong(f"is no JSON: {error}") from error
        if not isinstance(row, dict):
            raise self._wrong("is no object")
        self._rows.append({name: self._read(name, value) for name, value in row.items()})
        if row.keys() != self._kinds.keys():
            self._compare_fields(row)
        self._bytes += len(line)
        if len(self._rows) >= _ROWS_AT_ONCE or self._bytes >= _BYTES_AT_ONCE:
            self._flush()

    def _read(self, name: str, value: Any) -> Any:
        if value is None:
            if len(self._rows) + (self._writer is not None) == 0:
                self._kinds.setdefault(name, "")
            return None
        kind = "number" if isinstance(value, int | float) else "text"
        known = self._kinds.get(name)
        if known is None and (self._rows or self._writer is not None):
            raise self._wrong(f"has {name!r}, which the first line has not")
        if name in ID_COLUMNS:
            self._kinds[name] = "id"
            return value
        if not known:
            self._kinds[name] = kind
        elif known != kind:
            was, now = ("numbers", "text") if known == "number" else ("text", "a number")
            raise self._wrong(f"has {now} as {name!r}, where there were {was} before")
        return self._as_number(name, value) if kind == "number" else _as_text(value)

    def _as_number(self, name: str, value: float) -> float:
        try:
            return float(value)
        except OverflowError as error:
            raise self._wrong(f"has {name!r} larger than a double can hold") from error

    def _compare_fields(self, row: Mapping[str, Any]) -> None:
        missing = next((name for name in self._kinds if name not in row), None)
        if missing is not None:
            raise self._wrong(f"has no {missing!r}, which the first line has")
        extra = next((name for name in row if name not in self._kinds), None)
        if extra is not None:
            raise self._wrong(f"has {extra!r}, which the first line has not")

    def _flush(self) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        if not self._rows:
            return
        try:
            if self._writer is None:
                schema = self._schema()
                self._writer = pq.ParquetWriter(
                    pa.PythonFile(self._sink, mode="w"), schema, compression="zstd"
                )
            table = pa.Table.from_pylist(self._rows, schema=self._writer.schema)
            self._writer.write_table(table)
        except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
            raise InvalidSamples(f"the samples cannot be kept: {error}") from error
        self._rows, self._bytes = [], 0

    def _schema(self) -> pa.Schema:
        import pyarrow as pa

        types = {"number": pa.float64(), "text": pa.string(), "": pa.string()}
        return pa.schema(
            [
                (name, self._id_type(name) if kind == "id" else types[kind])
                for name, kind in self._kinds.items()
            ]
        )

    def _id_type(self, name: str) -> pa.DataType:
        import pyarrow as pa

        kinds = {type(row[name]) for row in self._rows if row[name] is not None}
        if kinds <= {int}:
            return pa.int64()
        if kinds <= {str}:
            return pa.string()
        raise InvalidSamples(f"the {name} of samples must be all text or all whole numbers")

    def _wrong(self, what: str, number: int | None = None) -> InvalidSamples:
        return InvalidSamples(f"line {number or self._number} of the samples {what}")


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def dump_row(row: Mapping[str, Any]) -> bytes:
    """A sample as a JSON line; what JSON has nothing for is written as text."""
    text = json.dumps(row, ensure_ascii=False, separators=(",", ":"), default=str)
    return text.encode("utf-8", "replace") + b"\n"


def plain_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A sample for an answer in JSON, which has no NaN: it is text there."""
    return {
        name: str(value) if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in row.items()
    }
