"""Routes of folders."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, StrictStr
from starlette.responses import Response

from assethub.api.callers import Caller, CurrentHub
from assethub.api.render import render_listed_folder
from assethub.core import folders

router = APIRouter(prefix="/folders", tags=["folders"])


class NewFolder(BaseModel):
    type: StrictStr
    name: StrictStr
    labels: list[StrictStr] | None = None


class FolderChange(BaseModel):
    name: StrictStr
    labels: list[StrictStr] | None = None


@router.post("")
def create_folder(hub: CurrentHub, caller: Caller, body: NewFolder) -> dict[str, str]:
    return {"id": folders.create_folder(hub, caller, body.type, body.name, body.labels or [])}


@router.get("")
def list_folders(
    hub: CurrentHub, caller: Caller, scope: str = "own", type: str | None = None
) -> list[dict[str, Any]]:
    listed = folders.list_folders(hub, caller, scope, type or None)
    return [render_listed_folder(each) for each in listed]


@router.get("/{folder_id}")
def get_folder(hub: CurrentHub, caller: Caller, folder_id: str) -> dict[str, Any]:
    return render_listed_folder(folders.get_folder(hub, caller, folder_id))


@router.put("/{folder_id}")
def update_folder(hub: CurrentHub, caller: Caller, folder_id: str, body: FolderChange) -> Response:
    folders.update_folder(hub, caller, folder_id, body.name, body.labels or [])
    return Response()


@router.delete("/{folder_id}")
def delete_folder(hub: CurrentHub, caller: Caller, folder_id: str) -> Response:
    folders.delete_folder(hub, caller, folder_id)
    return Response()
