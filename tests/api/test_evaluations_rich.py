"""What an evaluation says beside its metrics; batches; marks; staleness."""

import json
from typing import Any

import pytest

from api.labs import Lab
from api.raw import Raw
from assethub.store.tables import audit
from hubs import RunningHub

EVIDENCE: dict[str, Any] = {
    "params": {"lr": 0.01, "optimizer": {"name": "adam", "betas": [0.9, 0.999]}, "准": None},
    "tool": {"name": "lm-eval", "version": "0.4.3"},
    "revision": "4d6988c3",
    "seed": -(2**63),
    "hardware": "8 × H100",
    "duration": 12.5,
    "started": "2024-06-01T12:30:05.250000Z",
    "note": "two\nlines",
    "labels": ["nightly", "夜"],
    "source": {"format": "lm-eval", "file": "results.json"},
}


@pytest.fixture
def lab(hub: RunningHub) -> Lab:
    return Lab(hub)


def test_all_that_is_said_comes_back(lab: Lab) -> None:
    made = lab.create(**EVIDENCE)
    assert {key: made[key] for key in EVIDENCE} == EVIDENCE
    assert (made["creator"], made["invalid"], made["samples"]) == (lab.user.name, None, None)
    assert lab.list() == [made] == lab.search()


def test_a_tool_may_be_named_with_its_version_behind_an_at(lab: Lab) -> None:
    assert lab.create(tool="@org/tool@1.2")["tool"] == {"name": "@org/tool", "version": "1.2"}
    assert lab.create(tool="mine")["tool"] == {"name": "mine", "version": None}


def test_metrics_have_details_and_nested_ones_are_flattened(lab: Lab) -> None:
    detail = {"stderr": 0.01, "n": 900, "higher_is_better": False, "slice": "cats"}
    nested = {"mmlu": {"anatomy": {"acc": {"value": 0.5, "n": 7}}, "all": 0.25}, "a/b": 1}
    made = lab.create({"loss": {"value": 2, **detail}, **nested})
    values = {"loss": 2, "mmlu/anatomy/acc": 0.5, "mmlu/all": 0.25, "a/b": 1}
    assert json.loads(made["results"]["metric"]) == values
    assert made["metrics"] == {"loss": detail, "mmlu/anatomy/acc": {"n": 7}}
    assert lab.list() == [made]


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"params": [1]}, "params must be an object"),
        ({"params": {"a": {"b": float("nan")}}}, "params.a.b is NaN"),
        ({"params": {"a": 10**400}}, "params.a is NaN, infinite or too large"),
        ({"params": {"a": "\0"}}, "control characters"),
        ({"params": {"a\0": 1}}, "control characters"),
        ({"params": {"a": "x" * 70_000}}, "at most 65536 bytes"),
        ({"params": json.loads('{"a":' * 40 + "1" + "}" * 40)}, "deeper than 32 levels"),
        ({"tool": {"version": "1"}}, "the tool must be"),
        ({"tool": 3}, "the tool must be"),
        ({"seed": 2**63}, "64 bits"),
        ({"seed": True}, "64 bits"),
        ({"duration": -1}, "the duration must be"),
        ({"duration": float("nan")}, "the duration must be"),
        ({"started": "yesterday"}, "started must be a time"),
        ({"started": "2024-06-01T12:00:00"}, "started must be a time"),
        ({"labels": "x"}, "list of texts"),
        ({"labels": [" "]}, "label"),
        ({"note": 3}, "the note must be text"),
        ({"param": {}}, "an evaluation has no 'param'"),
        ({"samples": 3}, "samples must be"),
        ({"metrics": {"a": {"value": 1, "std": 2}}}, "'a' has a value and 'std'"),
        ({"metrics": {"a": {"value": 1, "stderr": -1}}}, "'a' has a stderr"),
        ({"metrics": {"a": {"value": 1, "stderr": float("inf")}}}, "'a' has a stderr"),
        ({"metrics": {"a": {"value": 1, "n": 0.5}}}, "'a' has an n"),
        ({"metrics": {"a": {"value": 1, "higher_is_better": 1}}}, "higher_is_better"),
        ({"metrics": {"a": {"value": 1, "slice": ""}}}, "slice"),
        ({"metrics": {"a": {"b": 1}, "a/b": 2}}, "'a/b' is given twice"),
        ({"metrics": json.loads('{"a":' * 40 + "1" + "}" * 40)}, "deeper than 32 levels"),
    ],
)
def test_what_cannot_be_is_named_and_nothing_recorded(lab: Lab, more: Any, named: str) -> None:
    problem = lab.refuse("POST", "/evaluations", lab.body() | more)
    assert problem["status"] == 400
    assert named in problem["detail"]
    assert lab.list() == []


def test_a_batch_is_recorded_as_one_by_one(lab: Lab) -> None:
    bodies = [
        lab.body({"accuracy": 0.25, "loss": float("nan"), "top": float("inf"), "epochs": 3}),
        lab.body({"a": {"value": 1, "n": 3}}, **EVIDENCE),
        lab.body() | {"model": f"{lab.model}@{lab.model_commit[:8]}"},
    ]
    single = [lab.raw.ok("POST", "/evaluations", body) for body in bodies]
    ids = lab.raw.ok("POST", "/evaluations/batch", {"evaluations": bodies})["ids"]
    batch = [lab.raw.ok("GET", f"/evaluations/{id_}") for id_ in ids]
    same = [name for name in single[0] if name not in ("id", "startTime")]
    for one, other in zip(single, batch, strict=True):
        assert {name: one[name] for name in same} == {name: other[name] for name in same}
    assert [each["id"] for each in lab.list()[:3]] == ids[::-1]
    # Those recorded one by one go on after them.
    assert lab.list()[0]["id"] != lab.create()["id"] == lab.list()[0]["id"]


