"""A hub asked for too much at once says so to some, and is itself again right afterwards."""

import socket
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from time import monotonic
from urllib.parse import urlsplit

import pytest

from api.raw import JSON, Raw
from assethub.settings import Settings
from hubs import RunningHub, run_hub

MIB = 1024 * 1024
CALLERS, ASKS = 32, 6
# More than there are threads to work on requests.
SLOW = 60


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    """A hub that works on two requests at once."""
    place = tmp_path_factory.mktemp("small")
    with run_hub(Settings(data=place / "data", max_requests=2), place / "log") as running:
        yield running


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    place = tmp_path_factory.mktemp("plain")
    with run_hub(Settings(data=place / "data"), place / "log") as running:
        yield running


def test_too_many_requests_at_once_are_told_to_come_again(small: RunningHub) -> None:
    """Some are answered meanwhile, and who watches over the hub always is."""
    user = small.new_user()
    Raw(small.url, user.key).asset("model", "m", "m")
    ready = threading.Barrier(CALLERS)

    def ask(number: int) -> list[int]:
        raw = Raw(small.url, user.key)
        ready.wait(60)
        found = []
        for _ in range(ASKS):
            answer = raw.call("GET", "/folders", headers=JSON)
            found.append(answer.status)
            if answer.status != 200:
                assert answer.status == 503
                assert int(answer.headers["Retry-After"]) >= 1
                assert answer.json()["code"] == "overloaded"
            health = raw._pool.request("GET", f"{small.url}/healthz") if number == 0 else None
            assert health is None or health.status == 200
        return found

    with ThreadPoolExecutor(CALLERS) as pool:
        statuses = Counter(status for found in pool.map(ask, range(CALLERS)) for status in found)
    assert statuses[200] > 0
    assert statuses[503] > 0
    for _ in range(50):
        assert Raw(small.url, user.key).ok("GET", "/folders") is not None


def test_those_who_send_or_read_slowly_take_up_no_place(small: RunningHub) -> None:
    user = Raw(small.url, small.new_user().key)
    with ExitStack() as stack:
        for begin in [slow_writers, slow_readers] * 4:
            [slow] = begin(small, user, 1)
            stack.enter_context(slow)
            wait_for_place(user)
        for _ in range(20):
            assert user.ok("GET", "/folders")


def wait_for_place(user: Raw) -> None:
    """Until the hub is done with the beginning of a slow request."""
    deadline = monotonic() + 30
    while user.call("GET", "/folders", headers=JSON).status == 503:
        assert monotonic() < deadline, "a slow one takes up a place for good"


@pytest.mark.parametrize("slowly", ["read", "write"])
def test_who_is_slow_holds_nobody_else_up(plain: RunningHub, slowly: str) -> None:
    user = Raw(plain.url, plain.new_user().key)
    other = user.asset("dataset", f"quick-{uuid.uuid4().hex[:8]}", "d")
    begin: Callable[[RunningHub, Raw, int], list[socket.socket]]
    begin = slow_readers if slowly == "read" else slow_writers
    with ExitStack() as stack:
        slow = [stack.enter_context(each) for each in begin(plain, user, SLOW)]
        for number in range(10):
            began = monotonic()
            user.commit(other, {"a": f"{number}".encode()})
            assert user.objects(other)
            assert monotonic() - began < 5
        # They were still at it.
        for each in slow:
            each.settimeout(10)
            if slowly == "read":
                assert each.recv(1024)
            else:
                each.sendall(b"more")


def slow_readers(hub: RunningHub, user: Raw, number: int) -> list[socket.socket]:
    """Connections that have asked for a large file, and read the first bytes of it only."""
    asset = user.asset("model", f"large-{uuid.uuid4().hex[:8]}", "m")
    user.commit(asset, {"w.bin": bytes(24 * MIB)})
    path = f"/apis/v1/assets/{asset}/refs/main/objects?path=w.bin&apikey={user.key}"
    made = []
    for _ in range(number):
        connection = connect(hub)
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert connection.recv(12) == b"HTTP/1.1 200"
        made.append(connection)
    return made


def slow_writers(hub: RunningHub, user: Raw, number: int) -> list[socket.socket]:
    """Connections that have sent the beginning of a large part."""
    asset = user.asset("model", f"sent-{uuid.uuid4().hex[:8]}", "m")
    operation = user.start(asset)
    made = []
    for each in range(number):
        target = {"opID": operation, "path": f"{each}"}
        upload = user.ok("POST", "/multipart", **target)["uploadId"]
        connection = connect(hub)
        query = f"opID={operation}&path={each}&partNum=1&apikey={user.key}"
        head = f"PUT /apis/v1/multipart/{upload}?{query} HTTP/1.1\r\nHost: localhost\r\n"
        connection.sendall(f"{head}Content-Length: {24 * MIB}\r\n\r\n".encode() + bytes(2 * MIB))
        made.append(connection)
    return made


def connect(hub: RunningHub) -> socket.socket:
    address = urlsplit(hub.url)
    connection = socket.socket()
    # What the kernel holds for a slow reader says nothing about the hub.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    connection.connect((address.hostname, address.port))
    return connection
