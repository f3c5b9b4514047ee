"""The hub as an ASGI application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from assethub import api
from assethub.api.errors import install_error_handlers
from assethub.core.hub import open_hub
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
    install_error_handlers(app)
    app.include_router(api.router)
    app.include_router(api.root_router)
    return app
