"""Who may call which route: one table, in which no route may be missing."""

import json
import re
import struct
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from api.scenes import ROLES, Cast, Scene
from assethub import api
from assethub.core.people import sessions
from assethub.core.people.users import User
from hubs import RunningHub

# The statuses for each of ROLES:
#            anonymous   outsider  run      owner    read     asset
#                 disabled    view     edit     admin   folder     elsewhere
ALL = "          200 200     200 200  200 200  200 200  200 200  200 200"
KNOWN = "        400 401     200 200  200 200  200 200  200 200  200 200"
ACCOUNT = "      400 401     200 200  200 200  200 200  200 403  403 403"
FULL_KEY = "     400 401     200 200  200 200  200 200  403 403  403 403"
ADMIN = "        400 401     403 403  403 403  403 200  403 403  403 403"
VIEW = "         400 401     404 200  200 200  200 404  200 200  200 404"
RECORD = "       400 401     404 403  200 200  200 404  403 404  404 404"
EDIT = "         400 401     404 403  403 200  200 404  403 200  200 404"
OWN = "          400 401     404 403  403 403  200 404  403 403  403 404"
VIEW_DATASET = " 400 401     404 200  200 200  200 404  200 404  404 404"
RECORDED = "     400 401     404 403  403 403  200 404  403 403  403 404"
# The released protocol answers so where a folder is named by its id.
VIEW_FOLDER = "  400 401     403 200  200 200  200 403  200 200  200 403"
EDIT_FOLDER = "  400 401     403 403  403 200  200 403  403 200  403 403"
OWN_FOLDER = "   400 401     403 403  403 403  200 403  403 403  403 403"
GIVE = "         400 401     403 403  403 403  200 200  403 403  403 403"
# An operation is its user's own: all of the cast that may not change the model name the owner's.
STAGE = "        400 401     404 404  404 200  200 404  403 200  200 404"
DROP = "         400 401     200 200  200 200  200 200  403 200  200 200"
OWN_KEY = "      400 401     404 404  404 404  200 404  403 403  403 403"
MEMBERS = "      400 401     403 200  403 403  403 200  403 403  403 403"

Ask = Callable[["At"], dict[str, Any]]


class At:
    """Where a request goes: the ids and names of a scene, as one role would give them."""

    def __init__(self, scene: Scene, role: str) -> None:
        self.scene, self.role = scene, role
        self.folder, self.asset, self.evaluation = scene.folder, scene.asset, scene.evaluation
        self.model = scene.reference("model")

    @property
    def operation(self) -> str:
        return self.scene.operation(self.role)

    @property
    def upload(self) -> str:
        return self.scene.upload(self.role)

    @property
    def sampled(self) -> str:
        return self.scene.sampled

    def fill(self, path: str, named: dict[str, str]) -> str:
        for part in re.findall(r"\{(\w+)\}", path):
            value = named.get(part) or getattr(self, part.removesuffix("_id"), "")
            path = path.replace("{" + part + "}", value)
        return path


class Nowhere(At):
    """Where nothing is."""

    def __init__(self, scene: Scene, role: str) -> None:
        super().__init__(scene, role)
        self.folder, self.asset, self.evaluation = (str(uuid.uuid4()) for _ in range(3))
        self.model = f"{scene.cast.users['owner'].name}/model/{uuid.uuid4().hex[:12]}/none"

    operation = upload = sampled = property(lambda _: str(uuid.uuid4()))  # type: ignore[assignment]


def asks(**fixed: Any) -> Ask:
    return lambda _: dict(fixed)


def body(make: Callable[[At], Any]) -> Ask:
    return lambda at: {"json": make(at)}


def pack(at: At) -> dict[str, Any]:
    head = json.dumps([["p.bin", 1]]).encode()
    sent = struct.pack(">I", len(head)) + head + b"p"
    return {"body": sent, "headers": {"Content-Type": "application/vnd.assethub.pack"}}


def form(at: At) -> dict[str, Any]:
    sent = b'--x\r\nContent-Disposition: form-data; name="content"\r\n\r\nhello\r\n--x--\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    return {"body": sent, "headers": headers, "query": {"opID": at.operation, "path": "f.bin"}}


def finish_upload(at: At) -> dict[str, Any]:
    upload, query = at.upload, {"opID": at.operation, "path": "u.bin"}
    parts = [{"etag": at.scene.etag, "partNumber": 1}]
    return {"params": {"upload_id": upload}, "json": {"parts": parts}, "query": query}


