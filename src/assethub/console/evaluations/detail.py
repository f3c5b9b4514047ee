"""The page of one evaluation, and what is left of one that was deleted."""

import json
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from starlette.responses import Response

from assethub.console.assets.frame import render_asset
from assethub.console.evaluations.sample_pages import read_samples
from assethub.console.evaluations.scores import tabulate
from assethub.console.visits import Visit
from assethub.core.assets import Asset, find_viewable
from assethub.core.comparisons.directions import expect_direction
from assethub.core.evaluations.measures import Detail
from assethub.core.evaluations.records import Evaluation, get_evaluation
from assethub.core.evaluations.tombstones import find_tombstone
from assethub.core.permissions import Level, level_of
from assethub.core.searches.cursors import Match, write_after
from assethub.core.searches.search import Asked, search_evaluations
from assethub.errors import HubError, NotFound

if TYPE_CHECKING:
    from assethub.statistics import Interval

_MOST_METRICS = 300


class Line(NamedTuple):
    """A metric. `name` is the last part of a nested name, `group` the parts before it.

    `is_sure` says that the direction was recorded, and is not just what the name lets expect.
    """

    group: str
    name: str
    value: float
    detail: Detail
    interval: "Interval | None"
    higher_is_better: bool
    is_sure: bool


class May(NamedTuple):
    """What the visitor may do with an evaluation."""

    mark: bool
    delete: bool


def show_evaluation(visit: Visit, problem: HubError | None = None) -> Response:
    """One evaluation with all that is known of it; its tombstone where it was deleted."""
    id_ = visit.request.path_params["id"]
    try:
        evaluation = get_evaluation(visit.hub, visit.user, id_)
    except NotFound:
        return _show_tombstone(visit, id_)
    row = tabulate(visit, [evaluation]).rows[0]
    sides = find_viewable(visit.hub, visit.user, {evaluation.model.id, evaluation.dataset.id})
    model, dataset = sides[evaluation.model.id], sides.get(evaluation.dataset.id)
    return render_asset(
        visit,
        "evaluations/evaluation.html",
        model,
        http_status=problem.status if problem else 200,
        evaluation=evaluation,
        row=row,
        dataset=dataset,
        may=_find_may(visit, evaluation, model),
        lines=list(_lines(evaluation)),
        left_out=max(0, len(evaluation.metrics) - _MOST_METRICS),
        params=_pretty(evaluation.evidence.params),
        source=_pretty(evaluation.evidence.source),
        previous=_find_previous(visit, evaluation, model, dataset),
        samples=read_samples(visit, evaluation.samples) if evaluation.samples else None,
        problem=problem,
    )


def _show_tombstone(visit: Visit, id_: str) -> Response:
    stone = find_tombstone(visit.hub, visit.user, id_)
    return render_asset(
        visit, "evaluations/tombstone.html", stone.model, http_status=410, stone=stone
    )


def _find_may(visit: Visit, evaluation: Evaluation, model: Asset) -> May:
    level = level_of(visit.user, model.folder, model.id)
    name = visit.user.name
    marked = evaluation.invalid
    own = evaluation.creator == name and (marked is None or marked.by == name)
    return May(level >= Level.EDIT or (own and level >= Level.RUN), level >= Level.EDIT)


def _lines(evaluation: Evaluation) -> Iterator[Line]:
    for name, value in list(evaluation.metrics.items())[:_MOST_METRICS]:
        detail = evaluation.details.get(name, Detail())
        group, _, last = name.rpartition("/")
        # A slash at the end, or alone, groups nothing.
        group, last = (group, last) if group and last else ("", name)
        known = detail.higher_is_better
        higher = expect_direction(name) if known is None else known
        interval = _interval(value, detail)
        yield Line(group, last, value, detail, interval, higher, known is not None)


def _interval(value: float, detail: Detail) -> "Interval | None":
    share = bool(detail.n) and not detail.stderr and 0 <= value <= 1
    from assethub.statistics import Summary, summary_interval

    found = summary_interval(Summary(float(value), detail.stderr, detail.n, share))
    return found if math.isfinite(found.high - found.low) else None


def _pretty(value: dict[str, Any] | None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) if value else ""


def _find_previous(
    visit: Visit, evaluation: Evaluation, model: Asset, dataset: Asset | None
) -> Evaluation | None:
    """The valid one before it of the same model on the same dataset."""
    if dataset is None:
        return None
    asked = Asked(model=model.path, dataset=dataset.path, invalid=False)
    after = write_after(Match(evaluation.seq, ()))
    found = search_evaluations(visit.hub, visit.user, asked, amount=1, after=after).evaluations
    return found[0] if found else None
