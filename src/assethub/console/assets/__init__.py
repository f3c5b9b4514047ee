"""The page of a model or a dataset, and its settings."""

from starlette.routing import Route

from assethub.console.assets import overview
from assethub.console.pages import get
from assethub.console.places import ASSET

ROUTES: list[Route] = [
    get(ASSET, overview.show_asset),
]
