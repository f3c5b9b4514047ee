"""A change asked for again with the same Idempotency-Key happens once."""

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from api.raw import JSON, Raw
from assethub.core.maintenance.collection import collect
from assethub.core.people import keys, users
from assethub.core.people.keys import Terms
from assethub.store.tables import answers
from hubs import RunningHub

Ask = tuple[str, Any, dict[str, str]]


class Bench:
    """A model with a branch `b` that went its own way, a dataset, and an operation left open."""

    def __init__(self, hub: RunningHub) -> None:
        user = hub.new_user()
        users.change_user(hub.inside, user.name, admin=True)
        self.hub, self.user = hub, users.find_user(hub.inside, user.name)
        self.raw, name = Raw(hub.url, user.key), user.name
        self.folder = self.raw.folder("model", "nlp")
        body = {"name": "bert", "folder": self.folder, "labels": []}
        self.model = str(self.raw.ok("POST", "/assets", body)["id"])
        self.dataset = self.raw.asset("dataset", "images", "mnist")
        self.first = self.raw.commit(self.model, {"a": b"1"})
        self.raw.ok("POST", f"/assets/{self.model}/branches", {"name": "b", "source": "main"})
        self.raw.commit(self.model, {"b": b"2"}, "b")
        self.head = self.raw.commit(self.model, {"c": b"3"})
        self.operation = self.raw.start(self.model)
        self.raw.put(self.operation, "d", b"4")
        self.evaluation = {
            "model": f"{name}/model/nlp/bert",
            "dataset": f"{name}/dataset/images/mnist",
            "metrics": {"accuracy": 0.5},
        }

    def asks(self) -> dict[str, Ask]:
        """A request of each kind that makes or changes something."""
        branches = f"/assets/{self.model}/branches"
        return {
            "folder": ("/folders", {"type": "model", "name": "new"}, {}),
            "asset": ("/assets", {"name": "new", "folder": self.folder}, {}),
            "branch": (branches, {"name": "new", "source": "main"}, {}),
            "tag": (f"/assets/{self.model}/tags", {"tag": "new", "ref": "main"}, {}),
            "evaluation": ("/evaluations", self.evaluation, {}),
            "group": ("/groups", {"name": f"new-{self.folder}"}, {}),
            "merge": (f"{branches}/main/merge", {"source": "b"}, {}),
            "reset": (f"{branches}/main/reset", {"ref": self.first}, {}),
            "revert": (f"{branches}/main/revert", {"ref": self.head}, {}),
            "start": ("/update", None, {"asset": self.model, "branch": "main"}),
            "finish": (f"/update/{self.operation}", {"message": "m"}, {}),
        }

    def send(self, ask: Ask, key: str, **headers: str) -> Any:
        path, body, query = ask
        return self.raw.call("POST", path, body, {"Idempotency-Key": key, **headers}, **query)

    def state(self) -> Any:
        """All that such requests change, and that has an order."""
        return [
            self.raw.ok("GET", "/folders"),
            self.raw.ok("GET", "/assets", fid=self.folder),
            self.raw.ok("GET", f"/assets/{self.model}/branches/main/commits"),
            self.raw.ok("GET", f"/assets/{self.model}/branches"),
            self.raw.ok("GET", f"/assets/{self.model}/tags"),
            self.raw.ok("GET", "/evaluations", model=self.evaluation["model"]),
            self.raw.ok("GET", "/groups"),
        ]

    def limited(self, **terms: str) -> Raw:
        """The same user with another key."""
        return Raw(self.hub.url, keys.add_key(self.hub.inside, self.user, "more", Terms(**terms)))


MAKING = ("folder", "asset", "branch", "tag", "evaluation", "group")
CHANGING = ("merge", "reset", "revert", "start", "finish")
KINDS = (*MAKING, *CHANGING)


@pytest.fixture
def bench(hub: RunningHub) -> Bench:
    return Bench(hub)


@pytest.fixture
def key() -> str:
    return str(uuid.uuid4())


@pytest.mark.parametrize("kind", KINDS)
def test_a_repeated_request_gets_the_first_answer_and_changes_nothing(
    bench: Bench, key: str, kind: str
) -> None:
    ask = bench.asks()[kind]
    first = bench.send(ask, key)
    assert first.status == 200, first.data
    assert "Idempotency-Replayed" not in first.headers
    before = bench.state()
    for _ in range(2):
        again = bench.send(ask, key)
        assert (again.status, again.data) == (200, first.data)
        assert again.headers["Idempotency-Replayed"] == "true"
        assert again.headers["Content-Type"] == first.headers["Content-Type"]
    assert bench.state() == before


@pytest.mark.parametrize("kind", KINDS)
def test_identical_requests_at_once_happen_once(bench: Bench, key: str, kind: str) -> None:
    ask = bench.asks()[kind]
    before = bench.state()
    with ThreadPoolExecutor(6) as pool:
        ready = threading.Barrier(6)

        def send() -> Any:
            ready.wait()
            return bench.send(ask, key)

        answers = [future.result() for future in [pool.submit(send) for _ in range(6)]]
    assert {(answer.status, answer.data) for answer in answers} == {(200, answers[0].data)}
    assert sum("Idempotency-Replayed" not in answer.headers for answer in answers) == 1
    after = bench.state()
    if kind in ("merge", "revert", "finish"):
        added = len(after[2]["results"]) - len(before[2]["results"])
        assert added == (2 if kind == "merge" else 1)
    if kind == "evaluation":
        assert len(after[5]["results"]) == 1


