"""Who may see which page: one table, in which no page may be missing."""

import re
from collections.abc import Iterator

import pytest
from starlette.routing import Route

from api.scenes import Cast, Scene
from assethub.app import create_app
from assethub.core.people import sessions, users
from console.visitors import Visitor
from hubs import RunningHub

# Those who sign in to the console, in the order of the columns.
ROLES = ("anonymous", "disabled", "outsider", "view", "run", "edit", "owner", "admin")
ALL = "    200 200  200 200  200 200  200 200"
HOME = "   303 303  200 200  200 200  200 200"
VIEW = "   303 303  404 200  200 200  200 404"
EDIT = "   303 303  404 403  403 200  200 404"
ADMIN = "  303 303  403 403  403 403  403 200"
SIGNED = " 200 200  303 303  303 303  303 303"
MISSING = " 303 303  404 404  404 404  404 404"
# Without the token of one's session a form changes nothing.
FORM = "   303 303  403 403  403 403  403 403"
# An empty choice is one too.
SIGNED_ANYWAY = "303 303  303 303  303 303  303 303"
# No provider is set up.
NONE = "   404 404  404 404  404 404  404 404"
REFUSED = "400 400  400 400  400 400  400 400"
# A stream is for programs that ask for one; whom it tells what is in `test_live`.
STREAM = "406 406  406 406  406 406  406 406"
TABLE = {
    "GET /": HOME,
    "GET /signin": SIGNED,
    "POST /signin": REFUSED,
    "GET /signin/openid": NONE,
    "GET /signin/openid/callback": NONE,
    "POST /signout": FORM,
    "POST /language": REFUSED,
    "POST /theme": SIGNED_ANYWAY,
    "GET /account": HOME,
    "POST /account/password": FORM,
    "POST /account/keys": FORM,
    "POST /account/keys/revoke": FORM,
    "POST /account/sessions/end": FORM,
    "GET /o/{owner}": VIEW,
    "GET /o/{owner}/{type}/{folder}": VIEW,
    "GET /admin": ADMIN,
    "POST /admin/users": FORM,
    "GET /admin/users/{user}": ADMIN,
    "POST /admin/users/{user}/change": FORM,
    "POST /admin/users/{user}/link": FORM,
    "GET /admin/groups": ADMIN,
    "POST /admin/groups": FORM,
    "GET /admin/groups/{group}": ADMIN,
    "POST /admin/groups/{group}/members": FORM,
    "POST /admin/groups/{group}/members/remove": FORM,
    "POST /admin/groups/{group}/delete": FORM,
    "GET /admin/keys": ADMIN,
    "POST /admin/keys/revoke": FORM,
    "GET /admin/storage": ADMIN,
    "POST /admin/storage": FORM,
    "GET /admin/audit": ADMIN,
    "GET /admin/health": ADMIN,
    "POST /admin/health/verify": FORM,
    "GET /search": HOME,
    "POST /folders": FORM,
    "POST /o/{owner}/{type}/{folder}/assets": FORM,
    "POST /o/{owner}/{type}/{folder}/change": FORM,
    "POST /o/{owner}/{type}/{folder}/delete": FORM,
    "POST /o/{owner}/{type}/{folder}/transfer": FORM,
    "POST /o/{owner}/{type}/{folder}/share": FORM,
    "POST /o/{owner}/{type}/{folder}/unshare": FORM,
    "GET /o/{owner}/{type}/{folder}/{name}": VIEW,
    "GET /o/{owner}/{type}/{folder}/{name}/commit/{commit}": VIEW,
    "GET /o/{owner}/{type}/{folder}/{name}/commit/{commit}/files/{path:path}": VIEW,
    "GET /o/{owner}/{type}/{folder}/{name}/files": VIEW,
    "POST /o/{owner}/{type}/{folder}/{name}/files/delete": FORM,
    "GET /o/{owner}/{type}/{folder}/{name}/archive": VIEW,
    "GET /o/{owner}/{type}/{folder}/{name}/upload": VIEW,
    "POST /o/{owner}/{type}/{folder}/{name}/upload": FORM,
    "GET /evaluations": HOME,
    "GET /evaluations/export": HOME,
    "GET /evaluations/names": "303 303  400 400  400 400  400 400",
    "GET /evaluations/{id}": VIEW,
    "GET /evaluations/{id}/export": VIEW,
    "GET /evaluations/{id}/samples": VIEW,
    "POST /evaluations/{id}/invalid": FORM,
    "POST /evaluations/{id}/valid": FORM,
    "POST /evaluations/{id}/delete": FORM,
    "GET /o/{owner}/{type}/{folder}/{name}/evaluations": VIEW,
    "GET /o/{owner}/{type}/{folder}/{name}/evaluations/export": VIEW,
    "GET /o/{owner}/{type}/{folder}/{name}/evaluations/new": VIEW,
    "POST /o/{owner}/{type}/{folder}/{name}/evaluations/new": FORM,
    "GET /compare": HOME,
    # The scene is of a model; only datasets have one.
    "GET /o/{owner}/{type}/{folder}/{name}/leaderboard": MISSING,
    "GET /o/{owner}/{type}/{folder}/{name}/history": VIEW,
    "GET /o/{owner}/{type}/{folder}/{name}/commits": VIEW,
    "POST /o/{owner}/{type}/{folder}/{name}/commit/{commit}/revert": FORM,
    "GET /o/{owner}/{type}/{folder}/{name}/diff": VIEW,
    "GET /o/{owner}/{type}/{folder}/{name}/branches": VIEW,
    "POST /o/{owner}/{type}/{folder}/{name}/branches": FORM,
    "POST /o/{owner}/{type}/{folder}/{name}/branches/delete": FORM,
    "POST /o/{owner}/{type}/{folder}/{name}/branches/protect": FORM,
    "POST /o/{owner}/{type}/{folder}/{name}/tags": FORM,
    "POST /o/{owner}/{type}/{folder}/{name}/tags/delete": FORM,
    "GET /o/{owner}/{type}/{folder}/{name}/merge": VIEW,
    "POST /o/{owner}/{type}/{folder}/{name}/merge": FORM,
    "GET /o/{owner}/{type}/{folder}/{name}/reset": VIEW,
    "POST /o/{owner}/{type}/{folder}/{name}/reset": FORM,
    "GET /o/{owner}/{type}/{folder}/{name}/gates": VIEW,
    "POST /o/{owner}/{type}/{folder}/{name}/gates": FORM,
    "POST /o/{owner}/{type}/{folder}/{name}/gates/try": FORM,
    "POST /o/{owner}/{type}/{folder}/{name}/gates/add": FORM,
    "POST /o/{owner}/{type}/{folder}/{name}/gates/delete": FORM,
    "GET /o/{owner}/{type}/{folder}/{name}/settings": EDIT,
    "POST /o/{owner}/{type}/{folder}/{name}/settings": FORM,
    "POST /o/{owner}/{type}/{folder}/{name}/settings/delete": FORM,
    "GET /live": STREAM,
    "GET /static/{digest}/{name:path}": ALL,
}


