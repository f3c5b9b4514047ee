"""What tells open pages that something changed."""

from starlette.routing import BaseRoute

ROUTES: list[BaseRoute] = []
