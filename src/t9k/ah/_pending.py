"""Local files that are to be staged, chosen by what is known of them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ._additions import Source
    from ._index import Index, Known
    from ._stamps import Listed
    from ._trees import Addition


class Pending:
    """A file to be staged, with its SHA-256 once that is known."""

    __slots__ = ("_at", "_index", "_known", "_looked_at", "_since", "addition", "is_held", "sha256")

    def __init__(
        self, addition: Addition, index: Index, known: Known, at: int, since: int, looked_at: int
    ) -> None:
        """`since` is when the branch's head held what the index has, `looked_at` is now, in ns."""
        self.addition = addition
        self.sha256 = known.find(at, addition.stamp)
        self.is_held = False
        self._index, self._known, self._at = index, known, at
        self._since, self._looked_at = since, looked_at

    @property
    def size(self) -> int:
        return self.addition.stamp.size

    def note(self, sha256: str) -> None:
        """Take the SHA-256 of what was read, for the next time too."""
        self.is_held = self._known.is_held(self._at, sha256, self._since)
        self._index.note(self._known, self._at, self.addition.stamp, sha256, self._looked_at)
        self.sha256 = sha256


class Selection:
    """The files of one source that may differ from a commit, in `count` and `size`.

    They are made as they are asked for, since there may be a million.
    """

    def __init__(
        self,
        source: Source,
        index: Index,
        since: int = 0,
        is_deleted: Callable[[str], bool] | None = None,
    ) -> None:
        """`since` is the generation of the index at which the commit held all files, 0 for never.

        Those that `is_deleted` says yes to, by their path in the snapshot, are taken in any case.
        """
        self._source = source
        self._index = index
        self._since = since
        self._is_deleted = is_deleted
        self._looked_at = time.time_ns()
        self._chosen: list[tuple[Listed, Known, Sequence[int]]] = []
        self.count = self.size = 0
        for listed, known in zip(source.listed, index.take(source.listed), strict=True):
            places = self._places(listed, known)
            if places:
                sizes = listed.sizes()
                self._chosen.append((listed, known, places))
                self.count += len(places)
                self.size += sum(sizes[at] for at in places)

    def __iter__(self) -> Iterator[Pending]:
        for listed, known, places in self._chosen:
            additions = self._source.select(listed, places)
            for at, addition in zip(places, additions, strict=True):
                since = 0 if self._is_deleted and self._is_deleted(addition.path) else self._since
                yield Pending(addition, self._index, known, at, since, self._looked_at)

    def _places(self, listed: Listed, known: Known) -> Sequence[int]:
        if not self._since:
            return range(len(listed.sizes()))
        changed = known.changed(listed.stamps, self._since)
        if self._is_deleted is None:
            return changed
        every = self._source.select(listed, range(len(listed.sizes())))
        gone = {at for at, addition in enumerate(every) if self._is_deleted(addition.path)}
        return sorted(gone.union(changed))
