"""Routes that list and read the objects of a snapshot."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from assethub.api.callers import Caller, CurrentHub
from assethub.api.render import render_object
from assethub.core import objects
from assethub.http.downloads import send_content

router = APIRouter(prefix="/assets/{asset_id}/refs/{ref}/objects", tags=["objects"])


@router.get("/ls")
def list_objects(hub: CurrentHub, caller: Caller, asset_id: str, ref: str) -> dict[str, Any]:
    found = objects.list_objects(hub, caller, asset_id, ref)
    return {"results": [render_object(entry) for entry in found]}


@router.get("", response_class=Response)
def read_object(
    request: Request, hub: CurrentHub, caller: Caller, asset_id: str, ref: str, path: str
) -> Response:
    content = objects.find_object(hub, caller, asset_id, ref, path)
    return send_content(request, hub.blobs, content)
