"""The console: the pages of the hub. It calls core and renders templates; no storage logic.

`/o/OWNER[/TYPE/FOLDER[/NAME[/commit/ID]]]` are the pages of what people keep in the hub.
"""

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from assethub.console import account, browse, folders, openid, signin
from assethub.console.pages import Console, answer_error, page
from assethub.console.provider import find_provider
from assethub.errors import NotFound

_FOLDER = "/o/{owner}/{type}/{folder}"
_ASSET = _FOLDER + "/{name}"
_GET = ["GET"]
_POST = ["POST"]


def install_console(app: FastAPI) -> None:
    """Adds the pages to the app, whose `state.hub` they show."""
    app.state.console = Console()
    app.router.routes += [
        Route("/", page(folders.show_home), methods=_GET),
        Route("/signin", page(signin.show_signin), methods=_GET),
        Route("/signin", page(signin.sign_in), methods=_POST),
        Route("/signin/openid", page(openid.start), methods=_GET),
        Route("/signin/openid/callback", page(openid.come_back), methods=_GET),
        Route("/signout", page(signin.sign_out), methods=_POST),
        Route("/language", page(signin.choose_language), methods=_POST),
        Route("/account", page(account.show_account), methods=_GET),
        Route("/account/password", page(account.change_password), methods=_POST),
        Route("/account/keys", page(account.create_key), methods=_POST),
        Route("/account/keys/revoke", page(account.revoke_key), methods=_POST),
        Route("/account/sessions/end", page(account.end_session), methods=_POST),
        Route("/o/{owner}", page(folders.show_owner), methods=_GET),
        Route(_FOLDER, page(folders.show_folder), methods=_GET),
        Route(_FOLDER + "/share", page(folders.share_folder), methods=_POST),
        Route(_FOLDER + "/unshare", page(folders.unshare_folder), methods=_POST),
        Route(_ASSET, page(browse.show_asset), methods=_GET),
        Route(_ASSET + "/commit/{commit}", page(browse.show_commit), methods=_GET),
        Route(_ASSET + "/commit/{commit}/files/{path:path}", page(browse.send_file), methods=_GET),
        Route("/static/{digest}/{name}", _send_static, methods=_GET),
    ]


def wants_page(request: Request) -> bool:
    """Whether a person's browser asks, outside the API: errors are pages then."""
    outside = not request.url.path.startswith(("/apis/", "/oauth2/"))
    return outside and "text/html" in request.headers.get("accept", "")


async def _send_static(request: Request) -> Response:
    try:
        return request.app.state.console.files.answer(request)  # type: ignore[no-any-return]
    except NotFound as error:
        return await answer_error(request, error.status)


__all__ = ["answer_error", "find_provider", "install_console", "wants_page"]
