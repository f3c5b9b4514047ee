"""Routes of evaluations."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, StrictStr
from starlette.responses import Response

from assethub.api.callers import Caller, CurrentHub
from assethub.api.render import render_evaluation
from assethub.core import evaluations

router = APIRouter(prefix="/evaluations", tags=["evaluations"])


class NewEvaluation(BaseModel):
    """`model` and `dataset` are references; `metrics` maps names to numbers."""

    model: StrictStr
    dataset: StrictStr
    metrics: dict[StrictStr, Any]


@router.post("")
def create_evaluation(hub: CurrentHub, caller: Caller, body: NewEvaluation) -> dict[str, Any]:
    made = evaluations.create_evaluation(hub, caller, body.model, body.dataset, body.metrics)
    return render_evaluation(made)


@router.get("")
def list_evaluations(
    hub: CurrentHub,
    caller: Caller,
    model: str,
    sort: str = "",
    amount: Annotated[int | None, Query(ge=1, le=1_000_000)] = None,
) -> dict[str, Any]:
    found = evaluations.list_evaluations(hub, caller, model, sort=sort, amount=amount)
    return {"results": [render_evaluation(each) for each in found]}


@router.get("/{evaluation_id}")
def get_evaluation(hub: CurrentHub, caller: Caller, evaluation_id: str) -> dict[str, Any]:
    return render_evaluation(evaluations.get_evaluation(hub, caller, evaluation_id))


@router.delete("/{evaluation_id}")
def delete_evaluation(
    hub: CurrentHub, caller: Caller, evaluation_id: str, why: str = ""
) -> Response:
    evaluations.delete_evaluation(hub, caller, evaluation_id, why)
    return Response()
