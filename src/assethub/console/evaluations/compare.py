"""The page that compares evaluations, each with the first of them."""

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from starlette.responses import Response

from assethub.console.evaluations.remarks import translate
from assethub.console.evaluations.scores import tabulate
from assethub.console.pages import render
from assethub.console.visits import Visit
from assethub.core.comparisons import comparison
from assethub.core.comparisons.comparison import FEWEST, MOST, Compared, Table, Wish
from assethub.core.people.users import User
from assethub.errors import Conflict, HubError, InvalidInput, NotFound, Unavailable

# As `ah` and the API show them: their places as letters.
LETTERS = "ABCDEFGH"
KINDS = {"better": "good", "worse": "bad", "different": "warn"}
_MOST_DRAWN = 24
_MOST_SEED = 2**63 - 1


class Line(NamedTuple):
    """A metric of one evaluation against the first. `kind` is how its verdict is coloured."""

    compared: Compared
    letter: str
    verdict: str
    kind: str
    remarks: list[str]


def show_comparison(visit: Visit) -> Response:
    """The differences of two to eight evaluations, named by `e=ID` or as the latest of models."""
    names = [name.strip() for name in visit.query.getlist("e") if name.strip()]
    wish = _read(visit)
    user = visit.user
    table, problem = _compare(visit, user, names, wish) if names else (None, None)
    lines = list(_lines(visit, table)) if table else []
    sides = tabulate(visit, table.evaluations).rows if table else []
    return render(
        visit,
        "evaluations/compare.html",
        http_status=problem.status if problem else 200,
        names=names,
        wish=wish,
        table=table,
        sides=list(zip(LETTERS, sides, strict=False)),
        lines=lines,
        metrics=list(dict.fromkeys(line.compared.metric for line in lines)),
        remarks=translate(visit.language, table.notes) if table else [],
        problem=problem,
        most=MOST,
        fewest=FEWEST,
        figure=_draw(visit, lines),
    )


def _read(visit: Visit) -> Wish:
    seed = visit.query.get("seed", "")
    known = seed.isascii() and seed.isdigit() and int(seed[:20]) <= _MOST_SEED
    return Wish(
        metrics=[name for name in visit.query.getlist("metric") if name],
        cluster=visit.query.get("cluster", "").strip(),
        across="across" in visit.query,
        seed=int(seed) if known else 0,
    )


def _compare(
    visit: Visit, user: User, names: Sequence[str], wish: Wish
) -> tuple[Table | None, HubError | None]:
    try:
        return comparison.compare_evaluations(visit.hub, user, names, wish), None
    except (InvalidInput, NotFound, Conflict, Unavailable) as error:
        return None, error


def _lines(visit: Visit, table: Table) -> Iterator[Line]:
    for row in table.rows:
        made = row.comparison
        verdict = "" if made is None else str(made.verdict)
        said = [*row.notes, *(made.notes if made else ())]
        yield Line(
            row, LETTERS[row.b], verdict, KINDS.get(verdict, ""), translate(visit.language, said)
        )


def _draw(visit: Visit, lines: Sequence[Line]) -> dict[str, Any]:
    """What the page's script draws: differences with their intervals, each metric to its scale."""
    drawn = []
    for line in lines:
        made = line.compared.comparison
        if made is None or not math.isfinite(made.difference):
            continue
        sure = math.isfinite(made.interval.high - made.interval.low)
        drawn.append(
            {
                "metric": line.compared.metric,
                "name": f"{line.letter} − A",
                "value": made.difference,
                "low": made.interval.low if sure else None,
                "high": made.interval.high if sure else None,
                "text": visit.language.number(made.difference),
                "kind": line.kind,
            }
        )
    return {"rows": drawn[:_MOST_DRAWN]}
