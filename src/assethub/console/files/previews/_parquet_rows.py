"""A program: prints the schema and the first rows of a Parquet file as JSON.

It runs beside the hub, with little memory and time, since a small file may claim to hold any
number of rows. It asks for pieces of the file on its standard output, and gets them on the input.
Usage: python -I _parquet_rows.py SIZE ROWS COLUMNS MEGABYTES SECONDS
"""

import io
import json
import resource
import struct
import sys
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

_LONGEST_CELL = 200
_LONGEST_FOOTER = 16 * 1024 * 1024
_MOST_ASKED = 8 * 1024 * 1024


class _Asked(io.RawIOBase):
    """The file, of which each piece is asked for as it is read."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = max((0, self._at, self._size)[whence] + offset, 0)
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        left = max(self._size - self._at, 0)
        wanted = left if size is None or size < 0 else min(size, left)
        if wanted > _MOST_ASKED:
            raise MemoryError
        sys.stdout.buffer.write(struct.pack("<cQQ", b"?", self._at, wanted))
        sys.stdout.buffer.flush()
        found = sys.stdin.buffer.read(wanted)
        self._at += len(found)
        return found


def main() -> None:
    size, rows, columns, megabytes, seconds = map(int, sys.argv[1:])
    held = _memory_held() + megabytes * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (held, held))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    pa.set_cpu_count(1)
    try:
        told = _read(_Asked(size), rows, columns)
    except MemoryError:
        told = {"problem": "too_large"}
    except (pa.ArrowException, OSError, ValueError, OverflowError, RecursionError):
        told = {"problem": "broken"}
    data = json.dumps(told, ensure_ascii=False).encode("utf-8", "replace")
    sys.stdout.buffer.write(struct.pack("<cQQ", b"!", 0, len(data)) + data)


def _memory_held() -> int:
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[0]) * resource.getpagesize()


def _read(file: _Asked, rows: int, columns: int) -> dict[str, Any]:
    file.seek(-8, io.SEEK_END)
    length, mark = struct.unpack("<I4s", file.read(8))
    if mark != b"PAR1":
        raise ValueError("no Parquet")
    if length > _LONGEST_FOOTER:
        raise MemoryError
    source = pa.PythonFile(file, mode="r")
    parquet = pq.ParquetFile(source, pre_buffer=False, buffer_size=65536)
    fields = list(parquet.schema_arrow)
    told = {
        "schema": [
            [field.name[:_LONGEST_CELL], str(field.type)[:_LONGEST_CELL]] for field in fields
        ],
        "rows": [],
        "total": parquet.metadata.num_rows,
        "groups": parquet.metadata.num_row_groups,
        "problem": "",
    }
    try:
        told["rows"] = _first_rows(parquet, fields, rows, columns)
    except MemoryError:
        told["problem"] = "too_large"
    except (pa.ArrowException, OSError, ValueError, OverflowError):
        told["problem"] = "broken"
    return told


def _first_rows(
    parquet: pq.ParquetFile, fields: list[pa.Field], rows: int, columns: int
) -> list[list[str | None]]:
    if not parquet.metadata.num_row_groups:
        return []
    names = [field.name for field in fields[:columns]]
    batches = parquet.iter_batches(rows, row_groups=[0], columns=names, use_threads=False)
    batch = next(batches, None)
    if batch is None:
        return []
    shown = [[_show(value) for value in column.slice(0, rows)] for column in batch.columns]
    return [list(row) for row in zip(*shown, strict=True)]


def _show(scalar: pa.Scalar) -> str | None:
    """A value as text, cut where it is long; None for null."""
    if not scalar.is_valid:
        return None
    if pa.types.is_nested(scalar.type) and not isinstance(scalar, pa.StructScalar):
        values = scalar.values[:_LONGEST_CELL]
        text = str(values.to_pylist())
    else:
        try:
            value = scalar.as_py()
        except (ValueError, OverflowError, pa.ArrowException):
            value = scalar
        text = (
            value
            if isinstance(value, str)
            else repr(value)
            if isinstance(value, bytes)
            else str(value)
        )
    return text if len(text) <= _LONGEST_CELL else text[:_LONGEST_CELL] + "…"


if __name__ == "__main__":
    main()
