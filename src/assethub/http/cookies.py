"""The names of the hub's cookies, and how they are set."""

from starlette.requests import Request
from starlette.responses import Response

SESSION = "assethub_session"


def cookie_name(request: Request, base: str) -> str:
    """The cookie of that name at the address that the request is for.

    Browsers give cookies to every port of a host, so the name has the port in it: two hubs on one
    machine do not sign each other's visitors out. Over TLS it begins so that browsers take it
    from nobody but this host.
    """
    port = request.url.port
    name = base if port is None else f"{base}_{port}"
    return f"__Host-{name}" if is_secure(request) else name


def read_cookie(request: Request, base: str) -> str | None:
    return request.cookies.get(cookie_name(request, base))


def set_cookie(request: Request, response: Response, base: str, value: str, seconds: int) -> None:
    """Sets a cookie that scripts and other sites' forms do not get; with 0 seconds it goes."""
    response.set_cookie(
        cookie_name(request, base),
        value,
        max_age=seconds,
        path="/",
        httponly=True,
        samesite="lax",
        secure=is_secure(request),
    )


def is_secure(request: Request) -> bool:
    return request.url.scheme == "https"
