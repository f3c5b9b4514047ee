"""Lists as pages show them: no longer than a page can bear, saying so where they are cut."""

from collections.abc import Sequence
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")

FOLDERS = 1000
FOLDER_ASSETS = 100
HITS = 50
RECENT = 10
BRANCHES = 200
TAGS = 200
EVALUATIONS = 200
# On the first page of an asset, of each list.
NEWEST = 8


class Shown(NamedTuple, Generic[T]):
    """The first rows of a list; `cut` where there are more than these."""

    rows: Sequence[T]
    cut: bool


def cut(rows: Sequence[T], most: int) -> Shown[T]:
    """The first `most` rows; ask for one more than that to know whether there are more."""
    return Shown(rows[:most], len(rows) > most)
