"""What the audit log says of each change and each sign-in."""

import re
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from api.raw import Raw
from api.scenes import Cast, Scene
from api.test_permissions import TABLE, At, send
from assethub.core import audit_log
from assethub.core.audit_log import Filter, Listed
from assethub.core.people import keys
from assethub.settings import Settings
from assethub.store.tables import audit
from console.visitors import Visitor
from hubs import RunningHub, run_hub

# What is staged is recorded with the commit; the answers of the others only show what is there.
UNRECORDED = {
    "POST /update",
    "PUT /objects",
    "DELETE /objects",
    "DELETE /operation/{operation_id}",
    "POST /operations/{operation_id}/stage",
    "PUT /operations/{operation_id}/pack",
    "POST /multipart",
    "PUT /multipart/{upload_id}",
    "POST /multipart/{upload_id}",
    "POST /assets/{asset_id}/refs/{ref}/objects/pack",
    "POST /evaluations/samples",
    "POST /gate/check",
}
CHANGES = [route for route in TABLE if not re.match("(ROOT )?GET ", route)]


def last_seq(hub: RunningHub) -> int:
    with hub.inside.database.read() as connection:
        return connection.execute(sa.select(sa.func.max(audit.c.seq))).scalar() or 0


def since(hub: RunningHub, seq: int) -> list[Listed]:
    return [each for each in audit_log.list_latest(hub.inside, Filter(), 1000) if each.seq > seq]


