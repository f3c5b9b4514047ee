"""Parquet files, through pyarrow, which is loaded when one is read or written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from .._errors import AssetHubError
from .files import open_file
from .libraries import need
from .parts import Part

_BATCH = 4096


def iterate_rows(path: Path, columns: Sequence[str]) -> Iterator[Part]:
    """The rows of a Parquet file, these columns of it, some thousand at a time in memory."""
    parquet = need("pyarrow.parquet", "Parquet files")
    arrow = need("pyarrow", "Parquet files")
    whole = Part(path.name, None)
    at = 0
    with open_file(path) as file:
        try:
            opened = parquet.ParquetFile(file)
            for batch in opened.iter_batches(_BATCH, columns=list(columns)):
                for row in batch.to_pylist():
                    at += 1
                    yield whole.part(f"row {at}", row)
        except AssetHubError:
            raise
        except (arrow.ArrowException, OSError, ValueError, OverflowError, MemoryError) as error:
            raise whole.refuse(f"is no Parquet file that can be read: {error!s:.100}") from None


def write_rows(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], file: BinaryIO) -> None:
    """The rows as a Parquet file; a column's type is that of its values."""
    arrow = need("pyarrow", "Parquet files")
    parquet = need("pyarrow.parquet", "Parquet files")
    arrays = {}
    for name in columns:
        values = [row.get(name) for row in rows]
        arrays[name] = arrow.array(values, type=_type(arrow, values))
    parquet.write_table(arrow.table(arrays), file, compression="zstd")


def _type(arrow: Any, values: Sequence[Any]) -> Any:
    kinds = {type(value) for value in values if value is not None}
    for kind, made in ((bool, arrow.bool_()), (int, arrow.int64())):
        if kinds == {kind}:
            return made
    if kinds and kinds <= {int, float}:
        return arrow.float64()
    return arrow.string()
