"""Tables of evaluations: chosen, sorted, and found by the query language."""

from collections.abc import Sequence
from shlex import quote
from typing import Any, NamedTuple

from starlette.responses import Response

from assethub.console.assets.frame import render_asset
from assethub.console.evaluations.columns import (
    FIELDS,
    Column,
    Offers,
    created_column,
    fill_cells,
    read_columns,
    survey,
)
from assethub.console.evaluations.scores import Row, tabulate
from assethub.console.pages import render
from assethub.console.places import find_asset
from assethub.console.visits import Visit
from assethub.core.assets import Asset
from assethub.core.evaluations.records import Evaluation
from assethub.core.searches.search import Asked, search_evaluations
from assethub.errors import HubError, InvalidInput

PER_PAGE = 50
_LOOKED_AT = 100
_STALE = {"yes": True, "no": False}
# What may follow a field, and what joins conditions; the language is in docs/reference-query.md.
_WORDS = {
    "fields": [*map(str, FIELDS), "created", "metric.", "param."],
    "operators": ["=", "!=", ">", ">=", "<", "<=", "~", "in (", "exists"],
    "joints": ["and", "or"],
    "times": ["1d ago", "7d ago", "30d ago"],
}


class Line(NamedTuple):
    """A row of the table, with what stands in its columns."""

    row: Row
    cells: dict[str, Any]

    @property
    def evaluation(self) -> Evaluation:
        return self.row.evaluation


class View(NamedTuple):
    """A page of a table, and how its visitor asked for it."""

    asked: Asked
    created: Column
    columns: list[Column]
    lines: list[Line]
    offers: Offers
    after: str
    problem: HubError | None

    @property
    def hides_invalid(self) -> bool:
        return self.asked.invalid is False


def show_asset_table(visit: Visit) -> Response:
    """The evaluations of a model, or those on a dataset."""
    asset = find_asset(visit)
    view = look(visit, asset)
    return render_asset(
        visit,
        "evaluations/asset_table.html",
        asset,
        http_status=view.problem.status if view.problem else 200,
        **_values(view, asset),
    )


def show_all(visit: Visit) -> Response:
    """The evaluations of all models that the visitor may view."""
    _ = visit.user
    view = look(visit, None)
    status = view.problem.status if view.problem else 200
    return render(visit, "evaluations/all.html", http_status=status, **_values(view, None))


def look(visit: Visit, asset: Asset | None) -> View:
    """What the page's address asks for, of one model or dataset or of all."""
    asked = read_asked(visit, asset)
    newest = search_evaluations(
        visit.hub, visit.user, Asked(asked.model, asked.dataset), amount=_LOOKED_AT
    )
    found: Sequence[Evaluation] = []
    following, problem = "", None
    try:
        found, following = search_evaluations(
            visit.hub, visit.user, asked, amount=PER_PAGE, after=visit.query.get("after", "")
        )
    except InvalidInput as error:
        problem = error
    offers = survey(newest.evaluations)
    columns = read_columns(visit, asset.folder.type if asset else "", offers)
    rows = tabulate(visit, found).rows
    lines = [
        Line(row, cells) for row, cells in zip(rows, fill_cells(visit, rows, columns), strict=True)
    ]
    return View(asked, created_column(visit), columns, lines, offers, following, problem)


def read_asked(visit: Visit, asset: Asset | None) -> Asked:
    """The search that a page's address asks for."""
    of_model = asset is not None and asset.folder.type == "model"
    return Asked(
        model=asset.path if asset and of_model else "",
        dataset=asset.path if asset and not of_model else "",
        query=visit.query.get("q", ""),
        sort=visit.query.get("sort", ""),
        stale=_STALE.get(visit.query.get("stale", "")),
        invalid=None if visit.query.get("invalid") == "shown" else False,
    )


def _values(view: View, asset: Asset | None) -> dict[str, Any]:
    offers = view.offers
    return {
        "view": view,
        "fields": [str(name) for name in FIELDS],
        "words": {
            **_WORDS,
            "metrics": list(offers.metrics),
            "params": offers.params,
            "values": offers.values,
        },
        "commands": _write_commands(view.asked, asset),
    }


def _write_commands(asked: Asked, asset: Asset | None) -> list[tuple[str, str]]:
    """The same search as `ah` and Python know it."""
    query = asked.query.strip()
    if asset is not None:
        mine = f'{asset.folder.type} = "{asset.path}"'
        query = f"{mine} and ({query})" if query else mine
    sort = f" --sort {quote(asked.sort)}" if asked.sort else ""
    codes = []
    if asked.stale is None:
        codes.append(("ah", f"ah search evaluation {quote(query)}{sort} -o table"))
    given = {
        "query": asked.query.strip() or None,
        "sort": asked.sort or None,
        "model": asked.model or None,
        "dataset": asked.dataset or None,
        "stale": asked.stale,
        "invalid": asked.invalid,
    }
    told = ", ".join(f"{name}={value!r}" for name, value in given.items() if value is not None)
    codes.append(("Python", f"from t9k import ah\n\nah.search_evaluation({told})"))
    return codes
