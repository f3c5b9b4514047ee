"""Routes of evaluations."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, StrictStr
from sqlalchemy import Connection
from starlette.responses import Response

from assethub.api.callers import Caller, CurrentHub, find_hub, find_key
from assethub.api.once import KEY, MEANING, encode_json, find_repeatable, send_answer
from assethub.api.render import render_evaluation
from assethub.core import evaluations
from assethub.core.answers import Answer, answer_once
from assethub.core.keys import authenticate_key, note_refused_key, note_use
from assethub.core.users import User
from assethub.errors import HubError, InvalidInput
from assethub.http.access import USER
from assethub.http.proxies import find_peer

router = APIRouter(prefix="/evaluations", tags=["evaluations"])


class NewEvaluation(BaseModel):
    """`model` and `dataset` are references; `metrics` maps names to numbers."""

    model: StrictStr
    dataset: StrictStr
    metrics: dict[StrictStr, float]


# What FastAPI would find out, were it to parse the request.
_SCHEMA = {
    "parameters": [
        {"name": KEY, "in": "header", "description": MEANING, "schema": {"type": "string"}}
    ],
    "requestBody": {
        "content": {"application/json": {"schema": NewEvaluation.model_json_schema()}},
        "required": True,
    },
}


@router.post("", openapi_extra=_SCHEMA)
async def create_evaluation(request: Request) -> Response:
    """Records an evaluation.

    Training loops call it often, so it asks for the database once, on the loop's own time: the key
    is looked up in the transaction that records.
    """
    key, peer = find_key(request), find_peer(request)
    model, dataset, metrics = _parse_body(await request.body())
    hub = find_hub(request)
    user: User | None = None

    def find_user(connection: Connection) -> User:
        nonlocal user
        user = authenticate_key(connection, key)._replace(peer=peer)
        note_use(hub, user)
        request.scope[USER] = user.name
        return user

    job = evaluations.plan_evaluation(model, dataset, metrics, find_user)
    asked = await find_repeatable(request, request.headers.get(KEY))

    def record_once(connection: Connection) -> Answer:
        if asked is None:
            return Answer(_encode(job(connection)))
        return answer_once(connection, find_user(connection).id, asked, job, _encode)

    try:
        return send_answer(await hub.database.write_async(record_once))
    except HubError as error:
        if user is None:
            note_refused_key(hub, key, peer, "key.use", error)
        else:
            evaluations.note_refused(hub, user, model, error)
        raise


def _encode(evaluation: evaluations.Evaluation) -> bytes:
    return encode_json(render_evaluation(evaluation))


def _parse_body(body: bytes) -> tuple[str, str, dict[str, Any]]:
    try:
        parsed = json.loads(body, object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(
            f"request not understood: the body is no JSON: {error}", code="invalid_request"
        ) from error
    if not isinstance(parsed, dict):
        raise InvalidInput("request not understood: the body must be an object")
    for name, kind in (("model", str), ("dataset", str), ("metrics", dict)):
        if not isinstance(parsed.get(name), kind):
            need = "text" if kind is str else "an object of names and numbers"
            raise InvalidInput(
                f"request not understood: {name} must be {need}", code="invalid_request"
            )
    return parsed["model"], parsed["dataset"], parsed["metrics"]


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidInput(f"{twice!r} is given twice", code="given_twice")
    return made


@router.get("")
def list_evaluations(
    hub: CurrentHub,
    caller: Caller,
    model: str,
    sort: str = "",
    amount: Annotated[int | None, Query(ge=1, le=1_000_000)] = None,
) -> dict[str, Any]:
    found = evaluations.list_evaluations(hub, caller, model, sort=sort, amount=amount)
    return {"results": [render_evaluation(each) for each in found]}


@router.get("/{evaluation_id}")
def get_evaluation(hub: CurrentHub, caller: Caller, evaluation_id: str) -> dict[str, Any]:
    return render_evaluation(evaluations.get_evaluation(hub, caller, evaluation_id))


@router.delete("/{evaluation_id}")
def delete_evaluation(
    hub: CurrentHub, caller: Caller, evaluation_id: str, why: str = ""
) -> Response:
    evaluations.delete_evaluation(hub, caller, evaluation_id, why)
    return Response()
