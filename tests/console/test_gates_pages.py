"""The page of gates: rules tried before they are set, set, and deleted."""

import pytest

from assethub.console.evaluations.rule_texts import NoYaml, add_rule, read_rules
from assethub.core.gates.definitions import get_gate, set_gate
from console.shelves import Shelf
from console.visitors import Page, Visitor

MARKUP = "<b onclick=alert(1)>x</b>"
RULES = "rules:\n  - metric: accuracy\n    dataset: digits/digits\n    min: 0.9\n"


def post(owner: Visitor, shelf: Shelf, page: str = "gates", **fields: str) -> Page:
    token = owner.get(f"{shelf.model_url}/gates").fields()["form_token"]
    return owner.post(
        f"{shelf.model_url}/{page}", {"form_token": token, "branch": "main", **fields}
    )


def test_rules_are_tried_before_they_are_set(shelf: Shelf, owner: Visitor) -> None:
    shelf.branch("better")
    shelf.commit(shelf.model_id, "better", {"f": b"1"}, "Better")
    shelf.evaluate({"accuracy": 0.5})
    shelf.evaluate({"accuracy": 0.95}, "branch/better")
    bad = post(owner, shelf, "gates/try", rules=RULES, source="branch/main")
    assert [row.cells[-1] for row in bad.rows if row.cells[:1] == ["1"]] == ["fails"]
    assert "below 0.9" in bad.text
    part = post(owner, shelf, "gates/try", rules=RULES, source="branch/better", part="attempt")
    assert "<html" not in part.source
    assert [row.cells[-1] for row in part.rows if row.cells[:1] == ["1"]] == ["passes"]
    assert get_gate(shelf.hub.inside, shelf.user, shelf.model_id, "main") is None


def test_a_gate_is_set_shown_and_deleted(shelf: Shelf, owner: Visitor) -> None:
    shelf.evaluate({"accuracy": 0.95})
    page = post(owner, shelf, rules=RULES, source="branch/main")
    assert page.status == 303
    shown = owner.get(page.location)
    assert "The gate of main is set." in shown.text
    assert "min: 0.9" in shown.text
    assert "passes its gate" in owner.get(f"{shelf.model_url}/branches").text
    gone = post(owner, shelf, "gates/delete")
    assert "has no gate any more" in owner.get(gone.location).text
    assert get_gate(shelf.hub.inside, shelf.user, shelf.model_id, "main") is None


def test_a_branch_that_no_longer_satisfies_its_gate_says_so(shelf: Shelf, owner: Visitor) -> None:
    rule = {"metric": "accuracy", "dataset": shelf.dataset, "min": 0.9}
    set_gate(shelf.hub.inside, shelf.user, shelf.model_id, "main", [rule], allow_new=True)
    assert "fails its gate" in owner.get(f"{shelf.model_url}/branches").text
    current = {"metric": "accuracy", "dataset": shelf.dataset, "relative_to": "current"}
    set_gate(shelf.hub.inside, shelf.user, shelf.model_id, "main", [current], allow_new=True)
    assert "gate not checked" in owner.get(f"{shelf.model_url}/branches").text


@pytest.mark.parametrize(
    ("rules", "line", "text"),
    [
        ("rules:\n  - metric: accuracy\n   dataset: x\n", "Line 3", "no YAML"),
        ("- metric: a\n  dataset: digits/digits\n- metric: b\n", "Line 3", "dataset"),
        ("- metric: a\n  dataset: digits/digits\n  mni: 1\n", "Line 3", "did you mean min?"),
        ("- metric: a\n  dataset: digits/digits\n  min: high\n", "Line 3", "must be a number"),
        ("- metric: a\n  dataset: no/where\n", "Line 2", "no/where"),
        ("- &a {metric: a, dataset: digits/digits}\n- *a\n", "Line 2", "aliases"),
        ("- metric: a\n  metric: b\n", "Line 1", "twice"),
        ("", "", "at least one rule"),
    ],
)
def test_an_error_points_at_its_line_and_the_text_is_kept(
    shelf: Shelf, owner: Visitor, rules: str, line: str, text: str
) -> None:
    page = post(owner, shelf, rules=rules, source="branch/main")
    assert page.status >= 400
    assert line in page.text
    assert text in page.text
    assert rules.strip() in page.text.replace("\n", " ") or rules.split("\n")[0] in page.text


