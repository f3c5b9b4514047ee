"""Routes that change a branch: start, put and delete, then finish or drop."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, StrictBool, StrictStr
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from assethub.api.callers import Caller, CurrentHub
from assethub.api.once import CalledOnce
from assethub.api.render import render_object
from assethub.api.uploads import receive_file
from assethub.core.repository import finish, operations

router = APIRouter(tags=["operations"])
OperationId = Annotated[str, Query(alias="opID")]


class Finish(BaseModel):
    message: StrictStr | None = None
    metadata: dict[StrictStr, StrictStr] | None = None
    overwrite: StrictBool = False
    override: StrictStr | None = None


@router.post("/update")
def start_operation(once: CalledOnce, caller: Caller, asset: str, branch: str) -> Response:
    return once.answer(
        lambda hub: operations.start_operation(hub, caller, asset, branch),
        lambda operation: {"op_id": operation.id, "commit": operation.base_commit},
    )


@router.put("/objects")
async def put_object(
    request: Request, hub: CurrentHub, caller: Caller, operation_id: OperationId, path: str
) -> dict[str, Any]:
    await run_in_threadpool(operations.check_put, hub, caller, operation_id, path)
    blob = await receive_file(request, hub.blobs)
    entry = await run_in_threadpool(operations.stage_put, hub, caller, operation_id, path, blob)
    return render_object(entry)


@router.delete("/objects")
def delete_object(
    hub: CurrentHub, caller: Caller, operation_id: OperationId, path: str
) -> Response:
    operations.stage_delete(hub, caller, operation_id, path)
    return Response()


@router.post("/update/{operation_id}")
def finish_operation(once: CalledOnce, caller: Caller, operation_id: str, body: Finish) -> Response:
    return once.answer(
        lambda hub: finish.finish_operation(
            hub,
            caller,
            operation_id,
            body.message or "",
            metadata=body.metadata,
            overwrite=body.overwrite,
            override=body.override,
        ),
        lambda commit: {"commit": commit},
    )


@router.delete("/operation/{operation_id}")
def drop_operation(hub: CurrentHub, caller: Caller, operation_id: str) -> Response:
    operations.drop_operation(hub, caller, operation_id)
    return Response()
