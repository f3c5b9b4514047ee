"""Merging into a branch, and moving a branch: what it would come to, and then the doing of it."""

from typing import Any, NamedTuple

from starlette.responses import Response

from assethub.console.addresses import commit_url, commits_url
from assethub.console.assets.frame import render_asset
from assethub.console.commits.changes import Changes, find_changes
from assethub.console.evaluations.rule_words import translate_results
from assethub.console.files.points import find_points
from assethub.console.pages import redirect
from assethub.console.places import Point, find_asset, name_for_core, point_at
from assethub.console.visits import Visit
from assethub.core.assets import Asset
from assethub.core.gates.standings import Judged, judge_target
from assethub.core.gates.trials import Trial, try_gate
from assethub.core.permissions import Level, level_of
from assethub.core.repository import merging, previews
from assethub.core.repository.merging import Strategy
from assethub.errors import HubError, InvalidInput, NotFound
from assethub.tree import Conflict

_CONFLICTS_SHOWN = 100
_STRATEGIES: dict[str, Strategy] = {"ours": "ours", "theirs": "theirs"}


class Plan(NamedTuple):
    """What a merge would come to. `refused` says why it cannot be made now, empty where it can.

    `gate`, `conflicts` and `protected` may be reasons; only of the gate an owner may think
    otherwise.
    """

    trial: Trial
    changes: Changes
    conflicts: list[Conflict]
    more_conflicts: bool
    strategy: Strategy | None
    refused: str


def show_merge(visit: Visit) -> Response:
    """What merging `source` into `target` would change, where it conflicts, and what the gate
    says.
    """
    return _show_merge(visit, visit.query.get("source", ""), visit.query.get("target", ""))


def merge(visit: Visit) -> Response:
    """Merges, as the form says."""
    visit.check_form()
    asset, form = _find_model(visit), visit.form
    source, target = form.get("source", ""), form.get("target", "")
    try:
        merged = merging.merge_branch(
            visit.hub,
            visit.user,
            asset.id,
            target,
            name_for_core(visit, source),
            message=form.get("message", "").strip() or None,
            strategy=_STRATEGIES.get(form.get("strategy", "")),
            override=form.get("override", "").strip() or None,
        )
    except HubError as error:
        return _show_merge(visit, source, target, error)
    return redirect(f"{commit_url(asset, merged.commit_id)}?done={merged.result}")


def show_reset(visit: Visit) -> Response:
    """What moving the branch `branch` to the point `to` would change, and what its gate says."""
    return _show_reset(visit, visit.query.get("branch", ""), visit.query.get("to", ""))


def reset(visit: Visit) -> Response:
    """Moves a branch to any commit of its asset."""
    visit.check_form()
    asset, form = find_asset(visit), visit.form
    branch, to = form.get("branch", ""), form.get("to", "")
    try:
        merging.reset_branch(
            visit.hub,
            visit.user,
            asset.id,
            branch,
            name_for_core(visit, to),
            override=form.get("override", "").strip() or None,
        )
    except HubError as error:
        return _show_reset(visit, branch, to, error)
    return redirect(commits_url(asset, f"branch/{branch}", done="reset"))


def _show_merge(
    visit: Visit, source: str, target: str, problem: HubError | None = None
) -> Response:
    asset = _find_model(visit)
    plan = None
    if source and target:
        try:
            plan = _plan(visit, asset, source, target)
        except (InvalidInput, NotFound) as error:
            problem = problem or error
    return _render(
        visit,
        "commits/merge.html",
        asset,
        problem,
        plan=plan,
        source=source,
        target=target or "main",
    )


def _plan(visit: Visit, asset: Asset, source: str, target: str) -> Plan:
    of = visit.hub, visit.user
    trial = try_gate(*of, f"{asset.path}:{source}", f"{asset.path}:branch/{target}")
    found = previews.preview_merge(*of, asset.id, trial.head, trial.source)
    asked = visit.form.get("strategy") or visit.query.get("strategy", "")
    strategy = _STRATEGIES.get(asked) if found.conflicts else None
    failed = trial.gated and (
        trial.way == "merge" or not all(each.passed for each in trial.results)
    )
    refused = ""
    if trial.way == "up_to_date":
        refused = "up_to_date"
    elif not previews.may_move(*of, asset.id, target):
        refused = "protected"
    elif found.conflicts and strategy is None:
        refused = "conflicts"
    elif failed:
        refused = "gate"
    return Plan(
        trial._replace(results=translate_results(visit.language, trial.results)),
        find_changes(visit, asset, found.base or trial.head, trial.source),
        found.conflicts[:_CONFLICTS_SHOWN],
        len(found.conflicts) > _CONFLICTS_SHOWN,
        strategy,
        refused,
    )


def _show_reset(visit: Visit, branch: str, to: str, problem: HubError | None = None) -> Response:
    asset = find_asset(visit)
    judged: Judged | None = None
    changes: Changes | None = None
    point: Point | None = None
    refused = ""
    if branch and to:
        try:
            head = point_at(visit, f"branch/{branch}")
            point = point_at(visit, to)
        except (InvalidInput, NotFound) as error:
            problem = problem or error
        else:
            judged = judge_target(visit.hub, visit.user, asset.id, branch, point.commit)
            if judged is not None:
                said = translate_results(visit.language, judged.results)
                judged = judged._replace(results=said)
            changes = find_changes(visit, asset, head.commit, point.commit)
            refused = _refuse_reset(visit, asset, branch, head, point, judged)
    return _render(
        visit,
        "commits/reset.html",
        asset,
        problem,
        branch=branch,
        to=to,
        point=point,
        changes=changes,
        judged=judged,
        refused=refused,
    )


def _refuse_reset(
    visit: Visit, asset: Asset, branch: str, head: Point, point: Point, judged: Judged | None
) -> str:
    if head.commit == point.commit:
        return "up_to_date"
    if not previews.may_move(visit.hub, visit.user, asset.id, branch):
        return "protected"
    return "gate" if judged is not None and not judged.passed else ""


def _render(
    visit: Visit, template: str, asset: Asset, problem: HubError | None, **values: Any
) -> Response:
    level = level_of(visit.user, asset.folder, asset.id)
    return render_asset(
        visit,
        template,
        asset,
        http_status=problem.status if problem else 200,
        points=find_points(visit, Point(asset, "", "")),
        problem=problem,
        may_edit=level >= Level.EDIT,
        **values,
    )


def _find_model(visit: Visit) -> Asset:
    asset = find_asset(visit)
    if asset.folder.type != "model":
        raise NotFound("a dataset has only one branch")
    return asset
