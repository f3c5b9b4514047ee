"""The page of one commit."""

from starlette.responses import Response

from assethub.console.assets.frame import render_asset
from assethub.console.evaluations.scores import tabulate_at
from assethub.console.files.listing import list_files
from assethub.console.places import find_commit
from assethub.console.visits import Visit
from assethub.core.repository import branches
from assethub.core.repository.tags import list_tags


def show_commit(visit: Visit) -> Response:
    """A commit: what it says, what it holds, and the evaluations that were made with it."""
    asset, commit = find_commit(visit)
    heads = branches.list_branches(visit.hub, visit.user, asset.id)
    named = list_tags(visit.hub, visit.user, asset.id)
    return render_asset(
        visit,
        "commits/commit.html",
        asset,
        commit=commit,
        branches=[branch for branch in heads if branch.commit_id == commit.id],
        tags=[tag for tag in named if tag.commit_id == commit.id],
        objects=list_files(visit, commit),
        table=tabulate_at(visit, asset, commit),
    )
