"""Answers too long to be put together in memory."""

import json
from collections.abc import Callable, Iterator
from itertools import islice
from typing import TypeVar

from starlette.responses import Response, StreamingResponse

from assethub.api.render import Json

T = TypeVar("T")
_AT_ONCE = 1000


def stream_results(found: Iterator[T], render: Callable[[T], Json]) -> Response:
    """`{"results": […]}` of all that is found, sent piece by piece where it is long.

    The first thousand are read before the answer begins: what fails by then has its own status.
    """
    first = list(islice(found, _AT_ONCE))
    if len(first) < _AT_ONCE:
        whole = b'{"results":[' + _encode(first, render) + b"]}"
        return Response(whole, media_type="application/json")

    def pieces() -> Iterator[bytes]:
        yield b'{"results":[' + _encode(first, render)
        while batch := list(islice(found, _AT_ONCE)):
            yield b"," + _encode(batch, render)
        yield b"]}"

    return StreamingResponse(pieces(), media_type="application/json")


def _encode(items: list[T], render: Callable[[T], Json]) -> bytes:
    """The items in JSON with commas between, without brackets."""
    text = json.dumps([render(item) for item in items], ensure_ascii=False, separators=(",", ":"))
    return text[1:-1].encode()
