"""The hub as an ASGI application."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable
from contextlib import ExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any, cast

from fastapi import FastAPI, Request
from fastapi.telemetry import TelemetryConfig
from starlette.exceptions import HTTPException
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from assethub import api, console
from assethub.api.errors import install_error_handlers, render_error
from assethub.core.hub import open_hub
from assethub.http.access import AccessLog
from assethub.http.gate import Gate
from assethub.http.limits import BodyLimit
from assethub.logs import make_renderer
from assethub.settings import Settings
from assethub.traces import make_tracer_provider
from t9k.ah._version import __version__

if TYPE_CHECKING:
    from assethub.http.metrics import Metrics


class _App(FastAPI):
    """A FastAPI with a gate before all of it, since middleware of its own stands behind the layer
    that answers failures.
    """

    gate: Gate
    # FastAPI traces what passes its own layers.
    traced: bool

    def build_middleware_stack(self) -> ASGIApp:
        whole = super().build_middleware_stack()
        self.gate.app = whole if self.traced else _put_quick_routes(self, whole)
        return self.gate


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application; without settings, those of the environment. It opens the hub at start-up."""
    chosen = settings or Settings()
    metrics = _make_metrics() if chosen.metrics_port else None
    log = AccessLog(make_renderer(chosen.log_format), sys.stderr) if chosen.access_log else None
    tracer_provider = make_tracer_provider(chosen.traces_url) if chosen.traces_url else None
    telemetry: TelemetryConfig = {
        "tracing": tracer_provider is not None,
        "tracer_provider": tracer_provider,
        "metrics": False,
        "logs": False,
    }

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with ExitStack() as stack:
            app.state.hub = open_hub(chosen)
            stack.callback(app.state.hub.close)
            if metrics is not None:
                app.state.hub.database.note_read_wait = metrics.note_read_wait
                app.state.hub.database.note_write_wait = metrics.note_write_wait
                stack.enter_context(metrics.serving(chosen.metrics_host, chosen.metrics_port))
            if log is not None:
                stack.callback(log.close)
            if tracer_provider is not None:
                stack.callback(tracer_provider.shutdown)
            yield

    app = _App(
        title="Asset Hub",
        version=__version__,
        openapi_url="/apis/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        telemetry=telemetry,
    )
    app.state.settings = chosen
    app.state.provider = console.find_provider(chosen)
    app.state.stopping = asyncio.Event()
    app.gate = Gate(chosen, render_error, log, metrics)
    app.traced = tracer_provider is not None
    app.add_middleware(BodyLimit)
    install_error_handlers(app)
    app.include_router(api.router)
    app.include_router(api.root_router)
    app.router.routes[:0] = api.quick_routes
    _install_console(app, chosen)
    return app


def _put_quick_routes(app: FastAPI, whole: ASGIApp) -> ASGIApp:
    """The whole, and before it the quick routes behind no more layers than they need."""
    handlers: dict[Any, Any] = dict(app.exception_handlers)
    on_failure = handlers.pop(Exception)
    quick: dict[tuple[str, str], ASGIApp] = {}
    for route in api.quick_routes:
        inner = BodyLimit(ExceptionMiddleware(_serve_route(route), handlers))
        layers = ServerErrorMiddleware(inner, on_failure)
        quick |= {(method, route.path): layers for method in route.methods or ()}

    async def choose(scope: Scope, receive: Receive, send: Send) -> None:
        place = scope.get("method", ""), scope.get("path", "")
        await quick.get(place, whole)(scope, receive, send)

    return choose


def _serve_route(route: Route) -> ASGIApp:
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        scope["route"] = route
        response = await route.endpoint(Request(scope, receive, send))
        await response(scope, receive, send)

    return serve


def _make_metrics() -> "Metrics":
    # Importing it takes as long as a tenth of the start, and few hubs have it on.
    from assethub.http.metrics import Metrics

    return Metrics()


def _install_console(app: FastAPI, settings: Settings) -> None:
    """Adds the pages; what no route takes is a page to a browser, and the API's answer else."""
    console.install_console(app, styleguide=settings.styleguide)
    answer = app.exception_handlers[HTTPException]

    async def on_http_exception(request: Request, error: HTTPException) -> Response:
        if console.wants_page(request):
            return await console.answer_error(request, error.status_code)
        return await cast(Awaitable[Response], answer(request, error))

    app.exception_handler(HTTPException)(on_http_exception)
