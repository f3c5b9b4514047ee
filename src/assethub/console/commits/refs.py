"""The branches and tags of an asset: looked at, made, protected, deleted."""

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote

from starlette.responses import Response

from assethub.console.addresses import branches_url
from assethub.console.assets.frame import render_asset
from assethub.console.forms import check_typed
from assethub.console.pages import redirect
from assethub.console.places import find_asset, name_for_core
from assethub.console.visits import Visit
from assethub.core.assets import Asset
from assethub.core.gates.standings import Standing, find_standing
from assethub.core.people import groups, users
from assethub.core.permissions import Level, level_of
from assethub.core.repository import branches, graphs, previews, tags
from assethub.core.repository.branches import Branch
from assethub.core.repository.graphs import Apart
from assethub.core.repository.previews import Guard
from assethub.core.repository.protection import Protection
from assethub.core.repository.tags import Tag
from assethub.errors import HubError, NotFound

_ON_A_PAGE = 50
# Of more gates the page does not find out how their branches stand.
_STANDINGS = 8


class Refs(NamedTuple):
    """A page of the branches and of the tags; what is not known of a branch is left out."""

    branches: list[Branch]
    more_branches: bool
    apart: Mapping[str, Apart]
    guards: Mapping[str, Guard]
    standings: Mapping[str, Standing]
    tags: list[Tag]
    more_tags: bool


def show_branches(visit: Visit) -> Response:
    """The branches and tags of a model, the tags of a dataset."""
    return _show(visit, find_asset(visit))


def create_branch(visit: Visit) -> Response:
    """Makes a branch at a branch, tag or commit."""
    visit.check_form()
    asset, name = find_asset(visit), visit.form.get("name", "").strip()
    source = visit.form.get("source", "").strip() or "main"
    try:
        branches.create_branch(visit.hub, visit.user, asset.id, name, name_for_core(visit, source))
    except HubError as error:
        return _show_problem(visit, asset, error, "branch")
    return _done(asset, "branch", name)


def create_tag(visit: Visit) -> Response:
    """Names the commit that a branch, tag or commit points at."""
    visit.check_form()
    asset, name = find_asset(visit), visit.form.get("name", "").strip()
    source = visit.form.get("source", "").strip() or "main"
    try:
        tags.create_tag(visit.hub, visit.user, asset.id, name, name_for_core(visit, source))
    except HubError as error:
        return _show_problem(visit, asset, error, "tag")
    return _done(asset, "tag", name)


def delete_branch(visit: Visit) -> Response:
    """Deletes a branch whose name was typed."""
    visit.check_form()
    asset, name = find_asset(visit), visit.form.get("name", "")
    try:
        check_typed(visit.form, name)
        branches.delete_branch(visit.hub, visit.user, asset.id, name)
    except HubError as error:
        return _show_problem(visit, asset, error, "delete-branch")
    return _done(asset, "branch-deleted", name)


def delete_tag(visit: Visit) -> Response:
    """Deletes a tag whose name was typed."""
    visit.check_form()
    asset, name = find_asset(visit), visit.form.get("name", "")
    try:
        check_typed(visit.form, name)
        tags.delete_tag(visit.hub, visit.user, asset.id, name)
    except HubError as error:
        return _show_problem(visit, asset, error, "delete-tag")
    return _done(asset, "tag-deleted", name)


def protect_branch(visit: Visit) -> Response:
    """Keeps a branch from all but some users and groups, or lets everyone at it again."""
    visit.check_form()
    asset, name = find_asset(visit), visit.form.get("name", "")
    try:
        if visit.form.get("protect") == "no":
            branches.unprotect_branch(visit.hub, visit.user, asset.id, name)
        else:
            wanted = Protection(_names(visit, "users"), _names(visit, "groups"))
            branches.protect_branch(visit.hub, visit.user, asset.id, name, wanted)
    except HubError as error:
        return _show_problem(visit, asset, error, "protect")
    return _done(asset, "protection", name)


def _names(visit: Visit, field: str) -> list[str]:
    return visit.form.get(field, "").replace(",", " ").split()


def _done(asset: Asset, done: str, name: str) -> Response:
    return redirect(f"{branches_url(asset)}?done={done}&name={quote(name, safe='')}")


def _show_problem(visit: Visit, asset: Asset, error: HubError, form: str) -> Response:
    if isinstance(error, NotFound) and error.code == "asset_not_found":
        raise error
    return _show(visit, asset, error, form)


def _show(visit: Visit, asset: Asset, problem: HubError | None = None, form: str = "") -> Response:
    owns = level_of(visit.user, asset.folder, asset.id) == Level.OWNER
    refs = _find_refs(visit, asset)
    return render_asset(
        visit,
        "commits/branches.html",
        asset,
        http_status=problem.status if problem else 200,
        refs=refs,
        names=(users.list_names(visit.hub), groups.list_names(visit.hub)) if owns else ((), ()),
        problem=problem,
        form=form,
        done=visit.query.get("done", ""),
        about=visit.query.get("name", ""),
    )


def _find_refs(visit: Visit, asset: Asset) -> Refs:
    of = visit.hub, visit.user, asset.id
    after = visit.query.get("after", ""), visit.query.get("tags-after", "")
    found = branches.page_branches(*of, after=after[0], amount=_ON_A_PAGE)
    found_tags = tags.page_tags(*of, after=after[1], amount=_ON_A_PAGE)
    guards = previews.list_guards(*of)
    heads = {each.name: each.commit_id for each in found.items}
    gated = [name for name in heads if name in guards and guards[name].gated]
    return Refs(
        found.items,
        found.more,
        graphs.measure_branches(*of, heads),
        guards,
        {name: find_standing(*of, name) for name in gated[:_STANDINGS]},
        found_tags.items,
        found_tags.more,
    )
