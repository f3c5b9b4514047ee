"""Routes of the caller's own API keys."""

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, Field, StrictStr
from starlette.responses import Response

from assethub.api.callers import Caller, CurrentHub
from assethub.api.render import Json, render_time
from assethub.core.people import keys
from assethub.core.people.keys import Key, Terms

router = APIRouter(prefix="/keys", tags=["keys"])
_SECOND = 1_000_000


class NewKey(BaseModel):
    """`folder` and `asset` are ids; `expiresTimestamp` is a time with its zone."""

    name: StrictStr
    scope: Literal["full", "read"] = "full"
    folder: StrictStr | None = None
    asset: StrictStr | None = None
    expires: Annotated[AwareDatetime | None, Field(alias="expiresTimestamp")] = None


@router.get("")
def list_keys(hub: CurrentHub, caller: Caller) -> Json:
    return {"results": [render_key(key) for key in keys.list_keys(hub, caller)]}


@router.post("")
def create_key(hub: CurrentHub, caller: Caller, body: NewKey) -> Json:
    """The new key, whole in `key`, for the only time."""
    expires = None if body.expires is None else int(body.expires.timestamp() * _SECOND)
    terms = Terms(body.scope, body.folder, body.asset, expires)
    key, secret = keys.create_key(hub, caller, body.name, terms)
    return render_key(key) | {"key": secret}


@router.delete("/{key_id}")
def revoke_key(hub: CurrentHub, caller: Caller, key_id: str) -> Response:
    """Ends a key of the caller's, named by its id or its first 8 characters."""
    keys.revoke_key(hub, key_id, caller)
    return Response()


def render_key(key: Key) -> Json:
    return {
        "id": key.id,
        "name": key.name,
        "prefix": key.prefix,
        "scope": key.scope,
        "folder": key.folder if key.asset is None else None,
        "asset": key.asset,
        "createdTimestamp": render_time(key.created),
        "expiresTimestamp": _moment(key.expires),
        "lastUsedTimestamp": _moment(key.last_used),
        "revokedTimestamp": _moment(key.revoked),
    }


def _moment(moment: int | None) -> str | None:
    return None if moment is None else render_time(moment)
