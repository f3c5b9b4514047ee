"""Folders and assets made, renamed, labelled, described and deleted."""

from starlette.responses import Response

from assethub.console.addresses import asset_url, folder_url
from assethub.console.folders.folder import render_folder
from assethub.console.folders.home import render_home
from assethub.console.forms import check_typed, read_said
from assethub.console.pages import redirect
from assethub.console.places import find_folder
from assethub.console.visits import Visit
from assethub.core import assets, folders
from assethub.errors import InvalidInput, PermissionDenied


def create_folder(visit: Visit) -> Response:
    """Makes a folder of the visitor's, and leads to it."""
    visit.check_form()
    said, type_ = read_said(visit.form), visit.form.get("type", "")
    try:
        id_ = folders.create_folder(
            visit.hub, visit.user, type_, said.name, said.labels, said.description
        )
    except InvalidInput as error:
        return render_home(visit, "own", error)
    made = folders.get_folder(visit.hub, visit.user, id_).folder
    return redirect(folder_url(made))


def create_asset(visit: Visit) -> Response:
    """Makes a model or a dataset in a folder, and leads to it."""
    visit.check_form()
    folder, said = find_folder(visit), read_said(visit.form)
    try:
        id_ = assets.create_asset(
            visit.hub, visit.user, folder.id, said.name, said.labels, said.description
        )
    except InvalidInput as error:
        return render_folder(visit, folder, "new", error)
    return redirect(asset_url(assets.get_asset(visit.hub, visit.user, id_)))


def change_folder(visit: Visit) -> Response:
    """Renames, labels and describes a folder."""
    visit.check_form()
    folder, said = find_folder(visit), read_said(visit.form)
    try:
        folders.update_folder(visit.hub, visit.user, folder.id, *said)
    except InvalidInput as error:
        return render_folder(visit, folder, "settings", error)
    return redirect(f"{folder_url(folder._replace(name=said.name))}?done=changed")


def delete_folder(visit: Visit) -> Response:
    """Deletes a folder whose name was typed."""
    visit.check_form()
    folder = find_folder(visit)
    try:
        check_typed(visit.form, folder.name)
        folders.delete_folder(visit.hub, visit.user, folder.id)
    except InvalidInput as error:
        return render_folder(visit, folder, "delete", error)
    except PermissionDenied as error:
        if error.code != "branch_protected":
            raise
        return render_folder(visit, folder, "delete", error)
    return redirect("/?done=deleted")
