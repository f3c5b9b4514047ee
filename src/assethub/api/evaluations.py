"""Routes of evaluations."""

import json
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Annotated, Any, TypeVar, cast

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field, StrictStr
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from assethub.api.callers import Caller, CurrentHub, find_hub, find_key
from assethub.api.once import KEY, MEANING, encode_json, find_repeatable, send_answer
from assethub.api.render import render_evaluation
from assethub.core.answers import Answer, answer_once
from assethub.core.evaluations import recording
from assethub.core.evaluations import records as evaluations
from assethub.core.evaluations.recording import FindUser
from assethub.core.pages import MOST_PER_PAGE
from assethub.core.people.keys import authenticate_key, note_refused_key, note_use
from assethub.core.people.users import User
from assethub.core.searches import search as searches
from assethub.errors import HubError, InvalidInput
from assethub.http.access import USER
from assethub.http.proxies import find_peer

T = TypeVar("T")
R = TypeVar("R")
router = APIRouter(prefix="/evaluations", tags=["evaluations"])
_MOST_BRIEF_METRICS = 50


class Measured(BaseModel):
    """A metric's value with what is known of it."""

    value: float
    stderr: float | None = None
    n: int | None = None
    higher_is_better: bool | None = None
    slice: str | None = None


class Tool(BaseModel):
    name: str
    version: str | None = None


class NewEvaluation(BaseModel):
    """`model` and `dataset` are references; `metrics` maps names to numbers, to numbers with what
    is known of them, or to more such mappings. `samples` is the id of samples sent before.
    """

    model: StrictStr
    dataset: StrictStr
    metrics: dict[StrictStr, float | Measured | dict[str, Any]]
    params: dict[str, Any] | None = None
    tool: Tool | StrictStr | None = None
    revision: StrictStr | None = None
    seed: int | None = None
    hardware: StrictStr | None = None
    duration: float | None = None
    started: StrictStr | None = None
    note: StrictStr | None = None
    labels: list[StrictStr] | None = None
    source: dict[str, Any] | None = None
    samples: StrictStr | None = None


class NewEvaluations(BaseModel):
    evaluations: Annotated[list[NewEvaluation], Field(min_length=1, max_length=10_000)]


def _schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """The schema of a body with all that it refers to within."""
    schema = model.model_json_schema()
    parts = schema.pop("$defs", {})

    def fill(value: Any) -> Any:
        if isinstance(value, dict):
            name = str(value.get("$ref", "")).rpartition("/")[2]
            return fill(parts[name]) if name else {key: fill(each) for key, each in value.items()}
        return [fill(each) for each in value] if isinstance(value, list) else value

    return cast("dict[str, Any]", fill(schema))


# What FastAPI would find out, were it to parse the request.
_SCHEMA = {
    "parameters": [
        {"name": KEY, "in": "header", "description": MEANING, "schema": {"type": "string"}}
    ],
    "requestBody": {
        "content": {"application/json": {"schema": _schema_of(NewEvaluation)}},
        "required": True,
    },
}
_BATCH_SCHEMA = _SCHEMA | {
    "requestBody": {
        "content": {"application/json": {"schema": _schema_of(NewEvaluations)}},
        "required": True,
    }
}


@router.post("", openapi_extra=_SCHEMA)
async def create_evaluation(request: Request) -> Response:
    """Records an evaluation.

    Training loops call it often, so it asks for the database once, on the loop's own time: the key
    is looked up in the transaction that records.
    """
    key = find_key(request)  # who has none is told so before anything else
    new = recording.read_new(_parse_body(await request.body()))
    brief = new.samples is None and len(new.measures.values) <= _MOST_BRIEF_METRICS
    plan = recording.plan_evaluation
    return await _record(request, key, plan, new, [new], _encode, brief=brief)


@router.post("/batch", openapi_extra=_BATCH_SCHEMA)
async def create_evaluations(request: Request) -> Response:
    """Records up to 10,000 evaluations, all of them or none."""
    key = find_key(request)
    news = await run_in_threadpool(_parse_batch, await request.body())
    return await _record(request, key, recording.plan_batch, news, news, _encode_ids)


