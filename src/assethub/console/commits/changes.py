"""What differs between two commits: its paths page by page, and in sum."""

from typing import NamedTuple

from assethub.console.visits import Visit
from assethub.core.assets import Asset
from assethub.core.repository.diffs import page_diff
from assethub.core.repository.previews import DiffSum, sum_diff
from assethub.tree import Difference

ON_A_PAGE = 100


class Changes(NamedTuple):
    """A page of the differences from the commit `old` to `new`; `after` names the next page."""

    old: str
    new: str
    prefix: str
    rows: list[Difference]
    sum: DiffSum
    after: str


def find_changes(
    visit: Visit, asset: Asset, old: str, new: str, *, prefix: str = "", after: str = ""
) -> Changes:
    """The differences between two commits, given by their ids."""
    between = (visit.hub, visit.user, asset.id, old, new)
    page = page_diff(*between, kind="commit", prefix=prefix, after=after, amount=ON_A_PAGE)
    total = sum_diff(*between, prefix=prefix)
    last = page.items[-1].path if page.more else ""
    return Changes(old, new, prefix, page.items, total, last)
