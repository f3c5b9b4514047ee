"""`ah ls evaluation`: the blocks, or a table that ranks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import click

from .. import _hub
from .._messages import inform
from .._records import EvaluationEntry
from .._references import parse_reference
from .._resolution import resolve_asset, resolve_reference
from .tables import age_of, format_block, format_table, print_table


@click.command("evaluation")
@click.argument("model", metavar="MODEL[:REF]")
@click.option(
    "-o",
    "--output",
    type=click.Choice(["table", "json"]),
    help="Print a table with a column for each metric, or JSON. A block for each by default.",
)
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
    if output == "json":
        click.echo(json.dumps(entries, indent=2, ensure_ascii=False))
    elif output == "table":
        _print_ranking(entries)
    elif not entries:
        inform(f"No evaluations of {model}")
    else:
        click.echo("\n\n".join("\n".join(_block(entry)) for entry in entries))


def _list(model: str, sort: str | None, limit: int | None) -> list[EvaluationEntry]:
    path = parse_reference(model, "model")
    if path.value is not None:
        reference = resolve_reference(_hub.default_connection, model, "model")
        return reference.list_evaluation(sort, limit)
    found: Any = resolve_asset(_hub.default_connection, path.asset, "model")
    entries: list[EvaluationEntry] = found.list_evaluation(sort, limit)
    return entries


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


def _print_ranking(entries: Sequence[EvaluationEntry]) -> None:
    metrics: list[dict[str, Any]] = [json.loads(entry["results"]["metric"]) for entry in entries]
    names = list(dict.fromkeys(name for each in metrics for name in each))
    columns = ["ID", "REF", "MODEL_COMMIT", "DATASET", "DATASET_COMMIT", "UPLOADED"]
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
    print_table(columns + names, rows, right=names)
