"""Gates of branches: rules that a commit has to satisfy before the branch may point at it."""

from typing import Any, NamedTuple

import sqlalchemy as sa

from assethub.core.assets import load_asset
from assethub.core.audit import audited, record
from assethub.core.gates.points import BoundRule, bind_rules, read_bound_rule, show_rules
from assethub.core.gates.rules import Rule, read_rules
from assethub.core.hub import Hub
from assethub.core.people.users import User
from assethub.core.permissions import Level
from assethub.core.values import now
from assethub.errors import InvalidInput, NotFound
from assethub.store.tables import branches


class Gate(NamedTuple):
    """The rules of a branch, as one asker may see them; who changed them last and when (µs)."""

    rules: list[Rule]
    changed: int
    changed_by: str


@audited("gate.set", asset="asset_id")
def set_gate(
    hub: Hub, user: User, asset_id: str, branch: str, rules: Any, *, allow_new: bool = False
) -> Gate:
    """Gives a branch rules, in the place of those it had. Of the owner.

    Raises InvalidRule where a rule cannot be, or names a dataset or a baseline that is not there,
    or, without `allow_new`, a metric that no evaluation of the model has yet.
    """
    read = read_rules(rules)

    def job(connection: sa.Connection) -> Gate:
        asset = load_asset(connection, user, asset_id, Level.OWNER)
        if asset.folder.type != "model":
            raise InvalidInput(
                "only a model's branch can have a gate: datasets are not evaluated",
                code="wrong_type",
            )
        bound = bind_rules(connection, user, asset, read, allow_new=allow_new)
        moment = now()
        kept = {
            "rules": [each.as_json() for each in bound],
            "changed": moment,
            "changed_by": user.name,
        }
        _write(connection, asset_id, branch, kept)
        shown = [each.rule for each in bound]
        about = asset.about.at(f":branch/{branch}")
        record(connection, user, "gate.set", about, rules=[each.as_json() for each in shown])
        return Gate(shown, moment, user.name)

    return hub.database.write(job)


@audited("gate.delete", asset="asset_id")
def delete_gate(hub: Hub, user: User, asset_id: str, branch: str) -> None:
    """Takes the rules of a branch away; it is no error that it has none. Of the owner."""

    def job(connection: sa.Connection) -> None:
        asset = load_asset(connection, user, asset_id, Level.OWNER)
        _write(connection, asset_id, branch, None)
        record(connection, user, "gate.delete", asset.about.at(f":branch/{branch}"))

    hub.database.write(job)


def get_gate(hub: Hub, user: User, asset_id: str, branch: str) -> Gate | None:
    """The rules of a branch; None where it has none."""
    with hub.database.read() as connection:
        load_asset(connection, user, asset_id, Level.VIEW)
        kept = load_gate(connection, asset_id, branch)
        if kept is None:
            return None
        rules = show_rules(connection, user, bound_rules(kept))
    return Gate(rules, kept["changed"], kept["changed_by"])


def load_gate(connection: sa.Connection, asset_id: str, branch: str) -> dict[str, Any] | None:
    """The gate of a branch as it is kept; raises NotFound where there is no such branch."""
    query = sa.select(branches.c.gate).where(
        branches.c.asset_id == asset_id, branches.c.name == branch
    )
    row = connection.execute(query).first()
    if row is None:
        raise _missing(branch)
    gate: dict[str, Any] | None = row.gate
    return gate


def bound_rules(kept: dict[str, Any]) -> list[BoundRule]:
    """The rules of a gate as it is kept."""
    return [read_bound_rule(each) for each in kept["rules"]]


def _write(
    connection: sa.Connection, asset_id: str, branch: str, kept: dict[str, Any] | None
) -> None:
    change = branches.update().where(branches.c.asset_id == asset_id, branches.c.name == branch)
    if not connection.execute(change.values(gate=kept)).rowcount:
        raise _missing(branch)


def _missing(branch: str) -> NotFound:
    return NotFound(
        "branch not found", code="branch_not_found", detail=f"branch {branch} not found"
    )
