"""The page of one commit."""

from typing import Any

from starlette.responses import Response

from assethub.console.addresses import commit_url
from assethub.console.assets.frame import render_asset
from assethub.console.commits.changes import find_changes
from assethub.console.evaluations.scores import tabulate_at
from assethub.console.files.points import find_points
from assethub.console.pages import redirect
from assethub.console.places import Point, find_commit
from assethub.console.visits import Visit
from assethub.core.assets import DEFAULT_BRANCH
from assethub.core.repository import graphs, merging
from assethub.errors import HubError, NotFound


def show_commit(visit: Visit, problem: HubError | None = None) -> Response:
    """A commit: what it says, what it changed, and the evaluations that were made with it."""
    asset, commit = find_commit(visit)
    changes: Any = None
    if commit.parents:
        after = visit.query.get("after", "")
        changes = find_changes(visit, asset, commit.parents[0], commit.id, after=after)
    return render_asset(
        visit,
        "commits/commit.html",
        asset,
        http_status=problem.status if problem else 200,
        commit=commit,
        names=graphs.name_commits(visit.hub, visit.user, asset.id, [commit.id])[commit.id],
        changes=changes,
        points=find_points(visit, Point(asset, commit.id, commit.id)),
        branch=visit.form.get("branch", DEFAULT_BRANCH),
        table=tabulate_at(visit, asset, commit),
        problem=problem,
        done=visit.query.get("done", ""),
    )


def revert_commit(visit: Visit) -> Response:
    """Takes back what a commit changed, by a new commit of a branch."""
    visit.check_form()
    asset, commit = find_commit(visit)
    form = visit.form
    try:
        made = merging.revert_commit(
            visit.hub,
            visit.user,
            asset.id,
            form.get("branch", ""),
            commit.id,
            message=form.get("message", "").strip() or None,
            override=form.get("override", "").strip() or None,
        )
    except NotFound as error:
        if error.code != "branch_not_found":
            raise
        return show_commit(visit, problem=error)
    except HubError as error:
        return show_commit(visit, problem=error)
    return redirect(f"{commit_url(asset, made)}?done=revert")
