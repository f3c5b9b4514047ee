"""Routes that list and read the objects of a snapshot."""

from operator import attrgetter
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field, StrictStr
from starlette.responses import Response

from assethub.api.callers import Caller, CurrentHub
from assethub.api.render import render_listed, render_object, render_page
from assethub.api.streams import stream_results
from assethub.core.repository import objects, staging
from assethub.http.downloads import send_content
from assethub.http.packs import send_pack

router = APIRouter(prefix="/assets/{asset_id}/refs/{ref}/objects", tags=["objects"])


class Paths(BaseModel):
    paths: Annotated[list[StrictStr], Field(max_length=staging.MOST_ENTRIES)]


@router.get("/ls", response_model=None)
def list_objects(
    hub: CurrentHub,
    caller: Caller,
    asset_id: str,
    ref: str,
    prefix: str | None = None,
    delimiter: str | None = None,
    after: str | None = None,
    amount: int | None = None,
) -> dict[str, Any] | Response:
    """All objects, or a page where any of the four is given."""
    if prefix is None and delimiter is None and after is None and amount is None:
        return stream_results(objects.stream_objects(hub, caller, asset_id, ref), render_object)
    page = objects.page_objects(
        hub,
        caller,
        asset_id,
        ref,
        prefix=prefix or "",
        delimiter=delimiter or "",
        after=after or "",
        amount=amount,
    )
    return render_page(page, render_listed, attrgetter("path"))


@router.get("", response_class=Response)
def read_object(
    request: Request, hub: CurrentHub, caller: Caller, asset_id: str, ref: str, path: str
) -> Response:
    content = objects.find_object(hub, caller, asset_id, ref, path)
    return send_content(request, hub.blobs, content)


@router.post("/pack", response_class=Response)
def read_objects(hub: CurrentHub, caller: Caller, asset_id: str, ref: str, body: Paths) -> Response:
    """Many objects in one answer, as a pack."""
    staging.check_paths(body.paths)
    return send_pack(hub.blobs, objects.find_objects(hub, caller, asset_id, ref, body.paths))
