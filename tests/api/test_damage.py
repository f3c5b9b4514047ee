"""What the hub answers where something that it stored is damaged."""

import uuid
from typing import Any

import pytest
import sqlalchemy as sa

from api.raw import JSON, Raw
from assethub.store.tables import commits, nodes
from hubs import RunningHub


@pytest.fixture(params=["missing", "cut", "swapped"])
def broken(request: pytest.FixtureRequest, hub: RunningHub, user: Raw) -> tuple[str, str]:
    """An asset whose newest snapshot has lost its root, and the hash of that."""
    asset = user.asset("model", "nlp", "bert")
    # Contents of its own, since equal snapshots share their nodes.
    user.commit(asset, {"a": uuid.uuid4().bytes})
    commit = user.commit(asset, {"b": uuid.uuid4().bytes})

    def harm(connection: sa.Connection) -> str:
        query = sa.select(commits.c.tree).where(commits.c.id == commit)
        root = str(connection.execute(query).scalar_one())
        if request.param == "missing":
            connection.execute(nodes.delete().where(nodes.c.hash == root))
            return root
        data = connection.execute(sa.select(nodes.c.data).where(nodes.c.hash == root)).scalar_one()
        other = connection.execute(sa.select(nodes.c.data).where(nodes.c.hash != root).limit(1))
        wrong = data[:-3] if request.param == "cut" else other.scalar_one()
        connection.execute(nodes.update().where(nodes.c.hash == root).values(data=wrong))
        return root

    return asset, hub.inside.database.write(harm)


def test_a_damaged_node_is_told_with_what_to_run(
    hub: RunningHub, user: Raw, broken: tuple[str, str]
) -> None:
    asset, root = broken
    objects = f"/assets/{asset}/refs/main/objects"
    operation = user.start(asset)
    user.put(operation, "c", b"1")
    asks: list[tuple[str, str, Any, dict[str, str]]] = [
        ("GET", f"{objects}/ls", None, {}),
        ("GET", f"{objects}/ls", None, {"amount": "1"}),
        ("GET", objects, None, {"path": "a"}),
        ("POST", f"{objects}/pack", {"paths": ["a"]}, {}),
        ("GET", f"/assets/{asset}/diff", None, {"from": "main", "to": "main~"}),
        ("POST", f"/update/{operation}", {"message": ""}, {}),
    ]
    first = user.ok("GET", f"/assets/{asset}/branches/main/commits")["results"][-1]["id"]
    for method, path, body, query in asks:
        query = {key: value.replace("main~", first) for key, value in query.items()}
        problem = user.call(method, path, body, JSON, **query)
        assert (problem.status, problem.json()["code"]) == (500, "damaged"), path
        assert root in problem.json()["detail"]
        assert "`assethub check`" in problem.json()["detail"]
        plain = user.call(method, path, body, **query)
        assert plain.status == 500
        assert plain.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert root.encode() in plain.data
        assert b"Traceback" not in plain.data
    assert root in hub.log.read_text()


def test_what_is_not_damaged_is_still_read(user: Raw, broken: tuple[str, str]) -> None:
    asset, _ = broken
    commits_ = user.ok("GET", f"/assets/{asset}/branches/main/commits")["results"]
    assert len(commits_) == 3
    assert [each["path"] for each in user.objects(asset, commits_[1]["id"])] == ["a"]
