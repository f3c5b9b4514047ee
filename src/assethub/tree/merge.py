"""Three-way merge of trees."""

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from .diff import diff
from .entry import Entry, Load, same_content
from .read import find_entries, read_root

_BATCH = 1000


class Change(NamedTuple):
    """A path to change in `ours`: its new entry, or None to delete it. Fit for `apply_changes`."""

    path: str
    entry: Entry | None


class Conflict(NamedTuple):
    """A path that both sides changed since `base`, each in its own way; None is absent."""

    path: str
    base: Entry | None
    ours: Entry | None
    theirs: Entry | None


MergeResult = Change | Conflict


def merge(load: Load, base: str, ours: str, theirs: str) -> Iterator[MergeResult]:
    """What merging `theirs` into `ours` takes, where both come from `base`, by path.

    Each path that `theirs` changed since `base` gives a Change where `ours` left it as it was, a
    Conflict where `ours` changed it otherwise, and nothing where `ours` has the same content. As
    in `diff`, times don't count. The cost follows what `theirs` changed, however much `ours` did.
    """
    ranges = read_root(load, ours)
    differences = diff(load, base, theirs)
    while batch := list(islice(differences, _BATCH)):
        ours_now = find_entries(load, ranges, [difference.path for difference in batch])
        for path, before, after in batch:
            mine = ours_now.get(path)
            if same_content(mine, before):
                yield Change(path, after)
            elif not same_content(mine, after):
                yield Conflict(path, before, mine, after)
