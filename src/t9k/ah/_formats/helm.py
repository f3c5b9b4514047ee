"""HELM: the folder of one run, with `run_spec.json`, `stats.json` and `per_instance_stats.json`.

As crfm-helm 0.5 writes them (its `benchmark/runner.py`); a statistic is over the trials of a run.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .._errors import InvalidInputError
from .files import Samples, read_json
from .parts import Part
from .records import Metric, Record, Tool, add_metric, make_record

NAME = "helm"
_PARAMS = ("method", "instructions", "max_train_instances", "max_eval_instances", "num_outputs")
_MORE = ("num_train_trials", "temperature", "max_tokens", "stop_sequences", "num_trials")


def read_run(path: Path) -> list[Record]:
    """The record of a run: the path of its folder, or of one of the files in it."""
    folder = path if path.is_dir() else path.parent
    spec = read_json(folder / "run_spec.json")
    stats = read_json(folder / "stats.json")
    adapter = spec.get("adapter_spec")
    scenario = spec.get("scenario_spec")
    instances = folder / "per_instance_stats.json"
    return [
        make_record(
            stats,
            _metrics(stats),
            {
                "format": NAME,
                "file": folder.name,
                "task": spec.get("name").text(),
                "model": {
                    "name": adapter.get("model").text(),
                    "deployment": adapter.get("model_deployment").text(),
                },
                "dataset": {
                    "scenario": scenario.get("class_name").text(),
                    "args": scenario.get("args").plain(),
                },
                "groups": spec.get("groups").plain(),
            },
            params=_params(spec, adapter),
            tool=Tool(name="helm", version=""),
            samples=Samples(lambda: _iterate(instances)) if instances.is_file() else None,
        )
    ]


def _metrics(stats: Part) -> dict[str, Metric]:
    """Those measured; of the split test by their plain name, of others as `NAME/valid`."""
    counts = _instances(stats)
    metrics: dict[str, Metric] = {}
    for stat in stats.each():
        mean = stat.get("mean")
        if not mean:
            # Never measured: HELM counts 0 of them.
            continue
        name, split = _name(stat.get("name"))
        n = counts.get(split)
        add_metric(metrics, name, mean, n=n, slice=split)
    return metrics


def _instances(stats: Part) -> dict[str, int]:
    """How many instances each split has: a metric of HELM's own."""
    found: dict[str, int] = {}
    for stat in stats.each():
        name = stat.get("name")
        if name.get("name").text() == "num_instances" and not name.get("perturbation"):
            n = stat.get("mean").count()
            if n is not None:
                found[name.get("split").text()] = n
    return found


def _name(name: Part) -> tuple[str, str]:
    text = name.get("name").text()
    split = name.get("split").text()
    levels = [text]
    if split and split != "test":
        levels.append(split)
    if name.get("sub_split"):
        levels.append(name.get("sub_split").text())
    perturbation = name.get("perturbation")
    if perturbation:
        levels.append(perturbation.get("name").text())
        computed = perturbation.get("computed_on").text()
        if computed not in ("", "worst"):
            levels.append(computed)
        levels += _arguments(perturbation)
    return "/".join(levels), split


def _arguments(perturbation: Part) -> list[str]:
    """What tells one perturbation of a name from another."""
    told = ("name", "computed_on", "robustness", "fairness")
    return [f"{key}={part.value}" for key, part in perturbation.items() if key not in told]


def _params(spec: Part, adapter: Part) -> dict[str, Any]:
    params = {key: adapter.get(key).plain() for key in (*_PARAMS, *_MORE)}
    params["perturbations"] = spec.find("data_augmenter_spec", "perturbation_specs").plain()
    return {key: value for key, value in params.items() if value not in (None, {}, [], "")}


def _iterate(path: Path) -> Iterator[dict[str, Any]]:
    """A sample for each instance, trial and perturbation."""
    for part in read_json(path).each():
        identity = part.get("instance_id").name()
        if not identity:
            raise part.refuse("has no instance_id")
        trial = part.get("train_trial_index").count() or 0
        perturbation = part.get("perturbation")
        levels = [identity, f"trial {trial}" if trial else ""]
        if perturbation:
            levels += [perturbation.get("name").text(), *_arguments(perturbation)]
        sample: dict[str, Any] = {
            "sample_id": ":".join(filter(None, levels)),
            "instance_id": identity,
            "trial": trial,
        }
        for stat in part.get("stats").each():
            mean = stat.get("mean")
            if mean:
                sample[stat.find("name", "name").text()] = mean.number()
        yield sample


def is_run(folder: Path) -> bool:
    """Whether a folder is that of a run."""
    try:
        return all((folder / name).is_file() for name in ("run_spec.json", "stats.json"))
    except (OSError, ValueError) as error:
        raise InvalidInputError(
            f"{folder} cannot be read: {error}", code="unreadable_file"
        ) from None
