"""Signing in and out, and the choice of a language."""

from starlette.responses import Response

from assethub.console.languages import LANGUAGES
from assethub.console.pages import add_wait, redirect, render
from assethub.console.security import local_target
from assethub.console.visits import LANGUAGE, THEME, THEMES, Visit
from assethub.core.people import sessions
from assethub.errors import HubError, InvalidInput, TooManyRequests, Unauthenticated
from assethub.http.cookies import SESSION, set_cookie

_YEAR = 365 * 24 * 3600


def show_signin(visit: Visit) -> Response:
    """The ways to sign in, or, with a one-time token, the question whether to use it.

    Looking at a link does not use it up: mail programs and chats do so before people.
    """
    query = visit.request.query_params
    target = local_target(query.get("next", "/"))
    token = query.get("token")
    if token is not None:
        try:
            holder = sessions.find_signin(visit.hub, token)
        except Unauthenticated as error:
            return show_problem(visit, target, error)
        return render(visit, "people/signin_link.html", holder=holder, token=token, target=target)
    if visit.signed_in is not None:
        return redirect(target)
    return _show_ways(visit, target)


def sign_in(visit: Visit) -> Response:
    """Opens a session by a one-time token, an API key, or a name and a password."""
    target = local_target(visit.form.get("next", "/"))
    try:
        return enter(visit, _open_session(visit), target)
    except (Unauthenticated, TooManyRequests) as error:
        return show_problem(visit, target, error)


def enter(visit: Visit, secret: str, target: str) -> Response:
    """Gives the browser a new session in the place of the one it had, and sends it on."""
    if visit.signed_in is not None:
        sessions.sign_out(visit.hub, visit.user, visit.signed_in.secret)
    response = redirect(target)
    set_cookie(visit.request, response, SESSION, secret, sessions.SESSION_SECONDS)
    return response


def sign_out(visit: Visit) -> Response:
    """Ends the session, in the hub and in the browser."""
    response = redirect("/signin")
    if visit.signed_in is not None:
        visit.check_form()
        sessions.sign_out(visit.hub, visit.user, visit.signed_in.secret)
    set_cookie(visit.request, response, SESSION, "", 0)
    return response


def choose_language(visit: Visit) -> Response:
    """Keeps the chosen language in the browser, and goes back to where it was chosen."""
    code = visit.form.get("language", "")
    if code not in LANGUAGES:
        raise InvalidInput(f"no language {code!r}", code="language_unknown")
    response = redirect(local_target(visit.form.get("next", "/")))
    set_cookie(visit.request, response, LANGUAGE, code, _YEAR)
    return response


def choose_theme(visit: Visit) -> Response:
    """Keeps the chosen theme in the browser; an empty one is as the system has it."""
    theme = visit.form.get("theme", "")
    if theme and theme not in THEMES:
        raise InvalidInput(f"no theme {theme!r}", code="theme_unknown")
    response = redirect(local_target(visit.form.get("next", "/")))
    set_cookie(visit.request, response, THEME, theme, _YEAR if theme else 0)
    return response


def show_problem(visit: Visit, target: str, error: HubError) -> Response:
    """The ways to sign in, with why it did not work."""
    wait = error.retry_after or 0
    return add_wait(_show_ways(visit, target, error.status, error.code, wait), error)


def _open_session(visit: Visit) -> str:
    form = visit.form
    if "token" in form:
        return sessions.sign_in_with_token(visit.hub, form["token"], visit.origin)
    if "key" in form:
        return sessions.sign_in_with_key(visit.hub, form["key"].strip(), visit.origin)
    current = visit.signed_in and visit.signed_in.user
    name, password = form.get("name", "").strip(), form.get("password", "")
    return sessions.sign_in_with_password(visit.hub, name, password, visit.origin, current)


def _show_ways(
    visit: Visit, target: str, status: int = 200, problem: str = "", wait: int = 0
) -> Response:
    return render(
        visit,
        "people/signin.html",
        http_status=status,
        target=target,
        problem=problem,
        wait=wait,
        by_key="key" in visit.form,
        name=visit.form.get("name", ""),
        provider=visit.provider,
    )