def await_record(hub: RunningHub, seq: int, **fields: Any) -> Listed:
    """The first record after one, of those fields, as soon as it is there."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        for each in since(hub, seq):
            if fields.items() <= each.entry._asdict().items():
                return each
        threading.Event().wait(0.02)
    raise AssertionError([each.entry for each in since(hub, seq)])


@pytest.fixture(scope="module")
def cast(hub: RunningHub) -> Cast:
    return Cast(hub)


@pytest.mark.parametrize("route", CHANGES)
def test_each_route_that_changes_something_leaves_a_record(cast: Cast, route: str) -> None:
    scene, role = Scene(cast), "admin" if "admin" in route or "/groups" in route else "owner"
    at = At(scene, role)
    key = scene.keys[role]
    request_before = last_seq(cast.hub)
    answer = send(at, route)
    assert answer.status == 200, answer.data
    by_caller = [
        each.entry for each in since(cast.hub, request_before) if each.entry.key_prefix == key[:8]
    ]
    if route in UNRECORDED:
        assert by_caller == []
        return
    assert by_caller, "this route makes a change that core.audit.record is not told of"
    for entry in by_caller:
        assert (entry.user_id, entry.user_name) == cast.users[role][:2]
        assert entry.peer == "127.0.0.1"
        assert entry.result == "done"
        assert re.fullmatch(r"[a-z]+\.[a-z_]+", entry.action)
        assert entry.target
        if "asset_id" in route or "evaluation" in route:
            assert (entry.asset_id, entry.folder_id) == (scene.asset, scene.folder)
        if "folder_id" in route:
            assert (entry.asset_id, entry.folder_id) == (None, scene.folder)


@pytest.mark.parametrize("route", [route for route in CHANGES if route not in UNRECORDED])
def test_each_route_that_refuses_a_change_records_that_too(hub: RunningHub, route: str) -> None:
    # People of its own: so many refusals of one asker are not all recorded.
    cast = Cast(hub)
    scene = Scene(cast)
    role = "asset" if "/groups" in route or "admin" in route else "read"
    at = At(scene, role)
    seq = last_seq(cast.hub)
    status = send(at, route).status
    assert status in (403, 404)
    record = await_record(cast.hub, seq, key_prefix=scene.keys[role][:8])
    entry = record.entry
    assert entry.user_name == cast.users["owner"].name
    assert entry.result == "denied" if status == 403 else entry.result in ("denied", "failed")
    assert entry.detail["code"]


def test_a_denied_change_names_what_it_was_about_and_a_missing_thing_does_not(
    cast: Cast,
) -> None:
    scene = Scene(cast)
    raw = Raw(cast.hub.url, scene.keys["outsider"])
    seq = last_seq(cast.hub)
    assert raw.call("DELETE", f"/assets/{scene.asset}").status == 404
    entry = await_record(cast.hub, seq, action="asset.delete", result="denied").entry
    assert (entry.target, entry.asset_id) == (scene.reference("model"), scene.asset)
    assert raw.call("DELETE", f"/assets/{uuid.uuid4()}").status == 404
    entry = await_record(cast.hub, seq, action="asset.delete", result="failed").entry
    assert (entry.target, entry.asset_id, entry.folder_id) == ("", None, None)


def test_a_change_that_clashes_has_failed(cast: Cast) -> None:
    scene = Scene(cast)
    seq = last_seq(cast.hub)
    body = {"name": "dev", "source": "main"}
    answer = Raw(cast.hub.url, scene.keys["owner"]).call(
        "POST", f"/assets/{scene.asset}/branches", body
    )
    assert answer.status == 409
    entry = await_record(cast.hub, seq, action="branch.create", asset_id=scene.asset).entry
    assert (entry.result, entry.detail) == ("failed", {"code": "branch_exists"})


def test_a_repeated_request_is_recorded_once(cast: Cast) -> None:
    scene = Scene(cast)
    seq = last_seq(cast.hub)
    raw = Raw(cast.hub.url, scene.keys["owner"])
    evaluation = {
        "model": scene.reference("model"),
        "dataset": scene.reference("dataset"),
        "metrics": {"accuracy": 1},
    }
    tag = {"tag": "again", "ref": "main"}
    for path, body in ((f"/assets/{scene.asset}/tags", tag), ("/evaluations", evaluation)):
        once = {"Idempotency-Key": uuid.uuid4().hex, "Content-Type": "application/json"}
        for _ in range(2):
            assert raw.call("POST", path, body, once).status == 200
    # Keys of the scene are made by no request.
    actions = [each.entry.action for each in since(cast.hub, seq) if each.entry.peer]
    assert actions == ["tag.create", "evaluation.create"]


@pytest.fixture
def behind_proxy(tmp_path: Path) -> Iterator[RunningHub]:
    settings = Settings(data=tmp_path / "data", trusted_proxies="127.0.0.1")
    with run_hub(settings, tmp_path / "log") as running:
        yield running


def test_a_failed_signin_names_the_account_but_nothing_that_was_typed(
    behind_proxy: RunningHub,
) -> None:
    # A hub of its own: of the same address the same refusal is recorded once a minute.
    hub = behind_proxy
    user, typed = hub.new_user(), f"secret-{uuid.uuid4().hex}"
    seq = last_seq(hub)
    Visitor(hub).post("/signin", {"name": user.name, "password": typed})
    entry = await_record(hub, seq, action="session.open", user_name=user.name).entry
    assert (entry.result, entry.detail) == (
        "denied",
        {"code": "password_wrong", "method": "password"},
    )
    Visitor(hub).post("/signin", {"name": typed, "password": typed[::-1]})
    await_record(hub, seq, action="session.open", user_name="")
    Visitor(hub).post("/signin", {"key": typed})
    await_record(hub, seq, action="session.open", detail={"code": "key_unknown", "method": "key"})
    Visitor(hub).post("/signin", {"token": typed})
    await_record(hub, seq, detail={"code": "link_unknown", "method": "link"})
    assert typed not in repr(since(hub, seq))
    assert typed[-8:] not in repr(since(hub, seq))


def test_a_key_that_has_ended_is_refused_by_name(behind_proxy: RunningHub) -> None:
    # A hub of its own: of the same address the same refusal is recorded once a minute.
    hub = behind_proxy
    user = hub.new_user()
    keys.revoke_key(hub.inside, user.key)
    seq = last_seq(hub)
    assert Raw(hub.url, user.key).call("GET", "/folders").status == 400
    entry = await_record(hub, seq, action="key.use", user_name=user.name).entry
    assert (entry.result, entry.key_prefix) == ("denied", user.key[:8])


def test_a_flood_of_denials_is_a_few_records(cast: Cast) -> None:
    scene = Scene(cast)
    raw = Raw(cast.hub.url, scene.keys["view"])
    seq = last_seq(cast.hub)
    for _ in range(50):
        assert raw.call("DELETE", f"/folders/{scene.folder}").status == 403
    for _ in range(60):
        assert raw.call("DELETE", f"/folders/{uuid.uuid4()}").status == 403
    await_record(cast.hub, seq, folder_id=scene.folder)
    # What comes after all of them.
    Raw(cast.hub.url, scene.keys["owner"]).ok("DELETE", f"/assets/{scene.asset}/tags/v1")
    own = [each for each in since(cast.hub, seq) if each.entry.result != "done"]
    assert len([each for each in own if each.entry.folder_id == scene.folder]) == 1
    assert len(own) <= 40


def test_admins_read_the_log_by_pages_and_filters(cast: Cast) -> None:
    scene = Scene(cast)
    admin = Raw(cast.hub.url, scene.keys["admin"])
    owner = cast.users["owner"].name
    for number in range(5):
        tag = {"tag": f"n{number}", "ref": "main"}
        Raw(cast.hub.url, scene.keys["owner"]).ok("POST", f"/assets/{scene.asset}/tags", tag)
    filters = {"user": owner, "asset": scene.asset, "action": "tag.create"}
    # The scene has made a tag of its own.
    [first] = admin.ok("GET", "/admin/audit", amount="1", **filters)["results"]
    seen, after = [], str(first["seq"])
    while True:
        page = admin.ok("GET", "/admin/audit", after=after, amount="2", **filters)
        seen += page["results"]
        after = page["pagination"]["next_offset"]
        if not page["pagination"]["has_more"]:
            break
    assert [row["target"].rpartition("/")[2] for row in seen] == [f"n{n}" for n in range(5)]
    assert {row["address"] for row in seen} == {"127.0.0.1"}
    path = scene.reference("model")
    for other in ({"asset": path}, {"folder": scene.folder}, {"folder": path.rpartition("/")[0]}):
        found = admin.ok("GET", "/admin/audit", **{**filters, **other})["results"]
        assert found == [first, *seen]
    assert admin.ok("GET", "/admin/audit", **filters, since="2999-01-01T00:00:00Z")["results"] == []
    assert admin.ok("GET", "/admin/audit", **filters, result="failed")["results"] == []
    assert admin.call("GET", "/admin/audit", after="x").status == 400


def test_behind_a_trusted_proxy_the_address_is_that_of_who_asks(behind_proxy: RunningHub) -> None:
    user, seq = behind_proxy.new_user(), last_seq(behind_proxy)
    raw = Raw(behind_proxy.url, user.key)
    headers = {"X-Forwarded-For": "198.51.100.9, 203.0.113.7", "Content-Type": "application/json"}
    body = {"type": "model", "name": "f"}
    assert raw.call("POST", "/folders", body, headers).status == 200
    visitor = Visitor(behind_proxy)
    visitor.post("/signin", {"key": user.key}, X_Forwarded_For="203.0.113.8")
    found = [each.entry for each in since(behind_proxy, seq) if each.entry.user_name == user.name]
    assert [(entry.action, entry.peer) for entry in found] == [
        ("folder.create", "203.0.113.7"),
        ("session.open", "203.0.113.8"),
    ]