def put_part(at: At) -> dict[str, Any]:
    query = {"opID": at.operation, "path": "u.bin", "partNum": "1"}
    return {"body": at.scene.file, "query": query}


def own_key(at: At) -> dict[str, Any]:
    return {"params": {"key_id": at.scene.keys["read"][:8]}}


def user_of(at: At) -> User:
    role = at.role if at.role in ("outsider", "view", "run", "edit", "admin") else "owner"
    return at.scene.cast.users[role]


def new_password(at: At) -> dict[str, Any]:
    link = sessions.make_signin_token(at.scene.hub.inside, user_of(at))
    return {"json": {"new": f"some {uuid.uuid4().hex} words", "link": link}}


def own_session(at: At) -> dict[str, Any]:
    hub, user = at.scene.hub.inside, user_of(at)
    sessions.sign_in_with_token(hub, sessions.make_signin_token(hub, user))
    return {"params": {"session_id": sessions.list_sessions(hub, user)[0].id}}


def evaluation(at: At) -> dict[str, Any]:
    dataset = at.scene.reference("dataset")
    return {"json": {"model": at.model, "dataset": dataset, "metrics": {"accuracy": 0.5}}}


def gate(at: At) -> dict[str, Any]:
    rule = {"metric": "accuracy", "dataset": at.scene.reference("dataset"), "min": 0.9}
    return {**DEV, "json": {"rules": [rule], "allow_new": True}}


def group(**named: str) -> Ask:
    return lambda at: {"params": {"name": at.scene.group, **named}}


def new_name(at: At) -> str:
    return f"new-{uuid.uuid4().hex[:12]}"


def batch(at: At) -> dict[str, Any]:
    return {"json": {"evaluations": [evaluation(at)["json"]]}}


def board(at: At) -> dict[str, Any]:
    return {"query": {"dataset": at.scene.reference("dataset"), "metric": "accuracy"}}


