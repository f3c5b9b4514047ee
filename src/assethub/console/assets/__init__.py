"""The page of a model or a dataset, and its settings."""

from starlette.routing import Route

from assethub.console.assets import overview, settings
from assethub.console.pages import get, post
from assethub.console.places import ASSET

ROUTES: list[Route] = [
    get(ASSET, overview.show_asset),
    get(ASSET + "/settings", settings.show_settings),
    post(ASSET + "/settings", settings.change_asset),
    post(ASSET + "/settings/delete", settings.delete_asset),
]
