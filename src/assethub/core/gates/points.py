"""What the rules of a gate name: datasets and baselines, found when a gate is set and again when it
is asked. What is kept is the dataset's id, so that renaming it changes nothing.
"""

import difflib
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from assethub.core.assets import DEFAULT_BRANCH, Asset, load_viewable
from assethub.core.gates.evidence import known_metrics
from assethub.core.gates.rules import InvalidRule, Rule
from assethub.core.people.users import User
from assethub.core.references import parse_reference, resolve
from assethub.core.repository.targets import Target, find_target
from assethub.errors import HubError, NotFound

CURRENT = "current"


class Point(NamedTuple):
    """A branch, a tag or a whole commit id, as `find_target` takes them."""

    kind: str
    value: str

    @property
    def suffix(self) -> str:
        """What stands behind an asset's name for it: nothing for the branch main."""
        if self.kind == "commit":
            return f"@{self.value}"
        return "" if self == MAIN else f":{self.kind}/{self.value}"


MAIN = Point("branch", DEFAULT_BRANCH)


class BoundRule(NamedTuple):
    """A rule with what it names. `baseline` is None for `current`, and without `relative_to`."""

    rule: Rule
    dataset_id: str
    dataset_point: Point
    baseline: Point | None

    def as_json(self) -> dict[str, Any]:
        """As the database keeps it."""
        return {
            "rule": self.rule.as_json(),
            "dataset_id": self.dataset_id,
            "dataset_point": list(self.dataset_point),
            "baseline": None if self.baseline is None else list(self.baseline),
        }


def read_bound_rule(kept: dict[str, Any]) -> BoundRule:
    """What `BoundRule.as_json` wrote."""
    said = kept["rule"]
    rule = Rule(**said | {"slices": tuple(said.get("slices", ()))})
    baseline = kept["baseline"]
    return BoundRule(
        rule,
        kept["dataset_id"],
        Point(*kept["dataset_point"]),
        None if baseline is None else Point(*baseline),
    )


def bind_rules(
    connection: sa.Connection, user: User, asset: Asset, rules: Sequence[Rule], *, allow_new: bool
) -> list[BoundRule]:
    """The rules with the datasets and baselines that they name.

    Raises InvalidRule for what is not there or not for the user's eyes, and, without `allow_new`,
    for a metric that no evaluation of the asset has yet.
    """
    known = () if allow_new else known_metrics(connection, asset.id)
    bound = []
    for number, rule in enumerate(rules, 1):
        dataset, point = _find_dataset(connection, user, number, rule.dataset)
        if not allow_new and rule.metric not in known:
            raise InvalidRule(number, "metric", _unknown_metric(rule, known), code="unknown_metric")
        written, baseline = _find_baseline(connection, asset, number, rule.relative_to)
        rule = rule._replace(dataset=dataset.path + point.suffix, relative_to=written)
        bound.append(BoundRule(rule, dataset.id, point, baseline))
    return bound


def show_rules(connection: sa.Connection, user: User, rules: Iterable[BoundRule]) -> list[Rule]:
    """The rules with the datasets' present names; ids stand for those the user may not view."""
    rules = list(rules)
    viewable = load_viewable(connection, user, (each.dataset_id for each in rules))
    return [
        each.rule._replace(
            dataset=(viewable[each.dataset_id].path if each.dataset_id in viewable else each[1])
            + each.dataset_point.suffix
        )
        for each in rules
    ]


def find_point(connection: sa.Connection, asset_id: str, point: Point) -> str | None:
    """The commit that a point of an asset is now, None where it is gone."""
    if point.kind == "commit":
        return point.value
    try:
        return find_target(connection, asset_id, *point).commit_id
    except NotFound:
        return None


def _find_dataset(
    connection: sa.Connection, user: User, number: int, text: str
) -> tuple[Asset, Point]:
    place = text.partition(":")[0].partition("@")[0]
    parts = place.split("/")
    # As people write them: FOLDER/NAME and dataset/FOLDER/NAME are their own.
    before = {2: f"{user.name}/dataset/", 3: f"{user.name}/"}.get(len(parts), "")
    try:
        reference = parse_reference(before + text)
        if not reference.name or reference.type != "dataset":
            raise InvalidRule(
                number,
                "dataset",
                f"{text!r} is no dataset: write FOLDER/NAME or "
                "OWNER/dataset/FOLDER/NAME, perhaps with :tag/T or @COMMIT",
            )
        asset, target = resolve(connection, user, reference)
    except InvalidRule:
        raise
    except NotFound as error:
        raise InvalidRule(
            number, "dataset", f"{before + text}: {error.detail}", code="unknown_dataset"
        ) from error
    except HubError as error:
        raise InvalidRule(number, "dataset", error.detail) from error
    return asset, _point(target)


def _find_baseline(
    connection: sa.Connection, asset: Asset, number: int, text: str | None
) -> tuple[str | None, Point | None]:
    """A baseline as it is written and found again; what it is, or None for the present commit."""
    if text is None or text == CURRENT:
        return text, None
    name = text.removeprefix(":").removeprefix("@")
    kind, mark, value = name.partition("/")
    if not mark or kind not in ("branch", "tag"):
        kind, value = "any", name
    try:
        point = _point(find_target(connection, asset.id, kind, value))
    except HubError as error:
        raise InvalidRule(
            number,
            "relative_to",
            f"{error.detail}; write current, branch/B, tag/T or a commit of this model",
            code="unknown_baseline",
        ) from error
    return (point.value if point.kind == "commit" else "/".join(point)), point


def _point(target: Target) -> Point:
    if target.branch:
        return Point("branch", target.branch)
    return Point("tag", target.tag) if target.tag else Point("commit", target.commit_id)


def _unknown_metric(rule: Rule, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(rule.metric, known, 3) or sorted(known)[:5]
    hint = f"there are {', '.join(near)}" if near else "there are no evaluations"
    return (
        f"no evaluation of this model has a metric {rule.metric!r} yet ({hint}); correct it, or "
        "say allow_new"
    )
