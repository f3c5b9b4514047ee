"""The tutorial, by command line and by SDK: its lines, to the letter."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from t9k import ah

from .conftest import Result, RunAh

MODEL = "image-classification/mnist-cnn-keras"
DATASET = "image-classification/mnist"
THIRTEEN = """
id modelID modelRef modelBranch modelTags modelCommit
datasetID datasetRef datasetBranch datasetTags datasetCommit results startTime
"""

BLOCK = re.compile(
    r"""ID:              (?P<id>[0-9a-f-]{36})
MODEL:           (?P<owner>.+)/model/image-classification/mnist-cnn-keras:branch/v1
MODEL_COMMIT:    (?P<model_commit>[0-9a-f]{64})
DATASET:         (?P=owner)/dataset/image-classification/mnist:main
DATASET_COMMIT:  (?P<dataset_commit>[0-9a-f]{64})
UPLOADED:        \d+s ago
RESULTS:         key     value
                 metric  (?P<metric>\{.*\})
"""
)


def _said(result: Result) -> str:
    assert result.code == 0, result.err
    return result.err


@pytest.fixture
def evaluated(logged_in: Any, run_ah: RunAh) -> str:
    """The model of the tutorial with its evaluation made by `ah`; what the command said."""
    run_ah("create", "folder", "dataset/image-classification")
    run_ah("create", "dataset", DATASET)
    run_ah("create", "folder", "model/image-classification")
    run_ah("create", "model", MODEL)
    run_ah("create", "branch", f"{MODEL}:v1")
    return _said(
        run_ah(
            *("create", "evaluation", f"{MODEL}:branch/v1", "-d", DATASET),
            *("-m", "loss=1.47", "-m", "accuracy=0.99"),
        )
    )


def test_making_folder_model_and_branch_prints_the_lines(logged_in: Any, run_ah: RunAh) -> None:
    assert (
        _said(run_ah("create", "folder", "model/image-classification"))
        == "AH INFO: Creating Model Folder image-classification\n"
    )
    assert (
        _said(run_ah("create", "model", MODEL))
        == "AH INFO: Creating Model mnist-cnn-keras in Folder image-classification\n"
    )
    assert (
        _said(run_ah("create", "branch", f"{MODEL}:v1"))
        == "AH INFO: Creating branch v1 of Model mnist-cnn-keras\n"
    )
    assert run_ah("ls", "object", f"{MODEL}:v1").rows == [["PATH", "BYTES", "CHECKSUM", "MODIFIED"]]


def test_an_evaluation_is_listed_as_an_aligned_block(evaluated: str, run_ah: RunAh) -> None:
    block = BLOCK.fullmatch(run_ah("ls", "evaluation", MODEL).out)
    assert block is not None
    assert block["metric"] == '{"loss": 1.47, "accuracy": 0.99}'
    commit = block["model_commit"]
    assert (
        evaluated
        == f"AH INFO: Creating evaluation of commit {commit[:8]} of Model mnist-cnn-keras\n"
    )
    for reference in (f":{commit[:8]}", f"@{commit[:4]}", ":v1", ":branch/v1", ":main"):
        assert BLOCK.fullmatch(run_ah("ls", "evaluation", MODEL + reference).out), reference


def test_several_are_separated_by_an_empty_line_newest_first(evaluated: str, run_ah: RunAh) -> None:
    run_ah("create", "evaluation", f"{MODEL}:v1", "-d", DATASET, "-m", "accuracy=1")
    newest, oldest = run_ah("ls", "evaluation", MODEL).out.split("\n\n")
    assert BLOCK.fullmatch(newest + "\n")["metric"] == '{"accuracy": 1}'  # type: ignore[index]
    assert BLOCK.fullmatch(oldest)


def test_a_deleted_evaluation_is_listed_no_more(evaluated: str, run_ah: RunAh) -> None:
    id_ = run_ah("ls", "evaluation", MODEL).rows[0][1]
    assert (
        _said(run_ah("delete", "evaluation", id_))
        == f"AH INFO: Deleting evaluation with ID {id_}\n"
    )
    assert run_ah("ls", "evaluation", MODEL).out == ""
    again = run_ah("delete", "evaluation", id_)
    assert (again.code, again.out) == (1, "")
    assert again.err.startswith("AH ERROR: ")
    assert id_ in again.err


def test_the_sdk_part_runs_as_written(
    hub: Any, user: Any, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ah.login(host=hub.url, api_key=user.key)
    ah.create_folder(type_="dataset", name="image-classification").create_asset(name="mnist")
    capsys.readouterr()

    model_folder = ah.create_folder(type_="model", name="image-classification")
    model = model_folder.create_asset(name="mnist-cnn-keras")
    branch = model.create_branch(name="v1")
    dataset = ah.get_folder(type_="dataset", name="image-classification").get_asset(name="mnist")
    branch.create_evaluation(metrics={"loss": 1.47, "accuracy": 0.99}, dataset=dataset)
    said = capsys.readouterr().err

    (evaluation,) = branch.list_evaluation()
    assert said == (
        "AH INFO: Creating Model Folder image-classification\n"
        "AH INFO: Creating Model mnist-cnn-keras in Folder image-classification\n"
        "AH INFO: Creating branch v1 of Model mnist-cnn-keras\n"
        f"AH INFO: Creating evaluation of commit {branch.id[:8]} of Model mnist-cnn-keras\n"
    )
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", evaluation["startTime"])
    expected = {
        "id": evaluation["id"],
        "modelID": model.id,
        "modelRef": f"{user.name}/model/image-classification/mnist-cnn-keras:branch/v1",
        "modelBranch": "v1",
        "modelTags": [],
        "modelCommit": branch.id,
        "datasetID": dataset.id,
        "datasetRef": f"{user.name}/dataset/image-classification/mnist:main",
        "datasetBranch": "main",
        "datasetTags": [],
        "datasetCommit": dataset.commit_id,
        "results": {"metric": '{"loss": 1.47, "accuracy": 0.99}'},
        "startTime": evaluation["startTime"],
    }
    assert {key: evaluation[key] for key in expected} == expected  # type: ignore[literal-required]

    ah.delete_evaluation(evaluation_id=evaluation["id"])
    assert capsys.readouterr().err == f"AH INFO: Deleting evaluation with ID {evaluation['id']}\n"
    assert branch.list_evaluation() == []


def test_json_holds_the_thirteen_fields(evaluated: str, run_ah: RunAh) -> None:
    (evaluation,) = json.loads(run_ah("ls", "evaluation", MODEL, "-o", "json").out)
    assert list(evaluation) == list(ah.EvaluationEntry.__annotations__)
    assert list(evaluation)[:13] == THIRTEEN.split()
