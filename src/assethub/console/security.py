"""What keeps a visitor's session theirs: headers, checks of forms, redirects that stay here."""

import hashlib
import hmac
import re
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from assethub.errors import PermissionDenied

_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
# Printable ASCII without a backslash, since browsers take that for a slash.
_LOCAL = re.compile(r"/(?!/)[!-\[\]-~]*")


def protect(response: Response) -> Response:
    """The response with the policy of every page, where it does not set its own."""
    response.headers.setdefault("Content-Security-Policy", _POLICY)
    return response


def check_same_origin(request: Request) -> None:
    """Raises PermissionDenied where a browser says that another site's page sent the form.

    A request without either header comes from no browser of today, so from no deceived visitor.
    """
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None:
        allowed = site in ("same-origin", "none")
    else:
        allowed = origin is None or urlsplit(origin).netloc == request.headers.get("host")
    if not allowed:
        raise PermissionDenied("the form was sent by another site", code="cross_site")


def form_token(secret: str) -> str:
    """What a form has to carry that acts for the session of this secret."""
    return hmac.digest(secret.encode(), b"assethub console form", hashlib.sha256).hex()


def check_form_token(secret: str, token: str) -> None:
    """Raises PermissionDenied unless the token is that of the session."""
    if not hmac.compare_digest(form_token(secret).encode(), token.encode("utf-8", "replace")):
        raise PermissionDenied("the form is out of date", code="form_outdated")


def local_target(text: str) -> str:
    """Where to go next: `text` where it is a path of this hub, else the home page."""
    return text if _LOCAL.fullmatch(text) else "/"
