"""Evaluations are read from the files that real tools wrote, with what these say and lack."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from t9k import ah
from t9k.ah import _formats

from .formats import DATA, FILES


@pytest.mark.parametrize("name", FILES)
def test_the_format_of_a_real_file_is_found(name: str) -> None:
    format_, path = FILES[name]
    assert _formats.detect(path) == format_
    found, named = _formats.read(path), _formats.read(path, format_)
    assert [list(each["metrics"]) for each in found] == [list(each["metrics"]) for each in named]
    assert {each["source"]["format"] for each in found} == {format_}


def _read(name: str) -> list[_formats.Record]:
    return _formats.read(FILES[name][1])


def _values(record: _formats.Record) -> dict[str, float]:
    return {name: metric["value"] for name, metric in record["metrics"].items()}


def test_lm_eval_gives_a_record_for_each_task_with_errors_counts_and_directions() -> None:
    questions, numbers = _read("lm-eval")
    assert questions["metrics"]["acc"] == {
        "value": 0.5,
        "stderr": pytest.approx(0.2236, abs=1e-4),
        "n": 6,
        "higher_is_better": True,
    }
    assert _values(numbers) == {
        "exact_match/strict-match": 0.0,
        "exact_match/flexible-extract": pytest.approx(1 / 3),
    }
    assert numbers["tool"] == {"name": "lm-eval", "version": "0.4.13"}
    assert (numbers["seed"], numbers["revision"]) == (11, "cd7ec91")
    assert numbers["duration"] == pytest.approx(20.83, abs=0.01)
    assert numbers["started"] == "2026-11-24T23:37:42.898120Z"
    assert numbers["source"]["model"] == {"name": "local/dummy"}
    assert numbers["source"]["dataset"]["task"] == "local_numbers"
    assert numbers["params"]["generation_kwargs"] == {"until": ["\n"], "max_gen_toks": 8}
    assert numbers["lacks"] == ["The source does not say on which hardware it ran."]


def test_lm_eval_samples_lie_beside_and_have_the_metrics_of_all_filters() -> None:
    questions, numbers = _read("lm-eval")
    assert questions["samples"] is not None
    assert numbers["samples"] is not None
    assert sum(each["acc"] for each in questions["samples"]) / 6 == 0.5
    samples = list(numbers["samples"])
    assert [each["sample_id"] for each in samples] == ["0", "1", "2"]
    assert [each["exact_match/flexible-extract"] for each in samples] == [0.0, 1.0, 0.0]
    assert list(numbers["samples"]) == samples, "they can be gone through again"


def test_lm_eval_samples_alone_give_their_means_and_say_so() -> None:
    (record,) = _read("lm-eval samples")
    assert record["metrics"]["exact_match/flexible-extract"] == {
        "value": pytest.approx(1 / 3),
        "n": 3,
    }
    assert record["lacks"][0].endswith("each metric is the mean of 3 samples.")


def test_an_eval_file_of_inspect_is_read_though_its_members_are_zstd() -> None:
    path = FILES["inspect"][1]
    assert {member.compress_type for member in zipfile.ZipFile(path).infolist()} == {93}
    (record,) = _read("inspect")
    assert record["metrics"]["includes/accuracy"] == {
        "value": pytest.approx(1 / 3),
        "stderr": pytest.approx(0.2108, abs=1e-4),
        "n": 6,
    }
    assert record["params"]["task_args"] == {"difficulty": "hard"}
    assert (record["seed"], record["revision"], record["duration"]) == (7, "487656a", 2.0)
    assert record["tool"] == {"name": "inspect-ai", "version": "0.3.285"}
    assert record["samples"] is not None
    samples = list(record["samples"])
    assert len({each["sample_id"] for each in samples}) == 12, "six questions, twice"
    assert sum(each["includes"] for each in samples) / 12 == pytest.approx(1 / 3)


def test_a_log_of_inspect_in_json_is_read_alike() -> None:
    (record,) = _read("inspect json")
    assert record["samples"] is not None
    assert [each["sample_id"] for each in record["samples"]] == ["q0", "q1"]
    assert _values(record) == {"includes/accuracy": 0.0, "match/accuracy": 0.0}


def test_an_eval_file_with_deflated_members_is_read_too(tmp_path: Path) -> None:
    zstandard = pytest.importorskip("zstandard")
    assert zstandard
    path = tmp_path / "old.eval"
    from t9k.ah._formats.archives import Archive

    with Archive(FILES["inspect"][1]) as archive, zipfile.ZipFile(path, "w", 8) as made:
        for name in archive.names:
            made.writestr(name, archive.read(name))
    (old,), (new,) = _formats.read(path), _read("inspect")
    assert old["metrics"] == new["metrics"]
    assert old["samples"] is not None
    assert new["samples"] is not None
    assert list(old["samples"]) == list(new["samples"])


def test_lighteval_gives_errors_directions_and_the_samples_of_its_details(tmp_path: Path) -> None:
    shutil.copytree(DATA / "lighteval" / "out", tmp_path / "out")
    (details,) = (tmp_path / "out" / "details").rglob("*.parquet")
    details.rename(details.with_name(f"details_local_questions|0_{details.parent.name}.parquet"))
    (path,) = (tmp_path / "out" / "results").rglob("*.json")
    (record,) = _formats.read(path)
    assert record["metrics"] == {
        "acc": {
            "value": 0.5,
            "stderr": pytest.approx(0.2236, abs=1e-4),
            "higher_is_better": True,
        }
    }
    assert record["seed"] == 5
    assert record["samples"] is not None
    samples = list(record["samples"])
    assert sorted(each["sample_id"] for each in samples) == ["0", "1", "2", "3", "4", "5"]
    assert sum(each["acc"] for each in samples) == 3


def test_helm_names_a_metric_by_its_split_and_perturbation() -> None:
    (record,) = _read("helm")
    assert {"exact_match", "exact_match/robustness", "exact_match@5"} <= set(record["metrics"])
    assert record["metrics"]["exact_match"] == {"value": 0.0, "n": 4, "slice": "test"}
    assert record["source"]["model"]["name"] == "simple/model1"
    assert "training_co2_cost" not in record["metrics"], "HELM counted none"
    assert record["samples"] is not None
    samples = list(record["samples"])
    assert len({each["sample_id"] for each in samples}) == len(samples) == 4
    (same,) = _formats.read(FILES["helm"][1] / "stats.json")
    assert same["metrics"] == record["metrics"]


def test_every_eval_ever_names_the_results_of_one_metric_by_their_evaluations() -> None:
    (record,) = _read("every-eval-ever")
    (_, numbers) = _read("lm-eval")
    assert record["metrics"] == numbers["metrics"], "its converter read the same run"
    assert record["tool"] == {"name": "lm_eval", "version": "0.4.13"}
    assert record["samples"] is not None
    assert [each["exact_match/flexible-extract"] for each in record["samples"]] == [0.0, 1.0, 0.0]


def test_a_model_card_gives_a_record_for_each_dataset_of_its_model_index() -> None:
    digits, voices = _read("model-index")
    assert _values(digits) == {"accuracy": 0.9691, "f1": 0.9685}
    assert digits["source"]["dataset"]["revision"].startswith("5503434d")
    assert digits["params"]["metrics"]["f1"]["args"] == {"average": "macro"}
    assert voices["source"]["verified"] is True
    assert "The source does not say how many samples were measured." in voices["lacks"]


def test_eval_results_name_their_metric_by_the_task_and_say_so() -> None:
    digits, voices = _read("eval-results")
    assert (_values(digits), _values(voices)) == ({"default": 96.91}, {"french": 0.412})
    assert (digits["note"], digits["started"]) == ("no-tools", "2026-11-24T10:30:00.000000Z")
    assert "does not name its metric" in digits["lacks"][0]


@pytest.mark.parametrize("name", ["run.json", "mlruns", "mlruns#digits"])
def test_mlflow_runs_come_from_its_client_and_from_what_it_describes(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "1")
    records = _formats.read(DATA / "mlflow" / name, "mlflow")
    first = records[-1]
    assert _values(first) == {
        "accuracy": 0.91,
        "loss": pytest.approx(1 / 3),
        "val/f1 macro": pytest.approx(0.9),
    }
    assert first["params"] == {"lr": "0.1", "seed": "7", "optimizer": "sgd"}
    assert (first["seed"], first["revision"]) == (7, "a3f5c0de" * 5)
    assert (first["note"], first["duration"]) == ("A small run.", 0.03)
    assert first["source"]["dataset"]["digest"] == "1f2e3d4c"
    assert len(records) == (1 if name == "run.json" else 2), "the failed run is left out"


def test_one_run_of_mlflow_is_named_by_its_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("mlflow")
    mlruns = shutil.copytree(DATA / "mlflow" / "mlruns", tmp_path / "mlruns")
    # Git keeps no empty directories, and MLflow misses them.
    (mlruns / ".trash").mkdir(exist_ok=True)
    for run in mlruns.glob("*/*/meta.yaml"):
        for kind in ("artifacts", "params"):
            (run.parent / kind).mkdir(exist_ok=True)
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "1")
    run = "runs:/70ae9c1ce6b541bfb1486bd4bf55ee92"
    (record,) = _formats.read(f"{mlruns}#{run}", "mlflow")
    assert record["source"]["runName"] == "first"
    with pytest.raises(ah.InvalidInputError, match="MLflow cannot read this") as caught:
        _formats.read(f"{mlruns}#runs:/{'0' * 32}", "mlflow")
    assert caught.value.code == "unreadable_file"


def test_a_report_of_scikit_learn_is_the_same_as_text_but_for_its_rounding() -> None:
    (exact,), (rounded,) = _read("report json"), _read("report")
    assert _values(exact) == pytest.approx(_values(rounded), abs=0.005)
    assert list(exact["metrics"])[:3] == ["zero/precision", "zero/recall", "zero/f1-score"]
    assert exact["metrics"]["number two/recall"] == {
        "value": pytest.approx(0.974, abs=1e-3),
        "n": 77,
        "higher_is_better": True,
        "slice": "number two",
    }
    assert rounded["metrics"]["accuracy"] == {"value": 0.98, "n": 288, "higher_is_better": True}
    assert rounded["lacks"][0] == "The numbers are rounded as they were printed."


@pytest.mark.parametrize("ending", ["txt", "json"])
def test_a_report_on_some_labels_has_a_micro_average(ending: str) -> None:
    (record,) = _formats.read(DATA / "scikit-learn" / f"some-labels.{ending}")
    assert record["metrics"]["micro avg/f1-score"]["value"] == pytest.approx(0.973, abs=1e-3)
    assert record["metrics"]["micro avg/f1-score"]["n"] == 148


def test_a_csv_file_has_an_evaluation_a_row_with_parameters_and_details() -> None:
    first, second = _read("csv")
    assert first["metrics"] == {
        "accuracy": {"value": 0.91, "stderr": 0.02, "n": 200, "higher_is_better": True},
        "loss": {"value": 0.31, "higher_is_better": False},
    }
    assert first["params"] == {"name": "first", "lr": 0.1}
    assert (first["tool"], first["seed"]) == ({"name": "trainer", "version": "1.2"}, 7)
    assert second["params"]["name"] == "second, longer"
    assert second["metrics"]["loss"]["value"] != second["metrics"]["loss"]["value"]


def test_a_seed_keeps_all_its_digits_and_huge_parameters_become_text(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"acc,seed,param.big,param.inf\n1,9007199254740993,{10**30},1e999\n")
    (record,) = _formats.read(path)
    assert record["seed"] == 9007199254740993
    assert record["params"] == {"big": str(10**30), "inf": "1e999"}


def test_a_csv_file_with_a_row_for_each_metric_is_one_evaluation() -> None:
    (record,) = _read("csv long")
    assert record["metrics"]["accuracy, German"] == {
        "value": 0.88,
        "stderr": 0.03,
        "n": 80,
        "slice": "de",
    }


def test_formats_load_no_library_until_one_is_used() -> None:
    code = "import sys\nfrom t9k.ah import _formats\nprint(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(run.stdout.split())
    assert not loaded & {"pyarrow", "yaml", "mlflow", "cryptography", "zstandard", "assethub"}


def test_a_library_that_is_not_there_is_named_with_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(ah.ConfigError, match="pip install zstandard") as caught:
        _read("inspect")
    assert caught.value.code == "missing_library"


def test_an_unknown_format_is_refused_with_the_known_ones() -> None:
    target: Any = io.BytesIO()
    for act in (
        lambda: _formats.read(FILES["csv"][1], "excel"),
        lambda: _formats.write([], "excel", target),
    ):
        with pytest.raises(ah.InvalidInputError, match="no format 'excel'") as caught:
            act()
        assert caught.value.code == "unknown_format"
