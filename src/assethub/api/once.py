"""Changes that a client may ask for again with the same Idempotency-Key, and that happen once."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, TypeVar

from fastapi import Depends, Header, Request
from starlette.responses import Response

from assethub.api.callers import Caller, CurrentHub
from assethub.api.render import Json
from assethub.core.answers import Answer, Repeatable, change_once, read_key
from assethub.core.hub import Hub
from assethub.core.people.users import User

T = TypeVar("T")
KEY = "Idempotency-Key"
MEANING = "Asked again with the same key within a day, the change is made once."


@dataclass(frozen=True)
class Once:
    """Makes the change that a request asks for, unless it is one that came before."""

    hub: Hub
    caller: User
    asked: Repeatable | None

    def answer(self, change: Callable[[Hub], T], render: Callable[[T], Json]) -> Response:
        """The answer to the change that a use case makes on a hub, in JSON as `render` says.

        Raises KeyReused where the key came with another request.
        """

        def encode(result: T) -> bytes:
            return encode_json(render(result))

        if self.asked is None:
            return send_answer(Answer(encode(change(self.hub))))
        return send_answer(change_once(self.hub, self.caller, self.asked, change, encode))


async def find_repeatable(request: Request, key: str | None) -> Repeatable | None:
    """The key of a request with what it asks; None where it has none."""
    if key is None:
        return None
    query = [
        pair
        for pair in request.scope["query_string"].split(b"&")
        if not pair.startswith(b"apikey=")
    ]
    said = hashlib.sha256(f"{request.method} {request.url.path}\n".encode())
    said.update(b"&".join(query) + b"\n" + await request.body())
    return Repeatable(read_key(key), said.hexdigest())


def encode_json(answer: Json) -> bytes:
    return _encode(answer).encode()


# `json.dumps` with these would make one each time.
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def send_answer(answer: Answer) -> Response:
    headers = {"Idempotency-Replayed": "true"} if answer.replayed else None
    return Response(answer.body, answer.status, headers, media_type="application/json")


async def _find_once(
    request: Request,
    hub: CurrentHub,
    caller: Caller,
    key: Annotated[str | None, Header(alias=KEY, description=MEANING)] = None,
) -> Once:
    return Once(hub, caller, await find_repeatable(request, key))


CalledOnce = Annotated[Once, Depends(_find_once)]
