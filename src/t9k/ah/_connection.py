"""The connection to one hub: who asks where, and the one function that sends."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from ._answers import error_of, read_json
from ._config import read_credentials
from ._errors import ConnectionFailedError, InvalidInputError, NotLoggedInError, ServerError
from ._patience import RETRIED_STATUSES
from ._version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    import urllib3

    from ._patience import Patience

_LOG_IN = "ah login -H URL -k KEY"
_CONNECT_SECONDS = 10.0
_ANSWER_SECONDS = 300.0


class StreamedAnswer(NamedTuple):
    """An answer that comes piece by piece.

    `read` gives up to so many of its bytes, none at its end, and raises ConnectionFailedError
    where it breaks off.
    """

    status: int
    read: Callable[[int], bytes]


class Connection:
    """One hub and one user of it. Safe to share between threads.

    `host` and `api_key` that are left out come from the environment variables ASSET_HUB_HOST and
    ASSET_HUB_API_KEY, else from the configuration file. Nothing is sent before the first request.

    Raises NotLoggedInError where one of the two is known to nobody, InvalidInputError where it
    cannot be right.
    """

    def __init__(self, host: str | None = None, api_key: str | None = None) -> None:
        if host is None or api_key is None:
            stored = read_credentials()
            host, api_key = host or stored.host, api_key or stored.api_key
        if not host:
            raise NotLoggedInError(f"No Asset Hub server is known. Log in with: {_LOG_IN}")
        self.host = _checked_host(host)
        if not api_key:
            raise NotLoggedInError(
                f"No API key for {self.host} is known. Log in with: ah login -H {self.host} -k KEY"
            )
        self.api_key = _checked_key(api_key)
        self._lock = threading.Lock()
        self._pool: urllib3.PoolManager | None = None
        self._username: str | None = None

    @property
    def username(self) -> str:
        """The name that stands as OWNER before what this client's user makes."""
        if self._username is None:
            with self._send("GET", f"{self.host}/oauth2/userinfo") as response:
                answer = read_json(response.data, response.status, self.host)
            if not isinstance(answer, dict) or "preferred_username" not in answer:
                raise ServerError(
                    f"The server at {self.host} does not say who you are: is it an Asset Hub?",
                    code="not_a_hub",
                )
            self._username = str(answer["preferred_username"])
        return self._username

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        json: object = None,
        body: Callable[[], Iterable[bytes]] | None = None,
        headers: Mapping[str, str] | None = None,
        patience: Patience | None = None,
        seconds: float = _ANSWER_SECONDS,
    ) -> Any:
        """Send one request below `/apis/v1` and return its JSON answer, None where it is empty.

        `json` is sent as such; `body` gives what is streamed, anew for each attempt, and its
        Content-Length is among the `headers`. With `patience` the request is tried again where
        the connection or a server in between failed, so it must be one that may arrive twice.
        `seconds` is how long it may take to take in the request, or to answer it.

        Raises the error of the tree in `_errors` that fits the server's refusal.
        """
        send_body, extra = _encode(json, body, headers)
        url = self._url(path, query)
        with self._send(
            method, url, body=send_body, headers=extra, patience=patience, seconds=seconds
        ) as response:
            return read_json(response.data, response.status, self.host)

    @contextmanager
    def stream(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        json: object = None,
        headers: Mapping[str, str] | None = None,
        patience: Patience | None = None,
    ) -> Iterator[StreamedAnswer]:
        """Send one request and give its answer to be read piece by piece."""
        from urllib3.exceptions import HTTPError

        send_body, extra = _encode(json, None, headers)
        url = self._url(path, query)
        with self._send(
            method, url, body=send_body, headers=extra, stream=True, patience=patience
        ) as response:

            def read(amount: int) -> bytes:
                try:
                    return response.read(amount, decode_content=False)
                except (HTTPError, OSError) as error:
                    raise self._lost(error) from error

            yield StreamedAnswer(response.status, read)

    def _lost(self, error: Exception) -> ConnectionFailedError:
        """The error that says how the connection to this hub failed."""
        return ConnectionFailedError(
            f"Cannot reach the Asset Hub server at {self.host}: {_reason(error)}. Check that it "
            f"runs and that the address is right; to use another, log in with: {_LOG_IN}"
        )

    def _url(self, path: str, query: Mapping[str, str] | None) -> str:
        from urllib.parse import urlencode

        return f"{self.host}/apis/v1{path}" + (f"?{urlencode(query)}" if query else "")

    @contextmanager
    def _send(
        self,
        method: str,
        url: str,
        *,
        body: Callable[[], Iterable[bytes]] | None = None,
        headers: Mapping[str, str] | None = None,
        stream: bool = False,
        patience: Patience | None = None,
        seconds: float = _ANSWER_SECONDS,
    ) -> Iterator[urllib3.BaseHTTPResponse]:
        """Send one request; every request of the client passes here.

        Gives an answer of status 2xx and raises for any other, and where there is none.
        """
        attempts = patience.start() if patience else None
        while True:
            retry_after = None
            try:
                response = self._send_once(method, url, body, headers or {}, stream, seconds)
                if 200 <= response.status < 300:
                    break
                failure = error_of(response.status, response.headers, response.data, self.host)
                retry_after = response.headers.get("Retry-After")
                passing = response.status in RETRIED_STATUSES
            except ConnectionFailedError as error:
                failure, passing = error, True
            if attempts is None or not passing or not attempts.wait(retry_after):
                raise failure
        try:
            yield response
        finally:
            # A whole body has given its connection back by now; this ends one that broke off.
            response.close()

    def _send_once(
        self,
        method: str,
        url: str,
        body: Callable[[], Iterable[bytes]] | None,
        headers: Mapping[str, str],
        stream: bool,
        seconds: float,
    ) -> urllib3.BaseHTTPResponse:
        import urllib3
        from urllib3.exceptions import HTTPError

        all_headers = {
            "Authorization": f"Bearer {self.api_key}",
            "Accept": "application/json",
            "User-Agent": f"t9k-ah/{__version__}",
            **headers,
        }
        try:
            response = self._connections().request(
                method,
                url,
                body=body() if body else None,
                headers=all_headers,
                preload_content=not stream,
                timeout=urllib3.Timeout(connect=min(_CONNECT_SECONDS, seconds), read=seconds),
                retries=False,
                redirect=False,
            )
            if response.status >= 300:
                response.data  # noqa: B018  (read here, where a break is still such an error)
        except (HTTPError, OSError) as error:
            raise self._lost(error) from error
        return response

    def _connections(self) -> urllib3.PoolManager:
        import urllib3  # lazy: it takes twice the time of the rest of the client

        with self._lock:
            if self._pool is None:
                self._pool = urllib3.PoolManager(maxsize=16)
            return self._pool


