"""Two hubs on one PostgreSQL and one S3, behind nginx: no request needs the hub of the one before.

nginx sends each request of a session to the other hub.
"""

import hashlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from api.certificates import make_certificate
from api.raw import JSON, Raw
from assethub.settings import Settings
from console.visitors import Visitor
from hubs import RunningHub, run_hub
from nginx import find_nginx, run_nginx

PART = 5 * 1024 * 1024
AH = Path(sys.executable).with_name("ah")


class Pair(NamedTuple):
    """Two hubs that start at once, what the proxy makes of them, and where the logs lie."""

    front: RunningHub
    hubs: list[RunningHub]
    place: Path


@pytest.fixture(scope="module")
def pair(
    postgres_url: str, s3_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pair]:
    find_nginx()
    place = tmp_path_factory.mktemp("pair")
    certificate = make_certificate(place)
    settings = Settings(
        data=place / "none",
        database_url=postgres_url,
        store_url=s3_url,
        trusted_proxies="127.0.0.1",
    )
    with ExitStack() as stack:
        logs = [place / "log-1", place / "log-2"]
        with ThreadPoolExecutor() as pool:
            hubs = list(pool.map(lambda log: stack.enter_context(run_hub(settings, log)), logs))
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setenv("SSL_CERT_FILE", str(certificate.cert))
        url = stack.enter_context(run_nginx([hub.url for hub in hubs], certificate, place))
        yield Pair(replace(hubs[0], url=url), hubs, place)


@pytest.fixture
def user(pair: Pair) -> Raw:
    return Raw(pair.front.url, pair.front.new_user().key)


