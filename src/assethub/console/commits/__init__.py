"""Pages of an asset's history: commits, differences, branches, tags, merges."""

from starlette.routing import Route

from assethub.console.commits import commit
from assethub.console.pages import get
from assethub.console.places import ASSET

ROUTES: list[Route] = [
    get(ASSET + "/commit/{commit}", commit.show_commit),
]
