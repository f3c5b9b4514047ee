"""The gates of a model's branches: how they stand, their rules, and a try before they are set."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from starlette.responses import Response

from assethub.console.addresses import gates_url
from assethub.console.assets.frame import render_asset
from assethub.console.evaluations.offers import offer
from assethub.console.evaluations.rule_texts import (
    NoYaml,
    RuleText,
    add_rule,
    read_rules,
    write_rules,
)
from assethub.console.evaluations.rule_words import translate_results
from assethub.console.files.points import find_points
from assethub.console.pages import redirect, render
from assethub.console.places import Point, find_asset, point_at
from assethub.console.visits import Visit
from assethub.core.assets import DEFAULT_BRANCH, Asset
from assethub.core.audit_log import Filter, Listed, list_latest
from assethub.core.gates import definitions
from assethub.core.gates.definitions import Gate
from assethub.core.gates.standings import Judged, Standing, find_standing, judge_rules
from assethub.core.permissions import Level, level_of
from assethub.core.repository import previews
from assethub.errors import HubError, InvalidInput, NotFound

_STANDINGS = 20
_OVERRIDES = 10


class Attempt(NamedTuple):
    """What came of trying rules: their results, or what is wrong with them and on which line."""

    source: str
    judged: Judged | None = None
    problem: HubError | None = None
    line: int = 0


class Editor(NamedTuple):
    """The text of a branch's rules as it is being written, and what came of it."""

    branch: str
    gate: Gate | None
    text: str
    attempt: Attempt | None
    allow_new: bool


def show_gates(visit: Visit) -> Response:
    """All gates of a model, and the rules of the branch `branch`."""
    asset = _find_model(visit)
    branch = visit.query.get("branch", DEFAULT_BRANCH)
    gate = definitions.get_gate(visit.hub, visit.user, asset.id, branch)
    text = write_rules(gate.rules) if gate else ""
    source = visit.query.get("source", "")
    attempt = _try(visit, asset, branch, text, source or f"branch/{branch}") if text else None
    return _show(visit, asset, Editor(branch, gate, text, attempt, False))


def try_rules(visit: Visit) -> Response:
    """What typed rules would say of a source: the page, or only that part for a script."""
    visit.check_form()
    asset, branch, text = _find_model(visit), _branch(visit), visit.form.get("rules", "")
    attempt = _try(visit, asset, branch, text, visit.form.get("source", ""))
    if visit.form.get("part"):
        return render(visit, "evaluations/gates_attempt.html", asset=asset, attempt=attempt)
    return _show(visit, asset, _editor(visit, asset, branch, text, attempt))


def add(visit: Visit) -> Response:
    """The typed rules with one more, put together from a form; nothing is kept yet."""
    visit.check_form()
    asset, branch, text = _find_model(visit), _branch(visit), visit.form.get("rules", "")
    source = visit.form.get("source", "")
    try:
        text = add_rule(text, _read_new(visit.form))
    except InvalidInput as error:
        attempt = Attempt(source, problem=error, line=getattr(error, "line", 0))
        return _show(visit, asset, _editor(visit, asset, branch, text, attempt))
    attempt = _try(visit, asset, branch, text, source)
    return _show(visit, asset, _editor(visit, asset, branch, text, attempt))


def set_gate(visit: Visit) -> Response:
    """Keeps the typed rules as those of the branch."""
    visit.check_form()
    asset, branch, text = _find_model(visit), _branch(visit), visit.form.get("rules", "")
    allow_new = visit.form.get("allow_new") == "yes"

    def keep(read: RuleText) -> None:
        definitions.set_gate(
            visit.hub, visit.user, asset.id, branch, read.rules, allow_new=allow_new
        )

    source = visit.form.get("source", "")
    attempt = _read(text, source, keep)
    if attempt.problem is not None:
        return _show(visit, asset, _editor(visit, asset, branch, text, attempt))
    return redirect(gates_url(asset, branch, source=source, done="set"))


