"""The connection to one hub: who asks where, and what requests and answers look like."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from ._answers import read_json
from ._config import check_host, check_key, find_key, read_credentials
from ._errors import NotFoundError, NotLoggedInError, PermissionDeniedError, ServerError
from ._patience import SHORT_PATIENCE
from ._sending import ANSWER_SECONDS, LOG_IN, Request, Sender

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from ._patience import Patience


class StreamedAnswer(NamedTuple):
    """An answer that comes piece by piece.

    `read` gives up to so many of its bytes, none at its end; `read_into` fills a buffer with what
    comes next and returns how many bytes that were. Both raise ConnectionFailedError where the
    answer breaks off.
    """

    status: int
    read: Callable[[int], bytes]
    read_into: Callable[[memoryview], int]


class Connection:
    """One hub and one user of it. Safe to share between threads.

    `host` and `api_key` that are left out come from the environment variables ASSET_HUB_HOST and
    ASSET_HUB_API_KEY, else from the configuration file. A key from there goes only to the host
    that stands beside it. Nothing is sent before the first request.

    Raises NotLoggedInError where one of the two is known to nobody, InvalidInputError where it
    cannot be right.
    """

    def __init__(self, host: str | None = None, api_key: str | None = None) -> None:
        host = host or read_credentials().host
        if not host:
            raise NotLoggedInError(f"No Asset Hub server is known. Log in with: {LOG_IN}")
        self.host = check_host(host)
        api_key = api_key or find_key(self.host)
        if not api_key:
            raise NotLoggedInError(
                f"No API key for {self.host} is known. Log in with: ah login -H {self.host} -k KEY"
            )
        self.api_key = check_key(api_key)
        self._sender = Sender(self.host, self.api_key)
        self._username: str | None = None

    def __reduce__(self) -> tuple[type[Connection], tuple[str, str]]:
        # What is pickled for another process connects anew there.
        return Connection, (self.host, self.api_key)

    @property
    def username(self) -> str:
        """The name that stands as OWNER before what this client's user makes."""
        if self._username is None:
            asked = Request("GET", f"{self.host}/oauth2/userinfo")
            with self._sender.send(asked, SHORT_PATIENCE) as response:
                answer = read_json(response.content, response.status, self.host)
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
        seconds: float = ANSWER_SECONDS,
    ) -> Any:
        """Send one request below `/apis/v1` and return its JSON answer, None where it is empty.

        `json` is sent as such; `body` gives what is streamed, anew for each attempt, and its
        Content-Length is among the `headers`. Where the connection or a server in between failed
        the request is sent again, a POST only with a `patience` given, since not each may arrive
        twice. `seconds` is how long it may take to take in the request, or to answer it.

        Raises the error of the tree in `_errors` that fits the server's refusal.
        """
        send_body, extra = _encode(json, body, headers)
        asked = Request(method, self._url(path, query), send_body, extra, seconds)
        if patience is None and method != "POST":
            patience = SHORT_PATIENCE
        with self._sender.send(asked, patience) as response:
            return read_json(response.content, response.status, self.host)

    def create(
        self,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        json: object = None,
        patience: Patience = SHORT_PATIENCE,
    ) -> Any:
        """POST what makes something: once, however often the request has to be sent.

        The server knows a repetition by its Idempotency-Key, and gives the first answer again.
        """
        key = {"Idempotency-Key": os.urandom(16).hex()}
        return self.request("POST", path, query=query, json=json, headers=key, patience=patience)

    def delete(self, path: str, *, query: Mapping[str, str] | None = None) -> None:
        """DELETE something; that an earlier try of this very call has deleted it is no error."""
        try:
            self.request("DELETE", path, query=query)
        except NotFoundError as error:
            if not error.may_be_done:
                raise
        except PermissionDeniedError as error:
            # The answer for a folder that is not there, too.
            if not error.may_be_done or self._is_there(path):
                raise

    def _is_there(self, path: str) -> bool:
        try:
            self.request("GET", path)
        except (NotFoundError, PermissionDeniedError):
            return False
        return True

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
        send_body, extra = _encode(json, None, headers)
        asked = Request(method, self._url(path, query), send_body, extra, is_streamed=True)
        with self._sender.send(asked, patience) as answer:

            def read(amount: int) -> bytes:
                with self._sender.receiving():
                    return answer.read(amount)

            def read_into(buffer: memoryview) -> int:
                with self._sender.receiving():
                    return answer.read_into(buffer)

            yield StreamedAnswer(answer.status, read, read_into)

    def close(self) -> None:
        """End all connections; requests are refused afterwards."""
        self._sender.close()

    def _url(self, path: str, query: Mapping[str, str] | None) -> str:
        from urllib.parse import urlencode

        # Half of a surrogate pair goes out as it is: the hub refuses it in a sentence.
        encoded = urlencode(query, errors="surrogatepass") if query else ""
        return f"{self.host}/apis/v1{path}" + (f"?{encoded}" if query else "")


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
