"""A hub in which there is something of everything, and all that its API tells of it."""

import json
import uuid
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from api.labs import Lab, lines
from api.raw import JSON, Raw
from assethub.app import create_app
from assethub.core.people import groups, keys, users
from assethub.core.people.keys import Terms
from assethub.settings import Settings
from hubs import RunningHub

# Told once a minute, whoever asks.
_CHANGING = ("lastUsedTimestamp",)
_DETAILS = {
    "params": {"lr": 0.1, "layers": [1, 2], "name": "größer"},
    "tool": {"name": "tool", "version": "1.2"},
    "seed": 2**62,
    "hardware": "2 × GPU",
    "duration": 1.5,
    "note": 'a "note"\nof\ttwo lines — 数据',
    "labels": ["x", "ü"],
    "source": {"file": "results.json"},
}


class Filled(NamedTuple):
    """The keys of an admin and of another, a read-only key, and an operation left open."""

    owner: str
    guest: str
    reader: str
    operation: str
    model: str


def fill_hub(hub: RunningHub) -> Filled:
    """Adds something of each kind that a hub keeps."""
    lab = Lab(hub)
    raw, name = lab.raw, lab.user.name
    users.change_user(hub.inside, name, admin=True)
    guest = hub.new_user()
    group = f"group-{uuid.uuid4().hex[:8]}"
    groups.create_group(hub.inside, group)
    groups.add_member(hub.inside, group, guest.name)
    folder = raw.ok("GET", f"/assets/{lab.model_id}")["folder"]
    raw.ok("PUT", f"/folders/{folder}/shares", {"user": guest.name, "level": "edit"})
    raw.ok("PUT", f"/folders/{folder}/shares", {"group": group, "level": "run"})
    raw.ok("PUT", f"/folders/{lab.dataset_folder}/shares", {"public": True, "level": "view"})
    branches = f"/assets/{lab.model_id}/branches"
    raw.ok("POST", branches, {"name": "dev", "source": "main"})
    raw.commit(lab.model_id, {f"dir/{n}": bytes([n]) * n for n in range(5)}, "dev")
    raw.commit(
        lab.model_id, {"big": uuid.uuid4().bytes * 100_000, "empty": b"", "ü/数": b"x"}, "dev"
    )
    raw.ok("POST", f"{branches}/main/merge", {"source": "dev", "metadata": {"why": "test"}})
    raw.ok("POST", f"/assets/{lab.model_id}/tags", {"tag": "v1", "ref": "main"})
    raw.ok("PUT", f"{branches}/dev/protection", {"groups": [group]})
    _evaluate(lab)
    rule = {"metric": "accuracy", "dataset": lab.dataset, "min": 0.1}
    raw.ok("PUT", f"{branches}/main/gate", {"rules": [rule], "allow_new": True})
    reader = keys.add_key(hub.inside, users.find_user(hub.inside, name), "ci", Terms(scope="read"))
    raw.call("DELETE", f"/folders/{uuid.uuid4()}", None, JSON)
    operation = raw.start(lab.models["rnn"])
    raw.put(operation, "half.bin", b"half")
    return Filled(lab.user.key, guest.key, reader, operation, lab.models["rnn"])


def _evaluate(lab: Lab) -> None:
    rows = [{"id": n, "accuracy": n % 2, "text": "é" * n} for n in range(20)]
    inf, nan = float("inf"), float("nan")
    values = {"accuracy": {"value": 0.5, "stderr": 0.1, "n": 20}, "count": 2**53 + 1, "up": inf}
    lab.create(values | {"nan": nan, "top 5/ü": 1e-300}, **_DETAILS, samples=lab.send(lines(rows)))
    lab.create({"accuracy": 0.75}, samples=lab.send(lines(rows)))
    wrong, gone = lab.create({"accuracy": 9}), lab.create({"accuracy": 8})
    lab.raw.ok("POST", f"/evaluations/{wrong['id']}/invalid", {"reason": "wrong"})
    lab.raw.ok("DELETE", f"/evaluations/{gone['id']}", why="a mistake")
    # Sent, but of no evaluation yet.
    lab.send(lines(rows[:1]))


def read_listings(url: str, *keys_: str) -> dict[str, Any]:
    """What each GET of the API answers to each of the keys, by its path; files by their bytes."""
    found: dict[str, Any] = {}
    routes: set[str] = set()
    for number, key in enumerate(keys_):
        raw = Raw(url, key)
        for route, path, query in _requests(raw):
            routes.add(route)
            answer = raw.call("GET", path, None, JSON, **query)
            asked = f"{number} {path} {json.dumps(query, sort_keys=True)}"
            found[asked] = (answer.status, _plain(answer.data))
    assert {f"/apis/v1{route}" for route in routes} >= _all_routes()
    return found


