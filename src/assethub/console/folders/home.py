"""Folders side by side: the visitor's, those shared with them, public ones, someone's."""

from starlette.responses import Response

from assethub.console import listings
from assethub.console.listings import Shown
from assethub.console.pages import render
from assethub.console.visits import Visit
from assethub.core import catalogue, folders
from assethub.core.folders import TYPES, Listed
from assethub.errors import HubError, NotFound

# What the start page has a tab for.
SCOPES = ("own", "shared", "public")


def show_home(visit: Visit) -> Response:
    """The visitor's folders of models and of datasets, those shared with them, or public ones."""
    asked = visit.query.get("scope", "")
    return render_home(visit, asked if asked in SCOPES else SCOPES[0])


def render_home(visit: Visit, scope: str, problem: HubError | None = None) -> Response:
    """The start page; with a problem that is said in the form of a new folder."""
    listed = _list(visit, scope)
    recent = catalogue.list_recent(visit.hub, visit.user, listings.RECENT)
    typed = {name: visit.form.get(name, "") for name in ("type", "name", "labels", "description")}
    return render(
        visit,
        "folders/home.html",
        http_status=problem.status if problem else 200,
        scope=scope,
        scopes=SCOPES,
        listed=listed,
        recent=recent,
        # Whoever has nothing yet is shown how to begin.
        first=scope == "own" and not any(shown.rows for shown in listed.values()),
        said=typed,
        problem=problem,
        done=visit.query.get("done", ""),
        url=f"{visit.request.url.scheme}://{visit.request.url.netloc}",
    )


def show_owner(visit: Visit) -> Response:
    """Those of someone's folders that the visitor may view; NotFound where there is none."""
    owner = visit.request.path_params["owner"]
    listed = _list(visit, "all", owner)
    if owner != visit.user.name and not any(shown.rows for shown in listed.values()):
        raise NotFound("page not found")
    return render(visit, "folders/owner.html", owner=owner, listed=listed)


def _list(visit: Visit, scope: str, owner: str | None = None) -> dict[str, Shown[Listed]]:
    """The folders of a scope by their types, no more than a page can bear."""
    most = listings.FOLDERS
    pages = {
        type_: folders.page_folders(visit.hub, visit.user, scope, type_, owner=owner, amount=most)
        for type_ in TYPES
    }
    return {type_: Shown(page.items, page.more) for type_, page in pages.items()}
