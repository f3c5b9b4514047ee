"""How a page is answered: templates, errors, and what every answer of the console carries."""

import gzip
import json
import shlex
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode

import structlog
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from assethub.console import addresses
from assethub.console.languages import LANGUAGES, Language
from assethub.console.security import check_same_origin, protect
from assethub.console.static_files import StaticFiles
from assethub.console.visits import (
    Form,
    SignInNeeded,
    Visit,
    find_language,
    find_signed_in,
    read_form,
)
from assethub.core.changes import find_newest
from assethub.errors import HubError

TEMPLATES = Path(__file__).with_name("templates")
Handler = Callable[[Visit], Response]
_SHORTEST_COMPRESSED = 1024
_COMPRESSION = 5
_log = structlog.get_logger()


class Console:
    """What the pages share: the static files, and the templates in each language."""

    def __init__(self) -> None:
        self.files = StaticFiles()
        self._environments = {
            code: _environment(language, self.files) for code, language in LANGUAGES.items()
        }

    def text(self, visit: Visit, template: str, values: Mapping[str, Any]) -> str:
        """A page from a template, in the visitor's language."""
        found = self._environments[visit.language.code].get_template(template)
        return found.render(values, visit=visit)


def render(visit: Visit, template: str, *, http_status: int = 200, **values: Any) -> Response:
    """A page of the console; what `values` hold is escaped wherever it stands."""
    console = cast(Console, visit.request.app.state.console)
    return HTMLResponse(console.text(visit, template, values), http_status)


def page(
    handler: Handler, read: Callable[[Request], Awaitable[Form]] = read_form
) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint for a handler that turns a visit into a response, or raises HubError.

    A POST reaches the handler only if no other site's page sent it; `read` takes its form in.
    """

    async def endpoint(request: Request) -> Response:
        visit = Visit(request, find_language(request))
        if request.method == "POST":
            try:
                visit = replace(visit, form=await read(request))
            except (HubError, ClientDisconnect) as error:
                return await answer_error(request, getattr(error, "status", 400))
        return await run_in_threadpool(_finish, visit, handler)

    return endpoint


def get(path: str, handler: Handler) -> Route:
    """A page to look at."""
    return Route(path, page(handler), methods=["GET"])


def post(
    path: str, handler: Handler, read: Callable[[Request], Awaitable[Form]] = read_form
) -> Route:
    """Where a form goes, that `read` takes in."""
    return Route(path, page(handler, read), methods=["POST"])


async def answer_error(request: Request, status: int) -> Response:
    """The page for a request that no handler takes."""
    visit = Visit(request, find_language(request))
    return await run_in_threadpool(_finish, visit, lambda v: render_error(v, status))


def _finish(visit: Visit, handler: Handler) -> Response:
    return protect(_compress(visit.request, _answer(visit, handler)))


def _answer(visit: Visit, handler: Handler) -> Response:
    try:
        visit = replace(visit, signed_in=find_signed_in(visit.request))
        # Only what a GET has shown can be asked for again.
        if visit.signed_in and visit.request.method == "GET":
            visit = replace(visit, mark=find_newest(visit.hub))
        if visit.request.method == "POST":
            check_same_origin(visit.request)
        return handler(visit)
    except SignInNeeded:
        return redirect("/signin?" + urlencode({"next": visit.url}))
    except HubError as error:
        return add_wait(render_error(visit, error.status, error.code), error)
    except Exception as error:
        _log.error("page failed", path=visit.request.url.path, exc_info=error)
        return render_error(visit, 500)


def _compress(request: Request, response: Response) -> Response:
    """The response, smaller where it is a page and the browser takes it so."""
    accepted = "gzip" in request.headers.get("accept-encoding", "")
    if (
        accepted
        and isinstance(response, HTMLResponse)
        and len(response.body) > _SHORTEST_COMPRESSED
    ):
        response.body = gzip.compress(response.body, _COMPRESSION, mtime=0)
        response.headers["Content-Encoding"] = "gzip"
        response.headers["Content-Length"] = str(len(response.body))
    response.headers.setdefault("Vary", "Accept-Encoding, Cookie")
    return response


def render_error(visit: Visit, status: int, code: str = "") -> Response:
    return render(visit, "error.html", http_status=status, status=status, code=code)


def add_wait(response: Response, error: HubError) -> Response:
    """The response, with how long to wait where that is what it refuses for."""
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def redirect(url: str) -> Response:
    """Sends a browser on with GET."""
    return RedirectResponse(url, 303)


def _environment(language: Language, files: StaticFiles) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.install_gettext_translations(language.translations, newstyle=True)  # type: ignore[attr-defined]
    environment.filters["shell"] = shlex.quote
    environment.filters["python"] = lambda text: json.dumps(str(text), ensure_ascii=False)
    environment.globals |= {
        "language": language,
        "languages": list(LANGUAGES.values()),
        "static": files.url,
        "static_files": files,
        "address": addresses,
    }
    return environment
