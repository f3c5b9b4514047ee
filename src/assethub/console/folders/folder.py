"""The page of a folder: what is in it, and whom it is shared with."""

from contextlib import suppress
from typing import Any

from starlette.responses import Response

from assethub.console import listings
from assethub.console.addresses import folder_url
from assethub.console.listings import cut
from assethub.console.pages import redirect, render
from assethub.console.places import find_folder
from assethub.console.visits import Visit
from assethub.core import assets, sharing
from assethub.core.people import groups, users
from assethub.core.permissions import Folder, Level, level_of
from assethub.core.sharing import Grantee, Kind
from assethub.errors import HubError, InvalidInput, NotFound

LEVELS = {level.name.lower(): level for level in (Level.VIEW, Level.RUN, Level.EDIT)}
_KINDS: dict[str, Kind] = {"user": "user", "group": "group", "public": "public"}


def show_folder(visit: Visit) -> Response:
    """A folder and its assets, and for its owner whom it is shared with."""
    return _show(visit, find_folder(visit), done=visit.request.query_params.get("done", ""))


def share_folder(visit: Visit) -> Response:
    """Lets others into a folder, or changes what they may do there."""
    visit.check_form()
    folder = find_folder(visit)
    try:
        grantee, level = _read_grantee(visit), LEVELS.get(visit.form.get("level", ""))
        if level is None:
            raise InvalidInput("choose one of the levels given", code="invalid_level")
        sharing.share_folder(visit.hub, visit.user, folder.id, grantee, level)
    except (InvalidInput, NotFound) as error:
        return _show_problem(visit, folder, error)
    return redirect(f"{folder_url(folder)}?done=share#shares")


def unshare_folder(visit: Visit) -> Response:
    """Takes back what was shared; what is not shared any more is no error."""
    visit.check_form()
    folder = find_folder(visit)
    with suppress(NotFound):
        sharing.unshare_folder(visit.hub, visit.user, folder.id, _read_grantee(visit))
    return redirect(f"{folder_url(folder)}?done=unshare#shares")


def _read_grantee(visit: Visit) -> Grantee:
    kind, name = _KINDS.get(visit.form.get("kind", "")), visit.form.get("name", "").strip()
    if kind is None:
        raise InvalidInput("choose with whom to share", code="invalid_grantee")
    if kind == "public":
        return Grantee(kind)
    if not name:
        raise InvalidInput(f"the {kind} needs a name", code="name_missing")
    return Grantee(kind, name)


def _show(visit: Visit, folder: Folder, *, status: int = 200, **said: Any) -> Response:
    level = level_of(visit.user, folder)
    owns = level == Level.OWNER
    listed = assets.list_assets(visit.hub, visit.user, folder.id)
    return render(
        visit,
        "folders/folder.html",
        http_status=status,
        folder=folder,
        level=level.name.lower(),
        listed=cut(listed, listings.ASSETS),
        shares=sharing.list_shares(visit.hub, visit.user, folder.id) if owns else None,
        levels=list(LEVELS),
        # For the browser to offer while a name is typed.
        names={"user": users.list_names(visit.hub), "group": groups.list_names(visit.hub)}
        if owns
        else {},
        **({"done": "", "problem": ""} | said),
    )


def _show_problem(visit: Visit, folder: Folder, error: HubError) -> Response:
    return _show(visit, folder, status=error.status, problem=error.code)
