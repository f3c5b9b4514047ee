"""The console inside the test's own process, for what a server on plain HTTP cannot show."""

import asyncio
from typing import Any

from assethub.app import create_app
from hubs import RunningHub


def ask(
    hub: RunningHub,
    path: str,
    *,
    method: str = "GET",
    body: bytes = b"",
    cookie: str = "",
    scheme: str = "http",
) -> tuple[int, list[tuple[str, str]], str]:
    """The status, headers and body that the app answers a request with."""
    app = create_app(hub.settings.model_copy(update={"allowed_hosts": "hub.example"}))
    app.state.hub = hub.inside
    sent: list[dict[str, Any]] = []
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": scheme,
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(b"host", b"hub.example"), (b"cookie", cookie.encode())],
        "server": ("hub.example", 443),
        "client": ("127.0.0.1", 1),
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    headers = [(name.decode(), value.decode()) for name, value in sent[0]["headers"]]
    text = b"".join(message.get("body", b"") for message in sent[1:]).decode()
    return sent[0]["status"], headers, text
