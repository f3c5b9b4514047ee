"""`ah ls evaluation`: the blocks, or a table that ranks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import click

from .._references import parse_reference
from .._resolution import resolve_asset, resolve_reference
from .._tables import age_of, format_block, format_table
from .completers import complete_reference
from .groups import Command
from .output import output_options, print_csv, print_entries
from .session import connect
from .tables import print_table

if TYPE_CHECKING:
    from .._assets import Model
    from .._records import EvaluationEntry

# Beside one for each metric.
_COLUMNS = ["ID", "REF", "MODEL_COMMIT", "DATASET", "DATASET_COMMIT", "UPLOADED"]


@click.command("evaluation", cls=Command)
@click.argument("model", metavar="MODEL[:REF]", shell_complete=complete_reference("model"))
@output_options("A block for each by default; a table has a column for each metric.")
@click.option(
    "--sort",
    metavar="[-]METRIC",
    help="Lowest of this metric first, or with a - before it highest first. NaN comes last.",
)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Show at most N.")
def ls_evaluation(model: str, output: str | None, sort: str | None, limit: int | None) -> None:
    """List the evaluations of a model, newest first.

    With a reference these are those of the commit that it points at now.

    \b
    Examples:
      ah ls evaluation image-classification/mnist-cnn-keras
      ah ls evaluation image-classification/mnist-cnn-keras:4d6988c3
      ah ls evaluation image-classification/mnist-cnn-keras -o table --sort -accuracy --limit 10
    """
    entries = _list(model, sort, limit)
    if output == "table":
        _print_ranking(entries)
    elif output == "csv":
        _print_csv(entries)
    elif output is not None:
        print_entries(entries, output, lambda entry: str(entry["id"]))
    elif entries:
        click.echo("\n\n".join("\n".join(_block(entry)) for entry in entries))
    else:
        from .._messages import inform

        inform(f"No evaluations of {model}")


def _list(model: str, sort: str | None, limit: int | None) -> list[EvaluationEntry]:
    path = parse_reference(model, "model")
    if path.value is not None:
        reference = resolve_reference(connect, model, "model")
        return reference.list_evaluation(sort, limit)
    found = cast("Model", resolve_asset(connect, path.asset, "model"))
    return found.list_evaluation(sort, limit)


def _block(entry: EvaluationEntry) -> list[str]:
    results = format_table(["key", "value"], [list(item) for item in entry["results"].items()])
    return format_block(
        [
            ("ID", [entry["id"]]),
            ("MODEL", [entry["modelRef"]]),
            ("MODEL_COMMIT", [entry["modelCommit"]]),
            ("DATASET", [entry["datasetRef"]]),
            ("DATASET_COMMIT", [entry["datasetCommit"]]),
            ("UPLOADED", [age_of(entry["startTime"])]),
            ("RESULTS", results),
        ]
    )


def _short_commit(ref: str) -> str:
    """A reference with the commit that it ends in, if it does, in 12 digits."""
    place, mark, point = ref.rpartition(":")
    return place + mark + (point[:12] if len(point) == 64 else point)


def _metrics_of(entry: EvaluationEntry) -> dict[str, Any]:
    metrics: dict[str, Any] = json.loads(entry["results"]["metric"])
    return metrics


def _names_of(metrics: Sequence[dict[str, Any]]) -> list[str]:
    """The names of all metrics, in the order in which they first come."""
    return list(dict.fromkeys(name for each in metrics for name in each))


def _print_ranking(entries: Sequence[EvaluationEntry]) -> None:
    metrics = [_metrics_of(entry) for entry in entries]
    names = _names_of(metrics)
    rows = [
        [
            entry["id"],
            _short_commit(entry["modelRef"].partition(":")[2]),
            entry["modelCommit"][:12],
            _short_commit(entry["datasetRef"]),
            entry["datasetCommit"][:12],
            age_of(entry["startTime"]),
            *(json.dumps(each[name]) if name in each else "" for name in names),
        ]
        for entry, each in zip(entries, metrics, strict=True)
    ]
    print_table(_COLUMNS + names, rows, right=names)


def _print_csv(entries: Sequence[EvaluationEntry]) -> None:
    """With whole references, commits and moments."""
    metrics = [_metrics_of(entry) for entry in entries]
    names = _names_of(metrics)
    rows = [
        [
            *(entry["id"], entry["modelRef"], entry["modelCommit"]),
            *(entry["datasetRef"], entry["datasetCommit"], entry["startTime"]),
            *(each.get(name) for name in names),
        ]
        for entry, each in zip(entries, metrics, strict=True)
    ]
    print_csv([*(title.lower() for title in _COLUMNS), *names], rows)
