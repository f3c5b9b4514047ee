"""Which format a file is of, told by its first bytes and by the keys of its document."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from .._errors import InvalidInputError
from .files import MAX_LINE, decode, open_file, read_bytes, read_json
from .parts import Part

# Each format's readers by the form of file: the module and the function in it.
READERS: dict[str, dict[str, tuple[str, str]]] = {
    "lm-eval": {"json": ("lm_eval", "read_results"), "jsonl": ("lm_eval", "read_samples")},
    "lighteval": {"json": ("lighteval", "read_results")},
    "inspect": {
        "zip": ("inspect_logs", "read_archive"),
        "json": ("inspect_logs", "read_document"),
    },
    "helm": {"folder": ("helm", "read_run"), "json": ("helm", "read_run")},
    "every-eval-ever": {"json": ("every_eval_ever", "read_evaluation")},
    "model-index": {"text": ("model_cards", "read_card")},
    "eval-results": {"text": ("eval_results", "read_scores")},
    "mlflow": {
        "location": ("mlflow_runs", "read_location"),
        "folder": ("mlflow_runs", "read_location"),
        "json": ("mlflow_runs", "read_document"),
    },
    "classification-report": {
        "json": ("classification_reports", "read_dict"),
        "text": ("classification_reports", "read_table"),
    },
    "csv": {"text": ("tables", "read_table")},
}
_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]+:/", re.IGNORECASE)
_HELM_FILES = ("run_spec.json", "stats.json", "per_instance_stats.json", "scenario_state.json")


def is_location(path: str, format: str | None) -> bool:
    """Whether this names runs of MLflow rather than a file."""
    if format not in (None, "mlflow"):
        return False
    return bool(_SCHEME.match(path)) or (format == "mlflow" and not Path(path).is_file())


def find_reader(path: str, format: str | None = None) -> tuple[str, Callable[[Any], Any]]:
    """The format, the one given where one is, and the function that reads this path in it."""
    if is_location(path, format):
        return "mlflow", _load(*READERS["mlflow"]["location"])
    form, name = _tell(Path(path), format)
    readers = READERS[name]
    if form not in readers:
        # What is not of a form that the format has is refused by a reader of it, which says why.
        form = next(iter(readers))
    return name, _load(*readers[form])


def _load(module: str, function: str) -> Callable[[Any], Any]:
    loaded: Callable[[Any], Any] = getattr(import_module(f".{module}", __package__), function)
    return loaded


def _tell(path: Path, wanted: str | None) -> tuple[str, str]:
    """The form of a file and its format."""
    form = _form(path)
    if wanted is not None:
        return form, wanted
    tell = {"folder": _tell_folder, "zip": _tell_zip, "json": _tell_json, "jsonl": _tell_lines}
    found = tell.get(form, _tell_text)(path)
    if found is None:
        raise InvalidInputError(
            f"{path} is of no known format: say which by --from, one of {', '.join(READERS)}",
            code="unknown_format",
        )
    return form, found


def _form(path: Path) -> str:
    if path.is_dir():
        return "folder"
    with open_file(path) as file:
        head = file.read(4096)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    if path.suffix.lower() == ".jsonl":
        return "jsonl"
    return (
        "json"
        if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")
        and path.suffix.lower() not in (".yaml", ".yml")
        else "text"
    )


def _tell_folder(path: Path) -> str | None:
    from .helm import is_run

    if is_run(path):
        return "helm"
    # The file store of MLflow has a trash, and a folder with a meta.yaml for each experiment.
    return "mlflow" if (path / "0" / "meta.yaml").is_file() else None


def _tell_zip(_: Path) -> str | None:
    return "inspect"


def _tell_json(path: Path) -> str | None:
    value = read_json(path).value
    if path.name in _HELM_FILES:
        return "helm"
    if not isinstance(value, dict):
        return None
    for name, keys in (
        ("every-eval-ever", {"schema_version", "evaluation_results"}),
        ("inspect", {"eval", "status"}),
        ("lighteval", {"results", "config_general"}),
        ("lm-eval", {"results", "configs"}),
        ("mlflow", {"info", "data"}),
    ):
        if keys <= set(value):
            return name
    averages = {"macro avg", "weighted avg"} <= set(value)
    return "classification-report" if averages else None


def _tell_lines(path: Path) -> str | None:
    with open_file(path) as file:
        line = file.readline(MAX_LINE)
    try:
        first = json.loads(line)
    except (ValueError, RecursionError):
        return None
    keys = set(first) if isinstance(first, dict) else set()
    return "lm-eval" if {"doc_id", "filtered_resps"} <= keys else None


def _tell_text(path: Path) -> str | None:
    from .classification_reports import is_table
    from .model_cards import front_matter
    from .tables import read_header

    data = read_bytes(path)
    if path.suffix.lower() == ".csv":
        return "csv"
    if front_matter(data) is not None or data.startswith(b"model-index:"):
        return "model-index"
    text = decode(data, Part(path.name, None))
    if is_table(text):
        return "classification-report"
    if path.suffix.lower() in (".yaml", ".yml"):
        return "eval-results" if text.lstrip().startswith(("- ", "[")) else "model-index"
    return "csv" if len(read_header(text)) > 1 else None
