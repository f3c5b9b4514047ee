"""The outputs of real tools that the tests of formats read; `tests/data/evaluations/README.md`."""

from __future__ import annotations

from pathlib import Path

DATA = Path(__file__).parents[1] / "data" / "evaluations"


def _one(pattern: str) -> Path:
    (path,) = DATA.glob(pattern)
    return path


# Each with the format that it is found to be of.
FILES = {
    "lm-eval": ("lm-eval", _one("lm-eval/results_*.json")),
    "lm-eval samples": ("lm-eval", _one("lm-eval/samples_local_numbers_*.jsonl")),
    "inspect": ("inspect", _one("inspect/*.eval")),
    "inspect json": ("inspect", _one("inspect/*.json")),
    "lighteval": ("lighteval", _one("lighteval/out/results/local/dummy/*.json")),
    "helm": ("helm", DATA / "helm" / "run"),
    "every-eval-ever": ("every-eval-ever", _one("every-eval-ever/data/local_numbers/*/*/*.json")),
    "model-index": ("model-index", DATA / "hugging-face" / "card.md"),
    "eval-results": ("eval-results", DATA / "hugging-face" / ".eval_results" / "digits.yaml"),
    "mlflow json": ("mlflow", DATA / "mlflow" / "run.json"),
    "report json": ("classification-report", DATA / "scikit-learn" / "report.json"),
    "report": ("classification-report", DATA / "scikit-learn" / "report.txt"),
    "csv": ("csv", DATA / "csv" / "runs.csv"),
    "csv long": ("csv", DATA / "csv" / "metrics.csv"),
}
