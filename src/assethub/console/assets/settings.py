"""The settings of a model or a dataset: its name, its labels, what it is, and its end."""

from collections.abc import Mapping

from starlette.responses import Response

from assethub.console.addresses import folder_url, settings_url
from assethub.console.assets.frame import render_asset
from assethub.console.forms import check_typed, read_said
from assethub.console.pages import redirect
from assethub.console.places import find_asset
from assethub.console.visits import Visit
from assethub.core import assets
from assethub.core.assets import Asset
from assethub.core.permissions import Level, level_of
from assethub.errors import HubError, InvalidInput, PermissionDenied


def show_settings(visit: Visit) -> Response:
    """What those who may edit an asset may change of it."""
    return _show(visit, _find(visit))


def change_asset(visit: Visit) -> Response:
    """Renames, labels and describes an asset."""
    visit.check_form()
    asset, said = _find(visit), read_said(visit.form)
    try:
        assets.update_asset(visit.hub, visit.user, asset.id, *said)
    except InvalidInput as error:
        return _show(visit, asset, error, visit.form)
    return redirect(settings_url(asset._replace(name=said.name), done="changed"))


def delete_asset(visit: Visit) -> Response:
    """Deletes an asset whose name was typed."""
    visit.check_form()
    asset = _find(visit)
    try:
        check_typed(visit.form, asset.name)
        assets.delete_asset(visit.hub, visit.user, asset.id)
    except (InvalidInput, PermissionDenied) as error:
        return _show(visit, asset, error)
    return redirect(f"{folder_url(asset.folder)}?done=deleted")


def _find(visit: Visit) -> Asset:
    asset = find_asset(visit)
    if level_of(visit.user, asset.folder, asset.id) < Level.EDIT:
        raise PermissionDenied("only those who may edit have settings to change")
    return asset


def _show(
    visit: Visit,
    asset: Asset,
    problem: HubError | None = None,
    typed: Mapping[str, str] | None = None,
) -> Response:
    said = {
        "name": asset.name,
        "labels": "\n".join(asset.labels),
        "description": asset.description,
    }
    return render_asset(
        visit,
        "assets/settings.html",
        asset,
        http_status=problem.status if problem else 200,
        said=said | {name: typed[name] for name in said if typed and name in typed},
        problem=problem,
        done=visit.query.get("done", ""),
    )
