"""The console: the pages of the hub. It calls core and renders templates; no storage logic.

Each room has its pages, the list of their addresses `ROUTES`, and its templates:
`people` the visitor's own, `folders`, `assets`, `files`, `commits`, `evaluations`, `admin`, and
`live`, what tells open pages that something changed.
"""

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from assethub.console import admin, assets, commits, evaluations, files, folders, live, people
from assethub.console.pages import Console, answer_error
from assethub.console.people.provider import find_provider
from assethub.console.styleguide import ROUTES as STYLEGUIDE
from assethub.errors import NotFound

_ROOMS = (people, admin, live, evaluations, files, commits, assets, folders)


def install_console(app: FastAPI, *, styleguide: bool = False) -> None:
    """Adds the pages to the app, whose `state.hub` they show; with the style guide if wanted."""
    app.state.console = Console()
    app.state.watch = live.Watch()
    for room in _ROOMS:
        app.router.routes += room.ROUTES
    if styleguide:
        app.router.routes += STYLEGUIDE
    app.router.routes.append(Route("/static/{digest}/{name:path}", _send_static, methods=["GET"]))


def wants_page(request: Request) -> bool:
    """Whether a person's browser asks, outside the API: errors are pages then."""
    outside = not request.url.path.startswith(("/apis/", "/oauth2/"))
    return outside and "text/html" in request.headers.get("accept", "")


async def _send_static(request: Request) -> Response:
    try:
        return await request.app.state.console.files.answer(request)  # type: ignore[no-any-return]
    except NotFound as error:
        return await answer_error(request, error.status)


__all__ = ["answer_error", "find_provider", "install_console", "wants_page"]
