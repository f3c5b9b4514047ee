"""Routes that protect branches."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field, StrictStr
from starlette.responses import Response

from assethub.api.callers import Caller, CurrentHub
from assethub.api.render import Json
from assethub.core.repository import branches
from assethub.core.repository.protection import Protection

router = APIRouter(prefix="/assets/{asset_id}/branches/{name}/protection", tags=["branches"])

_Names = Annotated[list[StrictStr], Field(max_length=100)]


class NewProtection(BaseModel):
    """The users and groups that may still move or delete the branch: nobody, if none is named."""

    users: _Names = []
    groups: _Names = []


@router.get("")
def get_protection(hub: CurrentHub, caller: Caller, asset_id: str, name: str) -> Json:
    return _render(branches.get_protection(hub, caller, asset_id, name))


@router.put("")
def protect_branch(
    hub: CurrentHub, caller: Caller, asset_id: str, name: str, body: NewProtection
) -> Json:
    wanted = Protection(body.users, body.groups)
    return _render(branches.protect_branch(hub, caller, asset_id, name, wanted))


@router.delete("")
def unprotect_branch(hub: CurrentHub, caller: Caller, asset_id: str, name: str) -> Response:
    branches.unprotect_branch(hub, caller, asset_id, name)
    return Response()


def _render(protection: Protection | None) -> Json:
    if protection is None:
        return {"protected": False}
    return {"protected": True, "users": protection.users, "groups": protection.groups}
