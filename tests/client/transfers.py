"""What tests of transfers have in common."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from proxies import Proxy
from t9k import ah

MEBI = 1 << 20
# What the requests of a commit or a download take that has no content to send: a bound for trees
# of some hundred files.
NO_CONTENT = 200_000


def content_of(dataset: ah.Dataset, into: str = "read") -> dict[str, bytes]:
    """What a dataset holds, by path, downloaded into a directory."""
    dataset.download(save_dir=into)
    return read_tree(into)


def read_tree(directory: str) -> dict[str, bytes]:
    """What the files below a directory hold, by path."""
    return {
        path.relative_to(directory).as_posix(): path.read_bytes()
        for path in Path(directory).rglob("*")
        if path.is_file()
    }


def bytes_sent(proxy: Proxy, act: Callable[[], object]) -> int:
    """How many bytes go up while something is done."""
    before = proxy.up
    act()
    return proxy.up - before


def run_until(proxy: Proxy, code: str, reached: Callable[[], bool]) -> None:
    """Run a client in a process of its own and kill it where the hub is so far."""
    with subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE) as process:
        try:
            assert proxy.held.wait(30)
            while not reached():
                assert process.poll() is None
        finally:
            process.kill()
    proxy.drop()