def test_a_metric_that_is_not_there_yet_has_to_be_allowed(shelf: Shelf, owner: Visitor) -> None:
    refused = post(owner, shelf, rules=RULES)
    assert (refused.status, "allow new metrics" in refused.text) == (400, True)
    assert post(owner, shelf, rules=RULES, allow_new="yes").status == 303


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"kind": "min", "value": "0.9"}, {"min": 0.9}),
        ({"kind": "max", "value": "1e-3"}, {"max": 0.001}),
        (
            {"kind": "relative", "value": "0.01", "baseline": "current", "better": "lower"},
            {"relative_to": "current", "margin": 0.01, "higher_is_better": False},
        ),
    ],
)
def test_a_rule_is_added_without_yaml(
    shelf: Shelf, owner: Visitor, fields: dict[str, str], rule: dict[str, object]
) -> None:
    page = post(
        owner,
        shelf,
        "gates/add",
        rules="# mine\n" + RULES,
        rule_metric="loss",
        rule_dataset="digits/digits",
        **fields,
    )
    text = page.source.partition("<textarea")[2].partition(">")[2].partition("</textarea>")[0]
    assert "# mine" in text
    said = read_rules(text).rules
    assert said[1] == {"metric": "loss", "dataset": "digits/digits", **rule}
    lacking = post(
        owner, shelf, "gates/add", rules=RULES, rule_metric="loss", kind="min", value="1"
    )
    assert "A rule needs a metric and a dataset." in lacking.text


def test_a_rule_is_added_to_a_text_as_it_is_written() -> None:
    new = {"metric": "b", "dataset": "y"}
    assert add_rule("", new) == "rules:\n- metric: b\n  dataset: y\n"
    listed = add_rule("- {metric: a, dataset: x}", new)
    assert listed == "- {metric: a, dataset: x}\n- metric: b\n  dataset: y\n"
    flow = add_rule("{rules: [{metric: a, dataset: x}]}", new)
    assert [rule["metric"] for rule in read_rules(flow).rules] == ["a", "b"]
    with pytest.raises(NoYaml):
        read_rules("x" * 50_000)


def test_what_rules_require_and_find_is_said_in_the_visitors_language(shelf: Shelf) -> None:
    visitor = Visitor(shelf.hub, "zh").sign_in(shelf.owner)
    rules = RULES + (
        "    min_samples: 5\n  - metric: loss\n    dataset: digits/digits\n"
        "    relative_to: current\n    higher_is_better: false\n    max_age: 30d\n"
    )
    page = post(visitor, shelf, "gates/try", rules=rules, source="branch/main")
    found = {row.cells[0]: row.cells[1:3] for row in page.rows if row.cells}
    assert "不低于 0.9, 至少 5 个样本" in found["1"][0]
    assert "没有有效的评估结果" in found["1"][1]
    assert "没有在此数据集上测得此指标的评估结果" in found["1"][1]
    assert "与 current 之差的上限低于 0, 不早于 30d 前" in found["2"][0]


def test_rules_are_shown_as_they_are(shelf: Shelf, owner: Visitor) -> None:
    page = post(owner, shelf, "gates/try", rules=f"- metric: {MARKUP}", source=MARKUP)
    assert MARKUP not in page.source


def test_a_dataset_has_no_gates(shelf: Shelf, owner: Visitor) -> None:
    assert owner.get(f"{shelf.dataset_url}/gates").status == 404
