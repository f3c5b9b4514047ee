"""Evaluations and their samples as files."""

import csv
import io
import json
import math
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse

from assethub.console.evaluations.columns import write_value
from assethub.console.evaluations.table import read_asked
from assethub.console.places import find_asset
from assethub.console.visits import Visit
from assethub.core.assets import Asset
from assethub.core.evaluations import samples
from assethub.core.evaluations.measures import Detail
from assethub.core.evaluations.records import Evaluation, get_evaluation
from assethub.core.evaluations.sample_lines import dump_row
from assethub.core.repository.objects import Content
from assethub.core.searches.search import search_evaluations
from assethub.errors import InvalidInput, NotFound
from assethub.http.downloads import send_content
from assethub.tree import Entry

# So many go into one file; more are for `ah` and the API, a page at a time.
MOST = 10_000
_AT_ONCE = 1000
_LINES_AT_ONCE = 2000
# A spreadsheet would take such a text for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
Row = dict[str, Any]


def export_all(visit: Visit) -> Response:
    """Those that the table of all evaluations shows."""
    return _export(visit, None, "evaluations")


def export_asset(visit: Visit) -> Response:
    """Those that the table of a model or a dataset shows."""
    asset = find_asset(visit)
    return _export(visit, asset, f"{asset.folder.name}-{asset.name}")


def export_one(visit: Visit) -> Response:
    """One evaluation."""
    found = get_evaluation(visit.hub, visit.user, visit.request.path_params["id"])
    return _send(visit, [found], f"evaluation-{found.id[:8]}")


def send_samples(visit: Visit) -> Response:
    """All samples of an evaluation: the Parquet file, or JSON lines."""
    id_ = visit.request.path_params["id"]
    found = get_evaluation(visit.hub, visit.user, id_).samples
    if found is None:
        raise NotFound("the evaluation has no samples", code="samples_not_found")
    if visit.query.get("format") == "jsonl":
        rows = samples.find_rows(visit.hub, found, "", 0)
        lines = StreamingResponse(_lines(rows), media_type="application/x-ndjson")
        return _named(lines, f"samples-{id_[:8]}.jsonl")
    place = samples.find_place(visit.hub, found)
    entry = Entry(f"{id_}.parquet", found.size, found.sha256, 0, "application/octet-stream")
    sent = send_content(visit.request, visit.hub.blobs, Content(entry, place))
    return _named(sent, f"samples-{id_[:8]}.parquet")


def _lines(rows: Iterator[tuple[int, Row]]) -> Iterator[bytes]:
    while piece := [dump_row(row) for _, row in islice(rows, _LINES_AT_ONCE)]:
        yield b"".join(piece)


def _export(visit: Visit, asset: Asset | None, name: str) -> Response:
    asked = read_asked(visit, asset)
    found: list[Evaluation] = []
    after = ""
    while len(found) < MOST:
        page, after = search_evaluations(visit.hub, visit.user, asked, amount=_AT_ONCE, after=after)
        found += page
        if not after:
            break
    return _send(visit, found, name)


def _send(visit: Visit, evaluations: Sequence[Evaluation], name: str) -> Response:
    formats: dict[str, tuple[Callable[[Sequence[Evaluation]], bytes], str]] = {
        "csv": (_write_csv, "text/csv; charset=utf-8"),
        "json": (_write_json, "application/json"),
        "parquet": (_write_parquet, "application/vnd.apache.parquet"),
    }
    format_ = visit.query.get("format", "json")
    if format_ not in formats:
        raise InvalidInput("the format must be csv, json or parquet", code="invalid_format")
    write, type_ = formats[format_]
    return _named(Response(write(evaluations), media_type=type_), f"{name}.{format_}")


def _named(response: Response, name: str) -> Response:
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    response.headers["Cache-Control"] = "no-store"
    return response


def _about(each: Evaluation) -> Row:
    told = each.evidence
    return {
        "id": each.id,
        "created": _time(each.created),
        "creator": each.creator,
        "model": each.model.ref,
        "model_commit": each.model.commit,
        "dataset": each.dataset.ref,
        "dataset_commit": each.dataset.commit,
        "tool": told.tool,
        "tool_version": told.tool_version,
        "revision": told.revision,
        "seed": told.seed,
        "hardware": told.hardware,
        "duration": told.duration,
        "started": None if told.started is None else _time(told.started),
        "note": told.note,
        "labels": told.labels,
        "invalid": None if each.invalid is None else each.invalid.reason,
        "dataset_moved": each.moved,
    }


def _time(moment: int) -> str:
    return datetime.fromtimestamp(moment / 1_000_000, UTC).isoformat().replace("+00:00", "Z")


def _wide(evaluations: Sequence[Evaluation]) -> list[Row]:
    """A column for each parameter and metric; what is known of a metric is in `METRIC:stderr`."""
    rows = []
    for each in evaluations:
        row = _about(each)
        row["labels"] = ", ".join(each.evidence.labels or ()) or None
        params = (each.evidence.params or {}).items()
        row |= {f"param.{name}": write_value(value) for name, value in params}
        for name, value in each.metrics.items():
            row[name if name not in row else f"metric.{name}"] = float(value)
            details = each.details.get(name, Detail())._asdict().items()
            row |= {f"{name}:{key}": found for key, found in details if found is not None}
        rows.append(row)
    return rows


def _write_csv(evaluations: Sequence[Evaluation]) -> bytes:
    rows = _wide(evaluations)
    names = list(dict.fromkeys(name for row in rows for name in row))
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow(map(_guard, names))
    for row in rows:
        writer.writerow([_guard(row.get(name)) for name in names])
    return target.getvalue().encode()


def _guard(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value


def _write_json(evaluations: Sequence[Evaluation]) -> bytes:
    rows = [
        {
            **_about(each),
            "params": each.evidence.params or {},
            "metrics": {
                name: {
                    "value": value if math.isfinite(value) else str(float(value)),
                    **{
                        key: found
                        for key, found in each.details.get(name, Detail())._asdict().items()
                        if found is not None
                    },
                }
                for name, value in each.metrics.items()
            },
        }
        for each in evaluations
    ]
    return json.dumps(rows, ensure_ascii=False, indent=1).encode()


def _write_parquet(evaluations: Sequence[Evaluation]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = _wide(evaluations)
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {name: [row.get(name) for row in rows] for name in names}
    target = io.BytesIO()
    pq.write_table(pa.table({name: _array(each) for name, each in columns.items()}), target)
    return target.getvalue()


def _array(values: list[Any]) -> Any:
    """A column; of different kinds it becomes text."""
    import pyarrow as pa

    try:
        return pa.array(values)
    except (pa.ArrowException, OverflowError):
        return pa.array([None if each is None else str(each) for each in values])
