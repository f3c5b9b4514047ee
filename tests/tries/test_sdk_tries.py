"""What the SDK is given, by its user or by a hub that lies, ends in errors of its own."""

import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from hubs import RunningHub
from t9k import ah
from tries import corpus

on_one = pytest.mark.parametrize("hub", ["sqlite+files"], indirect=True)


@on_one
def test_paths_and_names_given_to_the_sdk(
    hub: RunningHub, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    user = hub.new_user()
    number = 0
    with ah.Client(hub.url, user.key) as client:
        model = client.create("model/tried").create_asset("m")
        branch = model.get_branch("main")
        (tmp_path / "out").mkdir()
        texts = [*corpus.PATHS, *(value for value in corpus.VALUES if isinstance(value, str))]

        def write(path: str) -> None:
            with branch.edit("tried") as edit:
                edit.write(path, b"x")

        asks: list[Callable[[str], Any]] = [
            write,
            lambda text: branch.read_bytes(text),
            lambda text: branch.download([text], save_dir=tmp_path / "out"),
            lambda text: client.get(f"model/tried/m:tag/{text}"),
            lambda text: branch.get_commit(id_=text),
            lambda text: client.get(text),
            lambda text: client.search_evaluation(text),
        ]
        for text in texts:
            for ask in asks:
                number += 1
                try:
                    ask(text)
                except ah.AssetHubError:
                    continue
        found = {entry["path"] for entry in branch.list_object()}
    # What was written is what may be a name: nothing that leads anywhere.
    assert found.isdisjoint(corpus.PATHS)
    assert list(tmp_path.iterdir()) == [tmp_path / "out"]
    record_property("counted", f"{number} tries, 0 failures")


class _Liar(BaseHTTPRequestHandler):
    """Answers every request with the same."""

    answer = b""

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.answer)))
        self.end_headers()
        self.wfile.write(self.answer)

    do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def liar() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Liar) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True


def test_answers_of_a_hub_that_lies(
    liar: str, record_property: Callable[[str, object], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that are no JSON, or too deep, or too large for a number."""
    number = 0
    for body in corpus.BODIES:
        if not body.strip() or is_json(body):
            continue
        monkeypatch.setattr(_Liar, "answer", body)
        for ask in (
            lambda client: client.username,
            lambda client: client.list_folder(),
            lambda client: client.get("model/tried/m"),
            lambda client: client.search_evaluation("loss < 1"),
        ):
            number += 1
            with (
                ah.Client(liar, "7f1c1b9e-6f6e-4b8f-9d3b-0a1b2c3d4e5f") as client,
                pytest.raises(ah.AssetHubError),
            ):
                ask(client)
    assert number > 50
    record_property("counted", f"{number} tries, 0 failures")
