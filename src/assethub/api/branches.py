"""Routes of branches and their commits."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, StrictStr
from starlette.responses import Response

from assethub.api.callers import Caller, CurrentHub
from assethub.api.render import render_branch, render_commit, render_page
from assethub.core import branches

router = APIRouter(prefix="/assets/{asset_id}/branches", tags=["branches"])


class NewBranch(BaseModel):
    name: StrictStr
    source: StrictStr | None = None


@router.post("")
def create_branch(
    hub: CurrentHub, caller: Caller, asset_id: str, body: NewBranch
) -> dict[str, str]:
    commit_id = branches.create_branch(hub, caller, asset_id, body.name, body.source)
    return {"id": body.name, "commit_id": commit_id}


@router.get("")
def list_branches(hub: CurrentHub, caller: Caller, asset_id: str) -> dict[str, Any]:
    found = branches.list_branches(hub, caller, asset_id)
    return {"results": [render_branch(branch) for branch in found]}


@router.delete("/{name}")
def delete_branch(hub: CurrentHub, caller: Caller, asset_id: str, name: str) -> Response:
    branches.delete_branch(hub, caller, asset_id, name)
    return Response()


@router.get("/{name}/commits")
def list_commits(
    hub: CurrentHub,
    caller: Caller,
    asset_id: str,
    name: str,
    after: str | None = None,
    amount: int | None = None,
) -> dict[str, Any]:
    if after is None and amount is None:
        found = branches.list_commits(hub, caller, asset_id, name)
        return {"results": [render_commit(commit) for commit in found]}
    page = branches.page_commits(hub, caller, asset_id, name, after=after or "", amount=amount)
    return render_page(page, render_commit, "id")
