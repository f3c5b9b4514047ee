"""Evaluations from the command line: recorded from files, found, ranked, followed, marked."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from t9k import ah

from .conftest import RunAh

# One hub will do: what the client makes of an answer does not hang on the database.
pytestmark = pytest.mark.parametrize("hub", ["sqlite+files"], indirect=True)

CREATE = ("create", "evaluation", "vision/cnn", "-d", "vision/digits")


def record(model: ah.Model, dataset: ah.Dataset, *values: float, **more: Any) -> list[str]:
    """Evaluations of the metric accuracy, each of a new commit of main; returns their ids."""
    branch = model.get_branch("main")
    made = []
    for value in values:
        with branch.edit(f"weights of {value}") as edit:
            edit.write("w", str(value))
        made.append(branch.create_evaluation({"accuracy": value}, dataset, **more).id)
    return made


def test_all_that_can_be_said_is_said_by_options(
    model: ah.Model, dataset: ah.Dataset, run_ah: RunAh
) -> None:
    Path("samples.jsonl").write_text('{"id": "a", "accuracy": 1}\n{"id": "b", "accuracy": 0}\n')
    options = ["-m", "accuracy=0.5", "--stderr", "accuracy=0.1", "--count", "accuracy=2"]
    options += ["--samples", "samples.jsonl", "--param", "lr=0.01", "--param", "name=a=b"]
    options += ["--param", 'deep={"x": [1, null]}', "--param", "bad=NaN", "--tool", "mine@1.2"]
    options += ["--revision", "4d69", "--seed", "7", "--hardware", "CPU", "--duration", "1.5"]
    options += ["--note", "first", "-l", "nightly", "-l", "ci"]
    result = run_ah(*CREATE, *options)
    assert result.code == 0, result.err
    (made,) = model.list_evaluation()
    assert made["metrics"]["accuracy"] == {"stderr": 0.1, "n": 2}
    deep = {"x": [1, None]}
    assert made["params"] == {"lr": 0.01, "name": "a=b", "deep": deep, "bad": "NaN"}
    assert made["tool"] == {"name": "mine", "version": "1.2"}
    assert (made["revision"], made["seed"], made["hardware"]) == ("4d69", 7, "CPU")
    assert (made["duration"], made["note"], made["labels"]) == (1.5, "first", ["nightly", "ci"])
    assert made["samples"] is not None
    shown = run_ah("show", "evaluation", made["id"])
    for said in (
        "mine@1.2",
        "lr=0.01",
        'deep={"x": [1, null]}',
        "nightly, ci",
        "2 of id, accuracy",
    ):
        assert said in shown.out
    assert shown.rows[-1] == ["accuracy", "0.5", "0.1", "2"]
    assert json.loads(run_ah("show", "evaluation", made["id"], "--json").out) == made
    assert run_ah("show", "evaluation", made["id"], "-o", "name").out == f"{made['id']}\n"


def test_a_file_says_what_the_options_do_not(
    model: ah.Model,
    dataset: ah.Dataset,
    run_ah: RunAh,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = {
        "metrics": {"mmlu": {"law": 0.5}, "loss": {"value": 2, "n": 9}},
        "seed": 3,
        "note": "x",
    }
    Path("whole.json").write_text(json.dumps(whole))
    assert run_ah(*CREATE, "-f", "whole.json", "-m", "loss=1", "--seed", "4").code == 0
    made = ah.get_evaluation(model.list_evaluation()[0]["id"])
    assert made.metrics == {"mmlu/law": 0.5, "loss": 1}
    assert (made["seed"], made["note"]) == (4, "x")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"acc": NaN, "loss": 1}')))
    assert run_ah(*CREATE, "-f", "-", "--stderr", "loss=0.5").code == 0
    made = ah.get_evaluation(model.list_evaluation()[0]["id"])
    assert list(made.metrics) == ["acc", "loss"]
    assert made["metrics"]["loss"] == {"stderr": 0.5}


@pytest.mark.parametrize(
    ("content", "options", "code", "said"),
    [
        (None, ["-f", "r.json"], 1, "Cannot read r.json: no such file"),
        ("{", ["-f", "r.json"], 1, "Cannot read r.json: it is no JSON: "),
        ("\udcff", ["-f", "r.json"], 1, "Cannot read r.json: it is no JSON: "),
        ("[1]", ["-f", "r.json"], 1, "it must be an object of metrics"),
        ("{}", ["-f", "r.json"], 1, "it must be an object of metrics"),
        ('{"a": 1, "a": 2}', ["-f", "r.json"], 1, "'a' is given twice"),
        ('{"metrics": {"a": 1}, "model": "x"}', ["-f", "r.json"], 1, "it says 'model'"),
        ('{"a": "high"}', ["-f", "r.json"], 1, "Metric 'a' must be a number, not 'high'"),
        ('{"metrics": {"a": 1}, "seed": 1.5}', ["-f", "r.json"], 1, "seed must be a whole number"),
        (None, ["-m", "a=1", "--stderr", "b=1"], 2, "--stderr names 'b', which is none of"),
        (None, ["-m", "a=1", "--count", "a=1.5"], 2, "must be a whole number, not 1.5"),
        (None, ["-m", "a=1", "--param", "x"], 2, "'x' is not of the form NAME=VALUE"),
        (None, ["-m", "a=1", "--param", "x=1", "--param", "x=2"], 2, "'x' is given twice"),
        (None, ["-m", "a=1", "--samples", "s.parquet"], 1, "Cannot read the samples s.parquet"),
        (None, ["-m", "a=1", "--seed", str(2**64)], 1, "seed must be a whole number"),
        (None, ["-m", "a=1", "--duration", "nan"], 1, "duration must be a number of seconds"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_line_and_nothing_is_recorded(
    model: ah.Model,
    dataset: ah.Dataset,
    run_ah: RunAh,
    content: str | None,
    options: list[str],
    code: int,
    said: str,
) -> None:
    if content is not None:
        Path("r.json").write_bytes(content.encode(errors="surrogateescape"))
    result = run_ah(*CREATE, *options)
    assert (result.code, result.out) == (code, "")
    assert said in result.err
    assert result.err.startswith("AH ERROR: ")
    assert result.err.count("\n") == 1
    assert model.list_evaluation() == []


def test_a_search_finds_and_sorts(model: ah.Model, dataset: ah.Dataset, run_ah: RunAh) -> None:
    low, high = record(model, dataset, 0.5, 0.9, params={"lr": 0.1})
    command = ("search", "evaluation", 'accuracy > 0.1 and dataset = "digits"')
    found = run_ah(*command, "--sort", "-accuracy")
    assert found.rows[0][:3] == ["ID", "MODEL", "MODEL_COMMIT"]
    assert [row[0] for row in found.rows[1:]] == [high, low]
    assert run_ah(*command, "--sort", "accuracy", "-o", "name").out == f"{low}\n{high}\n"
    assert run_ah("search", "evaluation", "", "-o", "name", "--limit", "1").out == f"{high}\n"
    (first,) = json.loads(run_ah(*command, "--json", "--limit", "1", "--sort", "-accuracy").out)
    assert list(first)[:2] == ["id", "modelID"]
    assert first == ah.get_evaluation(high)
    table = run_ah(*command, "-o", "csv").out
    assert {row["accuracy"] for row in csv.DictReader(io.StringIO(table))} == {"0.5", "0.9"}
    assert run_ah("search", "evaluation", "param.lr > 1").rows == [found.rows[0][:6]]
    assert [each["id"] for each in ah.search_evaluation("accuracy > 0.6", model=model)] == [high]
    assert ah.search_evaluation(model="vision/cnn:main", dataset="vision/digits")[0]["id"] == high


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["accuracy > 0.9 and dataset mnist"],
            'AH ERROR: expected a comparison (= != < <= > >= ~), "in" or "exists", not mnist\n'
            "accuracy > 0.9 and dataset mnist\n"
            "                           ^\n",
        ),
        (["accuracy > 0.9", "--sort", "accuracy,,loss"], "accuracy,,loss\n         ^\n"),
        (["准确率 >= high"], "准确率 >= high\n          ^\n"),
    ],
)
def test_a_caret_stands_under_what_is_wrong_in_a_search(
    logged_in: Any, run_ah: RunAh, arguments: list[str], said: str
) -> None:
    result = run_ah("search", "evaluation", *arguments)
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("AH ERROR: ")
    assert result.err.endswith(said), result.err
    query, *rest = arguments
    with pytest.raises(ah.InvalidInputError, match=r"\^"):
        ah.search_evaluation(query, rest[1] if rest else None)


def test_a_leaderboard_ranks_the_best_of_each_model(
    model: ah.Model, dataset: ah.Dataset, run_ah: RunAh
) -> None:
    metric = {"accuracy": {"value": 0.9, "n": 1000, "higher_is_better": True}}
    other = model.folder.create_asset("mlp")
    same = model.folder.create_asset("vit")
    good = model.create_evaluation(metric, dataset)
    metric["accuracy"]["value"] = 0.1
    bad = other.create_evaluation(metric, dataset)
    metric["accuracy"]["value"] = 0.899
    near = same.create_evaluation(metric, dataset)
    model.create_evaluation(metric, dataset)
    command = ("leaderboard", "vision/digits", "-m", "accuracy")
    shown = run_ah(*command)
    assert shown.code == 0, shown.err
    assert [row[0] for row in shown.rows[1:4]] == ["1=", "1=", "3"]
    assert "unpaired" in shown.out
    assert "\n\nHigher is better. " in shown.out
    table = run_ah(*command, "-o", "table")
    assert len(table.rows) == 4
    assert run_ah(*command, "-o", "name", "--limit", "1").out == f"{good.id}\n"
    places = list(csv.DictReader(io.StringIO(run_ah(*command, "-o", "csv").out)))
    assert [each["evaluation"] for each in places] == [good.id, near.id, bad.id]
    assert float(places[0]["low"]) < 0.9 < float(places[0]["high"])
    assert len(json.loads(run_ah(*command, "--best", "all", "--json").out)["results"]) == 4
    board = ah.leaderboard(dataset, "accuracy", "accuracy < 0.5")
    assert [(each["rank"], each["evaluation"]["id"]) for each in board] == [(1, bad.id)]
    assert board.higher_is_better
    assert "<table>" in board._repr_html_()


def test_a_leaderboard_leaves_out_the_invalid_and_flags_other_commits(
    model: ah.Model, dataset: ah.Dataset, run_ah: RunAh
) -> None:
    old, wrong = record(model, dataset, 0.5, 0.99)
    ah.get_evaluation(wrong).invalidate("leaked")
    with dataset.edit("more") as edit:
        edit.write("more.csv", "1")
    command = ("leaderboard", "vision/digits", "-m", "accuracy", "--direction", "higher")
    assert len(run_ah(*command, "-o", "table").rows) == 1
    across = run_ah(*command, "--across", "--best", "all")
    assert across.rows[1][-1] == "(another)"
    assert across.rows[1][-3] == old
    assert wrong not in across.out


def test_a_leaderboard_asks_what_is_better_where_evaluations_do_not_agree(
    model: ah.Model, dataset: ah.Dataset, run_ah: RunAh
) -> None:
    command = ("leaderboard", "vision/digits", "-m", "score")
    model.create_evaluation({"score": {"value": 0.5, "higher_is_better": True}}, dataset)
    assert "Higher is better." in run_ah(*command).out
    assert "told by the name" not in run_ah(*command).out
    model.create_evaluation({"score": {"value": 0.5, "higher_is_better": False}}, dataset)
    result = run_ah(*command)
    assert (result.code, result.out) == (1, "")
    assert "say which by direction" in result.err
    assert "Lower is better." in run_ah(*command, "--direction", "lower").out
    model.create_evaluation({"loss": 0.5}, dataset)
    shown = run_ah("leaderboard", "vision/digits", "-m", "loss")
    assert "Lower is better." in shown.out
    assert "What is better was told by the name of the metric.\n" in shown.out


def test_a_history_is_drawn_and_listed_oldest_first(
    model: ah.Model, dataset: ah.Dataset, run_ah: RunAh
) -> None:
    ids = record(model, dataset, 0.5, 0.75, float("nan"), 1.0)
    command = ("history", "vision/cnn", "-m", "accuracy")
    shown = run_ah(*command)
    assert shown.out.splitlines()[0] == "accuracy  ▁▅·█  0.5 to 1"
    assert [row[-1] for row in shown.rows[3:]] == ids
    plain = json.loads(run_ah(*command, "--json").out)
    assert [each["value"] for each in plain] == [0.5, 0.75, "NaN", 1.0]
    rows = list(csv.DictReader(io.StringIO(run_ah(*command, "-o", "csv", "--limit", "2").out)))
    assert [row["evaluation"] for row in rows] == ids[2:]
    assert rows[1]["message"] == "weights of 1.0"
    trend = model.history("accuracy", dataset, limit=3)
    assert (trend.more, len(trend)) == (True, 3)
    assert "accuracy  ▁·█" in str(trend)
    assert model.get_commit(-1).history("accuracy") == []
    assert run_ah("history", "vision/cnn", "-m", "none").out.startswith("none: no values\n")


def test_what_is_invalid_is_struck_through_on_a_terminal_and_named_elsewhere(
    model: ah.Model, dataset: ah.Dataset, run_ah: RunAh, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = record(model, dataset, 0.5, 0.9)
    assert run_ah("invalidate", "evaluation", bad, "--reason", "leaked labels").code == 0
    table = ("ls", "evaluation", "vision/cnn", "-o", "table")
    plain = run_ah(*table)
    assert plain.rows[0][-1] == "STATE"
    assert plain.out.splitlines()[1].endswith("INVALID: leaked labels")
    assert plain.rows[2][0] == good
    assert "STATE:           INVALID: leaked labels" in run_ah(*table[:3]).out
    rows = list(csv.DictReader(io.StringIO(run_ah(*table[:4], "csv").out)))
    assert [row["invalid"] for row in rows] == ["leaked labels", ""]
    # What click asks a stream.
    with monkeypatch.context() as patch:
        patch.setattr("click.utils.should_strip_ansi", lambda *_args: False)
        lines = run_ah(*table).out.splitlines()
    assert lines[1].startswith("\x1b[9m")
    assert not lines[2].startswith("\x1b")
    assert run_ah("invalidate", "evaluation", bad, "--undo").code == 0
    assert ah.get_evaluation(bad)["invalid"] is None


def test_an_evaluation_is_marked_with_a_reason_or_not_at_all(
    model: ah.Model, dataset: ah.Dataset, run_ah: RunAh
) -> None:
    (made,) = record(model, dataset, 0.5)
    for options in ([], ["--reason", "x", "--undo"]):
        result = run_ah("invalidate", "evaluation", made, *options)
        assert result.code == 2
        assert "Give either '--reason' or '--undo'." in result.err
    assert run_ah("invalidate", "evaluation", made, "--reason", " ").code == 1
    assert ah.get_evaluation(made)["invalid"] is None


def test_stale_evaluations_are_found_of_one_model_and_of_all(
    model: ah.Model, dataset: ah.Dataset, run_ah: RunAh
) -> None:
    (old,) = record(model, dataset, 0.5)
    assert (
        "No stale evaluations of vision/cnn"
        in run_ah("ls", "evaluation", "vision/cnn", "--stale").err
    )
    for word in ("one", "two", "three"):
        with dataset.edit(word) as edit:
            edit.write("more.csv", word)
    (new,) = record(model, dataset, 0.6)
    for place in (["vision/cnn"], ["vision/cnn", "--sort", "-accuracy"], []):
        assert run_ah("ls", "evaluation", *place, "--stale", "-o", "name").out == f"{old}\n"
    shown = run_ah("ls", "evaluation", "vision/cnn", "-o", "table").out.splitlines()
    assert shown[2].endswith("dataset moved: 3 commits")
    assert shown[1].startswith(new)
    missing = run_ah("ls", "evaluation")
    assert (missing.code, "Missing argument" in missing.err) == (2, True)


def test_an_evaluation_is_deleted_with_a_reason(
    model: ah.Model, dataset: ah.Dataset, run_ah: RunAh
) -> None:
    (made,) = record(model, dataset, 0.5)
    assert run_ah("delete", "evaluation", made, "--reason", "of another model").code == 0
    assert model.list_evaluation() == []
    assert "There is no evaluation" in run_ah("show", "evaluation", made).err
