"""The hub as an ASGI application."""

from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import cast

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from assethub import api, console
from assethub.api.errors import install_error_handlers
from assethub.core.hub import open_hub
from assethub.http.limits import BodyLimit
from assethub.settings import Settings
from t9k.ah._version import __version__


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application; without settings, those of the environment. It opens the hub at start-up."""
    chosen = settings or Settings()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.hub = open_hub(chosen)
        try:
            yield
        finally:
            app.state.hub.close()

    app = FastAPI(
        title="Asset Hub",
        version=__version__,
        openapi_url="/apis/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    app.add_middleware(BodyLimit)
    install_error_handlers(app)
    app.include_router(api.router)
    app.include_router(api.root_router)
    app.router.routes[:0] = api.quick_routes
    _install_console(app)
    return app


def _install_console(app: FastAPI) -> None:
    """Adds the pages; what no route takes is a page to a browser, and the API's answer else."""
    console.install_console(app)
    answer = app.exception_handlers[HTTPException]

    async def on_http_exception(request: Request, error: HTTPException) -> Response:
        if console.wants_page(request):
            return await console.answer_error(request, error.status_code)
        return await cast(Awaitable[Response], answer(request, error))

    app.exception_handler(HTTPException)(on_http_exception)
