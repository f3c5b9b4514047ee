"""What a server answered: its JSON, or the error of the tree that fits its refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._errors import (
    AlreadyExistsError,
    AssetHubError,
    ConflictError,
    InvalidInputError,
    NotFoundError,
    NotLoggedInError,
    PermissionDeniedError,
    ServerError,
)

if TYPE_CHECKING:
    from email.message import Message

_BY_STATUS: dict[int, type[AssetHubError]] = {
    401: NotLoggedInError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    429: ServerError,
}


def read_json(content: bytes, status: int, host: str) -> Any:
    """The JSON of a good answer, None where it is empty; raises ServerError for anything else."""
    import json

    if not content:
        return None
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ServerError(_not_a_hub(content, status, host), status=status) from error


def error_of(status: int, headers: Message, content: bytes, host: str) -> AssetHubError:
    """The error for an answer whose status is not 2xx."""
    if 300 <= status < 400:
        return ServerError(
            f"The server at {host} answered with a redirect to {headers.get('Location', '?')}: "
            "log in with the address it leads to",
            code="redirected",
            status=status,
        )
    problem = _problem_of(content)
    if problem is None:
        return ServerError(_not_a_hub(content, status, host), code="not_a_hub", status=status)
    detail, code = str(problem["detail"]), str(problem["code"])
    if status == 401:
        detail += f" (ah login -H {host} -k KEY)"
    error = _class_of(status, code)(detail, code=code, status=status)
    if isinstance(error, ConflictError):
        error.conflicts = problem.get("conflicts", ())
        error.rules = problem.get("rules", ())
    return error


def _class_of(status: int, code: str) -> type[AssetHubError]:
    # The released protocol answers 400 for some of these, so the code decides first.
    if code.endswith("_exists"):
        return AlreadyExistsError
    if status >= 500:
        return ServerError
    return _BY_STATUS.get(status, InvalidInputError)


def _problem_of(content: bytes) -> dict[str, Any] | None:
    """A problem document (RFC 9457) with its sentence and code; None for any other body."""
    import json

    try:
        problem: dict[str, Any] = json.loads(content)
        problem["detail"] = problem.get("detail") or problem["title"]
        known = isinstance(problem["code"], str) and isinstance(problem["detail"], str)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return problem if known else None


def _not_a_hub(content: bytes, status: int, host: str) -> str:
    if not content:
        what = "nothing"
    elif content.lstrip()[:1] == b"<":
        what = "a page of HTML"
    else:
        what = "a text that is not JSON"
    return (
        f"The server at {host} answered {status} with {what}, which an Asset Hub does not: "
        "the address may be wrong, or a proxy before the hub failed"
    )
