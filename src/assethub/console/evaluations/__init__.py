"""Pages of evaluations: tables, details, comparisons, leaderboards, gates."""

from starlette.routing import BaseRoute

from assethub.console.evaluations import (
    compare,
    create,
    detail,
    exports,
    gates,
    history,
    leaderboard,
    marks,
    table,
)
from assethub.console.pages import get, post
from assethub.console.places import ASSET

ROUTES: list[BaseRoute] = [
    get("/evaluations", table.show_all),
    get("/evaluations/export", exports.export_all),
    get("/evaluations/names", create.suggest),
    get("/evaluations/{id}", detail.show_evaluation),
    get("/evaluations/{id}/export", exports.export_one),
    get("/evaluations/{id}/samples", exports.send_samples),
    post("/evaluations/{id}/invalid", marks.mark_invalid),
    post("/evaluations/{id}/valid", marks.mark_valid),
    post("/evaluations/{id}/delete", marks.delete),
    get(ASSET + "/evaluations", table.show_asset_table),
    get(ASSET + "/evaluations/export", exports.export_asset),
    get(ASSET + "/evaluations/new", create.show_form),
    post(ASSET + "/evaluations/new", create.record, create.read_new_form),
    get("/compare", compare.show_comparison),
    get(ASSET + "/leaderboard", leaderboard.show_leaderboard),
    get(ASSET + "/history", history.show_history),
    get(ASSET + "/gates", gates.show_gates),
    post(ASSET + "/gates", gates.set_gate),
    post(ASSET + "/gates/try", gates.try_rules),
    post(ASSET + "/gates/add", gates.add),
    post(ASSET + "/gates/delete", gates.delete_gate),
]
