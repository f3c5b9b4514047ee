"""Gates: a branch with rules only moves to commits whose evaluations satisfy them."""

import json
import math
from typing import Any

import pytest

from api.gated import Gated
from api.raw import JSON
from assethub.store.tables import evaluations
from hubs import RunningHub

RULE = {"metric": "accuracy", "dataset": "images/mnist", "min": 0.9}


@pytest.fixture
def gated(hub: RunningHub) -> Gated:
    return Gated(hub)


def test_a_merge_is_refused_until_the_commit_was_evaluated_well_enough(gated: Gated) -> None:
    gated.set_gate(RULE)
    assert "no evaluation of commit" in gated.reasons(gated.merge())[0]
    gated.evaluate({"loss": 0.1})
    assert "no evaluation of commit" in gated.reasons(gated.merge())[0]
    gated.evaluate({"accuracy": 0.9})
    assert gated.merge().json() == {"commit": gated.candidate, "result": "fast_forward"}


def test_a_refusal_lists_each_rule_with_what_it_requires_and_what_is(gated: Gated) -> None:
    gated.set_gate(RULE, {"metric": "loss", "dataset": "images/mnist", "max": 0.5})
    evaluation = gated.evaluate({"accuracy": 0.875, "loss": 0.25})
    answer = gated.merge()
    reason = f"is 0.875 (evaluation {evaluation[:8]}), below 0.9"
    assert gated.reasons(answer) == [reason, ""]
    dataset = f"{gated.name}/dataset/images/mnist"
    assert answer.json()["rules"] == [
        {
            "number": 1,
            "rule": {"metric": "accuracy", "dataset": dataset, "min": 0.9},
            "required": f"accuracy on {dataset}: at least 0.9",
            "actual": "0.875",
            "value": 0.875,
            "evaluation": evaluation,
            "passed": False,
            "reason": reason,
        },
        {
            "number": 2,
            "rule": {"metric": "loss", "dataset": dataset, "max": 0.5},
            "required": f"loss on {dataset}: at most 0.5",
            "actual": "0.25",
            "value": 0.25,
            "evaluation": evaluation,
            "passed": True,
            "reason": "",
        },
    ]
    status, text = gated.owner.refused("POST", f"{gated.branch}/merge", {"source": "dev"})
    assert (status, text) == (409, answer.json()["detail"])
    assert "rule 1 (accuracy on" in text
    assert "rule 2" not in text


def test_only_evaluations_of_the_very_commit_count(gated: Gated) -> None:
    gated.set_gate(RULE)
    gated.evaluate({"accuracy": 0.99}, gated.head)
    body = {"name": "twin", "source": gated.head}
    gated.owner.ok("POST", f"/assets/{gated.model}/branches", body)
    operation = gated.owner.start(gated.model, "twin")
    gated.owner.put(operation, "w", b"two")
    twin = gated.owner.finish(operation, "the same, said otherwise")
    gated.evaluate({"accuracy": 0.99}, twin)
    assert "no evaluation of commit" in gated.reasons(gated.merge())[0]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_value_that_is_no_finite_number_never_passes(gated: Gated, value: float) -> None:
    gated.set_gate({"metric": "accuracy", "dataset": "images/mnist"})
    gated.evaluate({"accuracy": value})
    answer = gated.merge()
    assert "not a finite number" in gated.reasons(answer)[0]
    assert answer.json()["rules"][0]["value"] is None


def test_another_evaluation_does_not_make_up_for_one_that_fails(gated: Gated) -> None:
    gated.set_gate(RULE)
    bad = gated.evaluate({"accuracy": 0.5}, by=gated.runner)
    gated.evaluate({"accuracy": 0.99}, by=gated.runner)
    assert gated.runner.call("DELETE", f"/evaluations/{bad}", None, JSON).status == 403
    assert bad[:8] in gated.reasons(gated.merge(by=gated.editor))[0]
    gated.editor.ok("DELETE", f"/evaluations/{bad}", why="the wrong split")
    assert gated.merge(by=gated.editor).status == 200


