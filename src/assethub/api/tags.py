"""Routes of tags."""

from operator import attrgetter
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, StrictStr
from starlette.responses import Response

from assethub.api.callers import Caller, CurrentHub
from assethub.api.once import CalledOnce
from assethub.api.render import render_page, render_tag
from assethub.core.repository import tags

router = APIRouter(prefix="/assets/{asset_id}/tags", tags=["tags"])


class NewTag(BaseModel):
    tag: StrictStr
    ref: StrictStr


@router.post("")
def create_tag(once: CalledOnce, caller: Caller, asset_id: str, body: NewTag) -> Response:
    return once.answer(
        lambda hub: tags.create_tag(hub, caller, asset_id, body.tag, body.ref),
        lambda commit_id: {"id": body.tag, "commit_id": commit_id},
    )


@router.get("")
def list_tags(
    hub: CurrentHub,
    caller: Caller,
    asset_id: str,
    after: str | None = None,
    amount: int | None = None,
) -> dict[str, Any]:
    if after is None and amount is None:
        return {"results": [render_tag(tag) for tag in tags.list_tags(hub, caller, asset_id)]}
    page = tags.page_tags(hub, caller, asset_id, after=after or "", amount=amount)
    return render_page(page, render_tag, attrgetter("name"))


@router.delete("/{name}")
def delete_tag(hub: CurrentHub, caller: Caller, asset_id: str, name: str) -> Response:
    tags.delete_tag(hub, caller, asset_id, name)
    return Response()
