"""Routes of the gates of branches."""

import math
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, StrictBool, StrictStr
from starlette.responses import Response

from assethub.api.callers import Caller, CurrentHub
from assethub.api.render import Json, render_time
from assethub.core.gates import definitions as gates
from assethub.core.gates import trials as gate_trials
from assethub.core.gates.verdicts import RuleResult

router = APIRouter(tags=["gates"])
_GATE = "/assets/{asset_id}/branches/{name}/gate"


class NewGate(BaseModel):
    """`rules` are those of docs/gates.md; `allow_new` lets them name metrics that are not there."""

    rules: Any
    allow_new: StrictBool = False


class Check(BaseModel):
    """Two references of one model: what is to be merged, and the branch it is to go into."""

    source: StrictStr
    dest: StrictStr


@router.get(_GATE)
def get_gate(hub: CurrentHub, caller: Caller, asset_id: str, name: str) -> Json:
    return _render(gates.get_gate(hub, caller, asset_id, name))


@router.put(_GATE)
def set_gate(hub: CurrentHub, caller: Caller, asset_id: str, name: str, body: NewGate) -> Json:
    made = gates.set_gate(hub, caller, asset_id, name, body.rules, allow_new=body.allow_new)
    return _render(made)


@router.delete(_GATE)
def delete_gate(hub: CurrentHub, caller: Caller, asset_id: str, name: str) -> Response:
    gates.delete_gate(hub, caller, asset_id, name)
    return Response()


@router.post("/gate/check")
def check_gate(hub: CurrentHub, caller: Caller, body: Check) -> Json:
    """What the gate of `dest` would say to merging `source`, and the paths on which they would
    conflict; nothing is moved.
    """
    trial = gate_trials.try_gate(hub, caller, body.source, body.dest)
    return {
        "passed": trial.passed,
        "gated": trial.gated,
        "branch": trial.branch,
        "source": trial.source,
        "head": trial.head,
        "way": trial.way,
        "problem": trial.problem,
        "conflicts": trial.conflicts,
        "rules": [render_rule_result(result) for result in trial.results],
    }


def _render(gate: gates.Gate | None) -> Json:
    if gate is None:
        return {"rules": [], "changed": None, "changedBy": None}
    return {
        "rules": [rule.as_json() for rule in gate.rules],
        "changed": render_time(gate.changed),
        "changedBy": gate.changed_by,
    }


def render_rule_result(result: RuleResult) -> Json:
    """What came of a rule; a value that JSON has no number for is null."""
    value = result.value
    return result._asdict() | {
        "rule": result.rule.as_json(),
        "value": value if value is not None and math.isfinite(value) else None,
    }
