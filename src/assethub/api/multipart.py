"""Routes of large files, which come in parts."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field, StrictStr
from starlette.concurrency import run_in_threadpool

from assethub.api.callers import Caller, CurrentHub
from assethub.api.operations import OperationId
from assethub.api.render import render_object
from assethub.core.repository import uploads
from assethub.core.repository.parts import Asked, PartIntake
from assethub.errors import InvalidInput
from assethub.http.bodies import take_body

router = APIRouter(prefix="/multipart", tags=["operations"])

_Size = Annotated[int | None, Query(ge=0, lt=2**63)]
_PartSize = Annotated[int | None, Query(alias="partSize", ge=1, lt=2**63)]
_Sha256 = Annotated[str | None, Query(pattern="^[0-9a-f]{64}$")]


class ListedPart(BaseModel):
    model_config = ConfigDict(populate_by_name=True)
    etag: StrictStr
    number: Annotated[int, Field(alias="partNumber", strict=True, ge=1, le=uploads.MOST_PARTS)]


class Parts(BaseModel):
    parts: Annotated[list[ListedPart], Field(max_length=uploads.MOST_PARTS)]


@router.post("")
def start_upload(
    hub: CurrentHub,
    caller: Caller,
    operation_id: OperationId,
    path: str,
    size: _Size = None,
    sha256: _Sha256 = None,
    part_size: _PartSize = None,
) -> dict[str, Any]:
    announced = None
    if size is not None and sha256 is not None and part_size is not None:
        announced = uploads.Announcement(size, sha256, part_size)
    elif (size, sha256, part_size) != (None, None, None):
        raise InvalidInput("size, sha256 and partSize go together", code="invalid_request")
    id_, there = uploads.start_upload(hub, caller, operation_id, path, announced)
    return {"uploadId": id_, "parts": there}


@router.put("/{upload_id}")
async def put_part(
    request: Request,
    hub: CurrentHub,
    caller: Caller,
    upload_id: str,
    operation_id: OperationId,
    path: str,
    number: Annotated[int, Query(alias="partNum")],
) -> dict[str, str]:
    intake = PartIntake(hub, caller, Asked(operation_id, path, upload_id, number))
    try:
        await run_in_threadpool(intake.open)
        declared = request.headers.get("content-length", "")
        if declared.isdigit():
            intake.check_length(int(declared))
        await take_body(request, intake.write)
        return {"etag": await run_in_threadpool(intake.commit)}
    finally:
        intake.close()


@router.post("/{upload_id}")
def finish_upload(
    hub: CurrentHub,
    caller: Caller,
    upload_id: str,
    operation_id: OperationId,
    path: str,
    body: Parts,
) -> dict[str, Any]:
    listed = [(part.number, part.etag) for part in body.parts]
    entry = uploads.finish_upload(hub, caller, operation_id, path, upload_id, listed)
    return render_object(entry)
