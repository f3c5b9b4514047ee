"""Who may ask the hub, from where and how often, and what every answer carries."""

import asyncio
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3

from api.certificates import Certificate, make_certificate
from api.raw import JSON, Raw
from assethub.app import create_app
from assethub.http import limits
from assethub.settings import Settings
from console.visitors import Visitor
from hubs import RunningHub, run_hub

ASSETHUB = Path(sys.executable).with_name("assethub")
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
PROXIED = {"X-Forwarded-For": "6.6.6.6, 203.0.113.7", "X-Forwarded-Proto": "https"}


@pytest.fixture(scope="module")
def behind_proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    """A hub that trusts a proxy on loopback, and names of its own, and limits addresses."""
    place = tmp_path_factory.mktemp("proxied")
    settings = Settings(
        data=place / "data",
        trusted_proxies="127.0.0.1, 10.0.0.0/8",
        allowed_hosts="hub.example, .lan",
        address_rate=2,
        key_rate=0.2,
    )
    with run_hub(settings, place / "log") as running:
        yield running


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("tls"))


def get(hub: RunningHub, path: str, **headers: str) -> urllib3.BaseHTTPResponse:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return urllib3.request("GET", hub.url + path, headers=sent, redirect=False, retries=False)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/healthz", 200),
        ("/signin", 200),
        ("/", 303),
        ("/nope", 404),
        ("/apis/v1/folders", 400),
        ("/apis/v1/openapi.json", 200),
        ("/static/0123456789abcdef/console.css", 404),
    ],
)
def test_every_answer_carries_the_headers_that_protect(
    hub: RunningHub, path: str, status: int
) -> None:
    answer = get(hub, path)
    assert answer.status == status
    assert {name: answer.headers[name] for name in ALWAYS} == ALWAYS
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "camera=()" in answer.headers["Permissions-Policy"]
    assert len(answer.headers["X-Request-Id"]) == 16
    assert "Strict-Transport-Security" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_failure_inside_the_hub_carries_them_too(hub: RunningHub, user: Raw) -> None:
    asset = user.asset("model", "broken", "m")
    before = {blob.address for blob in hub.inside.blobs.list()}
    user.commit(asset, {"a": b"bytes that get lost"})
    for blob in list(hub.inside.blobs.list()):
        if blob.address not in before:
            hub.inside.blobs.delete(blob.address)
    answer = user.call("GET", f"/assets/{asset}/refs/main/objects", path="a")
    assert answer.status == 500
    assert answer.headers["X-Frame-Options"] == "DENY"


def test_other_origins_are_given_nothing(hub: RunningHub) -> None:
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "GET"}
    for method in ("GET", "OPTIONS"):
        answer = urllib3.request(method, f"{hub.url}/apis/v1/folders", headers=asked)
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]
        assert answer.status >= 400


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "10.1.2.3", "evil.example:80", "a b", ""]
)
def test_a_host_that_is_not_the_hubs_is_refused(hub: RunningHub, host: str) -> None:
    answer = get(hub, "/apis/v1/folders", Host=host, **JSON)
    assert (answer.status, answer.json()["code"]) == (421, "wrong_host")
    assert "--allowed-hosts" in answer.json()["detail"]
    assert get(hub, "/signin", Host=host).status == 421


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:1", "127.0.0.1", "127.9.9.9:80", "[::1]:8080", "x.localhost."]
)
def test_the_names_of_loopback_are_the_hubs(hub: RunningHub, host: str) -> None:
    assert get(hub, "/signin", Host=host).status == 200


def test_names_that_were_allowed_are_the_hubs(behind_proxy: RunningHub) -> None:
    for number, (host, status) in enumerate(
        [("hub.example", 200), ("Hub.Example:443", 200), ("a.b.lan", 200), ("lan", 421)]
    ):
        answer = get(behind_proxy, "/signin", Host=host, X_Forwarded_For=f"198.51.100.{number}")
        assert answer.status == status, host


def test_two_hosts_in_one_request_are_refused(hub: RunningHub) -> None:
    host, port = hub.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(b"GET /signin HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 400 ")


def test_a_head_beyond_the_limit_is_refused(hub: RunningHub) -> None:
    answer = get(hub, "/signin", X="x" * 70_000)
    assert answer.status == 431


