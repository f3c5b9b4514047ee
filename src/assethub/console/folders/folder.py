"""The page of a folder: what is in it, how good that is, and whom it is shared with."""

from typing import Any

from starlette.responses import Response

from assethub.console import listings
from assethub.console.pages import render
from assethub.console.places import find_folder
from assethub.console.visits import Visit
from assethub.core import assets, sharing
from assethub.core.assets import Listed
from assethub.core.comparisons import bests
from assethub.core.comparisons.bests import Bests
from assethub.core.people import groups, users
from assethub.core.permissions import Folder, Level, level_of
from assethub.errors import HubError

LEVELS = {level.name.lower(): level for level in (Level.VIEW, Level.RUN, Level.EDIT)}


def show_folder(visit: Visit) -> Response:
    """A folder and its assets, and for its owner whom it is shared with."""
    return render_folder(visit, find_folder(visit))


def render_folder(
    visit: Visit, folder: Folder, part: str = "", problem: HubError | None = None
) -> Response:
    """The page of a folder; with a problem that is said in the form of one of its parts."""
    level = level_of(visit.user, folder)
    owns = level == Level.OWNER
    after = visit.query.get("after", "")
    most = listings.FOLDER_ASSETS
    page = assets.page_assets(visit.hub, visit.user, folder.id, after=after, amount=most)
    return render(
        visit,
        "folders/folder.html",
        http_status=problem.status if problem else 200,
        folder=folder,
        level=level.name.lower(),
        page=page,
        after=after,
        **_find_scores(visit, folder, page.items),
        shares=sharing.list_shares(visit.hub, visit.user, folder.id) if owns else None,
        levels=list(LEVELS),
        names=_offer_names(visit) if owns else {},
        said=_read_said(visit, folder, part if problem else ""),
        done="" if problem else visit.query.get("done", ""),
        part=part,
        problem=problem,
    )


def _find_scores(visit: Visit, folder: Folder, listed: list[Listed]) -> dict[str, Any]:
    """The metrics to choose from, and the best value of the chosen one for each model."""
    found: Bests | None = None
    metrics: list[str] = []
    if folder.type == "model" and listed:
        metrics = bests.list_folder_metrics(visit.hub, visit.user, folder.id)
        chosen = visit.query.get("metric", "") or (metrics[0] if metrics else "")
        if chosen:
            found = bests.find_bests(visit.hub, visit.user, folder.id, chosen)
            metrics = metrics if chosen in metrics else [chosen, *metrics]
    return {"metrics": metrics, "bests": found, "leader": _find_leader(found)}


def _find_leader(found: Bests | None) -> float | None:
    """The best of the best."""
    if found is None or found.direction is None or not found.values:
        return None
    return (max if found.direction.higher_is_better else min)(found.values.values())


def _offer_names(visit: Visit) -> dict[str, list[str]]:
    """For the browser to offer while a name is typed."""
    return {"user": users.list_names(visit.hub), "group": groups.list_names(visit.hub)}


def _read_said(visit: Visit, folder: Folder, part: str) -> dict[str, dict[str, str]]:
    """What stands in the forms: what was typed where it was wrong, else what there is."""
    nothing = {"name": "", "labels": "", "description": ""}
    there = {
        "name": folder.name,
        "labels": "\n".join(folder.labels),
        "description": folder.description,
    }
    typed = {name: visit.form.get(name, "") for name in nothing}
    return {
        "new": typed if part == "new" else nothing,
        "settings": typed if part == "settings" else there,
    }
