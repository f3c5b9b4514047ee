"""Evaluations beyond the tutorial: what they bind to, how they rank, what is refused."""

from __future__ import annotations

import json
import math
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from t9k import ah

from .conftest import RunAh


def test_an_evaluation_stays_with_the_commit_that_its_branch_pointed_at(
    model: ah.Model, dataset: ah.Dataset
) -> None:
    branch = model.get_branch("main")
    first = branch.create_evaluation({"loss": 2.0}, dataset)
    Path("weights").write_text("1")
    commit = branch.create_commit("weights", add="weights")
    assert commit is not None
    second = branch.create_evaluation({"loss": 1.0}, dataset)
    assert second["modelCommit"] == commit.id != first["modelCommit"]
    assert [each["id"] for each in branch.list_evaluation()] == [second["id"]]
    assert [each["id"] for each in model.list_evaluation()] == [second["id"], first["id"]]


def test_a_stale_branch_object_evaluates_what_the_branch_points_at_now(
    model: ah.Model, dataset: ah.Dataset
) -> None:
    stale = model.get_branch("main")
    Path("weights").write_text("1")
    commit = model.get_branch("main").create_commit("weights", add="weights")
    assert commit is not None
    assert stale.create_evaluation({"loss": 1.0}, dataset)["modelCommit"] == commit.id


def test_models_tags_and_commits_are_evaluated_too(model: ah.Model, dataset: ah.Dataset) -> None:
    tag = model.create_tag("released")
    commit = model.get_commit(0)
    made = [thing.create_evaluation({"loss": 1}, dataset) for thing in (model, tag, commit)]
    name = model.folder.owner + "/model/vision/cnn"
    assert [each["modelRef"] for each in made] == [
        f"{name}:branch/main",
        f"{name}:tag/released",
        f"{name}:{commit.id}",
    ]
    assert {each["modelCommit"] for each in made} == {commit.id}
    for thing in (model, tag, commit):
        assert len(thing.list_evaluation()) == 3


def test_the_dataset_is_given_as_an_object_or_as_text(model: ah.Model, dataset: ah.Dataset) -> None:
    tag = dataset.create_tag("split-1")
    commit = dataset.get_commit(-1)
    branch = model.get_branch("main")
    forms: list[tuple[Any, str, str]] = [
        (dataset, "main", tag.id),
        (tag, "tag/split-1", tag.id),
        (commit, commit.id, commit.id),
        ("vision/digits", "main", tag.id),
        ("dataset/vision/digits:main", "main", tag.id),
        ("vision/digits:split-1", "tag/split-1", tag.id),
        (f"vision/digits@{commit.id[:8]}", commit.id, commit.id),
        (f"{dataset.id}:tag/split-1", "tag/split-1", tag.id),
    ]
    for given, ending, at in forms:
        made = branch.create_evaluation({"loss": 1}, given)
        assert made["datasetRef"].endswith(f"/dataset/vision/digits:{ending}"), given
        assert (made["datasetID"], made["datasetCommit"]) == (dataset.id, at), given


def test_a_model_where_a_dataset_is_needed_and_the_reverse_are_refused(
    model: ah.Model, dataset: ah.Dataset, run_ah: RunAh
) -> None:
    branch = model.get_branch("main")
    for given in (model, branch, "model/vision/cnn", model.id):
        with pytest.raises(ah.InvalidInputError, match="a dataset is needed here"):
            branch.create_evaluation({"loss": 1}, given)  # type: ignore[arg-type]
    with pytest.raises(ah.InvalidInputError, match="Evaluations are of models"):
        dataset.get_commit(0).create_evaluation({"loss": 1}, dataset)
    for given in ("dataset/vision/digits", dataset.id):
        result = run_ah("create", "evaluation", given, "-d", "vision/digits", "-m", "loss=1")
        assert result.code == 1
        assert "a model is needed here" in result.err
    with pytest.raises(ah.WrongTypeError, match="dataset must be a dataset"):
        branch.create_evaluation({"loss": 1}, 5)  # type: ignore[arg-type]
    assert model.list_evaluation() == []


def test_every_real_number_is_a_metric(model: ah.Model, dataset: ah.Dataset) -> None:
    metrics: dict[str, Any] = {
        "int": 1,
        "负 / negative": -0.5,
        "float32": np.float32(0.5),
        "int64": np.int64(3),
        "array of no dimension": np.array(0.25),
        "decimal": Decimal("0.125"),
        "large": 2**60,
        "nan": math.nan,
        "worst": -math.inf,
    }
    model.create_evaluation(metrics, dataset)
    (stored,) = model.list_evaluation()
    found = json.loads(stored["results"]["metric"])
    assert list(found) == list(metrics)
    assert math.isnan(found.pop("nan"))
    del metrics["nan"]
    assert found == {name: float(value) for name, value in metrics.items()}


