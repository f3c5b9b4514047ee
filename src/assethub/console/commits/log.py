"""The commits of an asset, as a graph with what points at them."""

from collections.abc import Mapping
from typing import NamedTuple

from starlette.responses import Response

from assethub.console.assets.frame import render_asset
from assethub.console.commits.lanes import Row, draw, read_lanes, write_lanes
from assethub.console.files.points import find_points
from assethub.console.places import Point, find_asset, find_point
from assethub.console.visits import Visit
from assethub.core.repository import graphs
from assethub.core.repository.graphs import Names

_ON_A_PAGE = 50
ALL = "all"


class Log(NamedTuple):
    """A page of commits; `after` and `lanes` name the next one, empty on the last."""

    rows: list[Row]
    names: Mapping[str, Names]
    after: str
    lanes: str
    width: int


def show_commits(visit: Visit) -> Response:
    """The history of all branches, or of the branch, tag or commit `ref`, newest first."""
    asset = find_asset(visit)
    asked = visit.query.get("ref") or ALL
    point = None if asked == ALL else find_point(visit)
    lanes = read_lanes(visit.query.get("lanes", ""))
    after = visit.query.get("after", "")
    page = graphs.page_graph(
        visit.hub,
        visit.user,
        asset.id,
        start=point.commit if point else "",
        after=after,
        wanted=[lane for lane in lanes if lane],
        amount=_ON_A_PAGE,
    )
    graph = draw(page.items, lanes if after else [])
    last = page.items[-1].id[: graphs.DIGITS] if page.more else ""
    ids = [commit.id for commit in page.items]
    names = graphs.name_commits(visit.hub, visit.user, asset.id, ids)
    return render_asset(
        visit,
        "commits/log.html",
        asset,
        point=point,
        points=find_points(visit, point or Point(asset, "", "")),
        log=Log(graph.rows, names, last, write_lanes(graph.lanes) if last else "", graph.width),
        first=not after,
    )
