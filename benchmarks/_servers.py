"""The servers that benchmarks compare: each in a process of its own, with data of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from benchmarks._load import Connection, connected, make_request

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
_START_SECONDS = 180.0

# MLflow reports its use over the network unless told not to.
MLFLOW_ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_HTTP_POOL_MAXSIZE": "32",
}
MLFLOW_UNDER_LOAD = {
    # Its job runners are of no use here, and keep the processor busy.
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    # Of its own accord it has 15 connections to its database, and 16 clients at once then wait
    # for each other until it gives up after 30 seconds.
    "MLFLOW_SQLALCHEMYSTORE_POOL_SIZE": "32",
}


class Hub(NamedTuple):
    """A hub that serves, the key of its user `bench`, and its process."""

    port: int
    key: str
    process: int

    def request(self, method: str, path: str, body: object = None) -> bytes:
        """A request of that user, below `/apis/v1`, as bytes."""
        return make_request(method, f"/apis/v1{path}", body, self.key)


def start_hub(data: Path) -> tuple[subprocess.Popen[str], int]:
    """A hub on a free port, once it has said that it serves and is ready."""
    process = _start([str(BIN / "assethub"), "serve", "--port", "0", "--data", str(data)])
    assert process.stdout is not None
    line = process.stdout.readline()
    if "serving at" not in line:
        raise SystemExit(f"the hub did not start: {line}")
    port = int(line.strip().rpartition(":")[2])
    await_answer(process, port, "/readyz")
    return process, port


@contextmanager
def running_hub(data: Path) -> Iterator[Hub]:
    """A hub with a user `bench`."""
    process, port = start_hub(data)
    try:
        add = [str(BIN / "assethub"), "user", "add", "bench", "--data", str(data)]
        added = subprocess.run(add, capture_output=True, text=True, check=True)
        yield Hub(port, added.stdout.split()[-1], process.pid)
    finally:
        stop(process)


@contextmanager
def running_bare(database: Path) -> Iterator[int]:
    """The port of `benchmarks._bare`."""
    process = _start([sys.executable, "-m", "benchmarks._bare", str(database)])
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        stop(process)


def start_mlflow(
    directory: Path, workers: int, environment: dict[str, str]
) -> tuple[subprocess.Popen[str], int]:
    """An MLflow server on SQLite, once it answers that it is healthy."""
    if not (BIN / "mlflow").exists():
        raise SystemExit("MLflow is not installed: run `make bench-install` first")
    directory.mkdir(exist_ok=True)
    port = find_free_port()
    command = f"server --host 127.0.0.1 --port {port} --workers {workers}".split()
    process = _start(
        [str(BIN / "mlflow"), *command, "--backend-store-uri", f"sqlite:///{directory}/mlflow.db"],
        directory,
        MLFLOW_ENVIRONMENT | environment,
        subprocess.DEVNULL,  # it logs every request, and a pipe that nobody reads would fill
    )
    await_answer(process, port, "/health")
    return process, port


@contextmanager
def running_mlflow(directory: Path, workers: int) -> Iterator[int]:
    """The port of an MLflow server."""
    process, port = start_mlflow(directory, workers, MLFLOW_UNDER_LOAD)
    try:
        yield port
    finally:
        stop(process)


def await_answer(process: subprocess.Popen[str], port: int, path: str) -> None:
    """Waits until a GET answers with 2xx."""
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            with connected(port) as connection:
                connection.exchange(make_request("GET", path))
                return
        except OSError:
            time.sleep(0.005)
    stop(process)
    raise SystemExit(f"the server on port {port} was not ready within {_START_SECONDS:.0f} s")


def stop(process: subprocess.Popen[str]) -> None:
    """Ends a server and all processes it started: they are a process group of their own."""
    try:
        os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(15)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def make_asset(hub: Hub, connection: Connection, type_: str) -> str:
    """A reference to a new model or dataset of the user `bench`."""
    folder = json.loads(
        connection.exchange(hub.request("POST", "/folders", {"type": type_, "name": "f"}))
    )["id"]
    connection.exchange(hub.request("POST", "/assets", {"name": "a", "folder": folder}))
    return f"bench/{type_}/f/a"


def _start(
    command: list[str],
    directory: Path | None = None,
    environment: dict[str, str] | None = None,
    stdout: int = subprocess.PIPE,
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        cwd=directory or ROOT,
        env=os.environ | (environment or {}),
        stdout=stdout,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
