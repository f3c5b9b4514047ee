"""Pages of folders: those of the visitor, those of someone, and one with whom it is shared with."""

from contextlib import suppress
from typing import Any

from starlette.responses import Response

from assethub.console import listings
from assethub.console.addresses import folder_url
from assethub.console.listings import Shown, cut
from assethub.console.pages import redirect, render
from assethub.console.visits import Visit
from assethub.core import assets, folders, sharing
from assethub.core.folders import TYPES, Listed
from assethub.core.people import groups, users
from assethub.core.permissions import Folder, Level, level_of
from assethub.core.references import Found, look_up
from assethub.core.sharing import Grantee, Kind
from assethub.errors import HubError, InvalidInput, NotFound

# What the start page has a tab for.
SCOPES = ("own", "shared", "public")
LEVELS = {level.name.lower(): level for level in (Level.VIEW, Level.RUN, Level.EDIT)}
_KINDS: dict[str, Kind] = {"user": "user", "group": "group", "public": "public"}


def show_home(visit: Visit) -> Response:
    """The visitor's folders of models and of datasets, those shared with them, or public ones."""
    asked = visit.request.query_params.get("scope", "")
    scope = asked if asked in SCOPES else SCOPES[0]
    return render(visit, "home.html", scope=scope, scopes=SCOPES, listed=_list(visit, scope))


def show_owner(visit: Visit) -> Response:
    """Those of someone's folders that the visitor may view; NotFound where there is none."""
    owner = visit.request.path_params["owner"]
    listed = _list(visit, "all", owner)
    if owner != visit.user.name and not any(shown.rows for shown in listed.values()):
        raise NotFound("page not found")
    return render(visit, "owner.html", owner=owner, listed=listed)


def show_folder(visit: Visit) -> Response:
    """A folder and its assets, and for its owner whom it is shared with."""
    return _show(visit, _find_folder(visit), done=visit.request.query_params.get("done", ""))


def share_folder(visit: Visit) -> Response:
    """Lets others into a folder, or changes what they may do there."""
    visit.check_form()
    folder = _find_folder(visit)
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
    folder = _find_folder(visit)
    with suppress(NotFound):
        sharing.unshare_folder(visit.hub, visit.user, folder.id, _read_grantee(visit))
    return redirect(f"{folder_url(folder)}?done=unshare#shares")


def look_up_names(visit: Visit, *parts: str) -> Found:
    """What the names in the URL stand for; NotFound where they cannot be names."""
    names = [visit.request.path_params[part] for part in parts]
    if names[1] not in TYPES or any(mark in "".join(names) for mark in ":@"):
        raise NotFound("page not found")
    return look_up(visit.hub, visit.user, "/".join(names))


def _find_folder(visit: Visit) -> Folder:
    return look_up_names(visit, "owner", "type", "folder").folder


def _list(visit: Visit, scope: str, owner: str | None = None) -> dict[str, Shown[Listed]]:
    """The folders of a scope by their types, no more than a page can bear."""
    most = listings.FOLDERS
    pages = {
        type_: folders.page_folders(visit.hub, visit.user, scope, type_, owner=owner, amount=most)
        for type_ in TYPES
    }
    return {type_: Shown(page.items, page.more) for type_, page in pages.items()}


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
        "folder.html",
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
