"""`ah ls` and the other listings: their columns, forms, order and length."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from t9k import ah

from .conftest import RunAh

# What is printed does not hang on the database.
pytestmark = pytest.mark.parametrize("hub", ["sqlite+files"], indirect=True)

KINDS = ("folder", "model", "dataset", "branch", "tag", "commit", "object", "evaluation")


@pytest.fixture
def filled(model: ah.Model, dataset: ah.Dataset) -> ah.Model:
    """vision/cnn with two commits on `v1`, a tag, files of three sizes, and two evaluations."""
    branch = model.create_branch("v1")
    for name, size in (("small", 230), ("large", 4096), ("middle", 1500)):
        Path(name).write_bytes(b"x" * size)
    branch.create_commit("weights\n\nof the first run", add=["small", "middle", "large"])
    branch.create_tag("rel")
    for accuracy in (0.5, 0.9):
        branch.create_evaluation({"accuracy": accuracy, "loss": 1.47}, dataset)
    model.update(labels=["a", "b"])
    return model


def _arguments(kind: str) -> list[str]:
    by_kind = {"folder": [], "model": ["vision"], "dataset": ["vision"]}
    return by_kind.get(kind, ["vision/cnn:v1" if kind in ("commit", "object") else "vision/cnn"])


@pytest.mark.parametrize(
    ("command", "columns"),
    [
        (["folder"], "TYPE NAME ASSETS OWNER CREATED"),
        (["folder", "-d"], "TYPE NAME ASSETS OWNER CREATED ID LABELS MODIFIED"),
        (["model", "vision"], "NAME BRANCHES CREATED"),
        (["dataset", "vision", "-d"], "NAME BRANCHES CREATED ID LABELS MODIFIED"),
        (["branch", "vision/cnn"], "NAME COMMIT_ID BYTES MODIFIED"),
        (["tag", "vision/cnn"], "NAME COMMIT_ID"),
        (["commit", "vision/cnn:v1"], "COMMIT_ID MESSAGE CREATED"),
        (["object", "vision/cnn:v1"], "PATH BYTES CHECKSUM MODIFIED"),
    ],
)
def test_a_listing_has_its_columns(
    filled: ah.Model, run_ah: RunAh, command: list[str], columns: str
) -> None:
    result = run_ah("ls", *command)
    assert result.rows[0] == columns.split()
    assert "\x1b" not in result.out


def test_an_empty_listing_prints_its_header(model: ah.Model, run_ah: RunAh) -> None:
    assert run_ah("ls", "object", "vision/cnn").out == "PATH  BYTES  CHECKSUM  MODIFIED\n"
    assert run_ah("ls", "tag", "vision/cnn").out == "NAME  COMMIT_ID\n"
    assert run_ah("ls", "tag", "vision/cnn", "-o", "csv").out == "name,commit_id\n"
    for form, out in (("json", "[]\n"), ("yaml", "[]\n"), ("name", "")):
        assert run_ah("ls", "object", "vision/cnn", "-o", form).out == out


def test_sizes_are_bytes_to_the_right_or_for_people(filled: ah.Model, run_ah: RunAh) -> None:
    lines = run_ah("ls", "object", "vision/cnn:v1").out.splitlines()
    ends = {
        line.index(size) + len(size)
        for line, size in zip(lines[1:], ["4096B", "1500B", "230B"], strict=True)
    }
    assert ends == {lines[0].index("BYTES") + len("BYTES")}
    assert [row[1] for row in run_ah("ls", "object", "vision/cnn:v1", "-h").rows[1:]] == [
        "4.0KiB",
        "1.5KiB",
        "230B",
    ]
    branches = run_ah("ls", "branch", "vision/cnn", "-h").rows
    assert [row[2] for row in branches if row[0] == "v1"] == ["5.7KiB"]


def test_a_message_is_its_first_line_and_a_commit_12_digits(
    filled: ah.Model, run_ah: RunAh
) -> None:
    id_ = filled.get_branch("v1").id
    row = run_ah("ls", "commit", "vision/cnn:v1").rows[1]
    assert row[:2] == [id_[:12], "weights"]
    assert row[-1] == "ago"


@pytest.mark.parametrize("kind", KINDS)
def test_json_yaml_and_csv_hold_the_same_entries(
    filled: ah.Model, run_ah: RunAh, kind: str
) -> None:
    command = ("ls", kind, *_arguments(kind), "-o")
    found = json.loads(run_ah(*command, "json").out)
    assert found
    assert run_ah(*command[:-1], "--json").out == run_ah(*command, "json").out
    assert yaml.safe_load(run_ah(*command, "yaml").out) == found
    rows = list(csv.DictReader(io.StringIO(run_ah(*command, "csv").out)))
    assert len(rows) == len(found)
    ids = {"folder": "folder", "model": "asset", "dataset": "asset"}
    for row, entry in zip(rows, found, strict=True):
        if kind in ids:
            assert row["id"] == entry[ids[kind]]["id"]
            assert row["created"] == entry[ids[kind]]["createdTimestamp"]
        elif kind == "object":
            assert (row["path"], int(row["bytes"])) == (entry["path"], entry["size_bytes"])
        elif kind == "commit":
            assert (row["commit_id"], row["message"]) == (entry["id"], entry["message"])
        else:
            assert entry["id"] in row.values()


@pytest.mark.parametrize(
    ("kind", "argument", "taker"),
    [
        ("folder", None, ["ls", "model"]),
        ("model", "vision", ["ls", "branch"]),
        ("dataset", "vision", ["ls", "commit"]),
        ("branch", "vision/cnn", ["ls", "commit"]),
        ("tag", "vision/cnn", ["ls", "object"]),
        ("commit", "vision/cnn:v1", ["ls", "object"]),
        ("object", "vision/cnn:v1", ["cat", "vision/cnn:v1"]),
        ("evaluation", "vision/cnn", ["delete", "evaluation"]),
    ],
)
def test_names_are_arguments_of_other_commands(
    filled: ah.Model, run_ah: RunAh, kind: str, argument: str | None, taker: list[str]
) -> None:
    limits = ["-t", "model", "-s", "own"] if kind == "folder" else []
    arguments = [argument] if argument else []
    names = run_ah("ls", kind, *arguments, *limits, "-o", "name").out.splitlines()
    assert names
    for name in names:
        result = run_ah(*taker, name)
        assert result.code == 0, (name, result.err)


def test_a_listing_is_sorted_by_a_column_before_it_is_cut(filled: ah.Model, run_ah: RunAh) -> None:
    def first(*options: str) -> list[str]:
        return [row[0] for row in run_ah("ls", "object", "vision/cnn:v1", *options).rows[1:]]

    assert first() == ["large", "middle", "small"]
    assert first("--sort", "bytes") == ["small", "middle", "large"]
    assert first("--sort", "-BYTES", "--limit", "1") == ["large"]
    assert first("--limit", "2") == ["large", "middle"]
    assert first("--limit", "0") == []
    result = run_ah("ls", "object", "vision/cnn:v1", "--sort", "byte")
    assert result.code == 2
    assert "no column 'byte': did you mean bytes?" in result.err


@pytest.mark.parametrize("kind", KINDS)
def test_every_listing_takes_a_limit_and_an_order(
    filled: ah.Model, run_ah: RunAh, kind: str
) -> None:
    column = {"evaluation": "accuracy", "object": "path", "commit": "created"}.get(kind, "name")
    command = ("ls", kind, *_arguments(kind), "--json", "--limit", "1", "--sort")
    for order in (column, f"-{column}"):
        result = run_ah(*command, order)
        assert result.code == 0, result.err
        assert len(json.loads(result.out)) <= 1


def test_evaluations_rank_by_a_metric(filled: ah.Model, run_ah: RunAh) -> None:
    out = run_ah("ls", "evaluation", "vision/cnn", "-o", "csv", "--sort", "-accuracy").out
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [(row["accuracy"], row["loss"]) for row in rows] == [("0.9", "1.47"), ("0.5", "1.47")]
    assert rows[0]["ref"].endswith("/model/vision/cnn:branch/v1")
    assert len(rows[0]["model_commit"]) == 64


def test_scopes_and_types_of_folders(filled: ah.Model, hub: Any, run_ah: RunAh) -> None:
    def listed(*options: str) -> list[tuple[str, ...]]:
        return [tuple(row[:2]) for row in run_ah("ls", "folder", *options).rows[1:]]

    assert sorted(listed("-s", "own")) == [("dataset", "vision"), ("model", "vision")]
    assert listed("-s", "own", "-t", "model") == [("model", "vision")]
    assert listed("-s", "shared") == []