@cache
def _all_routes() -> set[str]:
    schema = create_app(Settings(access_log=False)).openapi()
    there = (path for path, methods in schema["paths"].items() if "get" in methods)
    return {path for path in there if path.startswith("/apis/v1/")}


def _plain(data: bytes) -> Any:
    try:
        return _without(json.loads(data))
    except ValueError:
        return data


def _without(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without(each) for key, each in value.items() if key not in _CHANGING}
    return [_without(each) for each in value] if isinstance(value, list) else value


def _requests(raw: Raw) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Each route, with its path and query, for all that the asker sees."""
    for route in ("/keys", "/groups", "/users", "/account", "/account/sessions", "/admin/users"):
        yield route, route, {}
    yield "/admin/audit", "/admin/audit", {"amount": "1000"}
    for group in raw.ok("GET", "/groups")["results"]:
        yield "/groups/{name}/members", f"/groups/{group['name']}/members", {}
    for user in raw.ok("GET", "/users")["results"]:
        name = user["name"]
        yield "/admin/users/{name}/folders", f"/admin/users/{name}/folders", {}
    for scope in ("own", "shared", "public", "all"):
        yield "/folders", "/folders", {"scope": scope}
    for listed in raw.ok("GET", "/folders", scope="all"):
        folder = listed["folder"]["id"]
        yield "/folders/{folder_id}", f"/folders/{folder}", {}
        yield "/folders/{folder_id}/shares", f"/folders/{folder}/shares", {}
        yield "/assets", "/assets", {"fid": folder}
        for asset in raw.ok("GET", "/assets", fid=folder):
            yield from _of_asset(raw, listed["folder"], asset["asset"])
    yield from _of_evaluations(raw)


def _of_asset(
    raw: Raw, folder: dict[str, Any], asset: dict[str, Any]
) -> Iterator[tuple[str, str, dict[str, str]]]:
    base, id_ = "/assets/{asset_id}", asset["id"]
    at = f"/assets/{id_}"
    path = f"{folder['owner']}/{folder['type']}/{folder['name']}/{asset['name']}"
    yield "/ref", "/ref", {"asset_ref": f"{path}:branch/main"}
    for end in ("", "/branches", "/tags"):
        yield base + end, at + end, {}
    refs = [row["id"] for row in raw.ok("GET", f"{at}/tags")["results"]]
    for branch in raw.ok("GET", f"{at}/branches")["results"]:
        name = branch["id"]
        for end in ("commits", "protection", "gate"):
            yield f"{base}/branches/{{name}}/{end}", f"{at}/branches/{name}/{end}", {}
        commits = raw.ok("GET", f"{at}/branches/{name}/commits")["results"]
        refs += [name, *(commit["id"] for commit in commits)]
        yield f"{base}/diff", f"{at}/diff", {"from": commits[-1]["id"], "to": name}
    for ref in refs:
        yield f"{base}/commits/{{ref}}", f"{at}/commits/{ref}", {}
        yield f"{base}/refs/{{ref}}/commits", f"{at}/refs/{ref}/commits", {}
        objects = f"{at}/refs/{ref}/objects"
        yield f"{base}/refs/{{ref}}/objects/ls", f"{objects}/ls", {}
    for each in raw.objects(id_):
        yield f"{base}/refs/{{ref}}/objects", f"{at}/refs/main/objects", {"path": each["path"]}
    side = {"dataset": path} if folder["type"] == "dataset" else {"model": path}
    if folder["type"] == "dataset":
        yield "/leaderboard", "/leaderboard", side | {"metric": "accuracy", "direction": "higher"}
    else:
        yield "/history", "/history", side | {"metric": "accuracy"}


def _of_evaluations(raw: Raw) -> Iterator[tuple[str, str, dict[str, str]]]:
    for invalid in ("true", "false"):
        yield "/evaluations", "/evaluations", {"invalid": invalid, "query": "accuracy exists"}
    yield "/evaluations", "/evaluations", {"query": "", "sort": "-accuracy"}
    shown = raw.ok("GET", "/evaluations", query="")["results"]
    one = "/evaluations/{evaluation_id}"
    for evaluation in shown:
        at = f"/evaluations/{evaluation['id']}"
        yield one, at, {}
        for form in ({}, {"format": "jsonl"}, {"format": "parquet"}):
            yield f"{one}/samples", f"{at}/samples", form
    if len(shown) > 1:
        yield "/compare", "/compare", {"a": shown[0]["id"], "b": shown[1]["id"]}
