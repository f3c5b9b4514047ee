"""Comparing evaluations by the SDK and the command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from t9k import ah

from .conftest import RunAh


@pytest.fixture
def two(model: ah.Model, dataset: ah.Dataset) -> tuple[ah.Evaluation, ah.Evaluation]:
    """Evaluations of main and of dev, which has another commit."""
    branch = model.create_branch("dev", "main")
    Path("w").write_text("weights")
    branch.create_commit("weights", add="w")
    first, then = ({"accuracy": {"value": value, "n": 1000}} for value in (0.8, 0.9))
    main = model.get_branch("main")
    return main.create_evaluation(first, dataset), branch.create_evaluation(then, dataset)


def test_evaluations_ids_models_and_references_are_compared(
    two: tuple[ah.Evaluation, ah.Evaluation], model: ah.Model
) -> None:
    made = ah.compare(*two)
    [row] = made
    assert (row["verdict"], row["values"]) == ("better", [0.8, 0.9])
    others = [
        (two[0].id, two[1].id),
        (model, model.get_branch("dev")),
        ("vision/cnn", "vision/cnn:dev"),
        (model.get_branch("main"), two[1]),
    ]
    for pair in others:
        assert list(ah.compare(*pair)) == list(made)
    with pytest.raises(ah.InvalidInputError, match="Two to 8 evaluations"):
        ah.compare(two[0])


def test_it_prints_as_a_table_with_what_limits_it(
    two: tuple[ah.Evaluation, ah.Evaluation],
) -> None:
    lines = str(ah.compare(*two)).splitlines()
    assert lines[0].split() == [
        "METRIC",
        "A",
        "B",
        "DIFFERENCE",
        "INTERVAL",
        "P",
        "EFFECT",
        "N",
        "VERDICT",
    ]
    assert lines[1].split()[:4] == ["accuracy", "0.8", "0.9", "+0.1"]
    assert lines[1].endswith("better")
    assert f"A  {two[0].id}" in lines[3]
    assert any("unpaired" in line for line in lines)
    assert lines[-1] == "seed 0"
    assert "<table>" in ah.compare(*two)._repr_html_()


def test_samples_that_flipped_are_listed(model: ah.Model, dataset: ah.Dataset) -> None:
    branch = model.get_branch("main")
    made = []
    for value in (0, 1):
        rows = "".join(f'{{"id": "s{at}", "right": {value}}}\n' for at in range(30))
        Path("samples.jsonl").write_text(rows)
        made.append(branch.create_evaluation({"right": value}, dataset, samples="samples.jsonl"))
    found = ah.compare(*made, limit=3)
    assert found[0]["flips"]["gained"] == {"count": 30, "ids": ["s0", "s1", "s2"]}
    assert "30 samples went from 0 to 1: s0, s1, s2, …" in str(found)


def test_the_command_prints_a_table_or_json(
    two: tuple[ah.Evaluation, ah.Evaluation], run_ah: RunAh
) -> None:
    done = run_ah("compare", "vision/cnn", "vision/cnn:dev", "--seed", "3")
    assert (done.code, done.rows[1][-1]) == (0, "better")
    assert done.out.rstrip().endswith("seed 3")
    done = run_ah("compare", two[0].id, two[1].id, "-m", "accuracy", "-o", "json")
    assert json.loads(done.out)["comparisons"][0]["verdict"] == "better"
    assert run_ah("compare", two[0].id, two[1].id, "-o", "name").out == "accuracy better\n"
    assert run_ah("compare", two[0].id).code == 1
    assert run_ah("compare", two[0].id, two[1].id, "-m", "none").code == 1


def test_different_data_are_refused_unless_across(
    two: tuple[ah.Evaluation, ah.Evaluation], dataset: ah.Dataset, run_ah: RunAh
) -> None:
    Path("more.csv").write_text("1,2\n")
    dataset.create_commit("more", add="more.csv")
    other = ah.get_asset(two[0]["modelID"])
    assert isinstance(other, ah.Model)
    third = other.get_branch("main").create_evaluation({"accuracy": 0.7}, dataset)
    refused = run_ah("compare", two[0].id, third.id)
    assert (refused.code, "no commit of a dataset in common" in refused.err) == (1, True)
    done = run_ah("compare", two[0].id, third.id, "--across")
    assert (done.code, "measured on different data" in done.out) == (0, True)