def _encode(
    json: object,
    body: Callable[[], Iterable[bytes]] | None,
    headers: Mapping[str, str] | None,
) -> tuple[Callable[[], Iterable[bytes]] | None, dict[str, str]]:
    """What to send as the body, and the headers that say what it is."""
    if json is None:
        return body, dict(headers or {})
    from json import dumps

    content = dumps(json, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    length = {"Content-Type": "application/json", "Content-Length": str(len(content))}
    return lambda: [content], {**length, **(headers or {})}


def _checked_host(host: str) -> str:
    """The host's URL without what this client adds to it."""
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(host.strip())
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
        usable = usable and not parts.query and parts.username is None and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise InvalidInputError(
            f"{host!r} is no server address: give one such as https://hub.example.org or "
            "http://127.0.0.1:8080",
            code="invalid_host",
        )
    return host.strip().rstrip("/").removesuffix("/apis/v1")


def _checked_key(api_key: str) -> str:
    key = api_key.strip()
    if not key.isascii() or not key.isprintable() or " " in key:
        raise InvalidInputError(
            "The API key has characters that no key has: copy it again", code="invalid_key"
        )
    return key


def _reason(error: Exception) -> str:
    """What went wrong below HTTP, without the names of Python's objects."""
    from urllib3 import exceptions

    match error:
        case exceptions.NameResolutionError():
            return "its name is not known"
        case exceptions.ConnectTimeoutError() if not isinstance(
            error, exceptions.NewConnectionError
        ):
            return "it does not answer"
        case exceptions.ReadTimeoutError():
            return f"it gave no answer for {_ANSWER_SECONDS:.0f} seconds"
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror.lower()
        inner = [arg for arg in cause.args if isinstance(arg, BaseException)]
        cause = cause.__cause__ or cause.__context__ or (inner[0] if inner else None)
    return "the connection broke off"
