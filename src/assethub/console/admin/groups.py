"""Groups: made, filled and deleted."""

from contextlib import suppress
from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from assethub.console.admin.frame import render_admin
from assethub.console.pages import redirect
from assethub.console.visits import Visit
from assethub.core.people import groups, users
from assethub.core.people.groups import Group
from assethub.core.permissions import require_admin
from assethub.errors import Conflict, HubError, InvalidInput, NotFound


def show_groups(visit: Visit, problem: HubError | None = None) -> Response:
    """All groups with the numbers of their members."""
    return render_admin(
        visit,
        "groups",
        listed=groups.list_groups(visit.hub, visit.user),
        members=groups.count_members(visit.hub),
        typed=visit.form.get("name", ""),
        problem=problem,
    )


def create_group(visit: Visit) -> Response:
    """Makes a group, and leads to it."""
    visit.check_form()
    try:
        group = groups.create_group(visit.hub, visit.form.get("name", "").strip(), by=visit.user)
    except (InvalidInput, Conflict) as error:
        return show_groups(visit, error)
    return redirect(_url(group.name))


def show_group(visit: Visit) -> Response:
    """One group and its members."""
    return _show_one(visit, _find(visit))


def add_member(visit: Visit) -> Response:
    visit.check_form()
    group = _find(visit)
    name = visit.form.get("name", "").strip()
    try:
        groups.add_member(visit.hub, group.name, name, by=visit.user)
    except NotFound as error:
        return _show_one(visit, group, problem=error)
    return redirect(f"{_url(group.name)}?done=added")


def remove_member(visit: Visit) -> Response:
    """Takes a user out of a group; one who is no member is no error."""
    visit.check_form()
    group = _find(visit)
    with suppress(NotFound):
        groups.remove_member(visit.hub, group.name, visit.form.get("name", ""), by=visit.user)
    return redirect(f"{_url(group.name)}?done=removed")


def delete_group(visit: Visit) -> Response:
    """Deletes a group whose name was typed."""
    visit.check_form()
    group = _find(visit)
    if visit.form.get("typed", "") != group.name:
        error = InvalidInput("the name was typed differently", code="typed_differently")
        return _show_one(visit, group, problem=error)
    groups.delete_group(visit.hub, group.name, by=visit.user)
    return redirect("/admin/groups?done=deleted")


def _find(visit: Visit) -> Group:
    require_admin(visit.user)
    return groups.find_group(visit.hub, visit.request.path_params["group"])


def _url(name: str) -> str:
    return f"/admin/groups/{quote(name, safe='')}"


def _show_one(visit: Visit, group: Group, **said: Any) -> Response:
    members = groups.list_members(visit.hub, group.name, visit.user)
    names = users.list_names(visit.hub)
    typed = visit.form.get("name", "")
    return render_admin(
        visit, "group", group=group, members=members, names=names, typed=typed, **said
    )