SAMPLES = b'{"id": 1, "accuracy": 1}'
LABELS = {"labels": []}
DEV: dict[str, Any] = {"params": {"name": "dev"}}
MAIN = {"params": {"ref": "main"}}
TABLE: dict[str, tuple[str, Ask]] = {
    "POST /folders": (FULL_KEY, body(lambda at: {"type": "model", "name": new_name(at)})),
    "GET /folders": (KNOWN, asks()),
    "GET /folders/{folder_id}": (VIEW_FOLDER, asks()),
    "PUT /folders/{folder_id}": (OWN_FOLDER, body(lambda at: {"name": new_name(at)})),
    "DELETE /folders/{folder_id}": (OWN_FOLDER, asks()),
    "GET /folders/{folder_id}/shares": (OWN_FOLDER, asks()),
    "PUT /folders/{folder_id}/shares": (OWN_FOLDER, asks(json={"public": True, "level": "view"})),
    "DELETE /folders/{folder_id}/shares": (
        OWN_FOLDER,
        lambda at: {"query": {"user": at.scene.cast.users["run"].name}},
    ),
    "PUT /folders/{folder_id}/owner": (
        GIVE,
        body(lambda at: {"owner": at.scene.cast.users["outsider"].name}),
    ),
    "POST /assets": (EDIT_FOLDER, body(lambda at: {"name": new_name(at), "folder": at.folder})),
    "GET /assets": (VIEW_FOLDER, lambda at: {"query": {"fid": at.folder}}),
    "GET /assets/{asset_id}": (VIEW, asks()),
    "PUT /assets/{asset_id}": (EDIT, asks(json={"name": "new"})),
    "DELETE /assets/{asset_id}": (EDIT, asks()),
    "GET /ref": (VIEW, lambda at: {"query": {"asset_ref": at.model}}),
    "POST /assets/{asset_id}/branches": (EDIT, asks(json={"name": "new", "source": "main"})),
    "GET /assets/{asset_id}/branches": (VIEW, asks()),
    "DELETE /assets/{asset_id}/branches/{name}": (EDIT, asks(**DEV)),
    "GET /assets/{asset_id}/branches/{name}/commits": (VIEW, asks(**DEV)),
    "GET /assets/{asset_id}/branches/{name}/protection": (VIEW, asks(**DEV)),
    "PUT /assets/{asset_id}/branches/{name}/protection": (OWN, asks(**DEV, json={})),
    "DELETE /assets/{asset_id}/branches/{name}/protection": (OWN, asks(**DEV)),
    "GET /assets/{asset_id}/branches/{name}/gate": (VIEW, asks(**DEV)),
    "PUT /assets/{asset_id}/branches/{name}/gate": (OWN, gate),
    "DELETE /assets/{asset_id}/branches/{name}/gate": (OWN, asks(**DEV)),
    "GET /compare": (VIEW, lambda at: {"query": {"a": at.evaluation, "b": at.evaluation}}),
    "POST /gate/check": (
        VIEW,
        body(lambda at: {"source": f"{at.model}:tag/v1", "dest": f"{at.model}:branch/main"}),
    ),
    "POST /assets/{asset_id}/branches/{name}/merge": (EDIT, asks(**DEV, json={"source": "main"})),
    "POST /assets/{asset_id}/branches/{name}/reset": (EDIT, asks(**DEV, json={"ref": "v1"})),
    "POST /assets/{asset_id}/branches/{name}/revert": (EDIT, asks(**DEV, json={"ref": "v1"})),
    "GET /assets/{asset_id}/commits/{ref}": (VIEW, asks(**MAIN)),
    "GET /assets/{asset_id}/refs/{ref}/commits": (VIEW, asks(**MAIN)),
    "POST /assets/{asset_id}/tags": (EDIT, asks(json={"tag": "new", "ref": "main"})),
    "GET /assets/{asset_id}/tags": (VIEW, asks()),
    "DELETE /assets/{asset_id}/tags/{name}": (EDIT, asks(params={"name": "v1"})),
    "GET /assets/{asset_id}/refs/{ref}/objects/ls": (VIEW, asks(**MAIN)),
    "GET /assets/{asset_id}/refs/{ref}/objects": (VIEW, asks(**MAIN, query={"path": "w.bin"})),
    "POST /assets/{asset_id}/refs/{ref}/objects/pack": (
        VIEW,
        asks(**MAIN, json={"paths": ["w.bin"]}),
    ),
    "GET /assets/{asset_id}/diff": (VIEW, asks(query={"from": "v1", "to": "main"})),
    "POST /update": (EDIT, lambda at: {"query": {"asset": at.asset, "branch": "main"}}),
    "PUT /objects": (STAGE, form),
    "DELETE /objects": (STAGE, lambda at: {"query": {"opID": at.operation, "path": "w.bin"}}),
    "POST /update/{operation_id}": (STAGE, asks(json={})),
    "DELETE /operation/{operation_id}": (DROP, asks()),
    "POST /operations/{operation_id}/stage": (STAGE, asks(json={"entries": []})),
    "PUT /operations/{operation_id}/pack": (STAGE, pack),
    "POST /multipart": (STAGE, lambda at: {"query": {"opID": at.operation, "path": "u.bin"}}),
    "PUT /multipart/{upload_id}": (STAGE, put_part),
    "POST /multipart/{upload_id}": (STAGE, finish_upload),
    "POST /evaluations": (RECORD, evaluation),
    "GET /evaluations": (VIEW, lambda at: {"query": {"model": at.model}}),
    "GET /evaluations/{evaluation_id}": (VIEW, asks()),
    "DELETE /evaluations/{evaluation_id}": (EDIT, asks()),
    "POST /evaluations/batch": (RECORD, batch),
    "POST /evaluations/{evaluation_id}/invalid": (EDIT, asks(json={"reason": "wrong split"})),
    "DELETE /evaluations/{evaluation_id}/invalid": (EDIT, asks()),
    "POST /evaluations/samples": (FULL_KEY, asks(body=SAMPLES)),
    "PUT /evaluations/{evaluation_id}/samples": (RECORDED, asks(body=SAMPLES)),
    "GET /evaluations/{evaluation_id}/samples": (
        VIEW,
        lambda at: {"params": {"evaluation_id": at.sampled}},
    ),
    "GET /leaderboard": (VIEW_DATASET, board),
    "GET /history": (VIEW, lambda at: {"query": {"model": at.model, "metric": "accuracy"}}),
    "GET /keys": (ACCOUNT, asks()),
    "POST /keys": (FULL_KEY, asks(json={"name": "new"})),
    "DELETE /keys/{key_id}": (OWN_KEY, own_key),
    "GET /users": (ACCOUNT, asks()),
    "GET /groups": (ACCOUNT, asks()),
    "POST /groups": (ADMIN, body(lambda at: {"name": new_name(at)})),
    "DELETE /groups/{name}": (ADMIN, group()),
    "GET /groups/{name}/members": (MEMBERS, group()),
    "PUT /groups/{name}/members/{user}": (
        ADMIN,
        lambda at: group(user=at.scene.cast.users["run"].name)(at),
    ),
    "DELETE /groups/{name}/members/{user}": (
        ADMIN,
        lambda at: group(user=at.scene.cast.users["view"].name)(at),
    ),
    "GET /admin/users": (ADMIN, asks()),
    "POST /admin/users": (ADMIN, body(lambda at: {"name": new_name(at)})),
    "PUT /admin/users/{name}": (
        ADMIN,
        lambda at: {"params": {"name": at.scene.cast.users["outsider"].name}, "json": {}},
    ),
    "GET /admin/users/{name}/folders": (
        ADMIN,
        lambda at: {"params": {"name": at.scene.cast.users["owner"].name}},
    ),
    "GET /admin/audit": (ADMIN, asks()),
    "GET /account": (ACCOUNT, asks()),
    "PUT /account/password": (FULL_KEY, new_password),
    "GET /account/sessions": (FULL_KEY, asks()),
    "DELETE /account/sessions/{session_id}": (FULL_KEY, own_session),
    "ROOT GET /healthz": (ALL, asks()),
    "ROOT GET /readyz": (ALL, asks()),
    "ROOT GET /oauth2/userinfo": (KNOWN, asks()),
}

