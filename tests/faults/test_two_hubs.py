"""Two hubs on one database show of each branch what one register would have shown."""

import os
import random
import threading
import uuid
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from time import monotonic

import psycopg
import pytest

from api.raw import JSON, Raw
from assethub.settings import Settings
from benches import new_database
from faults.crowds import Count
from faults.history import Event, Outcome, is_linearizable
from hubs import RunningHub, run_hub

# HISTORY_STEPS=1000 makes each client do more, other things each time.
STEPS = int(os.environ.get("HISTORY_STEPS", "24"))
SEED = random.randrange(1 << 32) if "HISTORY_STEPS" in os.environ else 5
CLIENTS = 8
BRANCHES = ("main", "dev", "exp")
# So many steps of each client make one history; longer ones say no more, and take longer to search.
STRETCH = 24
OUTCOMES: dict[int, Outcome] = {200: "ok", 409: "fail"}


@pytest.fixture(scope="module")
def database(postgres_url: str) -> Iterator[str]:
    with new_database(postgres_url) as url:
        yield url


@pytest.fixture(scope="module")
def hubs(
    database: str, s3_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[RunningHub]]:
    place = tmp_path_factory.mktemp("two")
    with ExitStack() as stack:
        yield [
            stack.enter_context(
                run_hub(
                    Settings(
                        data=place / name, database_url=database, store_url=f"{s3_url}/{place.name}"
                    ),
                    place / f"log-{name}",
                )
            )
            for name in ("a", "b")
        ]


class Client:
    """One who reads and commits, each request to either hub, and notes what comes of it."""

    def __init__(self, hubs: list[RunningHub], key: str, asset: str, luck: random.Random) -> None:
        self._doors = [Raw(hub.url, key) for hub in hubs]
        self._asset = asset
        self._luck = luck
        self.seen: list[tuple[str, Event]] = []

    def step(self) -> None:
        branch = self._luck.choice(BRANCHES)
        if self._luck.random() < 0.5:
            self.read(branch)
        else:
            self._commit(branch)

    def read(self, branch: str) -> None:
        begin = monotonic()
        answer = self._door.call("GET", f"/assets/{self._asset}/commits/{branch}", headers=JSON)
        if answer.status == 503:
            return
        assert answer.status == 200, answer.data
        event = Event("read", "ok", begin, monotonic(), answer.json()["message"])
        self.seen.append((branch, event))

    def _commit(self, branch: str) -> None:
        """Moves the branch from the commit at which the change began; all change the same file."""
        token = uuid.uuid4().hex
        started = self._door.call("POST", "/update", None, JSON, asset=self._asset, branch=branch)
        if started.status == 503:
            return
        operation, base = started.json()["op_id"], started.json()["commit"]
        try:
            self._door.put(operation, "head", token.encode())
        except AssertionError:
            return
        begin = monotonic()
        answer = self._door.call("POST", f"/update/{operation}", {"message": token}, JSON)
        assert answer.status in (*OUTCOMES, 503), answer.data
        outcome = OUTCOMES.get(answer.status, "info")
        event = Event("commit", outcome, begin, monotonic(), token, base)
        self.seen.append((branch, event))

    @property
    def _door(self) -> Raw:
        return self._luck.choice(self._doors)


@pytest.mark.parametrize("faults", [False, True], ids=["sound", "connections end"])
def test_branches_are_linearizable_through_two_hubs(
    hubs: list[RunningHub], database: str, faults: bool, count: Count
) -> None:
    owner = Raw(hubs[0].url, hubs[0].new_user().key)
    asset = owner.asset("model", f"two-{uuid.uuid4().hex[:8]}", "m")
    luck = random.Random(SEED)
    for branch in BRANCHES[1:]:
        owner.ok("POST", f"/assets/{asset}/branches", {"name": branch, "source": "main"})
    checked: dict[str, int] = defaultdict(int)
    for begin in range(0, STEPS, STRETCH):
        heads = {branch: head_of(owner, asset, branch) for branch in BRANCHES}
        clients = [
            Client(hubs, str(owner.key), asset, random.Random(luck.random()))
            for _ in range(CLIENTS)
        ]
        play(clients, min(STRETCH, STEPS - begin), database if faults else None)
        # What was acknowledged is seen by both hubs afterwards.
        for hub in hubs:
            last = Client([hub], str(owner.key), asset, luck)
            for branch in BRANCHES:
                last.read(branch)
            clients.append(last)
        for branch, history in histories_of(owner, asset, clients).items():
            assert is_linearizable(history, heads[branch]), (branch, sorted(history))
            for event in history:
                checked[f"{event.kind} {event.outcome}"] += 1
    assert checked["commit ok"] > STEPS / 4
    assert checked["commit fail"] > 0
    count(", ".join(f"{each} {what}" for what, each in checked.items()), sum(checked.values()))


def play(clients: list[Client], steps: int, database: str | None) -> None:
    """All clients at once; with a database, its connections are ended again and again."""
    done = threading.Event()

    def work(client: Client) -> None:
        for _ in range(steps):
            client.step()

    with ThreadPoolExecutor(CLIENTS + 1) as pool:
        ending = pool.submit(end_connections, database, done) if database else None
        try:
            for working in [pool.submit(work, client) for client in clients]:
                working.result()
        finally:
            done.set()
        if ending is not None:
            assert ending.result() > 0


def end_connections(database: str, done: threading.Event) -> int:
    ended = 0
    query = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    while not done.wait(0.3):
        with psycopg.connect(database) as connection:
            ended += len(connection.execute(query).fetchall())
    return ended


def head_of(owner: Raw, asset: str, branch: str) -> str:
    return str(owner.ok("GET", f"/assets/{asset}/commits/{branch}")["message"])


def histories_of(owner: Raw, asset: str, clients: list[Client]) -> dict[str, list[Event]]:
    """The histories by branch; commits stand in them by their messages, since those of which no
    answer came have no other name.
    """
    names: dict[str, str] = {}
    for branch in BRANCHES:
        for row in owner.ok("GET", f"/assets/{asset}/branches/{branch}/commits")["results"]:
            names[row["id"]] = row["message"]
    histories: dict[str, list[Event]] = defaultdict(list)
    for client in clients:
        for branch, event in client.seen:
            expected = names.get(event.expected, event.expected)
            histories[branch].append(event._replace(expected=expected))
    return histories