def test_a_deleted_evaluation_does_not_count(gated: Gated) -> None:
    gated.set_gate(RULE)
    gated.owner.ok("DELETE", f"/evaluations/{gated.evaluate({'accuracy': 1})}")
    assert "there is deleted" in gated.reasons(gated.merge())[0]


def test_a_commit_made_on_the_branch_is_refused_and_says_how_to_go_on(gated: Gated) -> None:
    gated.set_gate(RULE)
    operation = gated.owner.start(gated.model)
    gated.owner.put(operation, "w", b"three")
    answer = gated.owner.call("POST", f"/update/{operation}", {"message": ""}, JSON)
    assert gated.reasons(answer)
    assert "make it on another branch" in answer.json()["detail"]
    answer = gated.editor.call("POST", "/update", None, JSON, asset=gated.model, branch="main")
    assert "a new commit has no evaluations" in gated.reasons(answer)[0]


def test_a_merge_that_makes_a_commit_and_a_revert_are_refused(gated: Gated) -> None:
    other = gated.owner.commit(gated.model, {"other": b""})
    gated.set_gate(RULE)
    gated.evaluate({"accuracy": 1})
    gated.head = other
    assert "make it on another branch" in gated.merge().json()["detail"]
    answer = gated.owner.call("POST", f"{gated.branch}/revert", {"ref": "main"}, JSON)
    assert gated.reasons(answer)
    assert gated.owner.ok("POST", f"{gated.branch}/reset", {"ref": "dev"})
    assert gated.main() == gated.candidate


def test_a_reset_goes_only_to_commits_that_pass(gated: Gated) -> None:
    gated.set_gate(RULE)
    assert gated.reasons(gated.owner.call("POST", f"{gated.branch}/reset", {"ref": "dev"}, JSON))
    assert gated.owner.ok("POST", f"{gated.branch}/reset", {"ref": "main"})
    gated.evaluate({"accuracy": 1})
    assert gated.owner.ok("POST", f"{gated.branch}/reset", {"ref": "dev"})


def test_an_owner_overrides_with_a_reason_that_is_recorded(gated: Gated) -> None:
    gated.set_gate(RULE)
    answer = gated.merge(override="  ")
    assert (answer.status, answer.json()["code"]) == (400, "reason_missing")
    answer = gated.merge(by=gated.editor, override="please")
    assert (answer.status, answer.json()["code"]) == (403, "override_denied")
    assert gated.main() == gated.head
    assert gated.merge(override="the dataset is wrong").status == 200
    operation = gated.owner.start(gated.model)
    gated.owner.put(operation, "w", b"three")
    body = {"message": "", "override": "a hot fix"}
    gated.owner.ok("POST", f"/update/{operation}", body)
    query = "SELECT detail FROM audit WHERE action = 'gate.override' AND asset_id = '{}'"
    with gated.hub.inside.database.read() as connection:
        found = connection.exec_driver_sql(query.format(gated.model)).scalars().all()
    details = [json.loads(each) if isinstance(each, str) else each for each in found]
    assert sorted(each["reason"] for each in details) == ["a hot fix", "the dataset is wrong"]


def test_only_the_owner_sets_a_gate_or_deletes_what_has_one(gated: Gated) -> None:
    body = {"rules": [RULE], "allow_new": True}
    assert gated.editor.call("PUT", f"{gated.branch}/gate", body, JSON).status == 403
    gated.set_gate(RULE)
    dev = {"rules": [RULE | {"dataset": f"{gated.name}/dataset/images/mnist"}], "allow_new": True}
    gated.owner.ok("PUT", f"/assets/{gated.model}/branches/dev/gate", dev)
    assert gated.editor.call("DELETE", f"{gated.branch}/gate", None, JSON).status == 403
    for path in (f"/assets/{gated.model}/branches/dev", f"/assets/{gated.model}"):
        answer = gated.editor.call("DELETE", path, None, JSON)
        assert (answer.status, answer.json()["code"]) == (403, "branch_gated")
    gated.owner.ok("DELETE", f"{gated.branch}/gate")
    gated.owner.ok("DELETE", f"/assets/{gated.model}/branches/dev")
    assert gated.merge(source=gated.candidate, by=gated.editor).status == 200


