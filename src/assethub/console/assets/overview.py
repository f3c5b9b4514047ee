"""The first page of a model or a dataset."""

from starlette.responses import Response

from assethub.console import listings
from assethub.console.assets.frame import render_asset
from assethub.console.evaluations.scores import tabulate_at, tabulate_model
from assethub.console.files.listing import list_files
from assethub.console.listings import Shown, cut
from assethub.console.places import find_asset
from assethub.console.visits import Visit
from assethub.core.assets import DEFAULT_BRANCH, Asset
from assethub.core.repository import branches, logs
from assethub.core.repository.tags import Tag, list_tags


def show_asset(visit: Visit) -> Response:
    """A model with its branches and evaluations, or a dataset with what it holds now."""
    asset = find_asset(visit)
    found_tags = cut(list_tags(visit.hub, visit.user, asset.id), listings.TAGS)
    if asset.folder.type == "dataset":
        return _show_dataset(visit, asset, found_tags)
    return render_asset(
        visit,
        "assets/model.html",
        asset,
        tags=found_tags,
        branches=cut(branches.list_branches(visit.hub, visit.user, asset.id), listings.BRANCHES),
        table=tabulate_model(visit, asset.path),
    )


def _show_dataset(visit: Visit, asset: Asset, tags: Shown[Tag]) -> Response:
    most = listings.COMMITS + 1
    history = logs.list_commits(visit.hub, visit.user, asset.id, DEFAULT_BRANCH, amount=most)
    return render_asset(
        visit,
        "assets/dataset.html",
        asset,
        commit=history[0],
        commits=cut(history, listings.COMMITS),
        objects=list_files(visit, history[0]),
        table=tabulate_at(visit, asset, history[0]),
        tags=tags,
    )
