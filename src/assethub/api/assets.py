"""Routes of assets: models and datasets."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, StrictStr
from starlette.responses import Response

from assethub.api.callers import Caller, CurrentHub
from assethub.api.render import render_asset
from assethub.core import assets

router = APIRouter(prefix="/assets", tags=["assets"])


class NewAsset(BaseModel):
    name: StrictStr
    folder: StrictStr
    labels: list[StrictStr] | None = None


class AssetChange(BaseModel):
    name: StrictStr
    labels: list[StrictStr] | None = None


@router.post("")
def create_asset(hub: CurrentHub, caller: Caller, body: NewAsset) -> dict[str, str]:
    return {"id": assets.create_asset(hub, caller, body.folder, body.name, body.labels or [])}


@router.get("")
def list_assets(hub: CurrentHub, caller: Caller, fid: str) -> list[dict[str, Any]]:
    listed = assets.list_assets(hub, caller, fid)
    return [{"asset": render_asset(each.asset), "branches": each.branches} for each in listed]


@router.get("/{asset_id}")
def get_asset(hub: CurrentHub, caller: Caller, asset_id: str) -> dict[str, Any]:
    return render_asset(assets.get_asset(hub, caller, asset_id))


@router.put("/{asset_id}")
def update_asset(hub: CurrentHub, caller: Caller, asset_id: str, body: AssetChange) -> Response:
    assets.update_asset(hub, caller, asset_id, body.name, body.labels or [])
    return Response()


@router.delete("/{asset_id}")
def delete_asset(hub: CurrentHub, caller: Caller, asset_id: str) -> Response:
    assets.delete_asset(hub, caller, asset_id)
    return Response()
