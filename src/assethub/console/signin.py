"""Signing in and out, and the choice of a language."""

from starlette.responses import Response

from assethub.console.languages import LANGUAGES
from assethub.console.pages import redirect, render
from assethub.console.security import check_form_token, local_target
from assethub.console.visits import LANGUAGE_COOKIE, SESSION_COOKIE, Visit
from assethub.core import sessions
from assethub.errors import InvalidInput, Unauthenticated

_YEAR = 365 * 24 * 3600


def show_signin(visit: Visit) -> Response:
    """The form for an API key, or, with a one-time token, the question whether to use it.

    Looking at a link does not use it up: mail programs and chats do so before people.
    """
    query = visit.request.query_params
    target = local_target(query.get("next", "/"))
    token = query.get("token")
    if token is not None:
        try:
            holder = sessions.find_signin(visit.hub, token)
        except Unauthenticated as error:
            return _refuse(visit, target, error)
        return render(visit, "signin_link.html", holder=holder, token=token, target=target)
    if visit.session is not None:
        return redirect(target)
    return render(visit, "signin.html", target=target, problem="")


def sign_in(visit: Visit) -> Response:
    """Opens a session by a one-time token or an API key."""
    target = local_target(visit.form.get("next", "/"))
    try:
        if "token" in visit.form:
            secret = sessions.sign_in_with_token(visit.hub, visit.form["token"])
        else:
            secret = sessions.sign_in_with_key(visit.hub, visit.form.get("key", "").strip())
    except Unauthenticated as error:
        return _refuse(visit, target, error)
    if visit.session is not None:
        sessions.sign_out(visit.hub, visit.session.secret)
    response = redirect(target)
    _set_cookie(visit, response, SESSION_COOKIE, secret, sessions.SESSION_SECONDS)
    return response


def sign_out(visit: Visit) -> Response:
    """Ends the session, in the hub and in the browser."""
    response = redirect("/signin")
    if visit.session is not None:
        check_form_token(visit.session.secret, visit.form.get("form_token", ""))
        sessions.sign_out(visit.hub, visit.session.secret)
    _set_cookie(visit, response, SESSION_COOKIE, "", 0)
    return response


def choose_language(visit: Visit) -> Response:
    """Keeps the chosen language in the browser, and goes back to where it was chosen."""
    code = visit.form.get("language", "")
    if code not in LANGUAGES:
        raise InvalidInput(f"no language {code!r}", code="language_unknown")
    response = redirect(local_target(visit.form.get("next", "/")))
    _set_cookie(visit, response, LANGUAGE_COOKIE, code, _YEAR)
    return response


def _refuse(visit: Visit, target: str, error: Unauthenticated) -> Response:
    return render(visit, "signin.html", http_status=error.status, target=target, problem=error.code)


def _set_cookie(visit: Visit, response: Response, name: str, value: str, seconds: int) -> None:
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        path="/",
        httponly=True,
        samesite="lax",
        secure=visit.request.url.scheme == "https",
    )
