"""The route that compares evaluations."""

import math
from typing import Annotated, Any

from fastapi import APIRouter, Query

from assethub.api.callers import Caller, CurrentHub
from assethub.api.render import Json, render_evaluation
from assethub.core.comparisons import comparison
from assethub.core.comparisons.comparison import Compared, Part, Table, Wish

router = APIRouter(tags=["evaluations"])


@router.get("/compare")
def compare(
    hub: CurrentHub,
    caller: Caller,
    a: str,
    b: str,
    c: str | None = None,
    d: str | None = None,
    e: str | None = None,
    f: str | None = None,
    g: str | None = None,
    h: str | None = None,
    metric: Annotated[list[str], Query()] = [],  # noqa: B006
    cluster: str = "",
    across: bool = False,
    seed: int = 0,
    after: Annotated[int, Query(ge=0, le=2**53)] = 0,
    amount: Annotated[int, Query(ge=0, le=1000)] = 20,
) -> Json:
    """Compares up to eight evaluations, by id or as the latest of models, each with the first.

    `after` and `amount` say which of the samples to list that changed or are in no pair.
    """
    wish = Wish(metric, cluster, across, seed, after, amount)
    names = [a, b, *(name for name in (c, d, e, f, g, h) if name is not None)]
    return _render(comparison.compare_evaluations(hub, caller, names, wish))


def _render(table: Table) -> Json:
    return {
        "evaluations": [render_evaluation(each) for each in table.evaluations],
        "comparisons": [_render_row(row) for row in table.rows],
        "seed": table.seed,
        "notes": list(table.notes),
    }


def _render_row(row: Compared) -> Json:
    shown = {
        "metric": row.metric,
        "a": row.a,
        "b": row.b,
        "values": [_finite(value) for value in row.values],
        "higherIsBetter": row.higher_is_better,
        "notes": [*row.notes, *_odd_values(row)],
        "flips": {name: _render_part(part) for name, part in row.flips.items()},
        "leftOut": {name: _render_part(part) for name, part in row.left_out.items()},
    }
    return shown | _render_statistics(row)


def _odd_values(row: Compared) -> list[str]:
    return [
        f"{side}'s value is {value}"
        for side, value in zip("AB", row.values, strict=True)
        if value is not None and not math.isfinite(value)
    ]


def _render_statistics(row: Compared) -> Json:
    made = row.comparison
    if made is None:
        return dict.fromkeys(_STATISTICS) | {"verdict": "not compared", "paired": False}
    interval = made.interval
    return {
        "means": [_finite(made.a), _finite(made.b)],
        "difference": _finite(made.difference),
        "interval": {
            "low": _finite(interval.low),
            "high": _finite(interval.high),
            "confidence": interval.confidence,
            "method": interval.method,
        },
        "stderr": _finite(made.stderr),
        "pValue": _finite(made.p_value),
        "adjustedPValue": _finite(made.adjusted_p_value),
        "test": made.test,
        "effect": made.effect and {"name": made.effect.name, "value": _finite(made.effect.value)},
        "verdict": str(made.verdict),
        "paired": made.paired,
        "n": made.n,
        "clusters": made.clusters,
        "mcnemar": made.mcnemar and made.mcnemar._asdict(),
        "notes": [*row.notes, *_odd_values(row), *made.notes],
    }


_STATISTICS = (
    *("means", "difference", "interval", "stderr", "pValue", "adjustedPValue", "test", "effect"),
    *("n", "clusters", "mcnemar"),
)


def _finite(value: float | None) -> float | None:
    """JSON has no number for NaN and infinities."""
    return value if value is not None and math.isfinite(value) else None


def _render_part(part: Part) -> dict[str, Any]:
    return {"count": part.total, "ids": part.ids}
