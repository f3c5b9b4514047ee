"""Samples of two evaluations, aligned by their ids."""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ids = Sequence[Hashable] | NDArray[Any]


class InvalidSamples(ValueError):
    """Samples that cannot be compared; `code` is stable."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class Alignment(NamedTuple):
    """The pairs that can be compared, and every id that was left out, by reason.

    `ids`, `a` and `b` belong together, in the order of A. `clusters` numbers the cluster of each
    pair from 0, or is None. An id that a side has more than once is in no pair: which of its
    rows would count? `not_finite` are ids whose two values, or their difference, are not finite.
    """

    ids: list[Any]
    a: Floats
    b: Floats
    clusters: NDArray[np.int64] | None
    only_in_a: list[Any]
    only_in_b: list[Any]
    duplicates_in_a: list[Any]
    duplicates_in_b: list[Any]
    not_finite: list[Any]

    def problems(self) -> list[str]:
        """A phrase for each reason for which samples were left out."""
        reasons = [
            ("only in A", self.only_in_a),
            ("only in B", self.only_in_b),
            ("more than once in A", self.duplicates_in_a),
            ("more than once in B", self.duplicates_in_b),
            ("without a finite value", self.not_finite),
        ]
        return [
            f"{len(ids)} sample{'' if len(ids) == 1 else 's'} {reason} left out"
            for reason, ids in reasons
            if ids
        ]


class Flips(NamedTuple):
    """The ids that went from 0 in A to 1 in B, and those that went the other way."""

    gained: list[Any]
    lost: list[Any]


def align(
    a_ids: Ids,
    a_values: Iterable[float],
    b_ids: Ids,
    b_values: Iterable[float],
    clusters: Ids | None = None,
) -> Alignment:
    """Pairs the samples of A and B with the same id; `clusters` has a label for each row of A.

    Ids are compared as they are: the number 1 is not the text "1". Raises InvalidSamples where
    columns have other lengths than their ids, values are no numbers, or an id is missing.
    """
    first, second = _column("A", a_ids, a_values), _column("B", b_ids, b_values)
    codes = None if clusters is None else _number(clusters, len(first.ids))
    matches = _match(first.ids, second.ids)
    rows = np.flatnonzero(matches >= 0)
    skipped = first.repeated | second.repeated
    if skipped:
        rows = np.array([row for row in rows.tolist() if first.ids[row] not in skipped], np.int64)
    a, b = first.values[rows], second.values[matches[rows]]
    with np.errstate(invalid="ignore", over="ignore"):
        finite = np.isfinite(a) & np.isfinite(b) & np.isfinite(b - a)
    kept = rows[finite]
    return Alignment(
        ids=_take(first.ids, kept),
        a=a[finite],
        b=b[finite],
        clusters=None if codes is None else np.unique(codes[kept], return_inverse=True)[1],
        only_in_a=list(dict.fromkeys(_take(first.ids, np.flatnonzero(matches < 0)))),
        only_in_b=_unmatched(second, matches),
        duplicates_in_a=list(first.repeated),
        duplicates_in_b=list(second.repeated),
        not_finite=_take(first.ids, rows[~finite]),
    )


def find_flips(alignment: Alignment) -> Flips:
    """The samples of a 0/1 metric that differ, both ways; raises InvalidSamples for another."""
    if not is_binary(alignment.a) or not is_binary(alignment.b):
        raise InvalidSamples("only samples of a 0/1 metric flip", "not_binary")
    gained, lost = alignment.b > alignment.a, alignment.b < alignment.a
    return Flips(
        *([alignment.ids[row] for row in np.flatnonzero(flips)] for flips in (gained, lost))
    )


def is_binary(values: Floats) -> bool:
    """Whether all values are 0 or 1."""
    return bool(np.all((values == 0) | (values == 1)))


class _Column(NamedTuple):
    ids: list[Any]
    repeated: dict[Any, int]
    values: Floats


def _column(side: str, ids: Ids, values: Iterable[float]) -> _Column:
    listed = _listed(ids)
    try:
        numbers = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidSamples(f"a value of {side} is no number: {error}", "not_a_number") from error
    if numbers.shape != (len(listed),):
        shape = "x".join(map(str, numbers.shape)) or "one"
        raise InvalidSamples(
            f"{side} has {len(listed)} sample ids, but {shape} values", "unequal_length"
        )
    try:
        distinct = len(set(listed))
    except TypeError as error:
        raise InvalidSamples(f"a sample id of {side} is no plain value", "invalid_id") from error
    if any(id_ is None or id_ != id_ for id_ in listed):
        raise InvalidSamples(f"a sample of {side} has no id", "missing_id")
    repeated: dict[Any, int] = {}
    if distinct < len(listed):
        repeated = {id_: times for id_, times in Counter(listed).items() if times > 1}
    return _Column(listed, repeated, numbers)


def _listed(values: Ids) -> list[Any]:
    return values.tolist() if isinstance(values, np.ndarray) else list(values)


def _number(labels: Ids, n: int) -> NDArray[np.int64]:
    """A number for each label, in the order in which they first come."""
    listed = _listed(labels)
    if len(listed) != n:
        raise InvalidSamples(
            f"A has {n} sample ids, but {len(listed)} cluster labels", "unequal_length"
        )
    if any(label is None or label != label for label in listed):
        raise InvalidSamples("a sample of A has no cluster label", "missing_cluster")
    numbers: dict[Any, int] = {}
    return np.fromiter((numbers.setdefault(each, len(numbers)) for each in listed), np.int64, n)


def _match(a: list[Any], b: list[Any]) -> NDArray[np.int64]:
    """For each row of A a row of B with its id, or -1."""
    if a == b:
        return np.arange(len(a))
    rows = {id_: row for row, id_ in enumerate(b)}
    return np.fromiter((rows.get(id_, -1) for id_ in a), np.int64, len(a))


def _unmatched(b: _Column, matches: NDArray[np.int64]) -> list[Any]:
    """The ids of B that A has not, each once."""
    matched = np.zeros(len(b.ids), dtype=np.bool_)
    matched[matches[matches >= 0]] = True
    left = dict.fromkeys(_take(b.ids, np.flatnonzero(~matched)))
    if b.repeated:
        # Of an id that comes several times, one row is matched.
        for row in np.flatnonzero(matched).tolist():
            left.pop(b.ids[row], None)
    return list(left)


def _take(ids: list[Any], rows: NDArray[np.int64]) -> list[Any]:
    return ids if len(rows) == len(ids) else [ids[row] for row in rows.tolist()]
