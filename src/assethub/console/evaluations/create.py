"""The form that records an evaluation, by what is typed in and by files."""

import json
import re
from collections.abc import Iterator
from typing import Any, cast

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from assethub.console.addresses import evaluation_url
from assethub.console.assets.frame import render_asset
from assethub.console.files.changes import UploadForm, read_upload
from assethub.console.pages import redirect
from assethub.console.places import find_asset
from assethub.console.visits import Visit
from assethub.core.asset_names import suggest_assets
from assethub.core.assets import Asset
from assethub.core.evaluations import recording
from assethub.core.evaluations.samples import SampleIntake
from assethub.core.references import look_up
from assethub.core.repository import branches, tags
from assethub.errors import HubError, InvalidInput, NotFound
from assethub.store.blobs import CHUNK_BYTES

_MOST_FIELDS = 2000
_EMPTY_ROWS = 3
_MOST_SUGGESTED = 12
_WHOLE = re.compile(r"[+-]?\d{1,18}")
_DETAILS = ("stderr", "n")
_PLAIN = ("tool", "revision", "hardware", "note")
_TYPES = ("model", "dataset")


async def read_new_form(request: Request) -> UploadForm:
    """The fields of the form, of which there are many, and its files."""
    return await read_upload(request, most_fields=_MOST_FIELDS)


def show_form(visit: Visit, problem: HubError | None = None) -> Response:
    """The form, with what was typed into it."""
    asset = find_asset(visit)
    names = visit.form.all("metric")
    rows = list(_rows(visit, ("metric", "value", *_DETAILS)))
    params = list(_rows(visit, ("param", "param_value")))
    empty = _EMPTY_ROWS if not names else 1
    return render_asset(
        visit,
        "evaluations/new.html",
        asset,
        http_status=problem.status if problem else 200,
        typed=_defaults(visit, asset) | visit.form,
        rows=rows + [("",) * 4] * empty,
        params=params + [("",) * 2] * (2 if not params else 1),
        problem=problem,
    )


def record(visit: Visit) -> Response:
    """Records what the form says; files say the rest."""
    visit.check_form()
    find_asset(visit)
    form = cast(UploadForm, visit.form)
    try:
        new = recording.read_new(_read_body(visit, form))
    except HubError as error:
        return show_form(visit, error)
    try:
        made = visit.hub.database.write(recording.plan_evaluation(new, lambda _: visit.user))
    except HubError as error:
        recording.note_refused(visit.hub, visit.user, new.model, error)
        return show_form(visit, error)
    return redirect(evaluation_url(made.id) + "?done=recorded")


def suggest(visit: Visit) -> Response:
    """References for a field that somebody types one into, as JSON."""
    user, type_ = visit.user, visit.query.get("type", "")
    text = visit.query.get("q", "").strip()
    if type_ not in _TYPES:
        raise InvalidInput("the type must be model or dataset", code="invalid_type")
    asset, mark, point = text.partition(":")
    if mark:
        return JSONResponse(_suggest_points(visit, whole_reference(visit, asset, type_), point))
    return JSONResponse(list(suggest_assets(visit.hub, user, type_, text, _MOST_SUGGESTED)))


def whole_reference(visit: Visit, text: str, type_: str) -> str:
    """A reference with its owner and type, which those who type it may leave out."""
    path, mark, point = re.fullmatch(r"([^:@]*)([:@]?)(.*)", text.strip(), re.S).groups()  # type: ignore[union-attr]
    parts = path.split("/")
    if len(parts) == 2:
        parts = [visit.user.name, type_, *parts]
    elif len(parts) == 3:
        parts = [parts[0], type_, *parts[1:]]
    return "/".join(parts) + mark + point


def _suggest_points(visit: Visit, path: str, typed: str) -> list[str]:
    try:
        asset = look_up(visit.hub, visit.user, path).asset
    except (NotFound, InvalidInput):
        return []
    if asset is None:
        return []
    of = (visit.hub, visit.user, asset.id)
    found = [f"branch/{each.name}" for each in branches.list_branches(*of)]
    found += [f"tag/{each.name}" for each in tags.list_tags(*of)]
    return [f"{path}:{each}" for each in found if typed in each][:_MOST_SUGGESTED]


def _defaults(visit: Visit, asset: Asset) -> dict[str, str]:
    ref = visit.query.get("ref", "")
    named = f"{asset.path}:{ref}" if ref else asset.path
    return {asset.folder.type: named}


def _rows(visit: Visit, names: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Those rows of the form in which something stands."""
    for row in zip(*(visit.form.all(name) for name in names), strict=False):
        if any(each.strip() for each in row):
            yield row


def _read_body(visit: Visit, form: UploadForm) -> dict[str, Any]:
    """What a request to record one has. What the form says goes before what the file says."""
    files = {name: file for name, file in form.named if file.size}
    told = _read_results(files["results"].file.read()) if "results" in files else {}
    body = {key: value for key, value in told.items() if key not in ("model", "dataset")}
    for side in _TYPES:
        given = form.get(side, "").strip()
        if not given:
            raise InvalidInput(f"say which {side} it is of", code=f"{side}_missing")
        body[side] = whole_reference(visit, given, side)
    typed = {name.strip(): _read_metric(name, *rest) for name, *rest in _metric_rows(visit)}
    body["metrics"] = {**body.get("metrics", {}), **typed}
    params = {name.strip(): _guess(value) for name, value in _rows(visit, ("param", "param_value"))}
    if params:
        body["params"] = {**(body.get("params") or {}), **params}
    body |= {name: form[name].strip() for name in _PLAIN if form.get(name, "").strip()}
    body |= _read_numbers(form)
    labels = [each.strip() for each in form.get("labels", "").split(",") if each.strip()]
    body |= {"labels": labels} if labels else {}
    sent = form.get("samples_id", "")
    if "samples" in files:
        with SampleIntake(visit.hub, visit.user) as intake:
            while chunk := files["samples"].file.read(CHUNK_BYTES):
                intake.write(chunk)
            sent = intake.finish().id
    return body | ({"samples": sent} if sent else {})


def _metric_rows(visit: Visit) -> Iterator[tuple[str, ...]]:
    for name, *rest in _rows(visit, ("metric", "value", *_DETAILS)):
        if not name.strip():
            raise InvalidInput("a metric needs a name", code="invalid_metric")
        yield name, *rest


def _read_results(data: bytes) -> dict[str, Any]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        what = f"the file of results is no JSON: {error}"
        raise InvalidInput(what, code="invalid_file") from error
    if not isinstance(found, dict):
        raise InvalidInput("the file of results must hold an object", code="invalid_file")
    return found if isinstance(found.get("metrics"), dict) else {"metrics": found}


def _read_metric(name: str, value: str, stderr: str, n: str) -> Any:
    number = _read_number(f"the value of {name}", value)
    details = {
        key: _read_number(f"the {key} of {name}", text)
        for key, text in (("stderr", stderr), ("n", n))
        if text.strip()
    }
    return {"value": number, **details} if details else number


def _read_numbers(form: UploadForm) -> dict[str, Any]:
    return {
        name: _read_number(f"the {name}", form[name])
        for name in ("seed", "duration")
        if form.get(name, "").strip()
    }


def _read_number(what: str, text: str) -> float | int:
    text = text.strip().replace("−", "-")
    if _WHOLE.fullmatch(text):
        return int(text)
    try:
        return float(text)
    except ValueError as error:
        raise InvalidInput(f"{what} is no number: {text[:40]!r}", code="invalid_metric") from error


def _guess(text: str) -> Any:
    """A parameter is JSON, or else text."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
