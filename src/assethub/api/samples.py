"""Routes that take in and give out the samples of evaluations."""

from collections.abc import Iterator
from itertools import islice
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from assethub.api.callers import Caller, CurrentHub
from assethub.api.render import Json, render_evaluation, render_samples
from assethub.core.evaluations import records as evaluations
from assethub.core.evaluations import samples
from assethub.core.evaluations.sample_lines import dump_row, plain_row
from assethub.core.evaluations.samples import SampleIntake, Sent
from assethub.core.hub import Hub
from assethub.core.pages import MOST_PER_PAGE
from assethub.core.people.users import User
from assethub.core.repository.objects import Content
from assethub.errors import NotFound
from assethub.http.bodies import take_body
from assethub.http.downloads import send_content
from assethub.tree import Entry

router = APIRouter(prefix="/evaluations", tags=["evaluations"])
_BODY = {
    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    "required": True,
}
_LINES_AT_ONCE = 2000


@router.post("/samples", openapi_extra={"requestBody": _BODY})
async def send_samples(request: Request, hub: CurrentHub, caller: Caller) -> Json:
    """Takes in samples, Parquet or JSON lines, for an evaluation that is to be made with them."""
    sent = await _take(request, hub, caller)
    return {"samplesId": sent.id, **(render_samples(sent.samples) or {})}


@router.put("/{evaluation_id}/samples", openapi_extra={"requestBody": _BODY})
async def add_samples(
    request: Request, hub: CurrentHub, caller: Caller, evaluation_id: str
) -> Json:
    """Gives samples to an evaluation that has none yet."""
    await run_in_threadpool(samples.check_without, hub, caller, evaluation_id)
    sent = await _take(request, hub, caller)
    made = await run_in_threadpool(samples.add_samples, hub, caller, evaluation_id, sent)
    return render_evaluation(made)


async def _take(request: Request, hub: Hub, caller: User) -> Sent:
    with SampleIntake(hub, caller) as intake:
        await take_body(request, intake.write)
        return await run_in_threadpool(intake.finish)


@router.get("/{evaluation_id}/samples", response_model=None)
def read_samples(
    request: Request,
    hub: CurrentHub,
    caller: Caller,
    evaluation_id: str,
    query: str = "",
    after: Annotated[int, Query(ge=0, le=2**62)] = 0,
    amount: Annotated[int | None, Query(ge=1, le=MOST_PER_PAGE)] = None,
    format: Literal["", "jsonl", "parquet"] = "",
) -> Json | Response:
    """A page of the samples that the query means; or all, as JSON lines or in a Parquet file."""
    found = evaluations.get_evaluation(hub, caller, evaluation_id).samples
    if found is None:
        raise NotFound("the evaluation has no samples", code="samples_not_found")
    if format == "parquet":
        place = samples.find_place(hub, found)
        entry = Entry(
            f"{evaluation_id}.parquet", found.size, found.sha256, 0, "application/octet-stream"
        )
        return send_content(request, hub.blobs, Content(entry, place))
    rows = samples.find_rows(hub, found, query, after)
    if format == "jsonl":
        return StreamingResponse(_lines(rows), media_type="application/x-ndjson")
    most = amount or MOST_PER_PAGE
    page = list(islice(rows, most + 1))
    more = len(page) > most
    return {
        "results": [plain_row(row) for _, row in page[:most]],
        "pagination": {
            "has_more": more,
            "next_offset": str(page[most - 1][0] + 1) if more else "",
            "results": min(len(page), most),
            "max_per_page": MOST_PER_PAGE,
        },
    }


def _lines(rows: Iterator[tuple[int, dict[str, Any]]]) -> Iterator[bytes]:
    while piece := [dump_row(row) for _, row in islice(rows, _LINES_AT_ONCE)]:
        yield b"".join(piece)
