"""Gates by the SDK and the command, and what they write for others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from t9k import ah

from .conftest import RunAh

RULE: dict[str, Any] = {"metric": "accuracy", "dataset": "vision/digits", "min": 0.9}
GATE = """\
rules:
  - metric: accuracy
    dataset: vision/digits
    min: 9e-1
"""


@pytest.fixture
def dev(model: ah.Model, dataset: ah.Dataset) -> ah.Branch:
    """A branch with a commit that was not evaluated yet; `main` has a gate."""
    Path("w").write_text("weights")
    made = model.create_branch("dev", "main")
    made.create_commit("weights", add="w")
    model.get_branch("main").set_gate([RULE], allow_new=True)
    return made


def test_a_gate_is_set_read_and_deleted(
    model: ah.Model, dataset: ah.Dataset, logged_in: Any
) -> None:
    main = model.get_branch("main")
    assert main.gate is None
    made = main.set_gate({"rules": [RULE]}, allow_new=True)
    assert made["rules"] == [RULE | {"dataset": f"{logged_in.name}/dataset/vision/digits"}]
    assert (main.gate, made["changedBy"]) == (made, logged_in.name)
    main.delete_gate()
    assert main.gate is None


def test_a_merge_that_the_gate_refuses_says_what_came_of_each_rule(
    dev: ah.Branch, model: ah.Model, dataset: ah.Dataset
) -> None:
    main = model.get_branch("main")
    dev.create_evaluation({"accuracy": 0.5}, dataset)
    with pytest.raises(ah.ConflictError, match="does not let commit") as refused:
        main.merge(dev)
    assert refused.value.code == "gate_failed"
    assert [rule["actual"] for rule in refused.value.rules] == ["0.5"]
    assert main.merge(dev, override="it is the wrong metric").id == dev.id


def test_a_check_is_true_where_the_merge_would_pass(
    dev: ah.Branch, model: ah.Model, dataset: ah.Dataset
) -> None:
    main = model.get_branch("main")
    check = main.check_gate(dev)
    assert (bool(check), check.way, check.gated) == (False, "fast_forward", True)
    assert "FAILED  rule 1" in str(check)
    dev.create_evaluation({"accuracy": 0.95}, dataset)
    assert main.check_gate("dev")
    assert main.merge(dev).id == dev.id


def test_the_command_sets_shows_checks_and_deletes(
    dev: ah.Branch, model: ah.Model, dataset: ah.Dataset, run_ah: RunAh
) -> None:
    Path("gate.yaml").write_text(GATE)
    assert run_ah("gate", "set", "vision/cnn:branch/main", "-f", "gate.yaml").code == 1
    done = run_ah("gate", "set", "vision/cnn:main", "-f", "gate.yaml", "--allow-new")
    assert (done.code, done.out) == (0, "")
    shown = run_ah("gate", "show", "vision/cnn:main")
    Path("shown.yaml").write_text(shown.out)
    assert "min: 0.9" in shown.out
    assert run_ah("gate", "set", "vision/cnn", "-f", "shown.yaml", "--allow-new").code == 0
    assert run_ah("gate", "check", "vision/cnn:dev", "vision/cnn:main").code == 3
    refused = run_ah("merge", "vision/cnn:dev", "vision/cnn:main")
    assert (refused.code, "rule 1 (accuracy on" in refused.err) == (1, True)
    dev.create_evaluation({"accuracy": 0.95}, dataset)
    checked = run_ah("gate", "check", "vision/cnn:dev", "vision/cnn:main", "-o", "json")
    assert (checked.code, json.loads(checked.out)["passed"]) == (0, True)
    assert run_ah("gate", "delete", "vision/cnn:main").code == 0
    assert run_ah("gate", "show", "vision/cnn:main").out == "rules: []\n"


def test_the_command_passes_a_gate_with_a_reason(dev: ah.Branch, run_ah: RunAh) -> None:
    reason = ("--override", "a hot fix")
    assert run_ah("merge", "vision/cnn:dev", "vision/cnn:main", *reason).code == 0
    Path("x").write_text("")
    assert run_ah("commit", "vision/cnn:main", "-a", "x").code == 1
    assert run_ah("commit", "vision/cnn:main", "-a", "x", *reason).code == 0
    assert run_ah("revert", "vision/cnn:main", "branch/main", *reason).code == 0
    assert run_ah("reset", "vision/cnn:main", dev.id, *reason).code == 0


def test_a_check_writes_junit_and_markdown(
    dev: ah.Branch, dataset: ah.Dataset, run_ah: RunAh
) -> None:
    args = ("gate", "check", "vision/cnn:dev", "vision/cnn:main", "--junit", "gate.xml")
    assert run_ah(*args, "--markdown", "gate.md").code == 3
    suite = ElementTree.parse("gate.xml").getroot().find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures")) == ("3", "1")
    names = [case.get("name") for case in suite]
    assert names[0] is not None
    assert names[0].startswith("rule 1: accuracy on")
    assert suite[0].find("failure") is not None
    lines = Path("gate.md").read_text().splitlines()
    assert lines[0].startswith("### ❌ The gate does not let commit")
    assert lines[4].startswith("| ❌ | 1 | accuracy on")
    dev.create_evaluation({"accuracy": 0.95}, dataset)
    printed = run_ah(*args, "--markdown", "-")
    assert (printed.code, printed.out.startswith("### ✅")) == (0, True)
    suite = ElementTree.parse("gate.xml").getroot().find("testsuite")
    assert suite is not None
    assert suite.get("failures") == "0"


def test_a_check_of_a_merge_that_would_conflict_fails_and_names_the_paths(
    dev: ah.Branch, run_ah: RunAh
) -> None:
    assert run_ah("gate", "delete", "vision/cnn:main").code == 0
    for branch in ("dev", "main"):
        Path("same.txt").write_text(branch)
        assert run_ah("commit", f"vision/cnn:{branch}", "-a", "same.txt").code == 0
    args = ("gate", "check", "vision/cnn:dev", "vision/cnn:main", "--junit", "gate.xml")
    told = run_ah(*args, "--markdown", "gate.md")
    assert told.code == 3
    assert "would conflict" in told.out
    assert "same.txt" in told.out
    case = ElementTree.parse("gate.xml").getroot().find("testsuite/testcase")
    assert case is not None
    failure = case.find("failure")
    assert failure is not None
    assert failure.get("message") == "both sides changed same.txt"
    assert "❌ Merging commit" in Path("gate.md").read_text()
    found = ah.get("model/vision/cnn:main").check_gate(dev)
    assert (found.passed, found.conflicts) == (False, ["same.txt"])


BAD = {
    "text that is no YAML": ("rules: [", "gate.yaml, line 1: "),
    "a key twice": (GATE + "    min: 1\n", "gate.yaml, line 5: 'min' is given twice"),
    "no rules": ("", "The rules of a gate must be a list"),
    "another key": ("rule: []", "A gate is a list of rules, or a mapping with only `rules`"),
    "a rule that cannot be": (
        GATE + "  - metric: loss\n    dataset: vision/digits\n    max: low\n",
        "gate.yaml, line 5: rule 2, max: must be a number, not 'low'",
    ),
    "a dataset that is not there": (
        GATE.replace("digits", "none"),
        "gate.yaml, line 2: rule 1, dataset: ",
    ),
    "code": ("!!python/object/apply:os.system [true]", "gate.yaml, line 1: could not determine"),
}


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("hub", ["sqlite+files"], indirect=True)
def test_a_file_of_rules_that_cannot_be_is_refused_with_its_line(
    model: ah.Model, dataset: ah.Dataset, run_ah: RunAh, kind: str
) -> None:
    text, says = BAD[kind]
    Path("gate.yaml").write_text(text)
    refused = run_ah("gate", "set", "vision/cnn:main", "-f", "gate.yaml", "--allow-new")
    assert refused.code == 1
    assert refused.err.startswith(f"AH ERROR: {says}")
    assert model.get_branch("main").gate is None
