"""A leaderboard on which models that cannot be told apart share a rank."""

import math
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from .samples import Floats
from .summaries import standard_errors

# The p-value of two entries by their samples, or None where they have none in common.
Paired = Callable[[int, int], float | None]
_NEAR = 256


class Basis(StrEnum):
    """By what an entry was told from the leader that it was compared with."""

    LEADER = "leader"
    PAIRED = "paired"
    UNPAIRED = "unpaired"
    VALUE = "value only"
    NOT_FINITE = "not finite"


class Ranked(NamedTuple):
    """An entry's place. `entry` is its place in what was given, `rank` starts at 1.

    `against` is the entry of the leader it was compared with: that of its own group, or for who
    leads a group that of the one above; None for the first and where values are not finite.
    `p_value` is of that comparison, before Holm's method; None where the values alone decided.
    """

    entry: int
    rank: int
    against: int | None
    p_value: float | None
    basis: Basis


class Ranking(NamedTuple):
    """The entries, best first, and in a sentence how ranks were given."""

    entries: list[Ranked]
    method: str


def rank(
    values: Floats,
    stderrs: Floats | None = None,
    counts: Floats | None = None,
    *,
    proportions: bool = False,
    higher_is_better: bool = True,
    alpha: float = 0.05,
    paired: Paired | None = None,
) -> Ranking:
    """Ranks the entries; those not significantly worse than their group's leader share its rank.

    `stderrs` and `counts` have NaN where nothing is known. From the best value down: the leader is
    compared with all below it, by Holm's method at the level `alpha`, and the first that is
    significantly worse leads the next group. Since the leader is chosen by its value, each step
    counts all pairs among it and those not yet found worse: of equals, the best is then found
    better than another in no more than `alpha` of cases. `paired(leader, other)` is asked for
    the p-value of pairs whose values and standard errors leave it open.

    Entries without standard error are told apart by value alone. Equal values share a rank, and
    the one after a group of three at rank 1 has rank 4. NaN and infinities come last.
    """
    values = np.asarray(values, dtype=np.float64)
    unknown = np.full(len(values), np.nan)
    errors = standard_errors(
        unknown if stderrs is None else np.asarray(stderrs, dtype=np.float64),
        unknown if counts is None else np.asarray(counts, dtype=np.float64),
        values,
        proportions,
        alpha,
    )
    finite = np.isfinite(values)
    worth = values if higher_is_better else -values
    kept = np.flatnonzero(finite)
    order = kept[np.argsort(-worth[kept], kind="stable")]
    board = _Board(order, worth[order], errors[order], alpha, paired)
    entries = list(board.entries())
    last = [
        Ranked(int(index), len(order) + 1, None, None, Basis.NOT_FINITE)
        for index in np.flatnonzero(~finite)
    ]
    return Ranking(entries + last, _describe(higher_is_better, alpha))


def _describe(higher_is_better: bool, alpha: float) -> str:
    return (
        f"{'Higher' if higher_is_better else 'Lower'} is better. Entries that are not"
        " significantly worse than the best of their group share its rank"
        f" (level {alpha:g}, Holm's method over the pairs of it and those below)."
    )


class _Group(NamedTuple):
    """The entries from a leader to before `end`; `z` and `known` reach to `end` itself.

    `z` says by how many standard errors those below the leader are worse, NaN where that is not
    known; `known` has p-values by samples, by the place below the leader.
    """

    end: int
    z: Floats
    known: dict[int, float]