def test_a_change_is_made_and_read_by_turns(pair: Pair, user: Raw) -> None:
    model = user.asset("model", "digits", "net")
    operation = user.start(model)
    user.put(operation, "README.md", b"# Digits")
    whole = bytes(range(256)) * (2 * PART // 256) + b"end"
    upload = start_upload(user, operation, "weights.bin", whole)
    for number in (3, 1, 2):
        send_part(user, operation, upload, number, part_of(whole, number))
    listed = [{"partNumber": number, "etag": ""} for number in (1, 2, 3)]
    user.ok("POST", f"/multipart/{upload}", {"parts": listed}, opID=operation, path="weights.bin")
    commit = user.finish(operation, "Add the first files")
    for _ in range(2):
        assert [each["path"] for each in user.objects(model)] == ["README.md", "weights.bin"]
        answer = user.call("GET", f"/assets/{model}/refs/{commit}/objects", path="weights.bin")
        assert answer.data == whole
    dataset = user.asset("dataset", "digits", "test")
    user.commit(dataset, {"a.csv": b"1,2"})
    name = user.ok("GET", "/oauth2/userinfo")["preferred_username"]
    sides = {"model": f"{name}/model/digits/net", "dataset": f"{name}/dataset/digits/test"}
    made = [
        user.ok("POST", "/evaluations", sides | {"metrics": {"accuracy": value}})["id"]
        for value in (0.5, 0.75)
    ]
    for _ in range(2):
        found = user.ok("GET", "/evaluations", model=sides["model"])["results"]
        assert [each["id"] for each in found] == made[::-1]


def test_a_repeated_request_is_known_to_the_other_hub(pair: Pair, user: Raw) -> None:
    body, sent = {"type": "model", "name": "once"}, JSON | {"Idempotency-Key": "the-same-key-0001"}
    answers = [user.call("POST", "/folders", body, sent) for _ in range(2)]
    assert [answer.status for answer in answers] == [200, 200]
    assert answers[0].data == answers[1].data


def test_a_session_of_the_console_is_both_hubs(pair: Pair) -> None:
    visitor = Visitor(pair.front)
    user = pair.hubs[1].new_user()
    assert not visitor.is_signed_in()
    visitor.sign_in(user)
    assert (visitor.session_cookie or {})["secure"]
    for _ in range(3):
        assert user.name in visitor.get("/").text
    fields = visitor.get("/").fields()
    visitor.get("/")
    assert visitor.post("/signout", fields, Origin=pair.front.url).status == 303
    assert [visitor.get("/").status for _ in range(2)] == [303, 303]


def test_the_command_takes_two_hubs_for_one(pair: Pair, tmp_path: Path) -> None:
    user = pair.front.new_user()
    environment = os.environ | {
        "ASSET_HUB_HOST": pair.front.url,
        "ASSET_HUB_API_KEY": user.key,
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "HOME": str(tmp_path),
    }
    (tmp_path / "in").mkdir()
    for number in range(20):
        (tmp_path / "in" / f"{number}.txt").write_text(f"file {number}")
    (tmp_path / "in" / "large.bin").write_bytes(os.urandom(9_000_000))
    for arguments in (
        ["create", "folder", "model/pets"],
        ["create", "model", "pets/cats"],
        ["commit", "model/pets/cats", "-m", "All files", "-a", "in/."],
        ["download", "model/pets/cats", "-s", "out"],
    ):
        done = subprocess.run(
            [AH, *arguments], cwd=tmp_path, env=environment, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr
    sent, got = (
        {path.name: path.read_bytes() for path in (tmp_path / name).rglob("*") if path.is_file()}
        for name in ("in", "out")
    )
    assert sent == got


def test_requests_go_to_the_hubs_by_turns(pair: Pair, user: Raw) -> None:
    """Under the id that nginx gave them; its log has no key in it."""
    ids = [user.call("GET", "/folders").headers["X-Request-Id"] for _ in range(4)]
    takers = [wait_for_taker(pair, each) for each in ids]
    assert takers in ([0, 1, 0, 1], [1, 0, 1, 0])
    text = (pair.place / "access.log").read_text()
    assert "/apis/v1/folders" in text
    assert user.key is not None
    assert user.key not in text


def test_one_part_is_written_by_one_request_of_all_hubs(pair: Pair, user: Raw) -> None:
    """And none is joined meanwhile."""
    one, two = (Raw(hub.url, user.key) for hub in pair.hubs)
    operation = one.start(one.asset("model", "parts", "m"))
    data = b"x" * 3000
    upload = start_upload(one, operation, "a.bin", data, part=2000)
    send_part(two, operation, upload, 2, data[2000:])
    query = {"opID": operation, "path": "a.bin"}
    listed = {"parts": [{"partNumber": number, "etag": ""} for number in (1, 2)]}
    with half_sent(one, operation, upload, data[:2000]) as rest:
        answer = two.call("PUT", f"/multipart/{upload}", data[:2000], JSON, **query, partNum="1")
        assert (answer.status, answer.json()["code"]) == (503, "upload_busy")
        answer = two.call("POST", f"/multipart/{upload}", listed, JSON, **query)
        assert (answer.status, answer.json()["code"]) == (503, "upload_busy")
        assert rest().startswith(b"HTTP/1.1 200 ")
    entry = two.ok("POST", f"/multipart/{upload}", listed, **query)
    assert entry["checksum"] == hashlib.sha256(data).hexdigest()


def start_upload(user: Raw, operation: str, path: str, data: bytes, part: int = PART) -> str:
    announced = {
        "size": str(len(data)),
        "sha256": hashlib.sha256(data).hexdigest(),
        "partSize": str(part),
    }
    begun = user.ok("POST", "/multipart", opID=operation, path=path, **announced)
    return str(begun["uploadId"])


def part_of(data: bytes, number: int) -> bytes:
    return data[(number - 1) * PART : number * PART]


def send_part(user: Raw, operation: str, upload: str, number: int, data: bytes) -> None:
    query = {"opID": operation, "path": "weights.bin", "partNum": str(number)}
    assert user.call("PUT", f"/multipart/{upload}", data, **query).status == 200


@contextmanager
def half_sent(user: Raw, operation: str, upload: str, data: bytes) -> Iterator[Callable[[], bytes]]:
    """A part that the hub has begun to take in; the rest is sent when asked for the answer."""
    host, port = user.url.removeprefix("http://").split(":")
    query = f"opID={operation}&path=a.bin&partNum=1&apikey={user.key}"
    head = f"PUT /apis/v1/multipart/{upload}?{query} HTTP/1.1\r\nHost: {host}\r\n"
    head += f"Content-Length: {len(data)}\r\nExpect: 100-continue\r\n\r\n"
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(head.encode())
        # It asks for the body once it has the turn.
        assert connection.recv(65536).startswith(b"HTTP/1.1 100 ")
        connection.sendall(data[:1])

        def rest() -> bytes:
            connection.sendall(data[1:])
            return connection.recv(65536)

        yield rest


def wait_for_taker(pair: Pair, request_id: str) -> int:
    """Which of the hubs has the request in its log."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        for number, hub in enumerate(pair.hubs):
            if request_id in hub.log.read_text():
                return number
        time.sleep(0.02)
    raise AssertionError(f"no hub has logged {request_id}")