def test_of_a_batch_all_are_recorded_or_none(lab: Lab) -> None:
    for wrong, code in (
        (lab.body({"a": "x"}), "invalid_metric"),
        (lab.body() | {"model": lab.model + ":branch/no"}, "branch_not_found"),
        (lab.body(samples="no"), "samples_not_found"),
        (3, "invalid_request"),
    ):
        problem = lab.refuse("POST", "/evaluations/batch", {"evaluations": [lab.body(), wrong]})
        assert problem["code"] == code
    for wrong in ([], {}, None, [lab.body()] * 10_001):
        problem = lab.refuse("POST", "/evaluations/batch", {"evaluations": wrong})
        assert problem["code"] in ("invalid_batch", "invalid_request")
    assert lab.list() == []


def test_a_batch_leaves_one_row_in_the_audit_log(lab: Lab) -> None:
    lab.raw.ok("POST", "/evaluations/batch", {"evaluations": [lab.body()] * 5})
    query = audit.select().where(
        audit.c.user_name == lab.user.name, audit.c.action == "evaluation.create"
    )
    with lab.hub.inside.database.read() as connection:
        [row] = connection.execute(query).all()
    assert row.detail == {"evaluations": 5}


def test_an_evaluation_is_marked_invalid_and_valid_again(lab: Lab) -> None:
    made = lab.create()
    path = f"/evaluations/{made['id']}/invalid"
    marked = lab.raw.ok("POST", path, {"reason": "wrong split"})
    assert (marked["invalid"]["reason"], marked["invalid"]["by"]) == ("wrong split", lab.user.name)
    assert lab.list() == [marked]
    assert (lab.search(invalid="true"), lab.search(invalid="false")) == ([marked], [])
    assert lab.raw.ok("DELETE", path) == made == lab.list()[0]
    assert lab.refuse("POST", path, {"reason": " "})["code"] == "reason_missing"


def test_who_may_run_marks_their_own_only(lab: Lab) -> None:
    other = lab.hub.new_user()
    for kind in ("model", "dataset"):
        folder = lab.raw.ok("GET", "/ref", asset_ref=f"{lab.user.name}/{kind}/images")["folder"]
        share = {"user": other.name, "level": "run"}
        lab.raw.ok("PUT", f"/folders/{folder['id']}/shares", share)
    runner = Raw(lab.hub.url, other.key)
    own = runner.ok("POST", "/evaluations", lab.body())["id"]
    theirs = lab.create()["id"]
    reason = {"reason": "mistake"}
    assert runner.ok("POST", f"/evaluations/{own}/invalid", reason)["invalid"]
    refused = (403, "permission denied")
    assert runner.refused("POST", f"/evaluations/{theirs}/invalid", reason) == refused
    assert runner.refused("DELETE", f"/evaluations/{own}", reason="no") == refused
    # Their right to mark goes with their right to run.
    lab.raw.ok("PUT", f"/folders/{folder['id']}/shares", {"user": other.name, "level": "run"})


def test_deleting_takes_a_reason(lab: Lab) -> None:
    id_ = lab.create()["id"]
    lab.raw.ok("DELETE", f"/evaluations/{id_}", reason="measured twice")
    assert lab.search() == []


def test_it_is_told_by_how_many_commits_a_dataset_has_moved(lab: Lab) -> None:
    old = lab.create()
    assert old["datasetMoved"] == 0
    for number in range(3):
        lab.raw.commit(lab.dataset_id, {"x": str(number).encode() * 2})
    new = lab.create()
    moved = {each["id"]: each["datasetMoved"] for each in lab.list()}
    assert moved == {old["id"]: 3, new["id"]: 0}
    assert [each["id"] for each in lab.search(stale="true")] == [old["id"]]
    assert [each["id"] for each in lab.search(stale="false")] == [new["id"]]
    late = lab.create() | {}
    assert late["datasetMoved"] == 0
    past = lab.raw.ok(
        "POST", "/evaluations", lab.body() | {"dataset": f"{lab.dataset}@{lab.dataset_commit}"}
    )
    assert past["datasetMoved"] == 3


def test_a_hidden_dataset_tells_neither_its_name_nor_that_it_moved(lab: Lab) -> None:
    lab.create(labels=["x"])
    lab.raw.commit(lab.dataset_id, {"x": b"3"})
    folder = lab.raw.ok("GET", "/ref", asset_ref=f"{lab.user.name}/model/images")["folder"]
    other = lab.hub.new_user()
    lab.raw.ok("PUT", f"/folders/{folder['id']}/shares", {"user": other.name, "level": "view"})
    viewer = Raw(lab.hub.url, other.key)

    def found(query: str = "", **more: str) -> list[Any]:
        return list(viewer.ok("GET", "/evaluations", query=query, **more)["results"])

    [seen] = found()
    assert seen["datasetMoved"] is None
    assert "mnist" not in json.dumps(seen)
    assert found(stale="true") == []
    assert found("dataset = mnist") == found("dataset ~ m") == found("dataset exists") == []
    assert found("not dataset exists and dataset != mnist") == [seen]
    assert found(sort="dataset") == [seen]