def delete_gate(visit: Visit) -> Response:
    """Takes the rules of a branch away."""
    visit.check_form()
    asset, branch = _find_model(visit), _branch(visit)
    definitions.delete_gate(visit.hub, visit.user, asset.id, branch)
    return redirect(gates_url(asset, branch, done="deleted"))


def _try(visit: Visit, asset: Asset, branch: str, text: str, source: str) -> Attempt:
    judged: list[Judged] = []

    def judge(read: RuleText) -> None:
        commit = point_at(visit, source or f"branch/{branch}").commit
        found = judge_rules(visit.hub, visit.user, asset.id, branch, read.rules, commit)
        judged.append(found._replace(results=translate_results(visit.language, found.results)))

    attempt = _read(text, source, judge)
    return attempt._replace(judged=judged[0]) if judged else attempt


def _read(text: str, source: str, then: Callable[[RuleText], None]) -> Attempt:
    """Hands the rules of a text on; what is wrong with them comes back with its line."""
    try:
        read = read_rules(text)
    except NoYaml as error:
        return Attempt(source, problem=error, line=error.line)
    try:
        then(read)
    except HubError as error:
        return Attempt(source, problem=error, line=read.line_of(error))
    return Attempt(source)


def _read_new(form: Mapping[str, str]) -> dict[str, Any]:
    """A rule of the form; raises InvalidInput where its number is none."""
    rule: dict[str, Any] = {"metric": form.get("rule_metric", "").strip()}
    rule["dataset"] = form.get("rule_dataset", "").strip()
    if not all(rule.values()):
        raise InvalidInput("a rule needs a metric and a dataset", code="rule_incomplete")
    kind, typed = form.get("kind", "min"), form.get("value", "").strip()
    value: float | None = None
    if typed:
        try:
            value = float(typed)
        except ValueError as error:
            raise InvalidInput(f"{typed} is no number", code="rule_number") from error
    if kind in ("min", "max"):
        if value is None:
            raise InvalidInput("a bound needs a number", code="rule_number")
        rule[kind] = value
    elif kind == "relative":
        lower = form.get("better") == "lower"
        rule |= {"relative_to": form.get("baseline", "").strip() or "current"}
        rule |= {"margin": value or 0.0, "higher_is_better": not lower}
    return rule


def _editor(visit: Visit, asset: Asset, branch: str, text: str, attempt: Attempt | None) -> Editor:
    gate = definitions.get_gate(visit.hub, visit.user, asset.id, branch)
    return Editor(branch, gate, text, attempt, visit.form.get("allow_new") == "yes")


def _show(visit: Visit, asset: Asset, editor: Editor) -> Response:
    of = visit.hub, visit.user, asset.id
    guards = previews.list_guards(*of)
    gated = [name for name, guard in guards.items() if guard.gated]
    standings: dict[str, Standing] = {name: find_standing(*of, name) for name in gated[:_STANDINGS]}
    owns = level_of(visit.user, asset.folder, asset.id) == Level.OWNER
    problem = editor.attempt.problem if editor.attempt else None
    posted = visit.request.method == "POST"
    return render_asset(
        visit,
        "evaluations/gates.html",
        asset,
        http_status=problem.status if problem and posted else 200,
        gated=gated,
        standings=standings,
        editor=editor,
        attempt=editor.attempt,
        owns=owns,
        points=find_points(visit, Point(asset, "", "")),
        offers=offer(visit, asset),
        overrides=_overrides(visit, asset) if owns else [],
        done=visit.query.get("done", ""),
    )


def _overrides(visit: Visit, asset: Asset) -> list[Listed]:
    wanted = Filter(asset=asset.id, action="gate.override")
    return list_latest(visit.hub, wanted, _OVERRIDES)[::-1]


def _find_model(visit: Visit) -> Asset:
    asset = find_asset(visit)
    if asset.folder.type != "model":
        raise NotFound("a dataset has no gates")
    return asset


def _branch(visit: Visit) -> str:
    return visit.form.get("branch", DEFAULT_BRANCH)
