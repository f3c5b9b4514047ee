"""Pages to look around: a model, a dataset, a commit, and its files."""

from typing import cast

from starlette.responses import Response

from assethub.console import listings
from assethub.console.folders import look_up_names
from assethub.console.listings import Shown, cut
from assethub.console.pages import render
from assethub.console.scores import tabulate
from assethub.console.visits import Visit
from assethub.core.assets import DEFAULT_BRANCH, Asset
from assethub.core.evaluations import records as evaluations
from assethub.core.evaluations.records import Evaluation
from assethub.core.repository import branches, logs, objects
from assethub.core.repository.commits import Commit
from assethub.core.repository.tags import Tag, list_tags
from assethub.http.downloads import send_content
from assethub.tree import Entry


def show_asset(visit: Visit) -> Response:
    """A model with its branches and evaluations, or a dataset with what it holds now."""
    asset = _find_asset(visit)
    found_tags = cut(list_tags(visit.hub, visit.user, asset.id), listings.TAGS)
    if asset.folder.type == "dataset":
        return _show_dataset(visit, asset, found_tags)
    return render(
        visit,
        "model.html",
        asset=asset,
        tags=found_tags,
        branches=cut(branches.list_branches(visit.hub, visit.user, asset.id), listings.BRANCHES),
        table=tabulate(visit, _evaluations_of(visit, asset.path)),
    )


def show_commit(visit: Visit) -> Response:
    """A commit: what it says, what it holds, and the evaluations that were made with it."""
    asset, commit = _find_commit(visit)
    heads = branches.list_branches(visit.hub, visit.user, asset.id)
    named = list_tags(visit.hub, visit.user, asset.id)
    return render(
        visit,
        "commit.html",
        asset=asset,
        commit=commit,
        branches=[branch for branch in heads if branch.commit_id == commit.id],
        tags=[tag for tag in named if tag.commit_id == commit.id],
        objects=_objects_of(visit, commit),
        table=tabulate(visit, _evaluations_at(visit, asset, commit)),
    )


def send_file(visit: Visit) -> Response:
    """The bytes of one file of a commit, as a download."""
    asset, commit = _find_commit(visit)
    path = visit.request.path_params["path"]
    content = objects.find_object(visit.hub, visit.user, asset.id, commit.id, path, kind="commit")
    return send_content(visit.request, visit.hub.blobs, content)


def _show_dataset(visit: Visit, asset: Asset, tags: Shown[Tag]) -> Response:
    most = listings.COMMITS + 1
    history = logs.list_commits(visit.hub, visit.user, asset.id, DEFAULT_BRANCH, amount=most)
    return render(
        visit,
        "dataset.html",
        asset=asset,
        commit=history[0],
        commits=cut(history, listings.COMMITS),
        objects=_objects_of(visit, history[0]),
        table=tabulate(visit, _evaluations_at(visit, asset, history[0])),
        tags=tags,
    )


def _find_asset(visit: Visit) -> Asset:
    return cast(Asset, look_up_names(visit, "owner", "type", "folder", "name").asset)


def _find_commit(visit: Visit) -> tuple[Asset, Commit]:
    asset = _find_asset(visit)
    id_ = visit.request.path_params["commit"]
    return asset, logs.get_commit(visit.hub, visit.user, asset.id, id_)


def _objects_of(visit: Visit, commit: Commit) -> Shown[Entry]:
    most = listings.OBJECTS
    found = objects.list_objects(
        visit.hub, visit.user, commit.asset_id, commit.id, kind="commit", amount=most + 1
    )
    return cut(found, most)


def _evaluations_at(visit: Visit, asset: Asset, commit: Commit) -> list[Evaluation]:
    if asset.folder.type == "model":
        return _evaluations_of(visit, f"{asset.path}@{commit.id}")
    most = listings.EVALUATIONS + 1
    return evaluations.list_evaluations_on(visit.hub, visit.user, asset.id, commit.id, amount=most)


def _evaluations_of(visit: Visit, model: str) -> list[Evaluation]:
    most = listings.EVALUATIONS + 1
    return evaluations.list_evaluations(visit.hub, visit.user, model, amount=most)
