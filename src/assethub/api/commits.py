"""Routes of commits: one of them, and the histories of references."""

from operator import attrgetter
from typing import Any

from fastapi import APIRouter

from assethub.api.callers import Caller, CurrentHub
from assethub.api.render import render_commit, render_page, render_whole_commit
from assethub.core.hub import Hub
from assethub.core.people.users import User
from assethub.core.repository import logs

router = APIRouter(prefix="/assets/{asset_id}", tags=["commits"])


@router.get("/commits/{ref}")
def get_commit(hub: CurrentHub, caller: Caller, asset_id: str, ref: str) -> dict[str, Any]:
    """The commit that a branch, a tag or the start of an id names, with what its snapshot holds."""
    return render_whole_commit(logs.get_commit(hub, caller, asset_id, ref, "any"))


@router.get("/branches/{name}/commits")
def list_branch_commits(
    hub: CurrentHub,
    caller: Caller,
    asset_id: str,
    name: str,
    after: str | None = None,
    amount: int | None = None,
) -> dict[str, Any]:
    return _list_commits(hub, caller, asset_id, name, "branch", after, amount)


@router.get("/refs/{ref}/commits")
def list_commits(
    hub: CurrentHub,
    caller: Caller,
    asset_id: str,
    ref: str,
    after: str | None = None,
    amount: int | None = None,
) -> dict[str, Any]:
    """The history of a branch, a tag or a commit, newest first."""
    return _list_commits(hub, caller, asset_id, ref, "any", after, amount)


def _list_commits(
    hub: Hub,
    user: User,
    asset_id: str,
    ref: str,
    kind: str,
    after: str | None,
    amount: int | None,
) -> dict[str, Any]:
    if after is None and amount is None:
        found = logs.list_commits(hub, user, asset_id, ref, kind)
        return {"results": [render_commit(commit) for commit in found]}
    page = logs.page_commits(hub, user, asset_id, ref, kind, after=after or "", amount=amount)
    return render_page(page, render_commit, attrgetter("id"))
