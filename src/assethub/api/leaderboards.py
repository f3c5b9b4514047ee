"""Routes that look at one metric of many evaluations: leaderboards, and histories."""

import math
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query

from assethub.api.callers import Caller, CurrentHub
from assethub.api.render import Json, render_commit, render_evaluation
from assethub.core.comparisons import leaderboards, trends
from assethub.core.comparisons.leaderboards import Place
from assethub.core.comparisons.trends import Point
from assethub.core.pages import MOST_PER_PAGE

router = APIRouter(tags=["evaluations"])
Amount = Annotated[int | None, Query(ge=1, le=MOST_PER_PAGE)]


@router.get("/leaderboard")
def show_leaderboard(
    hub: CurrentHub,
    caller: Caller,
    dataset: str,
    metric: str,
    filter: str = "",
    best: Literal["model", "all"] = "model",
    across: bool = False,
    direction: Literal["", "higher", "lower"] = "",
    amount: Amount = None,
    after: Annotated[int, Query(ge=0, le=2**31)] = 0,
) -> Json:
    asked = leaderboards.Asked(dataset, metric, filter, best, across, direction)
    board = leaderboards.rank_evaluations(hub, caller, asked, amount=amount, after=after)
    end = after + len(board.places)
    more = end < board.total and bool(board.places)
    return {
        "datasetID": board.dataset_id,
        "datasetCommit": board.commit,
        "metric": metric,
        "higherIsBetter": board.direction.higher_is_better,
        "direction": board.direction.source,
        "best": best,
        "across": across,
        "method": board.method,
        "notes": board.notes,
        "total": board.total,
        "results": [_render_place(place) for place in board.places],
        "pagination": {
            "has_more": more,
            "next_offset": str(end) if more else "",
            "results": len(board.places),
            "max_per_page": MOST_PER_PAGE,
        },
    }


@router.get("/history")
def show_history(
    hub: CurrentHub,
    caller: Caller,
    model: str,
    metric: str,
    dataset: str = "",
    amount: Amount = None,
) -> Json:
    trend = trends.trace_metric(hub, caller, model, metric, dataset=dataset, amount=amount)
    return {
        "metric": metric,
        "more": trend.more,
        "results": [_render_point(point) for point in trend.points],
    }


def _render_place(place: Place) -> Json:
    interval = place.interval
    return {
        "rank": place.rank,
        "value": render_number(place.value),
        "stderr": place.stderr,
        "n": place.n,
        "interval": None
        if interval is None
        else {
            "low": interval.low,
            "high": interval.high,
            "confidence": interval.confidence,
            "method": f"{interval.method}, unpaired",
        },
        "pValue": place.p_value,
        "basis": place.basis,
        "against": place.against,
        "otherCommit": place.other_commit,
        "evaluation": render_evaluation(place.evaluation),
    }


def _render_point(point: Point) -> Json:
    detail = point.detail
    return {
        "commit": render_commit(point.commit),
        "value": render_number(point.value),
        "stderr": detail.stderr,
        "n": detail.n,
        "evaluation": render_evaluation(point.evaluation),
    }


def render_number(value: float) -> Any:
    """A number; NaN and infinities, which JSON has not, as text."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
