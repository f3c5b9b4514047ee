"""The gate: what each request passes before anything else, and each answer at last.

Host, rate and crowding are checked here, since what they refuse should cost little; addresses,
headers, request ids, the log of requests and their metrics are for all answers alike.
"""

import re
from collections.abc import Callable
from os import urandom
from time import perf_counter, time
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assethub.errors import HubError, InvalidInput
from assethub.http.access import USER, AccessLog, Entry
from assethub.http.headers import complete
from assethub.http.hosts import Hosts
from assethub.http.limits import BodyLimit, check_head
from assethub.http.places import Place, Places
from assethub.http.proxies import Proxies
from assethub.http.rates import Rates
from assethub.logs import REQUEST_ID
from assethub.settings import Settings

if TYPE_CHECKING:
    from assethub.http.metrics import Metrics

Refuse = Callable[[Request, HubError], Response]
# Those who watch over the process are never turned away.
_HEALTH = ("/healthz", "/readyz")
_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_CLIENT_GONE = 499


class Gate:
    """Stands before `app`, the whole of it with its error handling. `refuse` renders a refusal."""

    app: ASGIApp

    def __init__(
        self,
        settings: Settings,
        refuse: Refuse,
        log: AccessLog | None = None,
        metrics: "Metrics | None" = None,
    ) -> None:
        self._refuse = refuse
        self._log = log
        self._metrics = metrics
        self._proxies = Proxies(settings.proxy_networks)
        self._hosts = Hosts(settings.host, settings.host_names)
        self._rates = Rates(settings.key_rate, settings.address_rate)
        self._places = Places(settings.max_requests)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = perf_counter()
        behind_proxy = self._proxies.resolve(scope)
        headers = dict(scope["headers"])
        request_id = _choose_id(headers, behind_proxy)
        REQUEST_ID.set(request_id.decode())
        place = Place(self._places)
        passage = _Passage(send, request_id, place, tls=scope["scheme"] == "https")
        try:
            await self._pass(scope, headers, receive, passage)
        except Exception:
            # What the app has answered as a failure it has logged, too.
            if not passage.ended:
                raise
        finally:
            place.leave()
            self._note(scope, passage, perf_counter() - started)

    async def _pass(
        self, scope: Scope, headers: dict[bytes, bytes], receive: Receive, passage: "_Passage"
    ) -> None:
        app, place = self.app, passage.place
        if scope["path"] not in _HEALTH:
            try:
                self._check(scope, headers)
                place.take()
            except HubError as error:
                app = BodyLimit(self._refuse(Request(scope), error))
                place.leave()

        async def receive_aside() -> Message:
            place.rest()
            try:
                return await receive()
            finally:
                place.resume()

        await app(scope, receive_aside, passage.send)

    def _check(self, scope: Scope, headers: dict[bytes, bytes]) -> None:
        check_head(scope)
        if len(headers) < len(scope["headers"]):
            names = [name for name, _ in scope["headers"]]
            if names.count(b"host") > 1:
                raise InvalidInput("a request names one host", code="invalid_request")
        host = headers.get(b"host", b"")
        # Probes of before HTTP/1.1 name no host; browsers do.
        if host or scope["http_version"] not in ("1", "1.0"):
            self._hosts.check(host)
        if self._rates.limited:
            self._rates.check(scope, headers)

    def _note(self, scope: Scope, passage: "_Passage", seconds: float) -> None:
        status = passage.status or _CLIENT_GONE
        if self._metrics is not None:
            self._metrics.note(scope, status, seconds, passage.sent_bytes)
        if self._log is not None:
            client = scope.get("client")
            self._log.add(
                Entry(
                    time(),
                    passage.request_id.decode(),
                    scope["method"],
                    scope["path"],
                    status,
                    seconds,
                    scope.get(USER),
                    client[0] if client else None,
                )
            )


class _Passage:
    """An answer on its way out: completed, and watched for how far it came."""

    def __init__(self, send: Send, request_id: bytes, place: Place, *, tls: bool) -> None:
        self._send = send
        self.place = place
        self._tls = tls
        self.request_id = request_id
        self.status = 0
        self.sent_bytes = 0
        self.ended = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.place.leave()
            self.status = message["status"]
            message["headers"] = complete(message["headers"], self.request_id, tls=self._tls)
            self._count(message["headers"])
        else:
            self.ended = not message.get("more_body", False)
        await self._send(message)

    def _count(self, headers: list[tuple[bytes, bytes]]) -> None:
        for name, value in headers:
            if name == b"content-length":
                self.sent_bytes = int(value)
                return


def _choose_id(headers: dict[bytes, bytes], behind_proxy: bool) -> bytes:
    """The request's id: a trusted proxy's, where it is one that may stand in a log; else a new."""
    if behind_proxy:
        given = headers.get(b"x-request-id", b"")
        if _ID.fullmatch(given):
            return given
    return urandom(8).hex().encode()
