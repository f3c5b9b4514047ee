"""One refusal, two renderings: plain text for released clients, problem+json for those who ask."""

import json
from http import HTTPStatus

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse, Response

from assethub.api.gates import render_rule_result
from assethub.api.render import Json, render_conflict
from assethub.core.gates.keeping import GateFailed
from assethub.core.gates.rules import InvalidRule
from assethub.core.repository.merging import MergeConflict
from assethub.errors import Damaged, HubError, InvalidInput, Unauthenticated
from assethub.tree import CorruptNode

_SOON_SECONDS = 1
_log = structlog.get_logger()
# Of the refusals that the framework makes; those of the hub carry their own.
_CODES = {404: "not_found", 405: "method_not_allowed", 408: "too_slow", 413: "too_large"}


def install_error_handlers(app: FastAPI) -> None:
    """Makes every refusal and failure of the app answer in one of the two forms."""
    app.exception_handler(HubError)(_on_hub_error)
    app.exception_handler(CorruptNode)(_on_corrupt_node)
    app.exception_handler(ClientDisconnect)(_on_cut_off)
    app.exception_handler(UnicodeEncodeError)(_on_half_character)
    app.exception_handler(RequestValidationError)(_on_invalid_request)
    app.exception_handler(HTTPException)(_on_http_exception)
    app.exception_handler(Exception)(_on_failure)


def render_error(request: Request, error: HubError) -> Response:
    """The answer to a refused request."""
    status = error.status
    headers = {}
    if status == 503 or error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after or _SOON_SECONDS)
    if isinstance(error, Unauthenticated) and _has_bearer(request):
        status = 401
        headers["WWW-Authenticate"] = "Bearer"
    if not wants_json(request):
        plain = status if status == 401 else error.plain_status
        return PlainTextResponse(error.text, plain, headers)
    more: Json = {}
    if isinstance(error, MergeConflict):
        more["conflicts"] = [render_conflict(conflict) for conflict in error.conflicts]
    if isinstance(error, GateFailed):
        more["rules"] = [render_rule_result(result) for result in error.results]
    if isinstance(error, InvalidRule):
        more |= {"rule": error.number, "field": error.field}
    return _problem(status, error.code, error.detail, headers, more)


def wants_json(request: Request) -> bool:
    """Whether the client names JSON in its Accept header; `*/*` alone means plain text."""
    return "json" in request.headers.get("accept", "")


def _has_bearer(request: Request) -> bool:
    return request.headers.get("authorization", "").lower().startswith("bearer")


def _problem(
    status: int, code: str, detail: str, headers: dict[str, str], more: Json | None = None
) -> Response:
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        **(more or {}),
    }
    text = json.dumps(body, ensure_ascii=False).encode("utf-8", "backslashreplace")
    return Response(text, status, headers, media_type="application/problem+json")


async def _on_hub_error(request: Request, error: HubError) -> Response:
    if isinstance(error, Damaged):
        _log.error(error.text, method=request.method, path=request.url.path)
    return render_error(request, error)


async def _on_corrupt_node(request: Request, error: CorruptNode) -> Response:
    return await _on_hub_error(request, Damaged(str(error)))


async def _on_cut_off(request: Request, _: ClientDisconnect) -> Response:
    return render_error(request, InvalidInput("the body was cut off", code="upload_cut_off"))


async def _on_half_character(request: Request, error: UnicodeEncodeError) -> Response:
    """JSON may hold one half of a surrogate pair, which no database takes."""
    if error.encoding != "utf-8":
        return await _on_failure(request, error)
    return render_error(
        request, InvalidInput("no text may hold half of a surrogate pair", code="invalid_text")
    )


async def _on_invalid_request(request: Request, error: RequestValidationError) -> Response:
    parts = []
    for problem in error.errors()[:5]:
        place = ".".join(str(step) for step in problem["loc"] if step not in ("body", "query"))
        parts.append(f"{place}: {problem['msg']}" if place else str(problem["msg"]))
    text = "request not understood: " + "; ".join(parts)
    return render_error(request, InvalidInput(text, code="invalid_request"))


async def _on_http_exception(request: Request, error: HTTPException) -> Response:
    if error.status_code == 404 and not wants_json(request):
        return Response(status_code=404)
    text = f"{error.detail}: {request.method} {request.url.path}"
    if not wants_json(request):
        return PlainTextResponse(text, error.status_code, error.headers)
    code = _CODES.get(error.status_code, "invalid_request")
    return _problem(error.status_code, code, text, dict(error.headers or {}))


async def _on_failure(request: Request, error: Exception) -> Response:
    _log.error("request failed", method=request.method, path=request.url.path, exc_info=error)
    return render_error(
        request, HubError("internal error: the hub failed; its log says where it happened")
    )