class _Board:
    """Entries by falling worth, and the walk that finds the groups among them."""

    def __init__(
        self,
        order: NDArray[np.int64],
        worth: Floats,
        errors: Floats,
        alpha: float,
        paired: Paired | None,
    ) -> None:
        self.order, self.worth, self.errors = order, worth, errors
        self.alpha, self.paired = alpha, paired
        self.worths, self.spreads = worth.tolist(), errors.tolist()
        # How many from a place on have a standard error, and so make one comparison more.
        certain = np.cumsum(~np.isnan(errors)[::-1])[::-1]
        self.certain = [*certain.tolist(), 0]
        self.sure = self._reach(self.certain[0])
        self.largest = float(np.nanmax(errors)) if self.certain[0] else 0.0

    def entries(self) -> Iterator[Ranked]:
        """Every entry with its rank, best first."""
        leader, size = 0, len(self.order)
        if size:
            yield Ranked(int(self.order[0]), 1, None, None, Basis.LEADER)
        while leader < size:
            group = self._near_group(leader) or self._group(leader)
            yield from self._describe(leader, group)
            leader = group.end

    def _near_group(self, leader: int) -> _Group | None:
        """The group, where a look at the next few entries is enough to know its end."""
        if self.paired is not None:
            return None
        if (alone := self._lone(leader)) is not None:
            return alone
        end = min(len(self.order), leader + 1 + _NEAR)
        z = self._distances(leader, end)
        possible = self._apart(leader, z, self._reach(1))
        if not possible.any():
            return _Group(end, z, {}) if end == len(self.order) else None
        first = int(np.argmax(possible))
        if not self._apart(leader, z[first : first + 1], self._highest_limit(leader), first)[0]:
            return None
        return _Group(leader + 1 + first, z, {})

    def _lone(self, leader: int) -> _Group | None:
        """The group of a leader alone, where the next is told from it beyond any doubt."""
        if leader + 1 == len(self.order):
            return _Group(leader + 1, np.empty(0), {})
        gap = self.worths[leader] - self.worths[leader + 1]
        spread = math.hypot(self.spreads[leader], self.spreads[leader + 1])
        if gap > 0 and (math.isnan(spread) or gap > self.sure * spread):
            return _Group(leader + 1, np.array([gap / spread]), {})
        return None

    def _highest_limit(self, leader: int) -> float:
        """What `_limit` of all below the leader does not exceed: those far below are rejected."""
        if np.isnan(self.errors[leader]):
            return np.inf
        far = self.sure * np.hypot(self.errors[leader], self.largest)
        place = int(np.searchsorted(-self.worth, far - self.worth[leader], side="right"))
        return self._reach(self.certain[leader + 1] - self.certain[max(place, leader + 1)])

    def _group(self, leader: int) -> _Group:
        z = self._distances(leader, len(self.order))
        known = self._ask(leader, z)
        apart = self._apart(leader, z, self._limit(z))
        first = int(np.argmax(apart)) if apart.any() else len(apart)
        return _Group(leader + 1 + first, z, known)

    def _distances(self, leader: int, end: int) -> Floats:
        below = slice(leader + 1, end)
        with np.errstate(invalid="ignore", over="ignore"):
            spread = np.hypot(self.errors[leader], self.errors[below])
            z: Floats = (self.worth[leader] - self.worth[below]) / spread
        return z

    def _ask(self, leader: int, z: Floats) -> dict[int, float]:
        """Puts into `z` what samples say, and returns their p-values."""
        known: dict[int, float] = {}
        if self.paired is None:
            return known
        # The error of a difference is at most the sum of both, sqrt(2) times that of unrelated
        # ones: beyond this, samples could not make the difference insignificant.
        sure = np.sqrt(2) * self._reach(len(z))
        for place in np.flatnonzero(~(z > sure)).tolist():
            p_value = self.paired(int(self.order[leader]), int(self.order[leader + 1 + place]))
            if p_value is not None:
                known[place] = p_value
                z[place] = -ndtri(p_value / 2)
        return known

    def _apart(self, leader: int, z: Floats, limit: float, start: int = 0) -> NDArray[np.bool_]:
        below = self.worth[leader + 1 + start : leader + 1 + start + len(z)]
        return np.where(np.isnan(z), below < self.worth[leader], z > limit)

    def _reach(self, rivals: int) -> float:
        """How many standard errors a difference needs where so many may be the leader's equals.

        All pairs of them and the leader count: it is the leader for having had the most luck.
        """
        return float(-ndtri(self.alpha / max(1, rivals * (rivals + 1) // 2) / 2))

    def _limit(self, z: Floats) -> float:
        """Beyond how many standard errors Holm's method finds a difference.

        Counting those beyond the limit, and lowering it for what they leave, ends where stepping
        through the sorted p-values does.
        """
        tested = z[~np.isnan(z)]
        limit, rejected = self._reach(len(tested)), 0
        while (count := int(np.count_nonzero(tested > limit))) > rejected:
            limit, rejected = self._reach(len(tested) - count), count
        return limit

    def _describe(self, leader: int, group: _Group) -> Iterator[Ranked]:
        """Those who share the leader's rank, and the leader of the next group."""
        against, end = int(self.order[leader]), min(group.end + 1, len(self.order))
        p_values = 2 * ndtr(-np.abs(group.z[: end - leader - 1]))
        indices = self.order[leader + 1 : end].tolist()
        for place, (index, p_value) in enumerate(zip(indices, p_values.tolist(), strict=True)):
            place_rank = leader + 1 if leader + 1 + place < group.end else group.end + 1
            if p_value != p_value:
                yield Ranked(index, place_rank, against, None, Basis.VALUE)
            elif place in group.known:
                yield Ranked(index, place_rank, against, group.known[place], Basis.PAIRED)
            else:
                yield Ranked(index, place_rank, against, p_value, Basis.UNPAIRED)