@pytest.fixture(scope="module")
def scene(hub: RunningHub) -> Scene:
    return Scene(Cast(hub))


@pytest.fixture(scope="module")
def visitors(scene: Scene) -> dict[str, Visitor]:
    """A visitor for each role, signed in; the disabled one was so before that."""
    hub, cast = scene.hub, scene.cast
    users.change_user(hub.inside, cast.users["disabled"].name, disabled=False)
    found = {role: Visitor(hub) for role in ROLES}
    for role in ROLES[1:]:
        token = sessions.make_signin_token(hub.inside, cast.users[role])
        assert found[role].post("/signin", {"token": token}).status == 303
    assert found["disabled"].is_signed_in()
    users.change_user(hub.inside, cast.users["disabled"].name, disabled=True)
    return found


def pages() -> Iterator[str]:
    for route in create_app().routes:
        if isinstance(route, Route) and not route.path.startswith("/apis/"):
            for method in (route.methods or set()) - {"HEAD"}:
                yield f"{method} {route.path}"


def test_no_page_is_missing_from_the_table() -> None:
    assert sorted(pages()) == sorted(TABLE)


@pytest.mark.parametrize("page", TABLE)
def test_a_page_answers_each_role_as_the_table_says(
    scene: Scene, visitors: dict[str, Visitor], page: str
) -> None:
    method, path = page.split(" ")
    named = {
        "owner": scene.cast.users["owner"].name,
        "type": "model",
        "folder": scene.name,
        "name": scene.name,
        "commit": scene.commit,
        "id": scene.sampled,
        "path:path": "w.bin",
        "user": scene.cast.users["view"].name,
        "group": scene.group,
    }
    if "static" in path:
        path = visitors["anonymous"].get("/signin").all("link")[-1]["href"]
    path = re.sub(r"\{([\w:]+)\}", lambda part: named[part[1]], path)
    found = {
        role: (visitor.get(path) if method == "GET" else visitor.post(path, {})).status
        for role, visitor in visitors.items()
    }
    assert found == dict(zip(ROLES, map(int, TABLE[page].split()), strict=True))


def test_a_hidden_page_is_the_page_of_what_is_not_there(
    scene: Scene, visitors: dict[str, Visitor]
) -> None:
    owner = scene.cast.users["owner"].name
    hidden = visitors["outsider"].get(f"/o/{owner}/model/{scene.name}/{scene.name}")
    missing = visitors["outsider"].get(f"/o/{owner}/model/{scene.name[::-1]}/{scene.name}")
    assert hidden.status == missing.status == 404
    assert hidden.main == missing.main


def test_a_key_that_is_limited_opens_no_session(scene: Scene) -> None:
    for role in ("read", "folder", "asset"):
        page = Visitor(scene.hub).post("/signin", {"key": scene.keys[role]})
        assert page.status == 400
        assert "session" not in page.headers.get("set-cookie", "")
