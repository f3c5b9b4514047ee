"""Uploads and downloads of one large file, as ratios to bare handlers on the same server.

`python -m benchmarks.transfers [--size GIB] [--rounds N] [--parts N]`; the peers take turns in each
round. Peers: a bare handler on the hub's server that hashes and writes in threads, with and without
waiting for the disk, one that sends the file by its descriptor, and nginx with sendfile where it is
installed.
"""

import argparse
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from benchmarks._servers import BIN, ROOT, find_free_port, start_hub, stop
from benchmarks._tables import divide, print_table, show
from benchmarks._transfer_load import MIB, Content, Line

PART_BYTES = 32 * MIB


class HubSide:
    """The hub, and an asset to put files into."""

    def __init__(self, port: int, key: str, parallel: int) -> None:
        self._port, self._key, self._parallel = port, key, parallel
        folder = {"type": "model", "name": "transfers", "labels": []}
        id_ = self._call("POST", "/folders", folder)["id"]
        asset = {"name": "m", "folder": id_, "labels": []}
        self._asset = self._call("POST", "/assets", asset)["id"]
        self._operation = ""

    def upload(self, content: Content) -> None:
        """All of an upload: announced, sent in parallel parts, checked, joined and committed."""
        self._operation = self._call("POST", f"/update?asset={self._asset}&branch=main")["op_id"]
        query = f"opID={self._operation}&path=big"
        told = f"size={content.size}&sha256={content.sha256}&partSize={PART_BYTES}"
        route = f"/multipart/{self._call('POST', f'/multipart?{query}&{told}')['uploadId']}"
        numbers = range(1, content.size // PART_BYTES + 1)

        def send(first: int) -> list[dict[str, Any]]:
            line = Line(self._port, self._key)
            sent = []
            for number in numbers[first :: self._parallel]:
                path = f"/apis/v1{route}?{query}&partNum={number}"
                etag = line.send(path, content, PART_BYTES)["etag"]
                sent.append({"etag": etag, "partNumber": number})
            line.close()
            return sent

        with ThreadPoolExecutor(self._parallel) as threads:
            sent = [part for some in threads.map(send, range(self._parallel)) for part in some]
        self._call("POST", f"{route}?{query}", {"parts": sent})
        self._call("POST", f"/update/{self._operation}", {"message": "big"})

    def download(self, content: Content) -> None:
        line = Line(self._port, self._key)
        line.fetch(f"/apis/v1/assets/{self._asset}/refs/main/objects?path=big", content.size)
        line.close()

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        # The server closes a connection that was idle while others had their turn.
        line = Line(self._port, self._key)
        answer = line.exchange(method, f"/apis/v1{path}", body)
        line.close()
        return answer


def upload_bare(port: int, content: Content, streams: int, *, durable: bool = False) -> None:
    """The same bytes to the bare handler, in one request or in several at once."""

    def send(number: int) -> None:
        line = Line(port)
        line.send(
            f"/bare-{number}?durable={'1' if durable else ''}", content, content.size // streams
        )
        line.close()

    with ThreadPoolExecutor(streams) as threads:
        list(threads.map(send, range(streams)))


def download(port: int, content: Content) -> None:
    line = Line(port)
    line.fetch("/bare-0", content.size)
    line.close()


@contextmanager
def running_bare(directory: Path) -> Iterator[int]:
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks._transfer_app", str(directory)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        stop(process)


@contextmanager
def running_nginx(directory: Path) -> Iterator[int | None]:
    """nginx with sendfile, as Debian builds it; None where it is not installed."""
    nginx = shutil.which("nginx")
    if nginx is None:
        print("nginx is not installed, so it is left out")
        yield None
        return
    port = find_free_port()
    config = directory / "nginx.conf"
    config.write_text(
        f"daemon off; pid {directory}/nginx.pid; error_log stderr crit; user root;\n"
        "worker_processes 1; events {}\n"
        f"http {{ sendfile on; access_log off; default_type application/octet-stream;\n"
        f"server {{ listen 127.0.0.1:{port}; root {directory}; }} }}\n"
    )
    process = subprocess.Popen(
        [nginx, "-p", str(directory), "-c", str(config)], start_new_session=True, text=True
    )
    try:
        _await_port(port)
        yield port
    finally:
        stop(process)


def _await_port(port: int) -> None:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.01)
    raise SystemExit("nginx did not start")


def peak_memory(process: "subprocess.Popen[str]") -> int:
    """The most MiB that a process has ever held."""
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmHWM:"))) // 1024


@contextmanager
def running_hub(data: Path) -> Iterator[tuple["subprocess.Popen[str]", int, str]]:
    """The process of a hub, its port, and the key of a user."""
    process, port = start_hub(data)
    try:
        add = [str(BIN / "assethub"), "user", "add", "bench", "--data", str(data)]
        added = subprocess.run(add, capture_output=True, text=True, check=True)
        yield process, port, added.stdout.split()[-1]
    finally:
        stop(process)


def time_turns(
    turns: dict[str, Callable[[Content], None]], size: int, rounds: int
) -> dict[str, list[float]]:
    """The MB/s of each in each round, all in turn, with new bytes in each."""
    rates: dict[str, list[float]] = {name: [] for name in turns}
    for _ in range(rounds):
        content = Content(size)
        for name, turn in turns.items():
            began = time.perf_counter()
            turn(content)
            rates[name].append(size / 1e6 / (time.perf_counter() - began))
            print(f"{name}: {rates[name][-1]:,.0f} MB/s", file=sys.stderr)
    return rates


def print_rates(rates: dict[str, list[float]], hub: str) -> None:
    rows = []
    for name, found in rates.items():
        reached = "" if name == hub else show(divide(rates[hub], found), ".2f")
        rows.append([name, show(found), reached])
    print_table(["", "MB/s", "the hub reaches of it"], rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=float, default=1.0, help="GiB of the file")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--parts", type=int, default=4, help="parts under way at once")
    parser.add_argument("--directory", type=Path, help="where the servers keep their files")
    options = parser.parse_args()
    size = int(options.size * 1024) * MIB // PART_BYTES * PART_BYTES
    streams = options.parts
    with ExitStack() as stack:
        directory = Path(
            stack.enter_context(tempfile.TemporaryDirectory(dir=options.directory, prefix="bench-"))
        )
        bare_files = directory / "bare"
        bare_files.mkdir()
        process, port, key = stack.enter_context(running_hub(directory / "data"))
        bare = stack.enter_context(running_bare(bare_files))
        nginx = stack.enter_context(running_nginx(bare_files))
        hub = HubSide(port, key, streams)
        uploads: dict[str, Callable[[Content], None]] = {
            "bare handler": lambda content: upload_bare(bare, content, 1),
            "bare handler that syncs": lambda content: upload_bare(bare, content, 1, durable=True),
            f"bare handler, {streams} requests at once": lambda content: upload_bare(
                bare, content, streams
            ),
            "hub": hub.upload,
        }
        downloads: dict[str, Callable[[Content], None]] = {"hub": hub.download}
        print(f"upload of {size / 2**30:g} GiB, {streams} parts of 32 MiB at once")
        print_rates(time_turns(uploads, size, options.rounds), "hub")
        whole = Content(size)
        upload_bare(bare, whole, 1)
        downloads["bare handler that sends by path"] = lambda content: download(bare, content)
        if nginx is not None:
            downloads["nginx with sendfile"] = lambda content: download(nginx, content)
        print("download of the same")
        print_rates(time_turns(downloads, size, options.rounds), "hub")
        print(f"the hub's process held at most {peak_memory(process)} MiB")


if __name__ == "__main__":
    main()
