"""Folders side by side: the visitor's, those shared with them, public ones, someone's."""

from starlette.responses import Response

from assethub.console import listings
from assethub.console.listings import Shown
from assethub.console.pages import render
from assethub.console.visits import Visit
from assethub.core import folders
from assethub.core.folders import TYPES, Listed
from assethub.errors import NotFound

# What the start page has a tab for.
SCOPES = ("own", "shared", "public")


def show_home(visit: Visit) -> Response:
    """The visitor's folders of models and of datasets, those shared with them, or public ones."""
    asked = visit.request.query_params.get("scope", "")
    scope = asked if asked in SCOPES else SCOPES[0]
    return render(
        visit, "folders/home.html", scope=scope, scopes=SCOPES, listed=_list(visit, scope)
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
