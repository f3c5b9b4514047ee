"""Routes of folders."""

from operator import attrgetter
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, StrictStr
from starlette.responses import Response

from assethub.api.callers import Caller, CurrentHub
from assethub.api.once import CalledOnce
from assethub.api.render import Json, render_listed_folder, render_page
from assethub.core import folders

router = APIRouter(prefix="/folders", tags=["folders"])


class NewFolder(BaseModel):
    type: StrictStr
    name: StrictStr
    labels: list[StrictStr] | None = None
    description: StrictStr | None = None


class FolderChange(BaseModel):
    name: StrictStr
    labels: list[StrictStr] | None = None
    description: StrictStr | None = None


@router.post("")
def create_folder(once: CalledOnce, caller: Caller, body: NewFolder) -> Response:
    return once.answer(
        lambda hub: folders.create_folder(
            hub, caller, body.type, body.name, body.labels or [], body.description or ""
        ),
        lambda id_: {"id": id_},
    )


@router.get("")
def list_folders(
    hub: CurrentHub,
    caller: Caller,
    scope: str = "own",
    type: str | None = None,
    after: str | None = None,
    amount: int | None = None,
) -> list[Json] | Json:
    """All folders in a bare list, or a page where `after` or `amount` is given."""
    if after is None and amount is None:
        listed = folders.list_folders(hub, caller, scope, type or None)
        return [render_listed_folder(each) for each in listed]
    page = folders.page_folders(hub, caller, scope, type or None, after=after or "", amount=amount)
    return render_page(page, render_listed_folder, attrgetter("place"))


@router.get("/{folder_id}")
def get_folder(hub: CurrentHub, caller: Caller, folder_id: str) -> dict[str, Any]:
    return render_listed_folder(folders.get_folder(hub, caller, folder_id))


@router.put("/{folder_id}")
def update_folder(hub: CurrentHub, caller: Caller, folder_id: str, body: FolderChange) -> Response:
    folders.update_folder(hub, caller, folder_id, body.name, body.labels, body.description)
    return Response()


@router.delete("/{folder_id}")
def delete_folder(hub: CurrentHub, caller: Caller, folder_id: str) -> Response:
    folders.delete_folder(hub, caller, folder_id)
    return Response()
