"""Evaluations, in the fields that the tutorial shows."""

import json
from typing import Any

import pytest

from compat.protocol import covers
from compat.released import COMMIT, TIME, UUID, Owner

# Of the tutorial's listing.
FIELDS = {
    "datasetBranch",
    "datasetCommit",
    "datasetID",
    "datasetRef",
    "datasetTags",
    "id",
    "modelBranch",
    "modelCommit",
    "modelID",
    "modelRef",
    "modelTags",
    "results",
    "startTime",
}


class Lab:
    """A model with the branch `v1` and a dataset, named as in the tutorial."""

    def __init__(self, user: Owner) -> None:
        self.user = user
        self.model_id = user.asset("model", "image-classification", "mnist-cnn-keras")
        self.dataset_id = user.asset("dataset", "image-classification", "mnist")
        self.model = f"{user.name}/model/image-classification/mnist-cnn-keras"
        self.dataset = f"{user.name}/dataset/image-classification/mnist"
        self.dataset_commit = user.commit(self.dataset_id, {"x": b"1"})
        user.ok("POST", f"/assets/{self.model_id}/branches", {"name": "v1", "source": "main"})
        self.commit = user.commit(self.model_id, {"w": b"1"}, "v1")

    def record(self, ending: str, dataset_ending: str = "") -> dict[str, Any]:
        body = {
            "model": self.model + ending,
            "dataset": self.dataset + dataset_ending,
            "metrics": {"loss": 1.47, "accuracy": 0.99},
        }
        return dict(self.user.ok("POST", "/evaluations", body))

    def listed(self, ending: str = "") -> list[dict[str, Any]]:
        return list(self.user.ok("GET", "/evaluations", model=self.model + ending)["results"])


@pytest.fixture
def lab(user: Owner) -> Lab:
    return Lab(user)


@covers("POST /evaluations", "evaluation fields", "ids", "times")
def test_an_evaluation_reads_as_in_the_tutorial(lab: Lab) -> None:
    made = lab.record(":branch/v1")
    assert set(made) >= FIELDS
    assert UUID.fullmatch(made["id"])
    assert TIME.fullmatch(made["startTime"])
    assert COMMIT.fullmatch(made["modelCommit"])
    assert {key: made[key] for key in FIELDS - {"id", "startTime"}} == {
        "datasetBranch": "main",
        "datasetCommit": lab.dataset_commit,
        "datasetID": lab.dataset_id,
        "datasetRef": f"{lab.dataset}:main",
        "datasetTags": [],
        "modelBranch": "v1",
        "modelCommit": lab.commit,
        "modelID": lab.model_id,
        "modelRef": f"{lab.model}:branch/v1",
        "modelTags": [],
        "results": {"metric": '{"loss": 1.47, "accuracy": 0.99}'},
    }


@covers("evaluation references")
def test_a_reference_is_shown_with_what_named_it(lab: Lab) -> None:
    lab.user.ok("POST", f"/assets/{lab.model_id}/tags", {"tag": "best", "ref": "v1"})
    for ending, shown, branch in (
        (":branch/v1", ":branch/v1", "v1"),
        (":v1", ":branch/v1", "v1"),
        (":tag/best", ":tag/best", ""),
        (f":{lab.commit[:8]}", f":{lab.commit}", ""),
        (f"@{lab.commit}", f":{lab.commit}", ""),
        ("", ":branch/main", "main"),
    ):
        made = lab.record(ending)
        assert made["modelRef"] == lab.model + shown
        assert made["modelBranch"] == branch
        assert made["datasetRef"] == f"{lab.dataset}:main"


@covers("GET /evaluations", "GET /evaluations/{id}", "DELETE /evaluations/{id}")
def test_evaluations_are_listed_and_deleted(lab: Lab) -> None:
    first, second = lab.record(":branch/v1"), lab.record(":branch/v1")
    main = lab.record("")
    assert lab.listed() == [main, second, first]
    assert lab.listed(":branch/v1") == [second, first]
    assert lab.listed(f":{lab.commit[:8]}") == [second, first]
    path = f"/evaluations/{first['id']}"
    assert lab.user.ok("GET", path) == first
    assert lab.user.call("DELETE", path).status == 200
    assert lab.listed(":branch/v1") == [second]
    for method in ("GET", "DELETE"):
        assert lab.user.refused(method, path) == (404, "evaluation not found")
    assert json.loads(second["results"]["metric"]) == {"loss": 1.47, "accuracy": 0.99}
