"""Evaluations: metrics bound to one model commit and one dataset commit."""

import json
from typing import Any

import pytest

from api.raw import JSON, Raw
from assethub.store.tables import evaluations
from hubs import RunningHub

FIELDS = [
    "id",
    "modelID",
    "modelRef",
    "modelBranch",
    "modelTags",
    "modelCommit",
    "datasetID",
    "datasetRef",
    "datasetBranch",
    "datasetTags",
    "datasetCommit",
    "results",
    "startTime",
]


class Lab:
    """A user with a model and a dataset, each with one commit after the first."""

    def __init__(self, hub: RunningHub) -> None:
        user = hub.new_user()
        self.raw = Raw(hub.url, user.key)
        self.model_id = self.raw.asset("model", "images", "cnn")
        self.dataset_id = self.raw.asset("dataset", "images", "mnist")
        self.model = f"{user.name}/model/images/cnn"
        self.dataset = f"{user.name}/dataset/images/mnist"
        self.model_commit = self.raw.commit(self.model_id, {"w": b"1"})
        self.dataset_commit = self.raw.commit(self.dataset_id, {"x": b"1"})

    def create(self, model: str = "", dataset: str = "", **metrics: Any) -> dict[str, Any]:
        body = {
            "model": self.model + model,
            "dataset": self.dataset + dataset,
            "metrics": metrics or {"accuracy": 0.99},
        }
        return dict(self.raw.ok("POST", "/evaluations", body))

    def refuse(self, body: Any) -> dict[str, Any]:
        answer = self.raw.call("POST", "/evaluations", body, JSON)
        assert answer.headers["Content-Type"] == "application/problem+json", answer.data
        assert self.list() == []
        return dict(answer.json())

    def list(self, ending: str = "", **query: str) -> list[dict[str, Any]]:
        found = self.raw.ok("GET", "/evaluations", model=self.model + ending, **query)
        return list(found["results"])


@pytest.fixture
def lab(hub: RunningHub) -> Lab:
    return Lab(hub)


def test_an_evaluation_has_the_fields_of_the_tutorial(lab: Lab) -> None:
    lab.raw.ok("POST", f"/assets/{lab.model_id}/tags", {"tag": "best", "ref": "main"})
    made = lab.create(":branch/main", loss=1.47, accuracy=0.99, epochs=3)
    assert list(made)[: len(FIELDS)] == FIELDS
    assert made["modelRef"] == f"{lab.model}:branch/main"
    assert made["datasetRef"] == f"{lab.dataset}:main"
    assert (made["modelID"], made["datasetID"]) == (lab.model_id, lab.dataset_id)
    assert (made["modelCommit"], made["datasetCommit"]) == (lab.model_commit, lab.dataset_commit)
    assert (made["modelBranch"], made["datasetBranch"]) == ("main", "main")
    assert (made["modelTags"], made["datasetTags"]) == (["best"], [])
    assert made["results"] == {"metric": '{"loss": 1.47, "accuracy": 0.99, "epochs": 3}'}
    assert made["startTime"].endswith("Z")
    assert lab.list() == [made]
    assert lab.raw.ok("GET", f"/evaluations/{made['id']}") == made


def test_an_evaluation_stays_with_the_commit_it_was_made_for(lab: Lab) -> None:
    lab.create()
    lab.raw.commit(lab.model_id, {"w": b"2"})
    lab.raw.commit(lab.dataset_id, {"x": b"2"})
    assert lab.list(":branch/main") == []
    [kept] = lab.list(f":{lab.model_commit[:8]}")
    assert (kept["modelCommit"], kept["datasetCommit"]) == (lab.model_commit, lab.dataset_commit)
    assert lab.list() == [kept]


