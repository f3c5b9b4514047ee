"""Pairs of evaluations compared by their samples, as far as the time allows."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

import sqlalchemy as sa

from assethub.core.evaluations.sample_files import BlobFile, read_columns
from assethub.core.hub import Hub
from assethub.core.repository.contents import Place, find_places
from assethub.store.tables import samples

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MOST_PAIRS = 100
_MOST_SAMPLES = 2_000_000
_KEPT = 16


class _Row(Protocol):
    @property
    def commit(self) -> str: ...
    @property
    def samples(self) -> str | None: ...


class Pairings:
    """p-values of pairs of rows that have samples of a metric, on the same commit of a dataset."""

    def __init__(
        self, hub: Hub, connection: sa.Connection, rows: Sequence[_Row], metric: str
    ) -> None:
        self._blobs, self._rows, self._metric = hub.blobs, rows, metric
        hashes = {row.samples for row in rows if row.samples is not None}
        self._counts = _count_rows(connection, hashes, metric) if len(hashes) > 1 else {}
        self._places = find_places(connection, self._counts)
        self._pairs = self._samples = 0
        self._read = lru_cache(_KEPT)(self._read_file)
        self.notes: list[str] = []

    @property
    def possible(self) -> bool:
        """Whether there are two that have samples."""
        return len(self._places) > 1

    def compare(self, first: int, second: int) -> float | None:
        """The p-value of two rows; None where they have no samples in common, or time is up."""
        a, b = self._rows[first], self._rows[second]
        if a.samples not in self._places or b.samples not in self._places or a.commit != b.commit:
            return None
        size = self._counts[a.samples] + self._counts[b.samples]
        if self._pairs >= _MOST_PAIRS or self._samples + size > _MOST_SAMPLES:
            if not self.notes:
                self.notes.append(
                    f"{self._pairs} pairs were compared by their samples; the others are told "
                    "apart by their values and standard errors, or ask for fewer"
                )
            return None
        self._pairs += 1
        self._samples += size
        return _p_value(self._read(a.samples), self._read(b.samples))

    def _read_file(self, sha256: str) -> tuple[list[Any], NDArray[Any]]:
        place: Place = self._places[sha256]
        file = BlobFile(self._blobs, place.address, place.offset, place.length)
        return read_columns(file, self._metric)


def _count_rows(connection: sa.Connection, hashes: set[str], metric: str) -> dict[str, int]:
    """How many samples each file has, of those that have the metric as numbers."""
    counts: dict[str, int] = {}
    wanted = sorted(hashes)
    for start in range(0, len(wanted), 500):
        query = sa.select(samples.c.sha256, samples.c.rows, samples.c.columns)
        query = query.where(samples.c.sha256.in_(wanted[start : start + 500]))
        counts.update(
            (row.sha256, row.rows)
            for row in connection.execute(query)
            if [metric, "number"] in row.columns
        )
    return counts


def _p_value(first: tuple[Any, Any], second: tuple[Any, Any]) -> float | None:
    from assethub.statistics import InvalidSamples, align, flip_signs

    try:
        aligned = align(*first, *second)
    except InvalidSamples:
        return None
    if not len(aligned.a):
        return None
    return float(flip_signs(aligned.b - aligned.a, resamples=2000).p_value)
