"""API keys of all users, to find one that has leaked and end it."""

from contextlib import suppress

from starlette.responses import Response

from assethub.console.admin.frame import AT_ONCE, read_number, render_admin
from assethub.console.pages import redirect
from assethub.console.security import local_target
from assethub.console.visits import Visit
from assethub.core.people import keys
from assethub.core.values import now
from assethub.errors import NotFound


def show_keys(visit: Visit) -> Response:
    """Keys, the newest first; by the name of their user or how they start."""
    query = visit.query
    page = keys.page_keys(
        visit.hub,
        visit.user,
        holder=query.get("user", "").strip(),
        prefix=query.get("prefix", "").strip(),
        before=read_number(query.get("before", "")),
        amount=AT_ONCE,
    )
    return render_admin(visit, "keys", page=page, moment=now())


def revoke_key(visit: Visit) -> Response:
    """Ends a key at once; one that has ended is no error."""
    visit.check_form()
    with suppress(NotFound):
        keys.revoke_any_key(visit.hub, visit.form.get("id", ""), by=visit.user)
    return redirect(local_target(visit.form.get("next", "/admin/keys")))
