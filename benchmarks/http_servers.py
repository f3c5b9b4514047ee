"""Compares HTTP servers under one app: `.venv-bench/bin/python -m benchmarks.http_servers`.

After `make bench-install`; takes about five minutes. Every server is up throughout and they take
turns, so that a busy machine slows all of them. There are as many rounds as servers and each round
another one begins: whoever writes first after a pause pays for the disk, up to a third of an
upload. Each figure is the median of the rounds. The first server, which is how `assethub serve`
runs, shows absolute figures, the others their ratio to it.
"""

import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from benchmarks.http_load import (
    FILE_BYTES,
    MIB,
    PROBES,
    connect,
    count_requests,
    count_stalls,
    download,
    exchange,
    latency_beside,
    make_request,
    median_latency,
    tail_latency,
    upload,
)

HERE = Path(__file__).resolve().parent
UVICORN = "-m uvicorn http_app:app --no-access-log --log-level error --port {port}"

SERVERS = {
    "granian, embedded (the hub)": "http_app.py embedded {port}",
    "granian, embedded, uvloop": "http_app.py embedded-uvloop {port}",
    "granian, a worker process": (
        "-m granian http_app:app --interface asgi --http 1 --no-ws --no-log --loop asyncio "
        "--port {port}"
    ),
    "uvicorn, httptools, uvloop": UVICORN + " --http httptools --loop uvloop",
    "uvicorn, h11, asyncio": UVICORN + " --http h11 --loop asyncio",
    "hypercorn": "-m hypercorn http_app:app --log-level error --bind 127.0.0.1:{port}",
}


ROUNDS = len(SERVERS)


class Measure(NamedTuple):
    """A column: its name, its unit, how to take it from a server's port, how to show it."""

    name: str
    unit: str
    take: Callable[[int], float]
    form: str


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "file"
        with file.open("wb") as out:
            for _ in range(FILE_BYTES // MIB):
                out.write(os.urandom(MIB))
        os.environ["BENCH_FILE"] = str(file)
        ready: dict[str, float] = {}
        processes: dict[str, tuple[subprocess.Popen[bytes], int]] = {}
        try:
            for name, arguments in [*SERVERS.items(), *SERVERS.items()]:
                if name in processes:  # the first start only warmed the file cache
                    processes[name][0].kill()
                port = find_free_port()
                started = time.perf_counter()
                processes[name] = start(arguments.format(port=port)), port
                await_ready(port)
                ready[name] = time.perf_counter() - started
            ports = {name: port for name, (_, port) in processes.items()}
            results = {name: {"start": [seconds]} for name, seconds in ready.items()}
            measure_in_turn(ports, results)
            for name, (process, port) in processes.items():
                results[name]["stop"] = [time_stop(process, port)]
        finally:
            for process, _ in processes.values():
                process.kill()
    print_table(results)


def measure_in_turn(ports: dict[str, int], results: dict[str, dict[str, list[float]]]) -> None:
    for number in range(ROUNDS):
        turn = list(ports.items())
        turn = turn[number:] + turn[:number]
        for measure in MEASURES:
            for name, port in turn:
                results[name].setdefault(measure.name, []).append(measure.take(port))
        print(f"round {number + 1} of {ROUNDS} done", file=sys.stderr)


def print_table(results: dict[str, dict[str, list[float]]]) -> None:
    columns = [
        ("start", "s", ".2f"),
        *((m.name, m.unit, m.form) for m in MEASURES if m.name != "stalls"),
    ]
    columns.append(("stop", "s", ".2f"))
    base_name = next(iter(results))
    base = {name: statistics.median(taken) for name, taken in results[base_name].items()}
    print("| server | " + " | ".join(f"{name} ({unit})" for name, unit, _ in columns) + " |")
    print("| --- |" + " --: |" * len(columns))
    for server, taken in results.items():
        cells = []
        for name, _, form in columns:
            value = statistics.median(taken[name])
            cells.append(
                format(value, form) if server == base_name else f"x{value / base[name]:.2f}"
            )
        print(f"| {server} | " + " | ".join(cells) + " |")
    print()
    print("p95 by …: that of small requests while another client downloads in that way.")
    print("stop: seconds from SIGTERM to the end, with a response of 2 s just begun.")
    for server, taken in results.items():
        stalls = int(sum(taken["stalls"]))
        print(f"{server}: {stalls} of {ROUNDS * 4 * PROBES} small requests took 35 ms or more")


def start(arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, *arguments.split()],
        cwd=HERE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=dict(os.environ, PYTHONPATH=str(HERE)),
    )


def find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def await_ready(port: int) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            with connect(port) as connection:
                exchange(connection, "/hello")
                return
        except OSError:
            time.sleep(0.005)
    raise SystemExit(f"the server on port {port} did not answer within 20 s")


def time_stop(process: subprocess.Popen[bytes], port: int) -> float:
    """Seconds from SIGTERM to the end; the answer under way has to arrive whole."""
    with connect(port) as connection:
        connection.sendall(make_request("/trickle"))
        received = bytearray(connection.recv(65536))
        process.send_signal(signal.SIGTERM)
        began = time.perf_counter()
        reader = threading.Thread(target=read_to_end, args=(connection, received))
        reader.start()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            return 20.0
        elapsed = time.perf_counter() - began
        reader.join(5)
        if not received.endswith(b"0\r\n\r\n"):
            print(f"the server on port {port} cut off the answer under way", file=sys.stderr)
        return elapsed


def read_to_end(connection: socket.socket, received: bytearray) -> None:
    while not received.endswith(b"0\r\n\r\n") and (data := connection.recv(65536)):
        received += data


MEASURES = [
    Measure("Starlette", "req/s", lambda port: count_requests(port, "/hello"), ",.0f"),
    Measure("FastAPI", "req/s", lambda port: count_requests(port, "/fast"), ",.0f"),
    Measure("file", "MB/s", lambda port: download(port, "/file"), ",.0f"),
    Measure("streamed", "MB/s", lambda port: download(port, "/stream"), ",.0f"),
    Measure("upload", "MB/s", upload, ",.0f"),
    Measure("p50", "ms", median_latency, ".2f"),
    Measure("p95", "ms", tail_latency, ".2f"),
    Measure("p95 by file", "ms", latency_beside("/file"), ".2f"),
    Measure("p95 by streamed", "ms", latency_beside("/stream"), ".2f"),
    Measure("stalls", "count", count_stalls, ".0f"),
]


if __name__ == "__main__":
    main()
