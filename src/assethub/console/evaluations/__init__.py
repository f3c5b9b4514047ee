"""Pages of evaluations: tables, details, comparisons, leaderboards, gates."""

from starlette.routing import BaseRoute

from assethub.console.evaluations import compare, history, leaderboard
from assethub.console.pages import get
from assethub.console.places import ASSET

ROUTES: list[BaseRoute] = [
    get("/compare", compare.show_comparison),
    get(ASSET + "/leaderboard", leaderboard.show_leaderboard),
    get(ASSET + "/history", history.show_history),
]
