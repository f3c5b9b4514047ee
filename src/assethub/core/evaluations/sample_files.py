"""Files of samples: one row for each, with its id, a column for each metric, and any others.

They come as Parquet or as JSON lines, and are kept as Parquet. pyarrow is loaded with the first.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from assethub.errors import HubError
from assethub.store.blobs import Blob, BlobStore

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq
    from numpy.typing import NDArray

LARGEST_BYTES = 10 * 1024**3
MOST_ROWS = 10_000_000
_MOST_COLUMNS = 10_000
# The first of these that a file has is its ids.
ID_COLUMNS = ("sample_id", "id")
_AT_ONCE = 65_536
MAGIC = b"PAR1"


class InvalidSamples(HubError):
    """A file of samples that cannot be used; the text says which line or column is wrong."""

    status = 422
    code = "invalid_samples"


class Samples(NamedTuple):
    """A file of samples as it is kept: bytes, rows, and its columns with what they hold.

    A column's kind is `number`, `text` or `other`; `id` is that of the ids.
    """

    sha256: str
    size: int
    rows: int
    columns: list[list[str]]


class BlobFile(io.RawIOBase):
    """A blob as a file to read in any order. Each read asks the store for just these bytes."""

    def __init__(self, blobs: BlobStore, address: str, offset: int, size: int) -> None:
        self._blobs, self._address, self._offset, self._size = blobs, address, offset, size
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, place: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        self._place = max(0, start + place)
        return self._place

    def tell(self) -> int:
        return self._place

    def read(self, size: int | None = -1) -> bytes:
        left = max(0, self._size - self._place)
        wanted = left if size is None or size < 0 else min(size, left)
        if not wanted:
            return b""
        found = b"".join(self._blobs.read(self._address, self._offset + self._place, wanted))
        self._place += len(found)
        return found

    def readall(self) -> bytes:
        return self.read()


def open_parquet(file: io.RawIOBase) -> pq.ParquetFile:
    """A Parquet file, read column by column as far as asked; raises InvalidSamples."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(pa.PythonFile(file, mode="r"), buffer_size=1 << 20, pre_buffer=False)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InvalidSamples(
            f"the samples are no Parquet file that can be read: {error}"
        ) from error


def inspect_parquet(file: io.RawIOBase, blob: Blob) -> Samples:
    """What a Parquet file holds, once its ids are known to be there and each its own.

    Raises InvalidSamples that says what is wrong.
    """
    import pyarrow as pa

    parquet = open_parquet(file)
    schema, rows = parquet.schema_arrow, parquet.metadata.num_rows
    if rows > MOST_ROWS:
        raise InvalidSamples(f"at most {MOST_ROWS} samples, not {rows}", code="too_many_samples")
    columns = [[name, _kind(schema.field(place).type)] for place, name in enumerate(schema.names)]
    _check_columns(columns, rows)
    name = next(each for each in ID_COLUMNS if each in schema.names)
    try:
        _check_ids(parquet, name)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InvalidSamples(f"the samples cannot be read: {error}") from error
    for column in columns:
        column[1] = "id" if column[0] == name else column[1]
    return Samples(blob.sha256, blob.size, rows, columns)


def _kind(type_: pa.DataType) -> str:
    import pyarrow.types as types

    if types.is_dictionary(type_):
        return _kind(type_.value_type)
    if types.is_boolean(type_) or types.is_integer(type_) or types.is_floating(type_):
        return "number"
    return "text" if types.is_string(type_) or types.is_large_string(type_) else "other"


def _check_columns(columns: list[list[str]], rows: int) -> None:
    names = [name for name, _ in columns]
    if len(names) > _MOST_COLUMNS:
        raise InvalidSamples(f"at most {_MOST_COLUMNS} columns, not {len(names)}")
    twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
    if twice is not None:
        raise InvalidSamples(f"the samples have two columns {twice!r}")
    if not any(name in names for name in ID_COLUMNS):
        raise InvalidSamples(
            f"the samples have no ids: a column named {' or '.join(ID_COLUMNS)} is needed",
            code="sample_ids_missing",
        )
    if not rows:
        raise InvalidSamples("the file has no samples in it", code="no_samples")
    if not any(kind == "number" and name not in ID_COLUMNS for name, kind in columns):
        raise InvalidSamples(
            "no column of the samples has numbers, so that nothing can be compared; those of a "
            "metric must not be in quotes",
            code="samples_not_numbers",
        )


def _check_ids(parquet: pq.ParquetFile, name: str) -> None:
    """That each row has an id, and no two the same. Takes eight bytes for each."""
    import numpy as np

    hashed = []
    for ids, start in _batches(parquet, name):
        missing = next((place for place, id_ in enumerate(ids) if id_ is None or id_ == ""), None)
        if missing is not None:
            raise InvalidSamples(
                f"sample {start + missing + 1} has no {name}", code="sample_ids_missing"
            )
        if not isinstance(ids[0], str | int) or isinstance(ids[0], bool):
            raise InvalidSamples(f"the column {name} must be text or whole numbers")
        hashed.append(np.fromiter(map(hash, ids), np.int64, len(ids)))
    every = np.concatenate(hashed)
    every.sort()
    alike = set(every[:-1][every[1:] == every[:-1]].tolist())
    if alike:
        _check_alike(parquet, name, alike)


def _check_alike(parquet: pq.ParquetFile, name: str, alike: set[int]) -> None:
    """Looks at the ids of the same hash; that they are equal is not certain yet."""
    seen: dict[Any, int] = {}
    for ids, start in _batches(parquet, name):
        for place, id_ in enumerate(ids):
            if hash(id_) in alike:
                if id_ in seen:
                    raise InvalidSamples(
                        f"samples {seen[id_] + 1} and {start + place + 1} have the same {name}, "
                        f"{str(id_)[:100]!r}",
                        code="sample_ids_repeated",
                    )
                seen[id_] = start + place


def _batches(parquet: pq.ParquetFile, name: str) -> Iterator[tuple[list[Any], int]]:
    start = 0
    for batch in parquet.iter_batches(_AT_ONCE, columns=[name], use_threads=False):
        ids = batch.column(0).to_pylist()
        if ids:
            yield ids, start
            start += len(ids)


def read_columns(file: BlobFile, metric: str) -> tuple[list[Any], NDArray[np.float64]]:
    """The ids of all samples, and a metric's values; what is missing there is NaN."""
    import numpy as np
    import pyarrow as pa

    parquet = open_parquet(file)
    name = next(each for each in ID_COLUMNS if each in parquet.schema_arrow.names)
    table = parquet.read(columns=[name, metric], use_threads=False)
    values = table.column(metric).cast(pa.float64())
    return table.column(name).to_pylist(), np.asarray(values.to_numpy(), np.float64)