@pytest.mark.parametrize("form", ["tag/t", "t", "branch/b", "b", "commit", "prefix"])
def test_any_reference_binds_to_its_commit(lab: Lab, form: str) -> None:
    lab.raw.ok("POST", f"/assets/{lab.model_id}/tags", {"tag": "t", "ref": "main"})
    lab.raw.ok("POST", f"/assets/{lab.model_id}/branches", {"name": "b", "source": "main"})
    names = {"commit": lab.model_commit, "prefix": lab.model_commit[:6]}
    made = lab.create(":" + names.get(form, form))
    assert made["modelCommit"] == lab.model_commit
    shown = {"t": "tag/t", "tag/t": "tag/t", "b": "branch/b", "branch/b": "branch/b"}
    assert made["modelRef"] == f"{lab.model}:{shown.get(form, lab.model_commit)}"
    assert made["modelBranch"] == ("b" if form in ("b", "branch/b") else "")


def test_the_dataset_may_be_any_reference(lab: Lab) -> None:
    lab.raw.ok("POST", f"/assets/{lab.dataset_id}/tags", {"tag": "v1", "ref": "main"})
    lab.raw.commit(lab.dataset_id, {"x": b"2"})
    made = lab.create("", ":tag/v1")
    assert made["datasetCommit"] == lab.dataset_commit
    assert made["datasetRef"] == f"{lab.dataset}:tag/v1"


def test_an_empty_model_may_be_evaluated(lab: Lab) -> None:
    lab.raw.ok("POST", "/assets", _new_model(lab))
    body = {
        "model": lab.model.replace("cnn", "new"),
        "dataset": lab.dataset,
        "metrics": {"accuracy": 0.1},
    }
    assert lab.raw.ok("POST", "/evaluations", body)["modelBranch"] == "main"


def _new_model(lab: Lab) -> dict[str, Any]:
    folder = lab.raw.ok("GET", f"/assets/{lab.model_id}")["folder"]
    return {"name": "new", "folder": folder, "labels": []}


def test_evaluations_are_listed_newest_first_and_by_metric(lab: Lab) -> None:
    values = [0.5, float("nan"), 0.9, float("inf"), 0.7]
    ids = [lab.create(accuracy=value)["id"] for value in values]
    without = lab.create(loss=1)["id"]
    newest = [without, *reversed(ids)]
    assert [each["id"] for each in lab.list()] == newest
    assert [each["id"] for each in lab.list(amount="2")] == newest[:2]
    best = [ids[3], ids[2], ids[4], ids[0]]
    assert [each["id"] for each in lab.list(sort="-accuracy")][:4] == best
    assert [each["id"] for each in lab.list(sort="accuracy")][:4] == best[::-1]
    assert {each["id"] for each in lab.list(sort="accuracy")[4:]} == {ids[1], without}


def test_nan_and_infinities_come_back_as_they_were(lab: Lab) -> None:
    made = lab.create(a=float("nan"), b=float("inf"), c=float("-inf"), d=1e308, f=2**60)
    text = '{"a": NaN, "b": Infinity, "c": -Infinity, "d": 1e+308, '
    [listed] = lab.list()
    assert listed["results"]["metric"].startswith(text)
    assert float(json.loads(listed["results"]["metric"])["f"]) == 2.0**60
    assert made["results"]["metric"].startswith(text)


def test_metric_names_are_free_text(lab: Lab) -> None:
    metrics = {"top 5/accuracy": 0.5, "准确率": 0.25, 'a"b': 1.5, "F1 @ 0.5": 0.125}
    lab.create(**metrics)
    assert json.loads(lab.list()[0]["results"]["metric"]) == metrics


