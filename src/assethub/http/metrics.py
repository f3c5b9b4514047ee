"""What Prometheus can ask this process for."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    start_http_server,
)
from starlette.types import Scope

from assethub.errors import HubError
from assethub.http.limits import RECEIVED

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE"})


class MetricsUnavailable(HubError):
    """The metrics cannot be served at the address that was set."""

    code = "address_taken"


class Metrics:
    """Requests and their bytes by method and route template, waits for the database, and memory,
    processor time and open files of the process.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self._requests = Histogram(
            "assethub_http_request_seconds",
            "From a request's head to the end of its answer.",
            ("method", "route", "status"),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._bytes = Counter(
            "assethub_http_bytes",
            "Bytes of the bodies of requests, and of answers that said how many they have.",
            ("method", "route", "direction"),
            registry=self.registry,
        )
        waits = Histogram(
            "assethub_database_wait_seconds",
            "Until a read has its connection, and until a write is durable.",
            ("kind",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.note_read_wait = waits.labels("read").observe
        self.note_write_wait = waits.labels("write").observe
        self._known: dict[tuple[str, str, int], Any] = {}

    def note(self, scope: Scope, status: int, seconds: float, sent_bytes: int) -> None:
        """Counts an answered request."""
        method = scope["method"] if scope["method"] in _METHODS else "other"
        key = method, route_template(scope), status
        children = self._known.get(key)
        if children is None:
            children = self._known[key] = (
                self._requests.labels(method, key[1], str(status)),
                self._bytes.labels(method, key[1], "received"),
                self._bytes.labels(method, key[1], "sent"),
            )
        children[0].observe(seconds)
        children[1].inc(scope.get(RECEIVED, 0))
        children[2].inc(sent_bytes)

    @contextmanager
    def serving(self, host: str, port: int) -> Iterator[None]:
        """Serves `/metrics` in threads for the time of a `with`, at an address of its own."""
        try:
            server, thread = start_http_server(port, host, self.registry)
        except OSError as error:
            raise MetricsUnavailable(
                f"cannot serve metrics on {host}:{port}: {error.strerror}"
            ) from error
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


def route_template(scope: Scope) -> str:
    """The path of the route that took a request, with names in the place of values."""
    context = scope.get("fastapi", {}).get("effective_route_context")
    route = context or scope.get("route")
    return getattr(route, "path_format", None) or getattr(route, "path", None) or "none"
