"""Evaluations come into a hub from the files of other tools, and leave it in their forms."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from t9k import ah
from t9k.ah import _formats
from t9k.ah._hub import default_connection

from .conftest import RunAh
from .formats import FILES

BOTH = {"local_questions": "vision/digits", "local_numbers": "vision/digits"}


def _path(name: str) -> str:
    return str(FILES[name][1])


def _list(model: ah.Model) -> list[Any]:
    return list(model.list_evaluation())


def _samples(id_: str) -> list[dict[str, Any]]:
    answer = default_connection().request("GET", f"/evaluations/{id_}/samples")
    found: list[dict[str, Any]] = answer["results"]
    return found


def test_an_import_records_all_that_its_file_says(model: ah.Model, dataset: ah.Dataset) -> None:
    questions, numbers = ah.import_evaluation(_path("lm-eval"), "vision/cnn", BOTH)
    entry = ah.get_evaluation(numbers)
    assert entry["modelCommit"] == model.get_commit(0).id
    assert entry["datasetID"] == dataset.id
    assert entry.metrics == {
        "exact_match/strict-match": 0.0,
        "exact_match/flexible-extract": pytest.approx(1 / 3),
    }
    assert entry["metrics"]["exact_match/flexible-extract"]["n"] == 3
    assert entry["tool"] == {"name": "lm-eval", "version": "0.4.13"}
    assert (entry["seed"], entry["revision"]) == (11, "cd7ec91")
    assert entry["params"]["generation_kwargs"] == {"until": ["\n"], "max_gen_toks": 8}
    assert entry["source"]["format"] == "lm-eval"
    assert entry["source"]["dataset"]["task"] == "local_numbers"
    assert entry["source"]["lacks"] == ["The source does not say on which hardware it ran."]
    assert entry["samples"]["rows"] == 3
    assert [each["exact_match/flexible-extract"] for each in _samples(numbers)] == [0, 1, 0]
    assert ah.get_evaluation(questions)["samples"]["rows"] == 6


@pytest.mark.parametrize("name", [name for name in FILES if name != "lm-eval"])
def test_each_format_is_taken_by_the_hub(name: str, model: ah.Model, dataset: ah.Dataset) -> None:
    from t9k.ah._formats.records import benchmark_of

    records = _formats.read(FILES[name][1])
    names = {benchmark_of(record) for record in records}
    datasets = dict.fromkeys(names, "vision/digits") if len(names) > 1 else "vision/digits"
    ids = ah.import_evaluation(FILES[name][1], "vision/cnn", datasets)
    for id_, record in zip(ids, records, strict=True):
        entry = ah.get_evaluation(id_)
        assert list(entry.metrics) == list(record["metrics"])
        assert entry["source"]["lacks"] == record["lacks"]
        rows = (entry["samples"] or {}).get("rows", 0)
        assert rows == sum(1 for _ in record["samples"] or ())


def test_a_file_on_several_datasets_asks_which_of_the_hubs_each_is(
    model: ah.Model, dataset: ah.Dataset
) -> None:
    with pytest.raises(ah.InvalidInputError, match="local_questions, local_numbers") as caught:
        ah.import_evaluation(_path("lm-eval"), "vision/cnn", "vision/digits")
    assert caught.value.code == "several_datasets"
    with pytest.raises(ah.InvalidInputError, match="No evaluation is on 'gsm8k'") as caught:
        ah.import_evaluation(_path("lm-eval"), "vision/cnn", {"gsm8k": "vision/digits"})
    assert caught.value.code == "unknown_benchmark"
    assert _list(model) == []
    only = {"local_numbers": "vision/digits"}
    assert len(ah.import_evaluation(_path("lm-eval"), "vision/cnn", only)) == 1


def test_nothing_is_recorded_where_one_of_several_files_is_wrong(
    model: ah.Model, dataset: ah.Dataset
) -> None:
    Path("bad.csv").write_text("accuracy\nhigh\n0.5\n")
    with pytest.raises(ah.InvalidInputError, match=r"bad\.csv"):
        ah.import_evaluation([_path("csv"), "bad.csv"], "vision/cnn", "vision/digits")
    Path("large.csv").write_text("accuracy,note\n0.5," + "x" * 70_000 + "\n")
    with pytest.raises(ah.InvalidInputError):
        ah.import_evaluation([_path("csv"), "large.csv"], "vision/cnn", "vision/digits")
    assert _list(model) == []


def test_samples_that_differ_in_their_columns_are_made_alike(
    model: ah.Model, dataset: ah.Dataset
) -> None:
    log = json.loads(Path(_path("inspect json")).read_text())
    log["samples"][1]["scores"] = {
        "includes": {"value": "unclear"},
        "length": {"value": {"words": 3}},
    }
    Path("log.json").write_text(json.dumps(log))
    (id_,) = ah.import_evaluation("log.json", "vision/cnn", "vision/digits")
    first, second = _samples(id_)
    assert (first["includes"], second["includes"]) == ("0.0", "unclear")
    assert (first["match"], second["length/words"]) == (0, 3)
    assert math.isnan(float(second["match"]))
    assert math.isnan(float(first["length/words"]))


def test_samples_with_an_id_twice_are_refused(model: ah.Model, dataset: ah.Dataset) -> None:
    line = FILES["lm-eval samples"][1].read_text().splitlines()[0]
    Path("samples_a_1.jsonl").write_text(f"{line}\n{line}\n")
    with pytest.raises(ah.InvalidInputError, match="have the same sample_id"):
        ah.import_evaluation("samples_a_1.jsonl", "vision/cnn", "vision/digits")
    assert _list(model) == []


def test_the_command_imports_and_shows_what_it_recorded_and_what_is_lacking(
    model: ah.Model, dataset: ah.Dataset, run_ah: RunAh
) -> None:
    done = run_ah(
        *("import", "evaluation", _path("inspect"), "-m", "vision/cnn", "-d", "vision/digits")
    )
    assert done.code == 0
    (entry,) = _list(model)
    assert entry["id"] in done.out
    assert "includes/accuracy" in done.out
    assert "The source does not say on which hardware it ran." in done.out
    assert "Importing 1 evaluation of Model cnn" in done.err


def test_what_a_file_holds_cannot_move_the_cursor_of_a_terminal(
    model: ah.Model, dataset: ah.Dataset, run_ah: RunAh
) -> None:
    Path("a.csv").write_text('"acc\x1b[2J",loss\n0.5,1\n')
    Path("b.csv").write_text('"acc\x1b[2J",loss\n0.5,1\nx,2\n')
    for name in ("a.csv", "b.csv"):
        where = ["-m", "vision/cnn", "-d", "vision/digits", "--dry-run"]
        done = run_ah("import", "evaluation", name, *where)
        assert "acc?[2J" in done.out + done.err
        assert "\x1b" not in done.out + done.err


def test_a_dry_run_records_nothing(model: ah.Model, dataset: ah.Dataset, run_ah: RunAh) -> None:
    command = ["import", "evaluation", "--from", "csv", _path("csv"), "--dry-run"]
    where = ["-m", "vision/cnn", "-d", "vision/digits"]
    done = run_ah(*command, *where, "-o", "json")
    entries = json.loads(done.out)
    assert [each["params"]["name"] for each in entries] == ["first", "second, longer"]
    for output in ("table", "csv", "yaml", "name"):
        assert run_ah(*command, *where, "-o", output).code == 0
    assert "Nothing was recorded" in done.err
    assert _list(model) == []


@pytest.mark.parametrize(
    ("datasets", "code"),
    [
        (["-d", "local_numbers=vision/digits"], 0),
        (["-d", "local_numbers=vision/digits", "-d", "local_questions=vision/digits"], 0),
        (["-d", "vision/digits", "-d", "vision/digits"], 2),
        (["-d", "=vision/digits"], 2),
        (["-d", "a=vision/digits", "-d", "a=vision/digits"], 2),
        (["-d", "vision/digits"], 1),
        (["-d", "local_numbers=images/nothing"], 1),
    ],
)
def test_the_command_takes_a_dataset_for_each_name(
    datasets: list[str], code: int, model: ah.Model, dataset: ah.Dataset, run_ah: RunAh
) -> None:
    done = run_ah("import", "evaluation", _path("lm-eval"), "-m", "vision/cnn", *datasets)
    assert done.code == code
    assert len(_list(model)) == (len(datasets) // 2 if code == 0 else 0)


@pytest.mark.parametrize("format_", _formats.EXPORTS)
def test_what_was_recorded_is_exported_in_each_form(
    format_: str, model: ah.Model, dataset: ah.Dataset, run_ah: RunAh
) -> None:
    ids = ah.import_evaluation(_path("csv"), "vision/cnn", "vision/digits")
    by_model = ah.export_evaluation("vision/cnn", format_)
    assert len(by_model) > 100
    assert ah.export_evaluation(ids[0], format_)
    assert ah.export_evaluation(model.list_evaluation(), format_)[:4] == by_model[:4]
    done = run_ah("export", "evaluation", *ids, "--format", format_, "-o", "out")
    assert done.code == 0
    assert Path("out").stat().st_size > 100
    if format_ == "csv":
        records = _formats.read("out", "csv")
        assert [each["source"]["id"] for each in records] == ids
        assert records[0]["metrics"]["accuracy"]["stderr"] == 0.02
        assert (
            run_ah("export", "evaluation", *ids, "--format", "csv").out == Path("out").read_text()
        )


def test_attestations_are_signed_by_export_and_checked_by_verify(
    model: ah.Model, dataset: ah.Dataset, run_ah: RunAh
) -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    Path("key.pem").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    Path("key.pub").write_bytes(
        key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    entry = model.create_evaluation({"accuracy": 0.5}, dataset)
    export = ["export", "evaluation", "vision/cnn", "--format", "in-toto"]
    assert run_ah(*export, "--sign", "key.pem", "-o", "a.jsonl").code == 0
    done = run_ah("verify", "a.jsonl", "--key", "key.pub")
    assert done.code == 0
    assert entry["modelCommit"] in done.out
    assert entry["datasetCommit"] in done.out
    assert "1 of 1 attestations" in done.err
    assert run_ah(*export, "-o", "plain.jsonl").code == 0
    refused = run_ah("verify", "plain.jsonl", "--key", "key.pub")
    assert refused.code == 1
    assert "nobody signed" in refused.err


def test_there_is_nothing_to_export_of_a_model_without_evaluations(model: ah.Model) -> None:
    with pytest.raises(ah.InvalidInputError, match="no evaluation to export"):
        ah.export_evaluation("vision/cnn", "csv")
    with pytest.raises(ah.NotFoundError):
        ah.export_evaluation("11111111-2222-4333-8444-555555555555", "csv")
