"""Routes that compare snapshots, and that merge, reset and revert."""

from operator import attrgetter
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, StrictStr
from starlette.responses import Response

from assethub.api.callers import Caller, CurrentHub
from assethub.api.once import CalledOnce
from assethub.api.render import render_difference, render_page
from assethub.api.streams import stream_results
from assethub.core.repository import diffs, merging

router = APIRouter(prefix="/assets/{asset_id}", tags=["history"])


class Merge(BaseModel):
    source: StrictStr
    message: StrictStr | None = None
    strategy: merging.Strategy | None = None
    metadata: dict[StrictStr, StrictStr] | None = None
    override: StrictStr | None = None


class Reset(BaseModel):
    ref: StrictStr
    override: StrictStr | None = None


class Revert(BaseModel):
    ref: StrictStr
    message: StrictStr | None = None
    override: StrictStr | None = None


@router.get("/diff", response_model=None)
def compare(
    hub: CurrentHub,
    caller: Caller,
    asset_id: str,
    old: Annotated[str, Query(alias="from")],
    new: Annotated[str, Query(alias="to")],
    prefix: str = "",
    after: str | None = None,
    amount: int | None = None,
) -> dict[str, Any] | Response:
    """How `to` differs from `from`: all of it, or a page where `after` or `amount` is given."""
    if after is None and amount is None:
        found = diffs.stream_diff(hub, caller, asset_id, old, new, prefix=prefix)
        return stream_results(found, render_difference)
    page = diffs.page_diff(
        hub, caller, asset_id, old, new, prefix=prefix, after=after or "", amount=amount
    )
    return render_page(page, render_difference, attrgetter("path"))


@router.post("/branches/{name}/merge")
def merge_branch(
    once: CalledOnce, caller: Caller, asset_id: str, name: str, body: Merge
) -> Response:
    return once.answer(
        lambda hub: merging.merge_branch(
            hub,
            caller,
            asset_id,
            name,
            body.source,
            message=body.message,
            strategy=body.strategy,
            metadata=body.metadata,
            override=body.override,
        ),
        lambda merged: {"commit": merged.commit_id, "result": merged.result},
    )


@router.post("/branches/{name}/reset")
def reset_branch(
    once: CalledOnce, caller: Caller, asset_id: str, name: str, body: Reset
) -> Response:
    return once.answer(
        lambda hub: merging.reset_branch(
            hub, caller, asset_id, name, body.ref, override=body.override
        ),
        lambda commit: {"commit": commit},
    )


@router.post("/branches/{name}/revert")
def revert_commit(
    once: CalledOnce, caller: Caller, asset_id: str, name: str, body: Revert
) -> Response:
    return once.answer(
        lambda hub: merging.revert_commit(
            hub,
            caller,
            asset_id,
            name,
            body.ref,
            message=body.message,
            override=body.override,
        ),
        lambda commit: {"commit": commit},
    )
