"""What keeps a visitor's session theirs: headers, origins of forms, redirects that stay here."""

import re
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from assethub.errors import PermissionDenied

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
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


def local_target(text: str) -> str:
    """Where to go next: `text` where it is a path of this hub, else the home page."""
    return text if _LOCAL.fullmatch(text) else "/"
