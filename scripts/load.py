"""Puts a hub under the load of many clients at once, and says how it held.

    python scripts/load.py --minutes 10

Each client reads, commits and records evaluations without pause, while a few others read or send
so slowly that they never come to an end. Printed are the times from a request to the end of its
answer, by kind. The clients share the machine with the hub, so that the times are theirs, too.
Exits with code 1 where a request failed, a slow one was dropped, or the hub's memory or open files
grew beyond their bounds after the first quarter of the time.
"""

import argparse
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

from torture_hub import Asset, Broken, Loss, Service

# Of growth after the first quarter. Each reader of the database has a cache of 8 MiB.
MEMORY_BOUND = 128 * 1024 * 1024
# Beside a connection for each client: the store's files, the database's, and what each reader has.
FILES_BOUND = 200
_SLOW = 10
_FILES, _BIG = 500, 32 * 1024 * 1024
_PAUSE = 0.5


class Sample(NamedTuple):
    """What the hub's process holds: bytes of memory, and open files."""

    memory: int
    files: int


class Stage(NamedTuple):
    """What the clients work on."""

    service: Service
    owner: str
    model: Asset
    dataset: Asset
    big: Asset


class Tally:
    """Times of requests in seconds, by kind, and what went wrong."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self.errors: list[str] = []

    def time(self, kind: str, work: Callable[[], object]) -> None:
        began = time.perf_counter()
        try:
            work()
        except (Broken, Loss) as error:
            self.errors.append(f"{kind}: {error}")
        else:
            self.seconds[kind].append(time.perf_counter() - began)

    def table(self) -> str:
        lines = [f"{'':12}{'requests':>10}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}"]
        for kind, seconds in sorted(self.seconds.items()):
            cuts = statistics.quantiles(seconds, n=100) if len(seconds) > 1 else seconds * 99
            shown = "".join(f"{cuts[percent - 1] * 1000:9.0f}" for percent in (50, 95, 99))
            lines.append(f"{kind:12}{len(seconds):10}{shown}")
        return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--clients", type=int, default=200)
    chosen = parser.parse_args()
    place = Path(tempfile.mkdtemp(prefix="load-"))
    server, url = _serve(place)
    try:
        stage = _prepare(Service(url, _add_user(place), broken=(500, 502, 503)))
        tally, samples = _play(stage, server.pid, chosen.clients, chosen.minutes * 60)
    finally:
        server.terminate()
        server.wait(30)
        shutil.rmtree(place)
    print(tally.table())
    problems = [*tally.errors[:5], *_judge(samples, chosen.clients)]
    for problem in problems:
        print(f"load: {problem}")
    total = sum(map(len, tally.seconds.values()))
    print(
        f"load: {chosen.clients} clients, {chosen.minutes:g} minutes, {total} requests, "
        f"{len(tally.errors)} errors; {_describe(samples)}"
    )
    return 1 if problems else 0


def _serve(place: Path) -> tuple["subprocess.Popen[str]", str]:
    command = [sys.executable, "-m", "assethub", "serve", "--port", "0", "--no-access-log"]
    server = subprocess.Popen(
        [*command, "--data", str(place / "data")], stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    return server, server.stdout.readline().split(" at ")[1].strip()


def _add_user(place: Path) -> str:
    command = [sys.executable, "-m", "assethub", "user", "add", "load", "--data"]
    said = subprocess.check_output([*command, str(place / "data")], text=True)
    return said.split()[-1]


def _prepare(service: Service) -> Stage:
    owner = str(service.call("GET", "/account")["name"])
    model, dataset, big = (
        service.make_asset(type_, name)
        for type_, name in (("model", "load"), ("dataset", "load"), ("model", "big"))
    )
    operation = service.start(dataset.id)
    for number in range(_FILES):
        service.put(operation, f"{number % 10}/{number}.bin", b"%d" % number * 500)
    service.finish(operation, "files")
    operation = service.start(big.id)
    service.put(operation, "w.bin", bytes(_BIG))
    service.finish(operation, "a large file")
    return Stage(service, owner, model, dataset, big)


def _play(stage: Stage, pid: int, clients: int, seconds: float) -> tuple[Tally, list[Sample]]:
    tally, samples, done = Tally(), [], threading.Event()
    with ThreadPoolExecutor(clients + 2 * _SLOW) as pool:
        slow = [
            pool.submit(_be_slow, connection, done)
            for connection in [_begin_slowly(stage, number) for number in range(2 * _SLOW)]
        ]
        working = [pool.submit(_work, stage, number, tally, done) for number in range(clients)]
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            samples.append(_look_at(pid))
            done.wait(min(_PAUSE, max(end - time.monotonic(), 0)))
        done.set()
        for each in working:
            each.result()
        dropped = [each.result() for each in slow].count(False)
    if dropped:
        tally.errors.append(f"slow: {dropped} of {2 * _SLOW} slow clients were dropped")
    return tally, samples


def _work(stage: Stage, number: int, tally: Tally, done: threading.Event) -> None:
    """Asks for one thing after another: six reads for two evaluations and a commit."""
    luck = random.Random(number)
    service = stage.service
    own = service.make_asset("dataset", f"load{number}").id
    sides = {
        "model": f"{stage.owner}/{stage.model.path}",
        "dataset": f"{stage.owner}/{stage.dataset.path}",
    }

    def commit() -> None:
        operation = service.start(own)
        service.put(operation, "a", f"{number} {luck.random()}".encode())
        service.finish(operation, "a change")

    def read_object() -> None:
        place = luck.randrange(_FILES)
        data = service.read(stage.dataset.id, "main", f"{place % 10}/{place}.bin")
        if data != b"%d" % place * 500:
            raise Loss(f"{place}.bin holds other bytes than were put there")

    def evaluate() -> None:
        metrics = {"loss": luck.random(), "accuracy": luck.random()}
        service.call("POST", "/evaluations", sides | {"metrics": metrics})

    listing = f"/assets/{stage.dataset.id}/refs/main/objects/ls"
    work: list[tuple[str, int, Callable[[], object]]] = [
        ("object", 2, read_object),
        ("listing", 2, lambda: service.call("GET", listing, amount="100")),
        ("search", 1, lambda: service.call("GET", "/evaluations", amount="20", query="loss<0.5")),
        ("head", 1, lambda: service.call("GET", f"/assets/{own}/commits/main")),
        ("evaluation", 2, evaluate),
        ("commit", 1, commit),
    ]
    weights = [weight for _, weight, _ in work]
    while not done.is_set():
        [(kind, _, ask)] = luck.choices(work, weights)
        tally.time(kind, ask)


def _begin_slowly(stage: Stage, number: int) -> tuple[socket.socket, bool]:
    """A connection over which half of a request for, or of a part of, a large file has gone."""
    service, reads = stage.service, number % 2 == 0
    address = urlsplit(service.url)
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    connection.settimeout(30)
    connection.connect((address.hostname, address.port))
    if reads:
        path, size = f"/assets/{stage.big.id}/refs/main/objects?path=w.bin", 0
    else:
        operation = service.start(stage.big.id)
        target = {"opID": operation, "path": f"slow{number}"}
        upload = service.call("POST", "/multipart", **target)["uploadId"]
        path, size = f"/multipart/{upload}?{urlencode(target)}&partNum=1", 1 << 34
    head = (
        f"{'GET' if reads else 'PUT'} /apis/v1{path} HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: Bearer {service.key}\r\nContent-Length: {size}\r\n\r\n"
    )
    connection.sendall(head.encode())
    return connection, reads


def _be_slow(begun: tuple[socket.socket, bool], done: threading.Event) -> bool:
    """A few bytes now and then; false where the hub has ended the connection."""
    connection, reads = begun
    with connection:
        try:
            while not done.wait(_PAUSE):
                if reads and not connection.recv(1024):
                    return False
                if not reads:
                    connection.sendall(bytes(4096))
        except OSError:
            return False
        return True


def _look_at(pid: int) -> Sample:
    status = Path(f"/proc/{pid}/status").read_text()
    memory = int(status.partition("VmRSS:")[2].split()[0]) * 1024
    return Sample(memory, len(list(Path(f"/proc/{pid}/fd").iterdir())))


def _judge(samples: list[Sample], clients: int) -> list[str]:
    """What grew beyond its bound."""
    warm, found = samples[len(samples) // 4 :], []
    grown = max(each.memory for each in warm) - warm[0].memory
    if grown > MEMORY_BOUND:
        found.append(f"memory grew by {grown >> 20} MiB, more than {MEMORY_BOUND >> 20}")
    files, most = max(each.files for each in warm), clients + 2 * _SLOW + FILES_BOUND
    if files > most:
        found.append(f"{files} files were open, more than {most}")
    return found


def _describe(samples: list[Sample]) -> str:
    warm = samples[len(samples) // 4 :]
    return (
        f"memory {warm[0].memory >> 20} MiB after a quarter, at most "
        f"{max(each.memory for each in warm) >> 20} MiB; at most "
        f"{max(each.files for each in warm)} open files"
    )


if __name__ == "__main__":
    raise SystemExit(main())