def test_what_is_no_number_is_refused_naming_its_metric(
    model: ah.Model, dataset: ah.Dataset
) -> None:
    refused: list[Any] = ["0.9", None, [0.9], True, np.bool_(True), np.array([0.9]), 1j, {}]
    for value in refused:
        with pytest.raises(ah.WrongTypeError, match="Metric 'accuracy' must be a number"):
            model.create_evaluation({"loss": 1, "accuracy": value}, dataset)
    assert model.list_evaluation() == []


def test_metrics_that_are_none_at_all_are_refused(model: ah.Model, dataset: ah.Dataset) -> None:
    for metrics, said in [
        ({}, "at least one metric"),
        ({" ": 1}, "needs a name"),
        ({3: 1}, "must be text"),
        ([("loss", 1)], "must map names to numbers"),
        ({"loss": 10**400}, "too large for a double"),
    ]:
        with pytest.raises(ah.InvalidInputError, match=said):
            model.create_evaluation(metrics, dataset)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["-m", "accuracy=high"], "metric 'accuracy' must be a number, not 'high'"),
        (["-m", "accuracy="], "metric 'accuracy' must be a number, not ''"),
        (["-m", "accuracy=1_0"], "metric 'accuracy' must be a number, not '1_0'"),
        (["-m", "accuracy"], "'accuracy' is not of the form NAME=NUMBER"),
        (["-m", "=1"], "'=1' is not of the form NAME=NUMBER"),
        (["-m", "loss=1", "-m", "loss=1"], "metric 'loss' is given twice"),
        ([], "Missing option '-m' / '--metric'"),
    ],
)
def test_metrics_that_are_typed_wrongly_are_a_usage_error(
    run_ah: RunAh, options: list[str], said: str
) -> None:
    result = run_ah("create", "evaluation", "vision/cnn", "-d", "vision/digits", *options)
    assert result.code == 2
    assert result.err.startswith("AH ERROR: ")
    assert said in result.err
    assert result.err.endswith("See: ah create evaluation --help\n")


def test_the_last_equals_sign_ends_the_name(
    model: ah.Model, dataset: ah.Dataset, run_ah: RunAh
) -> None:
    given = ["-m", "p=0.5=0.25", "-m", "loss=nan", "-m", "steps=3"]
    result = run_ah("create", "evaluation", "vision/cnn", "-d", "vision/digits", *given)
    assert result.code == 0, result.err
    (stored,) = model.list_evaluation()
    assert stored["results"]["metric"] == '{"p=0.5": 0.25, "loss": NaN, "steps": 3}'


def test_a_table_ranks_by_a_metric_with_nan_and_absence_last(
    model: ah.Model, dataset: ah.Dataset, run_ah: RunAh
) -> None:
    for metrics in (
        {"accuracy": 0.5},
        {"accuracy": math.nan},
        {"accuracy": 0.9, "loss": 1},
        {"loss": 2},
    ):
        model.create_evaluation(metrics, dataset)
    best = run_ah("ls", "evaluation", "vision/cnn", "-o", "table", "--sort", "-accuracy")
    header = "ID REF MODEL_COMMIT DATASET DATASET_COMMIT UPLOADED accuracy loss"
    assert best.rows[0] == header.split()
    assert [row[7:] for row in best.rows[1:3]] == [["0.9", "1"], ["0.5"]]
    assert [row[7:] for row in best.rows[3:]] == [["2"], ["NaN"]]
    worst = run_ah("ls", "evaluation", "vision/cnn", "-o", "table", "--sort", "accuracy")
    assert [row[7:] for row in worst.rows[1:3]] == [["0.5"], ["0.9", "1"]]
    one = run_ah("ls", "evaluation", "vision/cnn", "-o", "json", "--sort", "-loss", "--limit", "1")
    assert [each["results"] for each in json.loads(one.out)] == [{"metric": '{"loss": 2}'}]


def test_no_evaluations_print_a_note_and_an_empty_table_its_header(
    model: ah.Model, run_ah: RunAh
) -> None:
    block = run_ah("ls", "evaluation", "vision/cnn")
    assert (block.out, block.err) == ("", "AH INFO: No evaluations of vision/cnn\n")
    assert len(run_ah("ls", "evaluation", "vision/cnn", "-o", "table").rows) == 1
    assert run_ah("ls", "evaluation", "vision/cnn", "-o", "json").out == "[]\n"


def test_an_id_that_is_none_is_refused(run_ah: RunAh, logged_in: Any) -> None:
    result = run_ah("delete", "evaluation", "../assets")
    assert (result.code, result.err) == (
        1,
        "AH ERROR: '../assets' is no ID of an evaluation\n",
    )


def test_threads_share_one_connection(model: ah.Model, dataset: ah.Dataset) -> None:
    branch = model.get_branch("main")
    with ThreadPoolExecutor(8) as threads:
        made = threads.map(lambda each: branch.create_evaluation({"n": each}, dataset), range(24))
        numbers = {each["id"]: each["results"]["metric"] for each in made}
    assert sorted(numbers.values()) == sorted(f'{{"n": {each}}}' for each in range(24))
    assert {each["id"]: each["results"]["metric"] for each in model.list_evaluation()} == numbers
