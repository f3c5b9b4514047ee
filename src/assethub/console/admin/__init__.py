"""Pages for those who look after the hub."""

from starlette.routing import BaseRoute

ROUTES: list[BaseRoute] = []