def test_a_gate_reads_as_it_was_written(gated: Gated) -> None:
    rules = [
        RULE,
        {
            "metric": "loss/夜",
            "dataset": f"{gated.name}/dataset/images/mnist@{gated.first_data}",
            "max": 2,
            "relative_to": "branch/dev",
            "margin": 0.01,
            "higher_is_better": False,
            "min_samples": 100,
            "max_age": "30d",
            "slices": ["day", "night"],
        },
    ]
    made = gated.set_gate(*rules)
    rules[0] = RULE | {"dataset": f"{gated.name}/dataset/images/mnist"}
    assert made["rules"] == rules
    assert gated.editor.ok("GET", f"{gated.branch}/gate") == made
    assert gated.set_gate(*made["rules"])["rules"] == rules
    gated.owner.ok("DELETE", f"{gated.branch}/gate")
    none = {"rules": [], "changed": None, "changedBy": None}
    assert gated.owner.ok("GET", f"{gated.branch}/gate") == none


BAD: dict[str, tuple[Any, str]] = {
    "no list": ({}, "rules must be a list, not a mapping"),
    "no rules": ([], "a gate needs at least one rule"),
    "no mapping": ([RULE, "x"], "rule 2: must be a mapping of fields, not text"),
    "a field that is none": ([RULE | {"minimum": 1}], "rule 1, minimum: there is no such field; "),
    "no metric": ([{"dataset": "images/mnist"}], "rule 1, metric: is missing"),
    "an empty metric": ([RULE | {"metric": " "}], "rule 1, metric: must not be empty"),
    "text for a number": ([RULE | {"min": "0.9"}], "rule 1, min: must be a number, not '0.9'"),
    "a huge number": ([RULE | {"min": 10**400}], "rule 1, min: is too large a number"),
    "NaN": ([RULE | {"max": math.nan}], "rule 1, max: must be a finite number, not nan"),
    "an empty range": ([RULE | {"max": 0.5}], "rule 1, min: 0.9 is above max, 0.5"),
    "a margin alone": ([RULE | {"margin": 1}], "rule 1, margin: says nothing without relative_to"),
    "a negative margin": (
        [RULE | {"relative_to": "current", "margin": -1}],
        "rule 1, margin: must be 0 or more, not -1",
    ),
    "no samples": ([RULE | {"min_samples": 0}], "rule 1, min_samples: must be 1 or more, not 0"),
    "an age without a unit": ([RULE | {"max_age": "30"}], "rule 1, max_age: must be a number and"),
    "slices as text": ([RULE | {"slices": "a"}], "rule 1, slices: must be a list of names, not"),
    "a dataset that is not there": (
        [RULE, RULE | {"dataset": "images/none"}],
        "rule 2, dataset: {owner}/dataset/images/none: asset not found",
    ),
    "a tag that is not there": (
        [RULE | {"dataset": "images/mnist:tag/v9"}],
        "rule 1, dataset: {owner}/dataset/images/mnist:tag/v9: tag v9 not found",
    ),
    "a model as a dataset": ([RULE | {"dataset": "model/nets/digits"}], "rule 1, dataset: 'model"),
    "a baseline that is not there": (
        [RULE | {"relative_to": "tag/v9"}],
        "rule 1, relative_to: tag v9 not found; write current, branch/B, tag/T or a commit",
    ),
    "a metric that is not there": (
        [RULE | {"metric": "acuracy"}],
        "rule 1, metric: no evaluation of this model has a metric 'acuracy' yet (there are "
        "accuracy); correct it, or say allow_new",
    ),
}


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("hub", ["sqlite+files"], indirect=True)
def test_a_gate_that_cannot_be_is_refused_with_its_place_and_not_set(
    gated: Gated, kind: str
) -> None:
    gated.evaluate({"accuracy": 1})
    rules, says = BAD[kind]
    answer = gated.owner.call("PUT", f"{gated.branch}/gate", {"rules": rules}, JSON)
    assert answer.status == 400
    assert answer.json()["detail"].startswith(says.replace("{owner}", gated.name))
    assert gated.owner.ok("GET", f"{gated.branch}/gate")["rules"] == []