async def _record(
    request: Request,
    key: str,
    plan: Callable[[T, FindUser], Callable[[Connection], R]],
    new: T,
    news: Sequence[recording.New],
    encode: Callable[[R], bytes],
    *,
    brief: bool = False,
) -> Response:
    hub, peer = find_hub(request), find_peer(request)
    user: User | None = None

    def find_user(connection: Connection) -> User:
        nonlocal user
        user = authenticate_key(connection, key)._replace(peer=peer)
        note_use(hub, user)
        request.scope[USER] = user.name
        return user

    job = plan(new, find_user)
    asked = await find_repeatable(request, request.headers.get(KEY))

    def record_once(connection: Connection) -> Answer:
        if asked is None:
            return Answer(encode(job(connection)))
        return answer_once(connection, find_user(connection), asked, job, encode)

    write = hub.database.write_briefly if brief else hub.database.write_async
    try:
        return send_answer(await write(record_once))
    except HubError as error:
        if user is None:
            note_refused_key(hub, key, peer, "key.use", error)
        else:
            recording.note_refused(hub, user, news[0].model, error)
        raise


def _encode(evaluation: evaluations.Evaluation) -> bytes:
    return encode_json(render_evaluation(evaluation))


def _encode_ids(ids: list[str]) -> bytes:
    return encode_json({"ids": ids})


def _parse_body(body: bytes) -> dict[str, Any]:
    try:
        parsed = _decode(body.decode(json.detect_encoding(body), "surrogatepass"))
    except (ValueError, RecursionError) as error:
        raise InvalidInput(
            f"request not understood: the body is no JSON: {error}", code="invalid_request"
        ) from error
    if not isinstance(parsed, dict):
        raise InvalidInput("request not understood: the body must be an object")
    return parsed


def _parse_batch(body: bytes) -> list[recording.New]:
    found = _parse_body(body).get("evaluations")
    if not isinstance(found, list) or not 1 <= len(found) <= recording.MOST_AT_ONCE:
        raise InvalidInput(
            f"evaluations must be a list of 1 to {recording.MOST_AT_ONCE}", code="invalid_batch"
        )
    news = []
    parse = lru_cache(maxsize=None)(evaluations.parse_side)
    for place, each in enumerate(found):
        try:
            if not isinstance(each, dict):
                raise InvalidInput("it must be an object", code="invalid_request")
            news.append(recording.read_new(each, parse))
        except InvalidInput as error:
            raise InvalidInput(f"evaluations[{place}]: {error.detail}", code=error.code) from error
    return news


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidInput(f"{twice!r} is given twice", code="given_twice")
    return made


# `json.loads` with the hook would make one each time.
_decode = json.JSONDecoder(object_pairs_hook=_object).decode


@router.get("")
def list_evaluations(
    hub: CurrentHub,
    caller: Caller,
    model: str = "",
    dataset: str = "",
    query: str | None = None,
    sort: str = "",
    amount: Annotated[int | None, Query(ge=1, le=1_000_000)] = None,
    after: str | None = None,
    stale: bool | None = None,
    invalid: bool | None = None,
) -> dict[str, Any]:
    """Those of a model, all at once; or a page of what a search finds, where one of `dataset`,
    `query`, `after`, `stale` and `invalid` is given, or no model.
    """
    search = (dataset or None, query, after, stale, invalid)
    if model and all(each is None for each in search):
        found = evaluations.list_evaluations(hub, caller, model, sort=sort, amount=amount)
        return {"results": [render_evaluation(each) for each in found]}
    asked = searches.Asked(model, dataset, query or "", sort, stale, invalid)
    page = searches.search_evaluations(hub, caller, asked, amount=amount, after=after or "")
    return {
        "results": [render_evaluation(each) for each in page.evaluations],
        "pagination": {
            "has_more": bool(page.next_offset),
            "next_offset": page.next_offset,
            "results": len(page.evaluations),
            "max_per_page": MOST_PER_PAGE,
        },
    }


@router.get("/{evaluation_id}")
def get_evaluation(hub: CurrentHub, caller: Caller, evaluation_id: str) -> dict[str, Any]:
    return render_evaluation(evaluations.get_evaluation(hub, caller, evaluation_id))


@router.delete("/{evaluation_id}")
def delete_evaluation(
    hub: CurrentHub, caller: Caller, evaluation_id: str, reason: str = "", why: str = ""
) -> Response:
    """`why` is the older name of `reason`."""
    evaluations.delete_evaluation(hub, caller, evaluation_id, reason or why)
    return Response()


class Reason(BaseModel):
    reason: StrictStr


@router.post("/{evaluation_id}/invalid")
def mark_invalid(
    hub: CurrentHub, caller: Caller, evaluation_id: str, body: Reason
) -> dict[str, Any]:
    marked = evaluations.mark_invalid(hub, caller, evaluation_id, body.reason)
    return render_evaluation(marked)


@router.delete("/{evaluation_id}/invalid")
def mark_valid(hub: CurrentHub, caller: Caller, evaluation_id: str) -> dict[str, Any]:
    return render_evaluation(evaluations.mark_valid(hub, caller, evaluation_id))
