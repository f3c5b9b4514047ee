"""Pages for those who look after the hub."""

from starlette.routing import Route

from assethub.console.admin import groups, health, keys, log, storage, users
from assethub.console.pages import get, post

ROUTES: list[Route] = [
    get("/admin", users.show_users),
    post("/admin/users", users.add_user),
    get("/admin/users/{user}", users.show_user),
    post("/admin/users/{user}/change", users.change_user),
    post("/admin/users/{user}/link", users.make_link),
    get("/admin/groups", groups.show_groups),
    post("/admin/groups", groups.create_group),
    get("/admin/groups/{group}", groups.show_group),
    post("/admin/groups/{group}/members", groups.add_member),
    post("/admin/groups/{group}/members/remove", groups.remove_member),
    post("/admin/groups/{group}/delete", groups.delete_group),
    get("/admin/keys", keys.show_keys),
    post("/admin/keys/revoke", keys.revoke_key),
    get("/admin/storage", storage.show_storage),
    post("/admin/storage", storage.measure_storage),
    get("/admin/audit", log.show_log),
    get("/admin/health", health.show_health),
    post("/admin/health/verify", health.verify_log),
]
