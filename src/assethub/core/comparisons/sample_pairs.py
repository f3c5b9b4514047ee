"""The samples of two evaluations, put into pairs by their ids.

Columns are read as they are needed, and ids stay in Arrow's memory: as objects of Python, those of
a million samples would take ten times as much.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from assethub.core.evaluations.sample_files import Samples, open_parquet
from assethub.core.evaluations.samples import open_samples
from assethub.core.hub import Hub
from assethub.errors import InvalidInput

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from assethub.statistics import Alignment

# Of both evaluations together: about 1 GiB.
MOST_ROWS = 4_000_000
_AT_ONCE = 65_536


class SampleTable:
    """The samples of one evaluation."""

    def __init__(self, hub: Hub, samples: Samples) -> None:
        import pyarrow as pa

        self.samples = samples
        self._file = open_parquet(open_samples(hub, samples))
        name = next(name for name, kind in samples.columns if kind == "id")
        self.ids = self._read(name, ids=True)
        # What reading took besides would be kept for later, beside that of the other evaluation.
        pa.default_memory_pool().release_unused()

    def has(self, column: str) -> bool:
        """Whether there is a column of numbers of that name."""
        return [column, "number"] in self.samples.columns

    def numbers(self, column: str) -> NDArray[np.float64]:
        """A column of numbers as doubles, NaN where there is none."""
        import pyarrow as pa

        values = self._read(column)
        if pa.types.is_boolean(values.type):
            values = values.cast(pa.int8())
        doubles: NDArray[np.float64] = values.cast(pa.float64(), safe=False).to_numpy(
            zero_copy_only=False
        )
        return doubles

    def labels(self, column: str) -> NDArray[np.int64]:
        """A column as numbers of its distinct values, in the order in which they come.

        Raises InvalidInput where there is no such column or a sample has no value in it.
        """
        import pyarrow as pa

        if column not in [name for name, _ in self.samples.columns]:
            raise InvalidInput(
                f"the samples have no column {column!r} to cluster by; they have "
                f"{', '.join(name for name, _ in self.samples.columns[:20])}",
                code="unknown_column",
            )
        values = self._read(column)
        if values.null_count:
            raise InvalidInput(
                f"{values.null_count} samples have no {column!r} to cluster by",
                code="missing_cluster",
            )
        try:
            codes = values.dictionary_encode().indices
        except pa.ArrowNotImplementedError as error:
            raise InvalidInput(
                f"the column {column!r} of the samples is of {values.type}: nothing to cluster by",
                code="unknown_column",
            ) from error
        numbers: NDArray[np.int64] = codes.to_numpy(zero_copy_only=False).astype("int64")
        return numbers

    def _read(self, column: str, *, ids: bool = False) -> pa.Array:
        """A column, part by part, so that what it is made of is not there as a whole too."""
        import pyarrow as pa

        parts = []
        for batch in self._file.iter_batches(_AT_ONCE, columns=[column], use_threads=False):
            part = batch.column(0)
            if pa.types.is_dictionary(part.type):
                part = part.dictionary_decode()
            parts.append(_unify(part) if ids else part)
        return pa.concat_arrays(parts)


def _unify(ids: pa.Array) -> pa.Array:
    """Ids of one kind in one form, so that those of two files can be compared."""
    import pyarrow as pa

    whole = pa.types.is_integer(ids.type)
    return ids.cast(pa.int64() if whole else pa.large_string(), safe=False)


class Pairs(NamedTuple):
    """Which rows of two evaluations belong together, in the order of A, and which are alone."""

    a: SampleTable
    b: SampleTable
    rows_a: NDArray[np.int64]
    rows_b: NDArray[np.int64]
    only_in_a: NDArray[np.int64]
    only_in_b: NDArray[np.int64]
    clusters: NDArray[np.int64] | None

    def align(self, column_a: str, column_b: str) -> tuple[Alignment, NDArray[np.int64]]:
        """The pairs of a metric, with the rows of A that they are of.

        Ids are row numbers in it, and only those counted that a summary needs.
        """
        import numpy as np

        from assethub.statistics import Alignment

        a = self.a.numbers(column_a)[self.rows_a]
        b = self.b.numbers(column_b)[self.rows_b]
        with np.errstate(over="ignore", invalid="ignore"):
            finite = np.isfinite(a) & np.isfinite(b) & np.isfinite(b - a)
        rows, clusters = self.rows_a, self.clusters
        if not finite.all():
            a, b, rows = a[finite], b[finite], rows[finite]
            clusters = None if clusters is None else clusters[finite]
        if clusters is not None:
            clusters = np.unique(clusters, return_inverse=True)[1].astype(np.int64)
        return (
            Alignment(
                ids=[],
                a=a,
                b=b,
                clusters=clusters,
                only_in_a=self.only_in_a.tolist(),
                only_in_b=self.only_in_b.tolist(),
                duplicates_in_a=[],
                duplicates_in_b=[],
                not_finite=self.rows_a[~finite].tolist(),
            ),
            rows,
        )


def pair_samples(a: SampleTable, b: SampleTable, cluster: str = "") -> Pairs:
    """Pairs the samples with equal ids. No id comes twice in a file: none such is taken in."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    if a.ids.type != b.ids.type:
        # The number 1 is not the text "1".
        matches = np.full(len(a.ids), -1)
    elif a.ids.equals(b.ids):
        matches = np.arange(len(a.ids))
    else:
        found = pc.index_in(a.ids, value_set=b.ids).fill_null(pa.scalar(-1, pa.int32()))
        matches = found.to_numpy(zero_copy_only=False).astype(np.int64)
    rows = np.flatnonzero(matches >= 0)
    alone = np.ones(len(b.ids), dtype=np.bool_)
    alone[matches[rows]] = False
    return Pairs(
        a,
        b,
        rows_a=rows,
        rows_b=matches[rows],
        only_in_a=np.flatnonzero(matches < 0),
        only_in_b=np.flatnonzero(alone),
        clusters=a.labels(cluster)[rows] if cluster else None,
    )


def show_ids(table: SampleTable, rows: NDArray[np.int64]) -> list[str | int]:
    """The ids of some rows."""
    import pyarrow as pa

    shown: list[str | int] = table.ids.take(pa.array(rows)).to_pylist()
    return shown
