"""Pages of evaluations: tables, details, comparisons, leaderboards, gates."""

from starlette.routing import BaseRoute

from assethub.console.evaluations import compare, gates, history, leaderboard
from assethub.console.pages import get, post
from assethub.console.places import ASSET

ROUTES: list[BaseRoute] = [
    get("/compare", compare.show_comparison),
    get(ASSET + "/leaderboard", leaderboard.show_leaderboard),
    get(ASSET + "/history", history.show_history),
    get(ASSET + "/gates", gates.show_gates),
    post(ASSET + "/gates", gates.set_gate),
    post(ASSET + "/gates/try", gates.try_rules),
    post(ASSET + "/gates/add", gates.add),
    post(ASSET + "/gates/delete", gates.delete_gate),
]
