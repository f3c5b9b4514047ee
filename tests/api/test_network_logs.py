"""What the hub tells those who run it: its log, its metrics and its traces."""

import gzip
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar

import pytest
import urllib3
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from prometheus_client.parser import text_string_to_metric_families

from api.raw import JSON, Raw
from assethub.logs import make_renderer
from assethub.settings import Settings
from console.visitors import Visitor
from hubs import RunningHub, run_hub

T = TypeVar("T")


class Collector(ThreadingHTTPServer):
    """Takes in traces by OTLP over HTTP."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _TakeTraces)
        self.spans: list[Any] = []
        self.raw = b""


class _TakeTraces(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for scope in resource.scope_spans:
                self.server.spans += scope.spans
        self.server.raw += body
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with Collector() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory, collector: Collector) -> Iterator[RunningHub]:
    """A hub with metrics and traces."""
    place = tmp_path_factory.mktemp("watched")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{collector.server_port}/v1/traces"
    settings = Settings(data=place / "data", metrics_port=port, traces_url=url)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
        with run_hub(settings, place / "log") as running:
            yield running


def wait_for(look: Callable[[], T]) -> T:
    """What a look finds as soon as it finds something."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.02)
    raise AssertionError("it never came")


def lines_of(hub: RunningHub, request_id: str) -> list[dict[str, Any]]:
    """The log's lines of a request, once there are any."""
    mark = f'"{request_id}"'

    def look() -> list[dict[str, Any]]:
        return [json.loads(line) for line in hub.log.read_text().splitlines() if mark in line]

    return wait_for(look)


def test_each_request_is_a_line_of_the_log(hub: RunningHub) -> None:
    user = hub.new_user()
    answer = Raw(hub.url, user.key).call("GET", "/folders", scope="own")
    [line] = lines_of(hub, answer.headers["X-Request-Id"])
    assert line.pop("milliseconds") > 0
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "level": "info",
        "event": "request",
        "request_id": answer.headers["X-Request-Id"],
        "method": "GET",
        "path": "/apis/v1/folders",
        "status": 200,
        "client": "127.0.0.1",
        "user": user.name,
    }


def test_the_log_names_who_signed_in_and_no_secret(hub: RunningHub) -> None:
    user = hub.new_user()
    visitor = Visitor(hub).sign_in(user)
    page = visitor.get("/?apikey=" + user.key)
    [line] = lines_of(hub, page.headers["X-Request-Id"])
    assert (line["path"], line["user"]) == ("/", user.name)
    assert visitor.session
    for secret in (user.key, visitor.session):
        assert secret not in hub.log.read_text()


def test_a_refused_request_is_logged_without_a_user(hub: RunningHub) -> None:
    answer = Raw(hub.url, "not-a-key").call("GET", "/folders", None, JSON)
    [line] = lines_of(hub, answer.headers["X-Request-Id"])
    assert (line["status"], "user" in line) == (400, False)


def test_a_path_cannot_forge_a_line(hub: RunningHub) -> None:
    answer = urllib3.request("GET", f"{hub.url}/a%0A%7B%22event%22:%22forged%22%7D")
    [line] = lines_of(hub, answer.headers["X-Request-Id"])
    assert line["path"] == '/a\n{"event":"forged"}'


def test_metrics_count_requests_by_route(watched: RunningHub) -> None:
    user = Raw(watched.url, watched.new_user().key)
    user.commit(user.asset("model", "counted", "m"), {"a": b"12345"})
    user.refused("GET", "/folders/none")
    urllib3.request("GET", f"{watched.url}/not/there")
    metrics = scrape(watched)
    count = "assethub_http_request_seconds_count"
    for method, route, status in (
        ("POST", "/apis/v1/folders", "200"),
        ("GET", "/apis/v1/folders/{folder_id}", "403"),
        ("GET", "none", "404"),
    ):
        assert metrics[count, method, route, status] >= 1
    received = metrics["assethub_http_bytes_total", "PUT", "/apis/v1/objects", "received"]
    assert 5 < received < 500
    for kind in ("read", "write"):
        assert metrics["assethub_database_wait_seconds_count", kind] > 0
    assert metrics["process_resident_memory_bytes",] > 1e6
    assert metrics["process_open_fds",] > 5


def test_metrics_are_not_served_with_the_hub(watched: RunningHub) -> None:
    assert urllib3.request("GET", f"{watched.url}/metrics").status == 404


def test_traces_name_the_route_and_hold_no_key(watched: RunningHub, collector: Collector) -> None:
    user = watched.new_user()
    Raw(watched.url, user.key).call("GET", "/assets/some-id/branches")

    def look() -> list[Any]:
        return [each for each in collector.spans if "{asset_id}/branches" in each.name]

    span = wait_for(look)[0]
    attributes = {each.key: each.value for each in span.attributes}
    assert attributes["http.route"].string_value == "/apis/v1/assets/{asset_id}/branches"
    assert attributes["http.response.status_code"].int_value == 404
    assert b"apikey" not in collector.raw
    assert user.key.encode() not in collector.raw


def test_people_on_a_terminal_get_text(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data", log_format="console")
    with run_hub(settings, tmp_path / "log") as running:
        urllib3.request("GET", f"{running.url}/signin")
        line = wait_for(running.log.read_text)
        assert "path=/signin" in line
        assert not line.startswith("{")


def test_text_for_people_shows_no_variables_and_begins_no_line_of_a_callers() -> None:
    render = make_renderer("console")

    def fail(key: str) -> None:
        raise ValueError("it failed") from KeyError(len(key))

    try:
        fail("1f0c2f6e-" + "secret")
    except ValueError as error:
        text = render({"event": "request failed", "exc_info": error, "path": "/a\nb\x1b[2J"})
    assert "ValueError: it failed" in text
    assert "1f0c2f6e-secret" not in text
    assert "path=/a\\nb\\x1b[2J" in text


def test_requests_are_not_logged_where_that_is_off(tmp_path: Path) -> None:
    with run_hub(Settings(data=tmp_path / "data", access_log=False), tmp_path / "log") as running:
        urllib3.request("GET", f"{running.url}/signin")
    assert (tmp_path / "log").read_text() == ""


def scrape(hub: RunningHub) -> dict[tuple[str, ...], float]:
    """The samples of `/metrics`, by name and the values of their labels."""
    port = hub.settings.metrics_port
    text = urllib3.request("GET", f"http://127.0.0.1:{port}/metrics").data.decode()
    order = ("kind", "method", "route", "status", "direction")
    return {
        (
            sample.name,
            *(sample.labels[name] for name in order if name in sample.labels),
        ): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if "le" not in sample.labels
    }
