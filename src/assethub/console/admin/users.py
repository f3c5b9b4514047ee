"""Users: who there is, who may come in, and links that let somebody in once."""

from typing import Any
from urllib.parse import quote, urlencode

from starlette.responses import Response

from assethub.console.admin.frame import AT_ONCE, render_admin
from assethub.console.pages import redirect
from assethub.console.visits import Visit
from assethub.core import folders
from assethub.core.people import keys, sessions, users
from assethub.core.people.users import Account
from assethub.core.values import now
from assethub.errors import Conflict, HubError, InvalidInput

_CHANGES: dict[str, dict[str, bool]] = {
    "disable": {"disabled": True},
    "enable": {"disabled": False},
    "promote": {"admin": True},
    "demote": {"admin": False},
}
_MOST_FOLDERS = 200


def show_users(visit: Visit, problem: HubError | None = None) -> Response:
    """All users, or those whose names start as asked for."""
    prefix = visit.query.get("q", "").strip()
    page = users.page_users(
        visit.hub, visit.user, prefix, after=visit.query.get("after", ""), amount=AT_ONCE
    )
    typed = visit.form.get("name", "")
    return render_admin(visit, "users", page=page, prefix=prefix, typed=typed, problem=problem)


def add_user(visit: Visit) -> Response:
    """Makes a user, and a link by which they sign in for the first time, shown this once."""
    visit.check_form()
    name = visit.form.get("name", "").strip()
    try:
        user = users.add_user(visit.hub, name, by=visit.user)
    except (InvalidInput, Conflict) as error:
        return show_users(visit, problem=error)
    return _show_link(visit, user)


def show_user(visit: Visit) -> Response:
    """One user, with their keys and folders."""
    return _show_one(visit, _find(visit))


def change_user(visit: Visit) -> Response:
    """Keeps a user out or lets them in, and makes an admin of them or not."""
    visit.check_form()
    account = _find(visit)
    do = visit.form.get("do", "")
    try:
        if do not in _CHANGES:
            raise InvalidInput("nothing was chosen", code="invalid_change")
        users.change_user(visit.hub, account.name, **_CHANGES[do], by=visit.user)
    except (InvalidInput, Conflict) as error:
        return _show_one(visit, account, problem=error)
    return redirect(f"{_url(account.name)}?done={do}")


def make_link(visit: Visit) -> Response:
    """Makes a link that signs a user in once, shown this once."""
    visit.check_form()
    account = _find(visit)
    return _show_link(visit, users.User(account.id, account.name, account.admin))


def _find(visit: Visit) -> Account:
    return users.get_account(visit.hub, visit.user, visit.request.path_params["user"])


def _url(name: str) -> str:
    return f"/admin/users/{quote(name, safe='')}"


def _show_link(visit: Visit, user: users.User) -> Response:
    token = sessions.make_signin_token(visit.hub, user, by=visit.user)
    url = visit.request.url
    link = f"{url.scheme}://{url.netloc}/signin?{urlencode({'token': token})}"
    return _show_one(visit, users.get_account(visit.hub, visit.user, user.name), link=link)


def _show_one(visit: Visit, account: Account, **said: Any) -> Response:
    held = keys.page_keys(visit.hub, visit.user, holder=account.name, amount=AT_ONCE)
    holder = users.User(account.id, account.name, account.admin)
    owned = folders.page_folders(visit.hub, holder, "own", amount=_MOST_FOLDERS)
    shown: dict[str, Any] = {"account": account, "held": held, "owned": owned, "moment": now()}
    return render_admin(visit, "user", **shown | {"link": ""} | said)