def test_a_gate_counts_the_dataset_as_it_is_now_or_as_the_rule_pins_it(gated: Gated) -> None:
    gated.set_gate(RULE)
    gated.evaluate({"accuracy": 0.95})
    data = gated.owner.commit(gated.dataset, {"2.png": b"2"})
    reason = gated.reasons(gated.merge())[0]
    assert gated.first_data[:12] in reason
    assert data[:12] in reason
    gated.owner.ok("POST", f"/assets/{gated.dataset}/tags", {"tag": "v1", "ref": gated.first_data})
    gated.set_gate(RULE | {"dataset": "images/mnist:tag/v1"})
    assert gated.merge().status == 200


def test_a_gate_follows_a_dataset_that_is_renamed_and_refuses_when_it_is_gone(
    gated: Gated,
) -> None:
    gated.set_gate(RULE)
    body = {"name": "mnist-2", "labels": []}
    gated.owner.ok("PUT", f"/assets/{gated.dataset}", body)
    rules = gated.owner.ok("GET", f"{gated.branch}/gate")["rules"]
    assert rules[0]["dataset"] == f"{gated.name}/dataset/images/mnist-2"
    gated.owner.ok("DELETE", f"/assets/{gated.dataset}")
    assert "is gone" in gated.reasons(gated.merge())[0]


def test_who_may_not_view_a_dataset_does_not_learn_its_name(gated: Gated) -> None:
    gated.set_gate(RULE)
    folder = gated.owner.ok("GET", f"/assets/{gated.dataset}")["folder"]
    editor = gated.editor.ok("GET", "/account")["name"]
    gated.owner.ok("DELETE", f"/folders/{folder}/shares", user=editor)
    seen = [gated.merge(by=gated.editor).data.decode()]
    seen.append(json.dumps(gated.editor.ok("GET", f"{gated.branch}/gate")))
    assert all(gated.dataset in each and "mnist" not in each for each in seen)


def test_an_old_evaluation_does_not_satisfy_a_maximum_age(gated: Gated) -> None:
    gated.set_gate(RULE | {"max_age": "30d"})
    old = gated.evaluate({"accuracy": 0.95})
    days = 31 * 86_400 * 1_000_000
    age = evaluations.update().where(evaluations.c.id == old)
    gated.hub.inside.database.write(
        lambda connection: connection.execute(age.values(created=evaluations.c.created - days))
    )
    assert "older than 30d" in gated.reasons(gated.merge())[0]
    gated.evaluate({"accuracy": 0.95})
    assert gated.merge().status == 200


def test_a_check_says_what_a_merge_would_without_moving_anything(gated: Gated) -> None:
    asked = {"source": f"{gated.path}:branch/dev", "dest": f"{gated.path}:branch/main"}
    said = gated.runner.ok("POST", "/gate/check", asked)
    assert (said["passed"], said["gated"], said["rules"]) == (True, False, [])
    gated.set_gate(RULE)
    said = gated.runner.ok("POST", "/gate/check", asked)
    assert (said["passed"], said["gated"], said["way"]) == (False, True, "fast_forward")
    assert said["rules"] == gated.merge().json()["rules"]
    gated.evaluate({"accuracy": 1})
    said = gated.runner.ok("POST", "/gate/check", asked)
    assert (said["passed"], said["source"]) == (True, gated.candidate)
    assert gated.main() == gated.head
    assert gated.merge().status == 200
    said = gated.runner.ok("POST", "/gate/check", asked)
    assert (said["passed"], said["way"], said["rules"]) == (True, "up_to_date", [])


def test_a_check_says_that_a_merge_would_make_a_commit_of_its_own(gated: Gated) -> None:
    gated.owner.commit(gated.model, {"other": b""})
    gated.set_gate(RULE)
    gated.evaluate({"accuracy": 1})
    asked = {"source": f"{gated.path}:branch/dev", "dest": f"{gated.path}:branch/main"}
    said = gated.owner.ok("POST", "/gate/check", asked)
    assert (said["passed"], said["way"], said["rules"][0]["passed"]) == (False, "merge", True)
    assert "make it on another branch" in said["problem"]
    assert said["conflicts"] == []


