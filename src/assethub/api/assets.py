"""Routes of assets: models and datasets."""

from operator import attrgetter
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, StrictStr
from starlette.responses import Response

from assethub.api.callers import Caller, CurrentHub
from assethub.api.once import CalledOnce
from assethub.api.render import Json, render_asset, render_listed_asset, render_page
from assethub.core import assets

router = APIRouter(prefix="/assets", tags=["assets"])


class NewAsset(BaseModel):
    name: StrictStr
    folder: StrictStr
    labels: list[StrictStr] | None = None
    description: StrictStr | None = None


class AssetChange(BaseModel):
    name: StrictStr
    labels: list[StrictStr] | None = None
    description: StrictStr | None = None


@router.post("")
def create_asset(once: CalledOnce, caller: Caller, body: NewAsset) -> Response:
    return once.answer(
        lambda hub: assets.create_asset(
            hub, caller, body.folder, body.name, body.labels or [], body.description or ""
        ),
        lambda id_: {"id": id_},
    )


@router.get("")
def list_assets(
    hub: CurrentHub,
    caller: Caller,
    fid: str,
    after: str | None = None,
    amount: int | None = None,
) -> list[Json] | Json:
    """All assets of a folder in a bare list, or a page where `after` or `amount` is given."""
    if after is None and amount is None:
        listed = assets.list_assets(hub, caller, fid)
        return [render_listed_asset(each) for each in listed]
    page = assets.page_assets(hub, caller, fid, after=after or "", amount=amount)
    return render_page(page, render_listed_asset, attrgetter("asset.name"))


@router.get("/{asset_id}")
def get_asset(hub: CurrentHub, caller: Caller, asset_id: str) -> dict[str, Any]:
    return render_asset(assets.get_asset(hub, caller, asset_id))


@router.put("/{asset_id}")
def update_asset(hub: CurrentHub, caller: Caller, asset_id: str, body: AssetChange) -> Response:
    assets.update_asset(hub, caller, asset_id, body.name, body.labels, body.description)
    return Response()


@router.delete("/{asset_id}")
def delete_asset(hub: CurrentHub, caller: Caller, asset_id: str) -> Response:
    assets.delete_asset(hub, caller, asset_id)
    return Response()
