"""A metric along the commits of a model's branch: a plot, and the table that it is drawn from."""

import math
from collections.abc import Sequence
from typing import Any

from starlette.responses import Response

from assethub.console.addresses import evaluation_url
from assethub.console.assets.frame import render_asset
from assethub.console.evaluations.offers import offer
from assethub.console.evaluations.scores import Row, tabulate
from assethub.console.places import Point, find_point_of
from assethub.console.visits import Visit
from assethub.core.comparisons import trends
from assethub.core.comparisons.directions import expect_direction
from assethub.core.comparisons.trends import Trend
from assethub.core.repository import branches
from assethub.errors import InvalidInput, NotFound

_MOST_POINTS = 200
_NORMAL_95 = 1.959964


def show_history(visit: Visit) -> Response:
    """One metric along the commits that led to a branch, a tag or a commit, oldest first."""
    point = find_point_of(visit, "model")
    offers = offer(visit, point.asset)
    metric = visit.query.get("metric") or next(iter(offers.metrics), "")
    trend, problem = _trace(visit, point, metric)
    table = tabulate(visit, [each.evaluation for each in trend.points])
    rising = _rising(trend, metric)
    return render_asset(
        visit,
        "evaluations/history.html",
        point.asset,
        point=point,
        metric=metric,
        dataset=visit.query.get("dataset", ""),
        offers=offers,
        branches=branches.list_branches(visit.hub, visit.user, point.asset.id),
        trend=trend,
        rows=list(zip(trend.points, table.rows, strict=True)),
        best=_find_best(trend, rising=rising),
        rising=rising,
        problem=problem,
        figure=_draw(visit, trend, table.rows, metric),
    )


def _trace(visit: Visit, point: Point, metric: str) -> tuple[Trend, str]:
    """The points, and the code of what was asked for that is not there."""
    if not metric:
        return Trend([], more=False), ""
    try:
        found = trends.trace_metric(
            visit.hub,
            visit.user,
            f"{point.asset.path}:{point.ref}",
            metric,
            dataset=visit.query.get("dataset", ""),
            amount=_MOST_POINTS,
        )
    except (InvalidInput, NotFound) as error:
        return Trend([], more=False), error.code
    return found, ""


def _rising(trend: Trend, metric: str) -> bool:
    """Whether more is better: as the newest evaluation says, else as the name lets expect."""
    said = [each.detail.higher_is_better for each in trend.points]
    known = [each for each in said if each is not None]
    return known[-1] if known else expect_direction(metric)


def _find_best(trend: Trend, *, rising: bool) -> trends.Point | None:
    known = [each for each in trend.points if math.isfinite(each.value)]
    if not known:
        return None
    return (max if rising else min)(known, key=lambda each: each.value)


def _draw(visit: Visit, trend: Trend, rows: Sequence[Row], metric: str) -> dict[str, Any]:
    """What the page's script draws: a line for each dataset, in the order of the commits."""
    series: dict[str, list[dict[str, Any]]] = {}
    for place, (point, row) in enumerate(zip(trend.points, rows, strict=True)):
        if not math.isfinite(point.value):
            continue
        stderr = point.detail.stderr
        drawn = {
            "at": place,
            "value": point.value,
            "reach": stderr * _NORMAL_95 if stderr and math.isfinite(stderr) else None,
            "commit": point.commit.id[:8],
            "message": point.commit.message.strip().partition("\n")[0][:80],
            "by": point.commit.committer,
            "time": visit.language.exactly(point.commit.time * 1_000_000),
            "dataset": row.dataset.commit[:8],
            "url": evaluation_url(point.evaluation.id),
        }
        series.setdefault(row.dataset.name or row.dataset.id[:8], []).append(drawn)
    ticks = [point.commit.id[:8] for point in trend.points]
    return {
        "metric": metric,
        "ticks": ticks,
        "series": [{"name": name, "points": points} for name, points in series.items()],
    }
