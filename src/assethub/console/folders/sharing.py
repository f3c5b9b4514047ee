"""What the owner of a folder does about others: lets them in, and out, or gives it away."""

from contextlib import suppress

from starlette.responses import Response

from assethub.console.addresses import folder_url
from assethub.console.folders.folder import LEVELS, render_folder
from assethub.console.forms import check_typed
from assethub.console.pages import redirect
from assethub.console.places import find_folder
from assethub.console.visits import Visit
from assethub.core import sharing
from assethub.core.sharing import Grantee, Kind
from assethub.errors import Conflict, InvalidInput, NotFound

_KINDS: dict[str, Kind] = {"user": "user", "group": "group", "public": "public"}


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
        return render_folder(visit, folder, "share", error)
    return redirect(f"{folder_url(folder)}?done=share#shares")


def unshare_folder(visit: Visit) -> Response:
    """Takes back what was shared; what is not shared any more is no error."""
    visit.check_form()
    folder = find_folder(visit)
    with suppress(NotFound):
        sharing.unshare_folder(visit.hub, visit.user, folder.id, _read_grantee(visit))
    return redirect(f"{folder_url(folder)}?done=unshare#shares")


def transfer_folder(visit: Visit) -> Response:
    """Gives a folder to another user, where its name was typed."""
    visit.check_form()
    folder, owner = find_folder(visit), visit.form.get("owner", "").strip()
    try:
        check_typed(visit.form, folder.name)
        sharing.transfer_folder(visit.hub, visit.user, folder.id, owner)
    except (InvalidInput, NotFound, Conflict) as error:
        return render_folder(visit, folder, "transfer", error)
    return redirect(f"{folder_url(folder._replace(owner=owner))}?done=transfer")


def _read_grantee(visit: Visit) -> Grantee:
    kind, name = _KINDS.get(visit.form.get("kind", "")), visit.form.get("name", "").strip()
    if kind is None:
        raise InvalidInput("choose with whom to share", code="invalid_grantee")
    if kind == "public":
        return Grantee(kind)
    if not name:
        raise InvalidInput(f"the {kind} needs a name", code="name_missing")
    return Grantee(kind, name)
