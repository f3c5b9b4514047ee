"""Who uses the client in these tests: a new user of a running hub, with a home of their own."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from proxies import Proxy, run_proxy
from t9k import ah
from t9k.ah._cli import main


class Result(NamedTuple):
    """What a run of `ah` left: its exit code and what it printed."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[list[str]]:
        """The cells of a printed table, header first."""
        return [line.split() for line in self.out.splitlines()]


RunAh = Callable[..., Result]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home directory, also the current one, and nobody logged in."""
    path = tmp_path / "home"
    path.mkdir()
    monkeypatch.setenv("HOME", str(path))
    monkeypatch.delenv("ASSET_HUB_HOST", raising=False)
    monkeypatch.delenv("ASSET_HUB_API_KEY", raising=False)
    monkeypatch.chdir(path)
    monkeypatch.setattr("t9k.ah._hub._default", None)
    return path


@pytest.fixture
def config(home: Path) -> Path:
    """Where the configuration file is, once there is one."""
    return home / ".t9k" / "t9k-sdk-config.yaml"


@pytest.fixture
def user(hub: Any) -> Any:
    """A new user of the hub, who has nothing yet."""
    return hub.new_user()


@pytest.fixture
def logged_in(hub: Any, user: Any, capsys: pytest.CaptureFixture[str]) -> Any:
    """The user, logged in."""
    ah.login(hub.url, user.key)
    capsys.readouterr()
    return user


@pytest.fixture
def run_ah(capsys: pytest.CaptureFixture[str]) -> RunAh:
    """Runs the program `ah` with these arguments."""

    def run(*args: str) -> Result:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(args)
        out, err = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        assert "Traceback" not in err
        return Result(ended.value.code, out, err)

    return run


@pytest.fixture
def model(logged_in: Any) -> ah.Model:
    """An empty model, `vision/cnn`."""
    return ah.create_folder("model", "vision").create_asset("cnn")


@pytest.fixture
def dataset(logged_in: Any) -> ah.Dataset:
    """A dataset with one commit, `vision/digits`."""
    made = ah.create_folder("dataset", "vision").create_asset("digits")
    Path("test.csv").write_text("0,1\n")
    made.create_commit("test split", add="test.csv")
    return made


@pytest.fixture
def proxy(hub: Any, logged_in: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """A proxy before the hub, which all that follows goes through."""
    with run_proxy(hub.url) as running:
        monkeypatch.setenv("ASSET_HUB_HOST", running.url)
        monkeypatch.setenv("ASSET_HUB_API_KEY", logged_in.key)
        monkeypatch.setattr("t9k.ah._hub._default", None)
        yield running


@pytest.fixture
def data(proxy: Proxy, dataset: ah.Dataset) -> ah.Dataset:
    """The dataset `vision/digits`, reached through the proxy."""
    found = ah.get_asset(dataset.id)
    assert isinstance(found, ah.Dataset)
    return found


@pytest.fixture
def tree() -> dict[str, bytes]:
    """A directory `tree` of 300 files with 2 KiB each."""
    content = {f"d{at % 7}/f{at}": os.urandom(2048) for at in range(300)}
    for path, data in content.items():
        Path("tree", path).parent.mkdir(parents=True, exist_ok=True)
        Path("tree", path).write_bytes(data)
    return content


@pytest.fixture
def old_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the index trust files that were just made, whose times it would not."""
    monkeypatch.setattr("t9k.ah._index._RACY_NS", -(10**12))


@contextmanager
def serve_answer(status: int, headers: dict[str, str], body: bytes) -> Iterator[str]:
    """The URL of a server that gives one answer to whatever it is asked, as a proxy may."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
