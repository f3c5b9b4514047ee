"""Routes of branches."""

from operator import attrgetter
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, StrictStr
from starlette.responses import Response

from assethub.api.callers import Caller, CurrentHub
from assethub.api.once import CalledOnce
from assethub.api.render import render_branch, render_page
from assethub.core.repository import branches

router = APIRouter(prefix="/assets/{asset_id}/branches", tags=["branches"])


class NewBranch(BaseModel):
    name: StrictStr
    source: StrictStr | None = None


@router.post("")
def create_branch(once: CalledOnce, caller: Caller, asset_id: str, body: NewBranch) -> Response:
    return once.answer(
        lambda hub: branches.create_branch(hub, caller, asset_id, body.name, body.source),
        lambda commit_id: {"id": body.name, "commit_id": commit_id},
    )


@router.get("")
def list_branches(
    hub: CurrentHub,
    caller: Caller,
    asset_id: str,
    after: str | None = None,
    amount: int | None = None,
) -> dict[str, Any]:
    if after is None and amount is None:
        found = branches.list_branches(hub, caller, asset_id)
        return {"results": [render_branch(branch) for branch in found]}
    page = branches.page_branches(hub, caller, asset_id, after=after or "", amount=amount)
    return render_page(page, render_branch, attrgetter("name"))


@router.delete("/{name}")
def delete_branch(hub: CurrentHub, caller: Caller, asset_id: str, name: str) -> Response:
    branches.delete_branch(hub, caller, asset_id, name)
    return Response()