def test_behind_a_trusted_proxy_the_scheme_is_the_visitors(behind_proxy: RunningHub) -> None:
    visitor = Visitor(behind_proxy)
    fields = {"key": behind_proxy.new_user().key}
    page = visitor.post("/signin", fields, X_Forwarded_For="192.0.2.1", X_Forwarded_Proto="https")
    assert page.status == 303
    assert (visitor.session_cookie or {})["secure"]
    assert page.headers["Strict-Transport-Security"].startswith("max-age=")


def test_behind_a_trusted_proxy_the_host_is_the_one_it_was_asked_for(
    behind_proxy: RunningHub,
) -> None:
    visitor = Visitor(behind_proxy)
    fields = {"key": behind_proxy.new_user().key}
    origin = {"Origin": "https://hub.example", "X_Forwarded_For": "192.0.2.2"}
    page = visitor.post("/signin", fields, X_Forwarded_Host="hub.example", **origin)
    assert page.status == 303
    page = visitor.post("/signin", fields, X_Forwarded_Host="evil.example", **origin)
    assert page.status == 421


def test_from_anyone_else_forwarded_headers_count_for_nothing(hub: RunningHub) -> None:
    visitor = Visitor(hub)
    sent = {"X_Forwarded_Proto": "https", "X_Forwarded_Host": "evil.example"}
    page = visitor.post("/signin", {"key": hub.new_user().key}, X_Request_Id="mine", **sent)
    assert page.status == 303
    assert not (visitor.session_cookie or {})["secure"]
    assert page.headers["X-Request-Id"] != "mine"


def test_a_trusted_proxy_names_the_request(behind_proxy: RunningHub) -> None:
    sent = {"X_Forwarded_For": "192.0.2.3"}
    answer = get(behind_proxy, "/signin", X_Request_Id="trace-1.a_B", **sent)
    assert answer.headers["X-Request-Id"] == "trace-1.a_B"
    answer = get(behind_proxy, "/signin", X_Request_Id="two\twords", **sent)
    assert len(answer.headers["X-Request-Id"]) == 16


def test_an_address_that_asks_too_often_has_to_wait(behind_proxy: RunningHub) -> None:
    """The address is the rightmost that is no trusted proxy's: what stands before it is made up."""
    answers = [
        get(behind_proxy, "/signin", X_Forwarded_For=f"6.6.6.{number}, 203.0.113.7, 10.0.0.5")
        for number in range(30)
    ]
    assert answers[0].status == 200
    refused = answers[-1]
    assert refused.status == 429
    assert refused.headers["Retry-After"] == "1"
    assert refused.data.startswith(b"too many requests: this address may make 2 a second")
    assert get(behind_proxy, "/signin", X_Forwarded_For="203.0.113.8").status == 200
    assert get(behind_proxy, "/healthz", X_Forwarded_For="203.0.113.7").status == 200


def test_addresses_of_one_line_count_as_one(behind_proxy: RunningHub) -> None:
    """Of IPv6 whoever has one address has 2 to the 64."""
    statuses = [
        get(behind_proxy, "/signin", X_Forwarded_For=f"2001:db8:0:1::{number:x}").status
        for number in range(30)
    ]
    assert (statuses[0], statuses[-1]) == (200, 429)
    assert get(behind_proxy, "/signin", X_Forwarded_For="2001:db8:0:2::1").status == 200


@pytest.mark.parametrize("form", ["query", "bearer", "session"])
def test_a_key_that_asks_too_often_has_to_wait(behind_proxy: RunningHub, form: str) -> None:
    """From whichever address; other keys of the same address need not."""
    user, other = behind_proxy.new_user(), behind_proxy.new_user()
    headers = {"bearer": {"Authorization": f"Bearer {user.key}"}, "session": {}, "query": {}}[form]
    if form == "session":
        headers = {"Cookie": f"a=b; assethub_session={user.key}"}
    path = f"/apis/v1/folders?apikey={user.key}" if form == "query" else "/apis/v1/folders"
    statuses = [
        get(behind_proxy, path, X_Forwarded_For=f"198.51.{number}.{ord(form[0])}", **headers).status
        for number in range(4)
    ]
    assert statuses[2:] == [429, 429]
    sent = {"X-Forwarded-For": f"198.51.3.{ord(form[0])}"}
    free = Raw(behind_proxy.url, other.key).call("GET", "/folders", headers=sent)
    assert free.status == 200


