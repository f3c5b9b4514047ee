"""The connections that the client keeps: when one is used again, and whom it trusts."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from t9k import ah
from t9k.ah._connection import Connection

KEY = "0a6d5d4e-3c1b-4f7e-9d8a-2b1c0d9e8f7a"


class KeepingServer(ThreadingHTTPServer):
    """Answers every request with `{}`, counts connections, and ends one when `ends` is set."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.connections = 0
        self.ends = False
        self.ended = threading.Event()

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections += 1
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        self.ended.set()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: KeepingServer

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")
        # Without having said so: as a proxy ends what was idle for long.
        self.close_connection = self.server.ends

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def running(server: KeepingServer) -> Iterator[KeepingServer]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_connection_is_kept_for_the_requests_that_follow() -> None:
    with running(KeepingServer()) as server:
        connection = Connection(f"http://127.0.0.1:{server.server_port}", KEY)
        for _ in range(3):
            assert connection.request("POST", "/x", json={}) == {}
        assert server.connections == 1
        connection.close()


def test_a_connection_that_the_server_has_ended_meanwhile_is_made_anew() -> None:
    """Even for a request that may not be sent twice."""
    with running(KeepingServer()) as server:
        connection = Connection(f"http://127.0.0.1:{server.server_port}", KEY)
        server.ends = True
        for number in range(1, 4):
            server.ended.clear()
            assert connection.request("POST", "/x", json={}) == {}
            assert server.ended.wait(10)
            assert server.connections == number
        connection.close()


def test_a_certificate_that_the_system_does_not_trust_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = tmp_path / "certificate.pem"
    certificate.write_bytes(_make_certificate())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = KeepingServer()
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    with running(server):
        url = f"https://127.0.0.1:{server.server_port}"
        with pytest.raises(ah.ConnectionFailedError, match="certificate verify failed"):
            Connection(url, KEY).request("POST", "/x", json={})
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        trusting = Connection(url, KEY)
        for _ in range(2):
            assert trusting.request("POST", "/x", json={}) == {}
        trusting.close()


def _make_certificate() -> bytes:
    """A key, and a certificate of it for 127.0.0.1 that it has signed itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hub")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)
