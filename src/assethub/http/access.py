"""The log of requests: a line for each, written after the answer."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import NamedTuple, TextIO

# Under which the scope of a request holds the name of the user who sent it.
USER = "assethub.user"
_WAIT_SECONDS = 0.1

Render = Callable[[dict[str, object]], str]


class Entry(NamedTuple):
    """A request that was answered: `moment` and `seconds` in seconds, `path` without its query,
    in which keys stand.
    """

    moment: float
    request_id: str
    method: str
    path: str
    status: int
    seconds: float
    user: str | None
    client: str | None


class AccessLog:
    """Writes entries in batches, in a thread of its own: a request only hands its entry over.

    Lines come up to a tenth of a second late. What a killed process had not written is lost.
    """

    def __init__(self, render: Render, stream: TextIO) -> None:
        self._render = render
        self._stream = stream
        self._waiting: list[Entry] = []
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="access-log")

    def add(self, entry: Entry) -> None:
        """Hands an entry over. To be called on the event loop."""
        if not self._waiting:
            asyncio.get_running_loop().call_later(_WAIT_SECONDS, self._flush)
        self._waiting.append(entry)

    def close(self) -> None:
        """Writes what is waiting."""
        self._flush()
        self._thread.shutdown()

    def _flush(self) -> None:
        batch, self._waiting = self._waiting, []
        if batch:
            self._thread.submit(self._write, batch)

    def _write(self, batch: list[Entry]) -> None:
        self._stream.write("".join(f"{self._render(_fields(entry))}\n" for entry in batch))
        self._stream.flush()


def _fields(entry: Entry) -> dict[str, object]:
    moment = datetime.fromtimestamp(entry.moment, UTC)
    fields: dict[str, object] = {
        "timestamp": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": "info",
        "event": "request",
        "request_id": entry.request_id,
        "method": entry.method,
        "path": entry.path,
        "status": entry.status,
        "milliseconds": round(entry.seconds * 1000, 3),
        "client": entry.client,
    }
    return fields if entry.user is None else fields | {"user": entry.user}
