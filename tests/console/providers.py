"""Providers of OpenID Connect on loopback: a real one, and one that can be told to lie."""

import base64
import hashlib
import json
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import urllib3
from joserfc import jws, jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from console.visitors import Page, Visitor

SECRET = "the hub's secret at the provider"
CLIENT = "asset-hub"


class Provider:
    """`oidc-provider-mock` in a process of its own."""

    def __init__(self, url: str) -> None:
        self.url = url

    def know(self, sub: str, **claims: Any) -> None:
        body = json.dumps(claims).encode()
        headers = {"Content-Type": "application/json"}
        answer = urllib3.request("PUT", f"{self.url}/users/{sub}", body=body, headers=headers)
        assert answer.status == 204

    def sign_in(self, visitor: Visitor, sub: str, target: str = "/", **sent: str) -> Page:
        """Where the visitor arrives who signs in as `sub` at the provider."""
        return visitor.get(self.answer(self.question(visitor, target), sub, **sent))

    def question(self, visitor: Visitor, target: str = "/") -> str:
        """The URL at the provider to which the hub sends the visitor."""
        page = visitor.get("/signin/openid?" + urlencode({"next": target}))
        assert page.status == 303, page.text
        assert page.location.startswith(self.url)
        return page.location

    def answer(self, question: str, sub: str, **sent: str) -> str:
        """The path at the hub to which the provider sends whoever signs in."""
        fields = urlencode({"sub": sub, **sent})
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = urllib3.request(
            "POST", question, body=fields, headers=headers, redirect=False, retries=False
        )
        assert answer.status == 302, answer.data
        parts = urlsplit(answer.headers["location"])
        return f"{parts.path}?{parts.query}"


@contextmanager
def run_provider(log: Path) -> Iterator[Provider]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "oidc_provider_mock", "-p", str(port), "-n", "true"]
    with log.open("w") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said)
    with process:
        try:
            _wait_for(port, process, log)
            yield Provider(f"http://127.0.0.1:{port}")
        finally:
            process.terminate()


def _wait_for(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(log.read_text())


class Liar:
    """A provider whose next answers a test may spoil; by itself it is strict.

    `claims` go into the ID token, None takes one out; `key` and `header` sign it; `userinfo` is
    that answer. A `public` one has given the hub no secret.
    """

    def __init__(self) -> None:
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.keys = [RSAKey.generate_key(2048, {"kid": "first"})]
        self.reset()

    def reset(self) -> None:
        self.sub = uuid.uuid4().hex
        self.claims: dict[str, Any] = {}
        self.header: dict[str, Any] = {"alg": "RS256", "kid": self.keys[0].kid}
        self.key: Any = self.keys[0]
        self.userinfo: dict[str, Any] = {"sub": self.sub}
        self.token: dict[str, Any] = {}
        self.asked: dict[str, str] = {}
        self.authenticated_by = ""
        self.public = False

    def sign_in(self, visitor: Visitor, **answer: str) -> Page:
        page = visitor.get("/signin/openid")
        assert page.status == 303, page.text
        self.asked = {
            name: values[0] for name, values in parse_qs(urlsplit(page.location).query).items()
        }
        sent = {"code": "the-code", "state": self.asked["state"], **answer}
        return visitor.get("/signin/openid/callback?" + urlencode(sent))

    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "userinfo_endpoint": f"{self.url}/userinfo",
        }

    def answer(self, path: str, headers: Any, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        if path == "/.well-known/openid-configuration":
            return 200, self.metadata()
        if path == "/keys":
            others = [{"kty": "XYZ", "kid": "odd"}, {"kty": "OKP", "kid": "more", "crv": "Ed25519"}]
            return 200, {"keys": [key.as_dict(private=False) for key in self.keys] + others}
        if path == "/userinfo":
            known = headers["authorization"] == "Bearer access"
            return (200, self.userinfo) if known else (401, {})
        return self._give_token(headers, form)

    def _give_token(self, headers: Any, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        given = headers.get("authorization", "")
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        self.authenticated_by = "basic" if given == f"Basic {basic}" else "none"
        if form.get("client_secret") == SECRET:
            self.authenticated_by = "post"
        fits = (
            challenge == self.asked["code_challenge"]
            and form["redirect_uri"] == self.asked["redirect_uri"]
            and form["code"] == "the-code"
            and (self.authenticated_by != "none" or self.public)
            and (form.get("client_id") == CLIENT or not self.public)
        )
        if not fits:
            return 400, {"error": "invalid_grant"}
        token = {"access_token": "access", "token_type": "Bearer", "id_token": self._sign()}
        return 200, token | self.token

    def _sign(self) -> str:
        now = int(time.time())
        claims = {
            "iss": self.url,
            "sub": self.sub,
            "aud": CLIENT,
            "exp": now + 300,
            "iat": now,
            "nonce": self.asked["nonce"],
        } | self.claims
        claims = {name: value for name, value in claims.items() if value is not None}
        if self.header["alg"] == "none":
            parts = [json.dumps(part).encode() for part in (self.header, claims)]
            return (
                ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
                + "."
            )
        registry = jws.JWSRegistry(algorithms=[self.header["alg"]])
        return jwt.encode(self.header, claims, self.key, registry=registry)


def secret_key(text: str) -> OctKey:
    return OctKey.import_key(text)


def curve_key(kid: str) -> ECKey:
    return ECKey.generate_key("P-256", {"kid": kid})


def other_key(kid: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid})


@contextmanager
def run_liar() -> Iterator[Liar]:
    liar = Liar()
    thread = Thread(target=liar.server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield liar
    finally:
        liar.server.shutdown()
        thread.join()
        liar.server.server_close()


def _handler_of(liar: Liar) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            self._answer({name: values[0] for name, values in parse_qs(body).items()})

        def _answer(self, form: dict[str, str]) -> None:
            status, said = liar.answer(self.path, self.headers, form)
            body = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler
