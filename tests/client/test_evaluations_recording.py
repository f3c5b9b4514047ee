"""Evaluations with what proves them: parameters, tools, samples; in batches; marked, deleted."""

from __future__ import annotations

import datetime as dt
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from proxies import Proxy
from t9k import ah

# One hub will do: what the client makes of an answer does not hang on the database.
pytestmark = pytest.mark.parametrize("hub", ["sqlite+files"], indirect=True)

ROWS = [
    {"sample_id": "a", "accuracy": 1, "text": "one"},
    {"sample_id": "b", "accuracy": 0, "text": "zwei 二"},
    {"sample_id": "c", "accuracy": math.nan, "text": ""},
]


def test_what_was_said_of_an_evaluation_is_read_back(model: ah.Model, dataset: ah.Dataset) -> None:
    made = model.create_evaluation(
        {"accuracy": {"value": np.float32(0.5), "stderr": 0.1, "n": np.int64(3)}, "loss": 1},
        dataset,
        params={"lr": np.float64(0.5), "layers": np.array([1, 2]), "adam": {"amsgrad": True}},
        tool="lm-eval@0.4.9",
        revision="4d6988c3",
        seed=7,
        hardware="2 CPUs",
        duration=dt.timedelta(minutes=1),
        note="first run",
        labels=["nightly"],
    )
    found = ah.get_evaluation(made.id)
    assert found == made
    assert found.metrics == {"accuracy": 0.5, "loss": 1}
    assert found["metrics"]["accuracy"] == {"stderr": 0.1, "n": 3}
    assert found["params"] == {"lr": 0.5, "layers": [1, 2], "adam": {"amsgrad": True}}
    assert found["tool"] == {"name": "lm-eval", "version": "0.4.9"}
    assert (found["revision"], found["seed"], found["hardware"]) == ("4d6988c3", 7, "2 CPUs")
    assert (found["duration"], found["note"], found["labels"]) == (60, "first run", ["nightly"])
    assert (found.invalid, found["samples"], found["datasetMoved"]) == (False, None, 0)


def test_nested_metrics_are_named_by_their_place(model: ah.Model, dataset: ah.Dataset) -> None:
    made = model.create_evaluation(
        {"mmlu": {"anatomy": 0.5, "law": {"value": 0.25, "n": 4}}, "loss": 2}, dataset
    )
    assert made.metrics == {"mmlu/anatomy": 0.5, "mmlu/law": 0.25, "loss": 2}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"params": [1]}, "params must map names to values"),
        ({"params": {"x": {"y": {1, 2}}}}, r"params\.x\.y must be a value of JSON"),
        ({"params": {"x": {3: 1}}}, r"params\.x must have texts for names, not 3"),
        ({"tool": 3}, "tool must be text"),
        ({"revision": b"4d69"}, "revision must be text"),
        ({"seed": 1.5}, "seed must be a whole number"),
        ({"duration": "1m"}, "duration must be a number of seconds"),
        ({"labels": "nightly"}, "labels must be a list"),
        ({"samples": 5}, "samples must be a path, a data frame or a list of dicts"),
        ({"samples": [1]}, r"samples\[0\] must be a dict"),
        ({"samples": "absent.jsonl"}, "Cannot read the samples absent.jsonl: no such file"),
        ({"samples": "."}, r"Cannot read the samples \.: it is no file"),
        ({"samples": [{"accuracy": 1}]}, "have no ids"),
        ({"samples": [{"id": 1, "x": 1}, {"id": 1, "x": 0}]}, "have the same id"),
        ({"samples": [{"id": 1, "accuracy": "1"}]}, "no column of the samples has numbers"),
        ({"samples": pd.DataFrame({"id": [1, 2], "x": [1, "a"]})}, "cannot be written as Parquet"),
        ({"params": {"x": math.nan}}, r"params\.x is NaN"),
    ],
)
def test_what_cannot_be_right_is_named_and_nothing_is_recorded(
    model: ah.Model, dataset: ah.Dataset, given: dict[str, Any], said: str
) -> None:
    with pytest.raises(ah.InvalidInputError, match=said):
        model.create_evaluation({"accuracy": 0.5}, dataset, **given)
    assert model.list_evaluation() == []


def as_frame() -> Any:
    return pd.DataFrame(ROWS)


def as_indexed_frame() -> Any:
    return pd.DataFrame(ROWS).set_index("sample_id")


def as_parquet() -> Any:
    pd.DataFrame(ROWS).to_parquet("samples.parquet")
    return Path("samples.parquet")


def as_lines() -> Any:
    Path("samples.jsonl").write_text("\n".join(map(json.dumps, ROWS)))
    return "samples.jsonl"


def as_rows() -> Any:
    return (row for row in ROWS)


@pytest.mark.parametrize(
    "give", [as_frame, as_indexed_frame, as_parquet, as_lines, as_rows], ids=lambda f: f.__name__
)
def test_samples_come_back_whatever_they_were_given_as(
    model: ah.Model, dataset: ah.Dataset, give: Any
) -> None:
    made = model.create_evaluation({"accuracy": 0.5}, dataset, samples=give())
    assert made["samples"]["rows"] == 3
    rows = made.samples()
    assert [row["sample_id"] for row in rows] == ["a", "b", "c"]
    assert [row["text"] for row in rows] == ["one", "zwei 二", ""]
    assert [row["accuracy"] for row in rows[:2]] == [1, 0]
    assert rows[2]["accuracy"] is None or math.isnan(rows[2]["accuracy"])
    assert [row["sample_id"] for row in made.samples("accuracy = 0")] == ["b"]
    assert made.samples(limit=1) == rows[:1]
    place = made.download_samples("down/samples.parquet")
    assert pq.read_table(place).column("sample_id").to_pylist() == ["a", "b", "c"]
    assert [each.name for each in Path("down").iterdir()] == ["samples.parquet"]


def test_where_no_samples_are_none_are_written(model: ah.Model, dataset: ah.Dataset) -> None:
    made = model.create_evaluation({"accuracy": 0.5}, dataset)
    with pytest.raises(ah.NotFoundError, match="no samples"):
        made.samples()
    with pytest.raises(ah.NotFoundError, match="no samples"):
        made.download_samples("samples.parquet")
    assert not list(Path().glob("*samples*"))


def test_thousands_are_recorded_at_once(model: ah.Model, dataset: ah.Dataset) -> None:
    tag = dataset.create_tag("v1")
    many: list[dict[str, Any]] = [
        {"model": "vision/cnn", "dataset": tag, "metrics": {"step": step}} for step in range(2000)
    ]
    many[5] |= {"model": model, "dataset": "vision/digits", "seed": 3, "samples": ROWS}
    ids = ah.create_evaluations(many)
    assert len(set(ids)) == 2000
    sixth = ah.get_evaluation(ids[5])
    assert (sixth.metrics, sixth["seed"], sixth["samples"]["rows"]) == ({"step": 5}, 3, 3)
    assert ah.get_evaluation(ids[6])["datasetRef"].endswith(":tag/v1")
    assert len(model.list_evaluation()) == 2000


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (3, r"evaluations\[1\] must be a mapping"),
        ({"metrics": {"x": 1}, "dataset": "vision/digits"}, r"evaluations\[1\] has no model"),
        ({"metrics": {"x": "high"}}, r"evaluations\[1\]: Metric 'x' must be a number"),
        ({"metrics": {}}, r"evaluations\[1\]: An evaluation needs at least one metric"),
        ({"metrics": {"x": 1}, "lr": 3}, r"evaluations\[1\]: An evaluation has no 'lr'"),
        ({"metrics": {"x": {"value": 1, "n": -1}}}, r"evaluations\[1\]: metric 'x'"),
        ({"metrics": {"x": 1}, "dataset": "vision/absent"}, "There is no dataset"),
    ],
)
def test_one_wrong_evaluation_of_many_is_named_and_none_is_recorded(
    model: ah.Model, dataset: ah.Dataset, wrong: Any, said: str
) -> None:
    right = {"model": "vision/cnn", "dataset": dataset, "metrics": {"x": 1}}
    if isinstance(wrong, dict) and "model" not in wrong and "has no model" not in said:
        wrong = {"model": model, "dataset": dataset} | wrong
    with pytest.raises((ah.InvalidInputError, ah.NotFoundError), match=said):
        ah.create_evaluations([right, wrong])
    assert model.list_evaluation() == []


def test_an_invalid_evaluation_is_marked_with_its_reason_until_it_is_taken_back(
    model: ah.Model, dataset: ah.Dataset, user: Any
) -> None:
    made = model.create_evaluation({"accuracy": 0.5}, dataset)
    made.invalidate("leaked <b>labels</b>")
    assert made.invalid is True
    assert made["invalid"]["by"] == user.name
    listing = ah.list_evaluation("vision/cnn")
    assert "INVALID: leaked <b>labels</b>" in str(listing)
    shown = listing._repr_html_()  # type: ignore[attr-defined]
    assert "line-through" in shown
    assert "<b>" not in shown
    made.revalidate()
    assert made["invalid"] is None
    assert "STATE" not in str(ah.list_evaluation("vision/cnn"))
    with pytest.raises(ah.InvalidInputError, match="say why"):
        made.invalidate(" ")
    made.delete(reason="leaked labels")
    with pytest.raises(ah.DeletedError):
        made.invalidate("again")


def test_a_listing_says_by_how_much_the_dataset_has_moved(
    model: ah.Model, dataset: ah.Dataset
) -> None:
    made = model.create_evaluation({"accuracy": 0.5}, dataset)
    for word in ("one", "two"):
        with dataset.edit(word) as edit:
            edit.write("more.csv", word)
    listing = model.list_evaluation()
    assert listing[0]["datasetMoved"] == 2
    assert "dataset moved: 2 commits" in str(listing)
    assert ah.search_evaluation(stale=True) == [ah.get_evaluation(made.id)]
    assert ah.search_evaluation(stale=False, dataset=dataset) == []


def test_samples_are_sent_once_more_where_the_connection_broke(
    proxy: Proxy, model: ah.Model, data: ah.Dataset
) -> None:
    branch = ah.get("model/vision/cnn:main")
    assert isinstance(branch, ah.Branch)
    rows = [{"id": number, "accuracy": number % 2} for number in range(200_000)]
    proxy.cut(up=100_000)
    made = branch.create_evaluation({"accuracy": 0.5}, data, samples=rows)
    assert made["samples"]["rows"] == len(rows)
