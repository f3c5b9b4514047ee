"""Routes that look names up: a reference, and one's own."""

from typing import Any

from fastapi import APIRouter

from assethub.api.callers import Caller, CurrentHub
from assethub.api.render import render_asset, render_folder
from assethub.core.references import look_up

router = APIRouter(tags=["references"])
# At the host's root, where released clients ask for it.
userinfo_router = APIRouter(tags=["users"])


@router.get("/ref")
def get_reference(hub: CurrentHub, caller: Caller, asset_ref: str) -> dict[str, Any]:
    found = look_up(hub, caller, asset_ref)
    answer: dict[str, Any] = {"folder": render_folder(found.folder)}
    if found.asset is not None:
        answer["asset"] = render_asset(found.asset)
    if found.target is not None:
        answer["commit"] = found.target.commit_id
        answer["branch"] = found.target.branch
        answer["tag"] = found.target.tag
    return answer


@userinfo_router.get("/oauth2/userinfo")
def get_userinfo(caller: Caller) -> dict[str, str]:
    return {"sub": caller.id, "preferred_username": caller.name}