# After these, where they succeed, the scene is not what it was; others add to it or have their own.
CHANGES = r"(PUT|DELETE|POST) /(folders|assets|groups|admin|evaluations)/|DELETE /keys"


def routes() -> Iterator[str]:
    """All routes of the API, as the table names them."""
    for mark, router in (("", api.router), ("ROOT ", api.root_router)):
        for method, path in _walk(router, ""):
            yield f"{mark}{method} {path.removeprefix('/apis/v1')}"


def _walk(router: Any, prefix: str) -> Iterator[tuple[str, str]]:
    for route in router.routes:
        if hasattr(route, "original_router"):
            yield from _walk(route.original_router, prefix + route.include_context.prefix)
        else:
            yield from ((method, prefix + route.path) for method in route.methods)


@pytest.fixture(scope="session")
def cast(hub: RunningHub) -> Cast:
    return Cast(hub)


def test_no_route_is_missing_from_the_table() -> None:
    assert sorted(routes()) == sorted(TABLE)


@pytest.mark.parametrize("route", TABLE)
def test_a_route_answers_each_role_as_the_table_says(cast: Cast, route: str) -> None:
    expected = dict(zip(ROLES, map(int, TABLE[route][0].split()), strict=True))
    scene = Scene(cast)
    found = {}
    for role in ROLES:
        answer = send(At(scene, role), route)
        found[role] = answer.status
        if answer.status < 300 and re.match(CHANGES, route):
            scene = Scene(cast)
    assert found == expected


HIDDEN = [route for route in TABLE if "{" in route or "fid" in route or route.endswith("/ref")]


@pytest.mark.parametrize("role", ["outsider", "admin"])
def test_what_is_hidden_answers_as_what_is_not_there(cast: Cast, role: str) -> None:
    scene = Scene(cast)
    for route in (*HIDDEN, "POST /evaluations", "GET /evaluations", "POST /assets", "GET /assets"):
        if route.split()[1].startswith(("/keys", "/groups", "/admin")) or "/owner" in route:
            continue
        hidden, missing = send(At(scene, role), route), send(Nowhere(scene, role), route)
        assert (hidden.status, blur(hidden.data)) == (missing.status, blur(missing.data)), route


def send(at: At, route: str) -> Any:
    method, path = route.removeprefix("ROOT ").split(" ")
    request = TABLE[route][1](at)
    path = at.fill(path, request.pop("params", {}))
    if query := request.pop("query", {}):
        path += "?" + "&".join(f"{name}={value}" for name, value in query.items())
    base = "" if route.startswith("ROOT ") else "/apis/v1"
    return at.scene.call(at.role, method, base + path, **request)


def blur(text: bytes) -> str:
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{12}", "ID", text.decode())
