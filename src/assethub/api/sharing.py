"""Routes that share folders, and give them away."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, StrictBool, StrictStr
from starlette.responses import Response

from assethub.api.callers import Caller, CurrentHub
from assethub.api.render import Json, render_time
from assethub.core import sharing
from assethub.core.permissions import Level
from assethub.core.sharing import Grantee, Share
from assethub.errors import InvalidInput

router = APIRouter(prefix="/folders/{folder_id}", tags=["sharing"])


class NewShare(BaseModel):
    """One of `user`, `group` and `public` says with whom; everyone may be given only `view`."""

    user: StrictStr | None = None
    group: StrictStr | None = None
    public: StrictBool = False
    level: Literal["view", "run", "edit"]


class NewOwner(BaseModel):
    owner: StrictStr


@router.get("/shares")
def list_shares(hub: CurrentHub, caller: Caller, folder_id: str) -> Json:
    found = sharing.list_shares(hub, caller, folder_id)
    return {"results": [render_share(share) for share in found]}


@router.put("/shares")
def share_folder(hub: CurrentHub, caller: Caller, folder_id: str, body: NewShare) -> Response:
    grantee = _grantee(body.user, body.group, body.public)
    sharing.share_folder(hub, caller, folder_id, grantee, Level[body.level.upper()])
    return Response()


@router.delete("/shares")
def unshare_folder(
    hub: CurrentHub,
    caller: Caller,
    folder_id: str,
    user: str | None = None,
    group: str | None = None,
    public: bool = False,
) -> Response:
    sharing.unshare_folder(hub, caller, folder_id, _grantee(user, group, public))
    return Response()


@router.put("/owner")
def transfer_folder(hub: CurrentHub, caller: Caller, folder_id: str, body: NewOwner) -> Response:
    sharing.transfer_folder(hub, caller, folder_id, body.owner)
    return Response()


def render_share(share: Share) -> Json:
    kind, name = share.grantee
    return {
        "kind": kind,
        "name": name,
        "level": share.level.name.lower(),
        "createdTimestamp": render_time(share.created),
        "createdBy": share.created_by,
    }


def _grantee(user: str | None, group: str | None, public: bool) -> Grantee:
    given = [
        *([Grantee("user", user)] if user else []),
        *([Grantee("group", group)] if group else []),
        *([Grantee("public")] if public else []),
    ]
    if len(given) != 1:
        raise InvalidInput("say with whom: one of user, group and public", code="invalid_grantee")
    return given[0]