@pytest.mark.parametrize(
    ("metrics", "named"),
    [
        ({"ok": 1, "accuracy": "0.99"}, "'accuracy' must be a number, not text"),
        ({"accuracy": [0.99]}, "'accuracy' must be a number, not a list"),
        ({"accuracy": {"value": {"a": 1}}}, "'accuracy' must be a number, not an object"),
        ({"accuracy": {}}, "'accuracy' has no metrics in it"),
        ({"accuracy": None}, "'accuracy' must be a number, not missing"),
        ({"accuracy": True}, "'accuracy' must be a number, not true or false"),
        ({"accuracy": 10**400}, "'accuracy' is larger than a double"),
        ({"": 1}, "needs a name"),
        ({"a\x00": 1}, "control characters"),
        ({"a" * 256: 1}, "at most 255 bytes"),
        ({}, "at least one metric"),
        ([], "metrics"),
        (None, "metrics"),
    ],
)
def test_a_metric_that_is_no_number_is_named(lab: Lab, metrics: Any, named: str) -> None:
    problem = lab.refuse({"model": lab.model, "dataset": lab.dataset, "metrics": metrics})
    assert problem["status"] == 400
    assert named in problem["detail"]


def test_a_metric_named_twice_is_refused(lab: Lab) -> None:
    text = f'{{"model": "{lab.model}", "dataset": "{lab.dataset}", "metrics": {{"a": 1, "a": 2}}}}'
    headers = {"Content-Type": "application/json"} | JSON
    answer = lab.raw.call("POST", "/evaluations", text.encode(), headers)
    assert answer.status == 400
    assert "'a'" in answer.json()["detail"]
    assert lab.list() == []


@pytest.mark.parametrize(
    ("model", "dataset", "code"),
    [
        ("DATASET", "DATASET", "wrong_type"),
        ("MODEL", "MODEL", "wrong_type"),
        ("MODEL:branch/x", "DATASET", "branch_not_found"),
        ("MODEL:tag/x", "DATASET", "tag_not_found"),
        ("MODEL@abcdef", "DATASET", "commit_not_found"),
        ("MODELx", "DATASET", "asset_not_found"),
        ("MODEL", "DATASETx", "asset_not_found"),
        ("nobody/model/images/cnn", "DATASET", "asset_not_found"),
        ("MODEL", "DATASET:branch/x", "branch_not_found"),
        ("cnn", "DATASET", "invalid_reference"),
        ("", "DATASET", "invalid_reference"),
    ],
)
def test_what_an_evaluation_names_must_be_there(
    lab: Lab, model: str, dataset: str, code: str
) -> None:
    model, dataset = (
        text.replace("MODEL", lab.model).replace("DATASET", lab.dataset)
        for text in (model, dataset)
    )
    problem = lab.refuse({"model": model, "dataset": dataset, "metrics": {"a": 1}})
    assert problem["code"] == code


def test_deleting_hides_an_evaluation_and_leaves_a_tombstone(lab: Lab, hub: RunningHub) -> None:
    id_ = lab.create()["id"]
    lab.raw.ok("DELETE", f"/evaluations/{id_}", why="measured on the wrong split")
    assert lab.list() == []
    for method in ("GET", "DELETE"):
        expected = (404, "evaluation not found")
        assert lab.raw.refused(method, f"/evaluations/{id_}") == expected
    with hub.inside.database.read() as connection:
        row = connection.execute(evaluations.select().where(evaluations.c.id == id_)).one()
    assert row.deleted_by == lab.model.split("/")[0]
    assert row.deleted_why == "measured on the wrong split"


def test_an_evaluation_outlives_its_dataset(lab: Lab) -> None:
    made = lab.create()
    lab.raw.ok("DELETE", f"/assets/{lab.dataset_id}")
    assert lab.list() == [made | {"datasetMoved": None}]


def test_an_outsider_sees_no_evaluation(lab: Lab, outsider: Raw) -> None:
    id_ = lab.create()["id"]
    for method in ("GET", "DELETE"):
        expected = (404, "evaluation not found")
        assert outsider.refused(method, f"/evaluations/{id_}") == expected
    expected = (404, "asset not found")
    assert outsider.refused("GET", "/evaluations", model=lab.model) == expected
    body = {"model": lab.model, "dataset": lab.dataset, "metrics": {"a": 1}}
    assert outsider.refused("POST", "/evaluations", body) == expected
    assert len(lab.list()) == 1
