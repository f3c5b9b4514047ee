"""The leaderboard of a dataset: who is best on it, and who cannot be told apart."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from starlette.responses import Response

from assethub.console.addresses import evaluation_url
from assethub.console.assets.frame import render_asset
from assethub.console.evaluations.offers import offer
from assethub.console.evaluations.remarks import translate
from assethub.console.evaluations.scores import Row, tabulate
from assethub.console.places import Point, find_point_of
from assethub.console.visits import Visit
from assethub.core.comparisons import leaderboards
from assethub.core.comparisons.leaderboards import Asked, Leaderboard, Place
from assethub.core.repository.tags import list_tags
from assethub.errors import HubError, InvalidInput, NotFound

_PER_PAGE = 100
_MOST_DRAWN = 30
_MOST_AFTER = 2**31
_CHOICES = {"best": ("model", "all"), "direction": ("", "higher", "lower")}


class Line(NamedTuple):
    """A place with its evaluation as tables show it; `shared` where others have the same rank."""

    place: Place
    row: Row
    shared: bool


def show_leaderboard(visit: Visit) -> Response:
    """The evaluations on a dataset by one metric, best first."""
    point = find_point_of(visit, "dataset")
    offers = offer(visit, point.asset)
    metric = visit.query.get("metric") or next(iter(offers.metrics), "")
    asked, after = _read(visit, point, metric)
    board, problem = _rank(visit, asked, after) if metric else (None, None)
    lines = _lines(visit, board) if board else []
    return render_asset(
        visit,
        "evaluations/leaderboard.html",
        point.asset,
        http_status=problem.status if problem else 200,
        point=point,
        asked=asked,
        offers=offers,
        tags=list_tags(visit.hub, visit.user, point.asset.id),
        board=board,
        lines=lines,
        remarks=translate(visit.language, [board.method, *board.notes]) if board else [],
        problem=problem,
        after=after,
        per_page=_PER_PAGE,
        figure=_draw(visit, lines, metric),
    )


def _read(visit: Visit, point: Point, metric: str) -> tuple[Asked, int]:
    chosen = {
        name: visit.query.get(name, "") if visit.query.get(name) in allowed else allowed[0]
        for name, allowed in _CHOICES.items()
    }
    asked = Asked(
        f"{point.asset.path}:{point.ref}",
        metric,
        visit.query.get("filter", ""),
        across="across" in visit.query,
        **chosen,
    )
    given = visit.query.get("after", "0")
    after = int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0
    return asked, min(after, _MOST_AFTER)


def _rank(visit: Visit, asked: Asked, after: int) -> tuple[Leaderboard | None, HubError | None]:
    try:
        found = leaderboards.rank_evaluations(
            visit.hub, visit.user, asked, amount=_PER_PAGE, after=after
        )
    except (InvalidInput, NotFound) as error:
        return None, error
    return found, None


def _lines(visit: Visit, board: Leaderboard) -> list[Line]:
    table = tabulate(visit, [place.evaluation for place in board.places])
    ranks = [place.rank for place in board.places]
    return [
        Line(place, row, ranks.count(place.rank) > 1)
        for place, row in zip(board.places, table.rows, strict=True)
    ]


def _draw(visit: Visit, lines: Sequence[Line], metric: str) -> dict[str, Any]:
    """What the page's script draws: the first values and the intervals around them."""
    drawn = [line for line in lines if math.isfinite(line.place.value)][:_MOST_DRAWN]
    return {
        "metric": metric,
        "rows": [
            {
                "name": f"{line.place.rank}. {line.row.model.name or line.row.model.id[:8]}",
                "value": line.place.value,
                "low": line.place.interval.low if line.place.interval else None,
                "high": line.place.interval.high if line.place.interval else None,
                "text": visit.language.number(line.place.value),
                "kind": "good" if line.place.rank == 1 else "",
                "url": evaluation_url(line.place.evaluation.id),
            }
            for line in drawn
        ],
    }
