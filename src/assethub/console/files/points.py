"""The references that a page of files may be looked at through."""

from typing import NamedTuple

from assethub.console import listings
from assethub.console.places import Point
from assethub.console.visits import Visit
from assethub.core.repository import branches, tags
from assethub.core.repository.branches import Branch
from assethub.core.repository.tags import Tag


class Points(NamedTuple):
    """The first branches and tags of an asset; `cut` where there are more."""

    branches: list[Branch]
    tags: list[Tag]
    cut: bool


def find_points(visit: Visit, point: Point) -> Points:
    """What one may choose instead of a point."""
    of = (visit.hub, visit.user, point.asset.id)
    found_branches = branches.page_branches(*of, amount=listings.BRANCHES)
    found_tags = tags.page_tags(*of, amount=listings.TAGS)
    return Points(found_branches.items, found_tags.items, found_branches.more or found_tags.more)
