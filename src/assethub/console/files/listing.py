"""The files of a commit, as a page lists them."""

from assethub.console import listings
from assethub.console.listings import Shown, cut
from assethub.console.visits import Visit
from assethub.core.repository import objects
from assethub.core.repository.commits import Commit
from assethub.tree import Entry


def list_files(visit: Visit, commit: Commit) -> Shown[Entry]:
    """The first files of a commit, by path."""
    most = listings.OBJECTS
    found = objects.list_objects(
        visit.hub, visit.user, commit.asset_id, commit.id, kind="commit", amount=most + 1
    )
    return cut(found, most)