def test_a_check_says_that_a_merge_would_conflict_with_a_gate_and_without(gated: Gated) -> None:
    asked = {"source": f"{gated.path}:branch/dev", "dest": f"{gated.path}:branch/main"}
    gated.owner.commit(gated.model, {"w": b"three", "other": b""})
    said = gated.owner.ok("POST", "/gate/check", asked)
    assert (said["passed"], said["gated"], said["conflicts"]) == (False, False, ["w"])
    assert "both changed the same paths: w" in said["problem"]
    assert gated.merge().json()["code"] == "merge_conflict"
    gated.evaluate({"accuracy": 1})
    gated.set_gate(RULE)
    said = gated.owner.ok("POST", "/gate/check", asked)
    assert (said["passed"], said["conflicts"], said["rules"][0]["passed"]) == (False, ["w"], True)
    assert "the same paths: w. A commit made on the branch" in said["problem"]


@pytest.mark.parametrize(
    ("source", "dest", "code"),
    [
        ("{model}:branch/dev", "{model}:tag/none", "tag_not_found"),
        ("{model}:branch/dev", "{model}@{head}", "invalid_reference"),
        ("{dataset}", "{model}:branch/main", "wrong_type"),
        ("{other}", "{model}:branch/main", "other_model"),
        ("nets", "{model}:branch/main", "invalid_reference"),
    ],
)
def test_a_check_of_what_cannot_be_merged_is_refused(
    gated: Gated, source: str, dest: str, code: str
) -> None:
    gated.owner.asset("model", "others", "other")
    names = {
        "model": gated.path,
        "head": gated.head,
        "dataset": f"{gated.name}/dataset/images/mnist",
        "other": f"{gated.name}/model/others/other",
    }
    body = {"source": source.format(**names), "dest": dest.format(**names)}
    answer = gated.owner.call("POST", "/gate/check", body, JSON)
    assert answer.json()["code"] == code


def test_who_may_only_record_cannot_mark_what_went_badly(gated: Gated) -> None:
    gated.set_gate(RULE)
    bad = gated.evaluate({"accuracy": 0.5}, by=gated.runner)
    gated.evaluate({"accuracy": 0.99}, by=gated.runner)
    gated.runner.ok("POST", f"/evaluations/{bad}/invalid", {"reason": "I do not like it"})
    assert bad[:8] in gated.reasons(gated.merge())[0]
    gated.editor.ok("POST", f"/evaluations/{bad}/invalid", {"reason": "the wrong split"})
    for method, body in (("DELETE", None), ("POST", {"reason": "mine"})):
        path = f"/evaluations/{bad}/invalid"
        assert gated.runner.call(method, path, body, JSON).status == 403
    assert gated.merge().status == 200


def test_a_rule_that_is_relative_to_the_present_commit(gated: Gated) -> None:
    rule = {"metric": "accuracy", "dataset": "images/mnist", "relative_to": "current"}
    gated.set_gate(rule | {"margin": 0.005})
    gated.evaluate({"accuracy": {"value": 0.9, "n": 10_000}})
    assert "the baseline current" in gated.reasons(gated.merge())[0]
    gated.evaluate({"accuracy": {"value": 0.9, "n": 10_000}}, gated.head)
    answer = gated.merge()
    gated.reasons(answer)
    assert answer.json()["rules"][0]["actual"].startswith("0.9, +0 [-0.008")
    gated.set_gate(rule | {"margin": 0.01})
    assert gated.merge().status == 200


def test_a_relative_rule_about_a_loss_has_to_say_its_direction(gated: Gated) -> None:
    rule = {"metric": "loss", "dataset": "images/mnist", "relative_to": "current"}
    body = {"rules": [rule], "allow_new": True}
    answer = gated.owner.call("PUT", f"{gated.branch}/gate", body, JSON)
    assert answer.json() | {"rule": 1, "field": "higher_is_better"} == answer.json()