def change_body(ask: Ask) -> Ask:
    return ask[0], {**ask[1], "name": "other"}, ask[2]


def change_path(ask: Ask) -> Ask:
    return "/assets", ask[1], ask[2]


def change_query(ask: Ask) -> Ask:
    return ask[0], ask[1], {"x": "y"}


@pytest.mark.parametrize("change", [change_body, change_path, change_query])
def test_a_key_that_came_with_another_request_is_refused(
    bench: Bench, key: str, change: Callable[[Ask], Ask]
) -> None:
    ask = bench.asks()["folder"]
    assert bench.send(ask, key).status == 200
    before = bench.state()
    other = bench.asks()["asset"] if change is change_path else change(ask)
    refused = bench.send(other, key, **JSON)
    assert (refused.status, refused.json()["code"]) == (422, "idempotency_key_reused")
    plain = bench.send(other, key)
    assert plain.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert key in plain.data.decode()
    assert bench.state() == before


def test_a_key_belongs_to_its_user_however_the_api_key_is_sent(
    hub: RunningHub, bench: Bench, outsider: Raw, key: str
) -> None:
    path, body, _ = bench.asks()["folder"]
    first = bench.send((path, body, {}), key)
    theirs = outsider.call("POST", path, body, {"Idempotency-Key": key})
    assert theirs.status == 200
    assert theirs.data != first.data
    bearer = {"Authorization": f"Bearer {bench.raw.key}", "Idempotency-Key": key}
    again = Raw(hub.url, None).call("POST", path, body, bearer)
    assert (again.status, again.data) == (200, first.data)


@pytest.mark.parametrize("kind", ["asset", "evaluation"])
def test_a_key_that_opens_less_does_not_get_the_answer_to_another(
    bench: Bench, key: str, kind: str
) -> None:
    path, body, _ = bench.asks()[kind]
    headers = {"Idempotency-Key": key, **JSON}
    first = bench.raw.call("POST", path, body, headers)
    assert first.status == 200, first.data
    elsewhere = bench.raw.folder("model", "elsewhere")
    limits: list[dict[str, str]] = [
        {"scope": "read"},
        {"folder_id": elsewhere},
        {"folder_id": bench.folder, "asset_id": bench.model},
    ]
    for terms in limits:
        refused = bench.limited(**terms).call("POST", path, body, headers)
        assert (refused.status, refused.json()["code"]) == (422, "idempotency_key_reused")
    assert bench.limited().call("POST", path, body, headers).data == first.data


def test_a_limited_key_gets_the_answer_to_its_own_request(bench: Bench, key: str) -> None:
    path, body, _ = bench.asks()["asset"]
    headers = {"Idempotency-Key": key, **JSON}
    first, again = (
        bench.limited(folder_id=bench.folder).call("POST", path, body, headers) for _ in range(2)
    )
    assert (again.status, again.data) == (200, first.data)
    assert bench.raw.call("POST", path, body, headers).status == 422


def test_a_refusal_is_not_kept(bench: Bench, key: str) -> None:
    ask = ("/assets", {"name": "a", "folder": bench.folder, "labels": ["", "b"]}, {})
    assert bench.send(ask, key).status == 400
    branch = ("/assets/" + bench.model + "/branches", {"name": "n", "source": "later"}, {})
    assert bench.send(branch, key).status == 404
    bench.raw.ok("POST", f"/assets/{bench.model}/tags", {"tag": "later", "ref": "main"})
    assert bench.send(branch, key).status == 200


@pytest.mark.parametrize("key", ["", " ", "x" * 65, "a b", "é".encode().decode("latin-1")])
def test_a_key_of_another_form_is_refused(bench: Bench, key: str) -> None:
    for kind in ("folder", "evaluation"):
        refused = bench.send(bench.asks()[kind], key, **JSON)
        assert (refused.status, refused.json()["code"]) == (400, "invalid_idempotency_key")
    assert bench.raw.ok("GET", "/evaluations", model=bench.evaluation["model"])["results"] == []


def test_a_kept_answer_expires_and_is_deleted(hub: RunningHub, bench: Bench) -> None:
    keys = [str(uuid.uuid4()) for _ in range(3)]
    ask = bench.asks()["evaluation"]
    first, *_ = [bench.send(ask, key) for key in keys]

    def age(connection: sa.Connection) -> int:
        old = answers.update().where(answers.c.key.in_(keys)).values(expires=1)
        return connection.execute(old).rowcount

    def left() -> int:
        query = sa.select(sa.func.count()).select_from(answers).where(answers.c.key.in_(keys))
        with hub.inside.database.read() as connection:
            return connection.execute(query).scalar_one()

    assert hub.inside.database.write(age) == 3
    again = bench.send(ask, keys[0])
    assert again.status == 200
    assert "Idempotency-Replayed" not in again.headers
    assert again.json()["id"] != first.json()["id"]
    # The next one that is kept takes the place of those that have expired.
    assert left() == 1
    hub.inside.database.write(age)
    assert left() == 1
    collect(hub.inside, 3600, apply=True)
    assert left() == 0
