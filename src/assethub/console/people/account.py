"""The page of one's own account: password, API keys, sessions."""

from contextlib import suppress
from typing import Any, NamedTuple

from starlette.responses import Response

from assethub.console.pages import add_wait, redirect, render
from assethub.console.visits import Visit
from assethub.core.people import accounts, keys, sessions
from assethub.core.people.accounts import Proof
from assethub.core.people.keys import Key, Terms
from assethub.core.references import look_up
from assethub.core.values import now
from assethub.errors import HubError, InvalidInput, NotFound, PermissionDenied, TooManyRequests

_DAY = 24 * 3600 * 1_000_000
# For how many days a new key may be good; 0 is until it is revoked.
LIFETIMES = (30, 90, 365, 0)
_USUAL_LIFETIME = 90
_MOST_ENDED = 20


class NewKey(NamedTuple):
    """A key that was just made; `secret` is all of it, shown this once."""

    key: Key
    secret: str


def show_account(visit: Visit) -> Response:
    """What the hub knows of the visitor, and what they can change about it."""
    return _show(visit, done=visit.request.query_params.get("done", ""))


def change_password(visit: Visit) -> Response:
    """Sets a new password; all other sessions of the visitor end."""
    visit.check_form()
    form, session = visit.form, visit.own.session
    new = form.get("new", "")
    try:
        if new != form.get("again", ""):
            raise InvalidInput("the new password was typed differently", code="password_differs")
        proof = Proof(current=form.get("current"), session=session)
        accounts.change_password(visit.hub, visit.user, new, proof, keep=session)
    except (InvalidInput, PermissionDenied, TooManyRequests) as error:
        return _show_problem(visit, "password", error)
    return redirect("/account?done=password")


def create_key(visit: Visit) -> Response:
    """Makes an API key and shows it whole, for the only time."""
    visit.check_form()
    try:
        name = visit.form.get("name", "").strip()
        if not name:
            raise InvalidInput("a key needs a name", code="name_missing")
        made = keys.create_key(visit.hub, visit.user, name, _read_terms(visit))
    except (InvalidInput, NotFound) as error:
        return _show_problem(visit, "key", error)
    return _show(visit, new_key=NewKey(*made))


def revoke_key(visit: Visit) -> Response:
    """Ends one of the visitor's keys at once; one that has ended is no error."""
    visit.check_form()
    with suppress(NotFound):
        keys.revoke_key(visit.hub, visit.form.get("key", ""), visit.user)
    return redirect("/account?done=key#keys")


def end_session(visit: Visit) -> Response:
    """Ends one of the visitor's other sessions at once; one that has ended is no error."""
    visit.check_form()
    with suppress(NotFound):
        sessions.end_session(visit.hub, visit.user, visit.form.get("session", ""))
    return redirect("/account?done=session#sessions")


def _read_terms(visit: Visit) -> Terms:
    form = visit.form
    days = form.get("days", str(_USUAL_LIFETIME))
    if days not in map(str, LIFETIMES):
        raise InvalidInput("choose one of the times given", code="invalid_expiry")
    expires = now() + int(days) * _DAY if int(days) else None
    terms = Terms(scope=form.get("scope", ""), expires=expires)
    place = form.get("place", "").strip()
    if not place:
        return terms
    found = look_up(visit.hub, visit.user, place)
    if found.asset is not None:
        return terms._replace(folder_id=found.folder.id, asset_id=found.asset.id)
    return terms._replace(folder_id=found.folder.id)


def _show(visit: Visit, *, status: int = 200, **said: Any) -> Response:
    moment = now()
    listed = keys.list_keys(visit.hub, visit.user)
    usable = [key for key in listed if _is_usable(key, moment)]
    ended = [key for key in listed if not _is_usable(key, moment)]
    return render(
        visit,
        "people/account.html",
        http_status=status,
        account=accounts.get_account(visit.hub, visit.user),
        keys=usable[::-1] + ended[: -_MOST_ENDED - 1 : -1],
        usable=len(usable),
        sessions=sessions.list_sessions(visit.hub, visit.user),
        own=visit.own.session,
        moment=moment,
        lifetimes=LIFETIMES,
        usual_lifetime=_USUAL_LIFETIME,
        **({"done": "", "new_key": None, "part": "", "problem": "", "wait": 0} | said),
    )


def _show_problem(visit: Visit, part: str, error: HubError) -> Response:
    wait = error.retry_after or 0
    page = _show(visit, status=error.status, part=part, problem=error.code, wait=wait)
    return add_wait(page, error)


def _is_usable(key: Key, moment: int) -> bool:
    return key.revoked is None and (key.expires is None or key.expires > moment)
