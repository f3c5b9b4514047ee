"""Routes that stage many files of an operation at once."""

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field, StrictStr
from starlette.concurrency import run_in_threadpool

from assethub.api.callers import Caller, CurrentHub
from assethub.core.repository import staging
from assethub.core.repository.operations import check_open
from assethub.http.packs import receive_pack

router = APIRouter(prefix="/operations/{operation_id}", tags=["operations"])

_Size = Annotated[int, Field(strict=True, ge=0, lt=2**63)]
_Sha256 = Annotated[str, Field(strict=True, pattern="^[0-9a-f]{64}$")]


class Files(BaseModel):
    entries: Annotated[
        list[tuple[StrictStr, _Size, _Sha256]], Field(max_length=staging.MOST_ENTRIES)
    ]


@router.post("/stage")
def stage_known(
    hub: CurrentHub, caller: Caller, operation_id: str, body: Files
) -> dict[str, list[int]]:
    files = [staging.File(*entry) for entry in body.entries]
    return {"missing": staging.stage_known(hub, caller, operation_id, files)}


@router.put("/pack")
async def put_pack(
    request: Request, hub: CurrentHub, caller: Caller, operation_id: str
) -> dict[str, list[str]]:
    await run_in_threadpool(check_open, hub, caller, operation_id)
    blob, files = await receive_pack(request, hub.blobs)
    await run_in_threadpool(staging.stage_pack, hub, caller, operation_id, blob, files)
    return {"entries": [file.sha256 for file in files]}
