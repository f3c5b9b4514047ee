"""Pages of evaluations: tables, details, comparisons, leaderboards, gates."""

from starlette.routing import BaseRoute

ROUTES: list[BaseRoute] = []
