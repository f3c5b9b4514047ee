"""Transfers either way: connections that fail, and what is shown."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from proxies import Proxy
from t9k import ah
from t9k.ah._connection import Connection
from t9k.ah._patience import Patience

from .conftest import RunAh, serve_answer
from .transfers import MEBI, content_of


def test_a_connection_that_breaks_is_tried_again_up_and_down(
    data: ah.Dataset, tree: dict[str, bytes], proxy: Proxy
) -> None:
    large = os.urandom(3 * MEBI)
    Path("tree/large").write_bytes(large)
    proxy.cut(up=200_000)
    data.create_commit("small", add="tree/.")
    assert proxy.cuts == 1
    Path("tree/large2").write_bytes(os.urandom(3 * MEBI))
    proxy.cut(up=2 * MEBI)
    data.create_commit("large", add="tree/.")
    assert proxy.cuts == 2
    proxy.cut(down=2 * MEBI)
    assert content_of(data)["large"] == large
    assert proxy.cuts == 3


def test_ctrl_c_ends_a_transfer_whose_connection_is_stuck(
    data: ah.Dataset, tree: dict[str, bytes], proxy: Proxy
) -> None:
    code = (
        "from t9k.ah import _operations, _workers\n"
        "_operations._DROP_SECONDS = _workers._GRACE_SECONDS = 0.1\n"
        "from t9k.ah._cli import main\n"
        "main(['commit', 'vision/digits', '-a', 'tree'])\n"
    )
    proxy.hold(up=200_000)
    with subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE) as process:
        try:
            assert proxy.held.wait(30)
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 130
            assert process.stderr is not None
            assert process.stderr.read().endswith(b"AH ERROR: Interrupted\n")
        finally:
            process.kill()
    proxy.drop()
    assert [each["message"] for each in data.list_commit()] == ["test split", "Repository created"]


def test_a_server_that_asks_for_patience_gets_it(
    logged_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hub is tried again when its Retry-After is over, and given up where that is too long."""
    seconds: list[float] = []

    class Stop(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            seconds.append(timeout or 0)
            return False

    with serve_answer(503, {"Retry-After": "7"}, b"{}") as url:
        client = Connection(url, logged_in.key)
        with pytest.raises(ah.ServerError):
            client.request("GET", "/folders")
        assert seconds == []
        monkeypatch.setattr("t9k.ah._patience._SECONDS", 8.0)
        monkeypatch.setattr("time.monotonic", lambda: sum(seconds))
        with pytest.raises(ah.ServerError):
            client.request("GET", "/folders", patience=Patience(Stop()))
    assert len(seconds) == 1
    assert 7 <= seconds[0] <= 7.2


def test_quiet_shows_the_commit_alone_and_errors(
    dataset: ah.Dataset, tree: dict[str, bytes], run_ah: RunAh
) -> None:
    result = run_ah("commit", "vision/digits", "-q", "-a", "tree")
    assert (result.code, len(result.out), result.err) == (0, 13, "")
    assert run_ah("download", "vision/digits", "--quiet", "-s", "down") == (0, "", "")
    assert run_ah("commit", "vision/digits", "-q", "-a", "none").err.startswith("AH ERROR: ")
    assert "Downloading 301 objects" in run_ah("download", "vision/digits", "-s", "down").err


def test_a_terminal_gets_a_bar_and_a_file_plain_lines(
    dataset: ah.Dataset, tree: dict[str, bytes]
) -> None:
    import pty

    program = [sys.executable, "-c", "from t9k.ah._cli import main; main()"]
    for options, bar in [(["-a", "tree"], True), (["-a", "tree:b", "-q"], False)]:
        ours, theirs = pty.openpty()
        command = [*program, "commit", "vision/digits", *options]
        with os.fdopen(ours, "rb", buffering=0) as terminal:
            with subprocess.Popen(command, stderr=theirs, stdout=subprocess.DEVNULL) as process:
                os.close(theirs)
                shown = _read_terminal(terminal)
            assert process.returncode == 0
        assert (b"of 300 files" in shown) is bar
        assert bool(shown) is bar
    run = subprocess.run(
        [*program, "commit", "vision/digits", "-a", "tree:c"], capture_output=True, text=True
    )
    assert [line[:8] for line in run.stderr.splitlines()] == ["AH INFO:"] * 2


def _read_terminal(terminal: Any) -> bytes:
    shown = b""
    while True:
        try:
            piece = terminal.read(65536)
        except OSError:
            # So ends a terminal whose other side is closed.
            return shown
        if not piece:
            return shown
        shown += piece
