"""Evaluations listed, as blocks or in a table that ranks, and marked as invalid."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import click

from .._display import is_invalid, state_of
from .._references import parse_reference
from .._resolution import resolve_asset, resolve_reference
from .._tables import age_of, format_block, format_table
from .completers import complete_reference
from .groups import Command, Group
from .output import output_options, print_csv, print_entries
from .session import connect
from .tables import print_table

if TYPE_CHECKING:
    from .._assets import Model
    from .._records import EvaluationEntry

# Beside one for each metric.
_COLUMNS = ["ID", "REF", "MODEL_COMMIT", "DATASET", "DATASET_COMMIT", "UPLOADED"]


@click.command("evaluation", cls=Command)
@click.argument(
    "model", metavar="[MODEL[:REF]]", required=False, shell_complete=complete_reference("model")
)
@output_options("A block for each by default; a table has a column for each metric.")
@click.option(
    "--sort",
    metavar="[-]METRIC",
    help="Lowest of this metric first, or with a - before it highest first. NaN comes last.",
)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Show at most N.")
@click.option("--stale", is_flag=True, help="Only those whose dataset has moved on since.")
def ls_evaluation(
    model: str | None, output: str | None, sort: str | None, limit: int | None, stale: bool
) -> None:
    """List the evaluations of a model, newest first.

    With a reference these are those of the commit that it points at now. Without a model --stale
    lists those of all models that you may view.

    \b
    Examples:
      ah ls evaluation image-classification/mnist-cnn-keras
      ah ls evaluation image-classification/mnist-cnn-keras:4d6988c3
      ah ls evaluation image-classification/mnist-cnn-keras -o table --sort -accuracy --limit 10
      ah ls evaluation --stale -o table
    """
    if model is None and not stale:
        raise click.UsageError("Missing argument 'MODEL[:REF]', or '--stale' for all models.")
    entries = _find_stale(model, sort, limit) if stale else _list(str(model), sort, limit)
    if output is not None:
        print_ranking(entries, output, whole=model is None)
    elif entries:
        click.echo("\n\n".join(map(_block, entries)))
    else:
        from .._messages import inform

        inform(f"No {'stale ' if stale else ''}evaluations{f' of {model}' if model else ''}")


def _find_stale(model: str | None, sort: str | None, limit: int | None) -> list[EvaluationEntry]:
    if model is not None:
        parse_reference(model, "model")
    from .._evaluations import name_of, search_evaluation

    named = None if model is None else name_of(connect(), model, "model")
    return search_evaluation(connect(), {"model": named, "sort": sort, "stale": True}, limit)


def _list(model: str, sort: str | None, limit: int | None) -> list[EvaluationEntry]:
    path = parse_reference(model, "model")
    if path.value is not None:
        reference = resolve_reference(connect, model, "model")
        return reference.list_evaluation(sort, limit)
    found = cast("Model", resolve_asset(connect, path.asset, "model"))
    return found.list_evaluation(sort, limit)


@click.group(cls=Group)
def invalidate() -> None:
    """Mark what is wrong, so that it is never ranked.

    \b
    Example:
      ah invalidate evaluation 2c0b7cef-1db5-4e41-b8ea-5490fd81d4e5 --reason "leaked labels"
    """


@invalidate.command("evaluation")
@click.argument("id_", metavar="ID")
@click.option("--reason", metavar="TEXT", help="Why; needed, but for --undo.")
@click.option("--undo", is_flag=True, help="Let it count again.")
def invalidate_evaluation(id_: str, reason: str | None, undo: bool) -> None:
    """Mark an evaluation as invalid: it stays listed and is never ranked.

    \b
    Examples:
      ah invalidate evaluation 2c0b7cef-1db5-4e41-b8ea-5490fd81d4e5 --reason "leaked labels"
      ah invalidate evaluation 2c0b7cef-1db5-4e41-b8ea-5490fd81d4e5 --undo
    """
    if (reason is None) != undo:
        raise click.UsageError("Give either '--reason' or '--undo'.")
    from .._evaluations import get_evaluation

    found = get_evaluation(connect(), id_)
    if reason is None:
        found.revalidate()
    else:
        found.invalidate(reason)


def places_of(entry: Any) -> list[tuple[str, list[str]]]:
    """The head of a block: what was measured on what."""
    return [
        ("ID", [entry["id"]]),
        ("MODEL", [entry["modelRef"]]),
        ("MODEL_COMMIT", [entry["modelCommit"]]),
        ("DATASET", [entry["datasetRef"]]),
        ("DATASET_COMMIT", [entry["datasetCommit"]]),
        ("UPLOADED", [age_of(entry["startTime"])]),
    ]


def _block(entry: EvaluationEntry) -> str:
    results = format_table(["key", "value"], [list(item) for item in entry["results"].items()])
    return "\n".join(lines_of(entry, [*places_of(entry), ("RESULTS", results)]))


def lines_of(entry: Any, pairs: list[tuple[str, list[str]]]) -> list[str]:
    """The lines of a block; of an invalid evaluation a terminal strikes all but the reason."""
    state = state_of(entry)
    lines = format_block([*pairs, ("STATE", [state])] if state else pairs)
    if is_invalid(entry):
        lines[:-1] = [click.style(line, strikethrough=True) for line in lines[:-1]]
    return lines


def _short_commit(ref: str) -> str:
    """A reference with the commit that it ends in, if it does, in 12 digits."""
    place, mark, point = ref.rpartition(":")
    return place + mark + (point[:12] if len(point) == 64 else point)


def metrics_of(entry: Any) -> dict[str, Any]:
    """The metrics by name, in the order they were given."""
    metrics: dict[str, Any] = json.loads(entry["results"]["metric"])
    return metrics


def _names_of(metrics: Sequence[dict[str, Any]]) -> list[str]:
    """The names of all metrics, in the order in which they first come."""
    return list(dict.fromkeys(name for each in metrics for name in each))


def print_ranking(entries: Sequence[EvaluationEntry], output: str, *, whole: bool) -> None:
    """Print evaluations in a form of `output_options`; in a table with the `whole` reference."""
    if output == "table":
        _print_table(entries, whole)
    elif output == "csv":
        _print_csv(entries)
    else:
        print_entries(entries, output, lambda entry: str(entry["id"]))


def _print_table(entries: Sequence[EvaluationEntry], whole: bool) -> None:
    metrics = [metrics_of(entry) for entry in entries]
    names = _names_of(metrics)
    states = [state_of(entry) for entry in entries]
    rows = [
        [
            entry["id"],
            _short_commit(entry["modelRef"] if whole else entry["modelRef"].partition(":")[2]),
            entry["modelCommit"][:12],
            _short_commit(entry["datasetRef"]),
            entry["datasetCommit"][:12],
            age_of(entry["startTime"]),
            *(json.dumps(each[name]) if name in each else "" for name in names),
            *([state] if any(states) else []),
        ]
        for entry, each, state in zip(entries, metrics, states, strict=True)
    ]
    titles = [_COLUMNS[0], "MODEL" if whole else _COLUMNS[1], *_COLUMNS[2:]]
    titles += names + (["STATE"] if any(states) else [])
    print_table(titles, rows, names, map(is_invalid, entries))


def _print_csv(entries: Sequence[EvaluationEntry]) -> None:
    """With whole references, commits and moments."""
    metrics = [metrics_of(entry) for entry in entries]
    names = _names_of(metrics)
    rows = [
        [
            *(entry["id"], entry["modelRef"], entry["modelCommit"]),
            *(entry["datasetRef"], entry["datasetCommit"], entry["startTime"]),
            *(entry["datasetMoved"], entry["invalid"]["reason"] if entry["invalid"] else None),
            *(each.get(name) for name in names),
        ]
        for entry, each in zip(entries, metrics, strict=True)
    ]
    print_csv([*(title.lower() for title in _COLUMNS), "dataset_moved", "invalid", *names], rows)
