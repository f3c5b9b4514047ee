"""Pages of an asset's history: commits, differences, branches, tags, merges."""

from starlette.routing import Route

from assethub.console.commits import commit, diff, log, merge, refs
from assethub.console.pages import get, post
from assethub.console.places import ASSET

ROUTES: list[Route] = [
    get(ASSET + "/commits", log.show_commits),
    get(ASSET + "/commit/{commit}", commit.show_commit),
    post(ASSET + "/commit/{commit}/revert", commit.revert_commit),
    get(ASSET + "/diff", diff.show_diff),
    get(ASSET + "/branches", refs.show_branches),
    post(ASSET + "/branches", refs.create_branch),
    post(ASSET + "/branches/delete", refs.delete_branch),
    post(ASSET + "/branches/protect", refs.protect_branch),
    post(ASSET + "/tags", refs.create_tag),
    post(ASSET + "/tags/delete", refs.delete_tag),
    get(ASSET + "/merge", merge.show_merge),
    post(ASSET + "/merge", merge.merge),
    get(ASSET + "/reset", merge.show_reset),
    post(ASSET + "/reset", merge.reset),
]
