"""Signing in by OpenID Connect: to the provider, and back."""

import base64
import binascii

import structlog
from starlette.responses import Response

from assethub.console.pages import redirect
from assethub.console.people.attempt import Attempt
from assethub.console.people.provider import Provider, ProviderRefused, ProviderUnavailable
from assethub.console.people.signin import enter, show_problem
from assethub.console.security import local_target
from assethub.console.visits import Visit
from assethub.core.people import sessions
from assethub.core.people.subjects import SOURCE, sign_in_subject
from assethub.errors import HubError, NotFound, Unauthenticated
from assethub.http.cookies import read_cookie, set_cookie

_COOKIE = "assethub_openid"
_SECONDS = 600
_LONGEST_TARGET = 2000
_log = structlog.get_logger()


def start(visit: Visit) -> Response:
    """Sends the browser to the provider, with a cookie to know it by when it comes back."""
    target = local_target(visit.request.query_params.get("next", "/"))[:_LONGEST_TARGET]
    attempt = Attempt()
    try:
        url = _find_provider(visit).begin(attempt, _callback_url(visit))
    except (ProviderUnavailable, ProviderRefused) as error:
        return _refuse(visit, target, error)
    response = redirect(url)
    place = base64.urlsafe_b64encode(target.encode()).decode().rstrip("=")
    set_cookie(visit.request, response, _COOKIE, f"{attempt.secret}.{place}", _SECONDS)
    return response


def come_back(visit: Visit) -> Response:
    """Opens a session for whom the provider has signed in, if this browser asked for it."""
    provider = _find_provider(visit)
    secret, target = _read_attempt(visit)
    try:
        if not secret:
            raise ProviderRefused("this browser did not ask to sign in, or too long ago")
        attempt, query = Attempt(secret), dict(visit.request.query_params)
        identity = provider.finish(attempt, _callback_url(visit), query)
        response = enter(visit, sign_in_subject(visit.hub, identity, visit.origin), target)
    except (ProviderUnavailable, Unauthenticated) as error:
        if isinstance(error, ProviderRefused):
            sessions.note_failed_signin(visit.hub, error, SOURCE, visit.origin)
        response = _refuse(visit, target, error)
    set_cookie(visit.request, response, _COOKIE, "", 0)
    return response


def _find_provider(visit: Visit) -> Provider:
    if visit.provider is None:
        raise NotFound("page not found")
    return visit.provider


def _callback_url(visit: Visit) -> str:
    return f"{str(visit.request.base_url).rstrip('/')}/signin/openid/callback"


def _read_attempt(visit: Visit) -> tuple[str, str]:
    """The secret of the attempt that this browser began, and where it wanted to go."""
    secret, _, place = (read_cookie(visit.request, _COOKIE) or "").partition(".")
    try:
        target = base64.urlsafe_b64decode(place + "=" * (-len(place) % 4)).decode()
    except (binascii.Error, ValueError):
        target = "/"
    return secret, local_target(target)


def _refuse(visit: Visit, target: str, error: HubError) -> Response:
    _log.warning("no sign-in by OpenID Connect", code=error.code, reason=error.text)
    return show_problem(visit, target, error)