def test_an_upload_that_is_refused_for_its_rate_is_told_so(behind_proxy: RunningHub) -> None:
    user = Raw(behind_proxy.url, behind_proxy.new_user().key)
    sent = JSON | {"X-Forwarded-For": "198.18.0.1", "Content-Type": "application/json"}
    for _ in range(2):
        user.call("GET", "/folders", headers=sent)
    answer = user.call("POST", "/folders", b" " * 8_000_000, headers=sent)
    assert (answer.status, answer.json()["code"]) == (429, "too_many_requests")


def test_a_hub_speaks_tls(certificate: Certificate, tmp_path: Path) -> None:
    settings = Settings(
        data=tmp_path / "data", tls_cert=str(certificate.cert), tls_key=str(certificate.key)
    )
    with run_hub(settings, tmp_path / "log") as running:
        assert running.url.startswith("https://")
        pool = urllib3.PoolManager(ca_certs=str(certificate.cert))
        form = {"key": running.new_user().key}
        page = pool.request_encode_body(
            "POST", f"{running.url}/signin", form, encode_multipart=False, redirect=False
        )
        assert page.status == 303
        assert "; Secure" in page.headers["Set-Cookie"]
        assert page.headers["Strict-Transport-Security"].startswith("max-age=")


def test_a_certificate_that_cannot_be_used_is_said(
    certificate: Certificate, tmp_path: Path
) -> None:
    other = make_certificate(tmp_path)
    for files in (
        ["--tls-cert", certificate.cert],
        ["--tls-cert", certificate.cert, "--tls-key", other.key],
        ["--tls-cert", tmp_path / "none", "--tls-key", other.key],
        ["--tls-cert", other.key, "--tls-key", other.cert],
    ):
        done = serve(tmp_path, *map(str, files))
        assert done.returncode == 1
        assert done.stderr.count("\n") == 1
        assert "tls" in done.stderr or "certificate" in done.stderr


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "hub.example"])
def test_a_hub_does_not_listen_in_the_clear_unasked(tmp_path: Path, host: str) -> None:
    done = serve(tmp_path, "--host", host)
    assert done.returncode == 1
    assert "--tls-cert" in done.stderr
    assert "--trusted-proxies" in done.stderr
    assert "--insecure" in done.stderr
    assert not (tmp_path / "data").exists()


def test_a_hub_listens_in_the_clear_where_it_is_told_to(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data", host="0.0.0.0", insecure=True)
    with run_hub(settings, tmp_path / "log") as running:
        url = running.url.replace("0.0.0.0", "127.0.0.1")
        for host, status in (("10.1.2.3", 200), ("evil.example", 421)):
            answer = urllib3.request("GET", f"{url}/signin", headers={"Host": host})
            assert answer.status == status


def test_proxies_are_networks(tmp_path: Path) -> None:
    done = serve(tmp_path, "--trusted-proxies", "10.0.0.0/8,proxy")
    assert done.returncode == 2
    assert "ASSETHUB_TRUSTED_PROXIES" in done.stderr


def serve(place: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    command = [ASSETHUB, "serve", "--port", "0", "--data", str(place / "data"), *flags]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_a_file_is_sent_so_that_no_browser_shows_it_as_a_page(user: Raw) -> None:
    asset = user.asset("model", "pages", "m")
    user.commit(asset, {"page.html": b"<script>alert(1)</script>"})
    answer = user.call("GET", f"/assets/{asset}/refs/main/objects", path="page.html")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize("came", [b"", b'{"type": '])
def test_a_body_that_comes_too_slowly_is_given_up(
    monkeypatch: pytest.MonkeyPatch, came: bytes
) -> None:
    monkeypatch.setattr(limits, "LONGEST_REST_SECONDS", 0.05)
    status, headers, body = asyncio.run(send_slowly(came))
    assert (status, headers[b"connection"]) == (408, b"close")
    assert b"comes too slowly" in body


async def send_slowly(came: bytes) -> tuple[int, dict[bytes, bytes], bytes]:
    """The status, the headers and the body of the answer to a request that does not end."""
    app = create_app(Settings(access_log=False))
    waiting = [came] if came else []
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if not waiting:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": waiting.pop(), "more_body": True}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    headers = {"host": "localhost", "content-length": "50", "content-type": "application/json"}
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/apis/v1/folders",
        "raw_path": b"/apis/v1/folders",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
    }
    await app(scope, receive, send)
    return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]
