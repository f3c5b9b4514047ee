"""The first page of a model or a dataset: what it says of itself, and how it stands."""

from starlette.responses import Response

from assethub.console import listings
from assethub.console.assets.frame import render_asset
from assethub.console.evaluations.scores import Table, tabulate_at, tabulate_model
from assethub.console.files.previews import read_beginning
from assethub.console.files.tree import links_beside, list_folder
from assethub.console.listings import Shown, cut
from assethub.console.markdown import Document, render_markdown
from assethub.console.places import Point, find_asset
from assethub.console.visits import Visit
from assethub.core.assets import DEFAULT_BRANCH, Asset
from assethub.core.repository import branches, logs, objects, tags
from assethub.core.repository.commits import Commit
from assethub.errors import NotFound

_README = "README.md"


def show_asset(visit: Visit) -> Response:
    """A model or a dataset: the README of main, and facts beside it."""
    asset = find_asset(visit)
    of = (visit.hub, visit.user, asset.id)
    most = listings.NEWEST
    commits = logs.list_commits(*of, DEFAULT_BRANCH, amount=most + 1)
    point = Point(asset, f"branch/{DEFAULT_BRANCH}", commits[0].id)
    readme = _read_readme(visit, point)
    found_branches = branches.page_branches(*of, amount=most)
    found_tags = tags.page_tags(*of, amount=most)
    return render_asset(
        visit,
        "assets/overview.html",
        asset,
        point=point,
        commit=commits[0],
        commits=cut(commits, most),
        readme=readme,
        listing=list_folder(visit, commits[0], "", "") if readme is None else None,
        branches=Shown(found_branches.items, found_branches.more),
        tags=Shown(found_tags.items, found_tags.more),
        table=_tabulate(visit, asset, commits[0]),
    )


def _tabulate(visit: Visit, asset: Asset, head: Commit) -> Table:
    if asset.folder.type == "model":
        return tabulate_model(visit, asset.path, listings.NEWEST)
    return tabulate_at(visit, asset, head, listings.NEWEST)


def _read_readme(visit: Visit, point: Point) -> Document | None:
    """The README of a commit, or its beginning; None where it has none that can be read."""
    try:
        content = objects.find_object(
            visit.hub, visit.user, point.asset.id, point.commit, _README, kind="commit"
        )
    except NotFound:
        return None
    text = read_beginning(visit.hub.blobs, content)
    if text is None:
        return None
    links = links_beside(point, _README)
    return render_markdown(text, links.link, links.image)
