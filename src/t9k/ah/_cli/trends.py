"""`ah history`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from .._resolution import resolve_reference
from .completers import complete_reference
from .groups import Command
from .output import limit_option, output_options, plain_number, print_csv, print_entries
from .session import connect
from .tables import print_table

_CSV: dict[str, Callable[[Any], Any]] = {
    "commit": lambda each: each["commit"]["id"],
    "message": lambda each: each["commit"]["message"],
    "value": lambda each: plain_number(each["value"]),
    "stderr": lambda each: each["stderr"],
    "n": lambda each: each["n"],
    "dataset": lambda each: each["evaluation"]["datasetRef"],
    "dataset_commit": lambda each: each["evaluation"]["datasetCommit"],
    "uploaded": lambda each: each["evaluation"]["startTime"],
    "evaluation": lambda each: each["evaluation"]["id"],
}


@click.command(cls=Command)
@click.argument("model", metavar="MODEL[:REF]", shell_complete=complete_reference("model"))
@click.option("-m", "--metric", required=True, metavar="NAME", help="The metric to follow.")
@click.option(
    "-d",
    "--dataset",
    metavar="DATASET[:REF]",
    shell_complete=complete_reference("dataset"),
    help="Only what was measured on this.",
)
@limit_option
@output_options("A curve and a table by default; -o table leaves the curve out.")
def history(
    model: str, metric: str, dataset: str | None, limit: int | None, output: str | None
) -> None:
    """Follow a metric along the commits that led to a branch, a tag or a commit, oldest first.

    With --limit it is the newest values. Those that are marked invalid do not count.

    \b
    Examples:
      ah history image-classification/mnist-cnn-keras -m accuracy
      ah history image-classification/mnist-cnn-keras:v1 -m accuracy \\
          -d image-classification/mnist -o csv
    """
    found = resolve_reference(connect, model, "model").history(metric, dataset, limit)
    if output in (None, "table"):
        if output is None:
            click.echo(f"{found.summary}\n")
        print_table(*found.table())
    elif output == "csv":
        print_csv(list(_CSV), ([read(each) for read in _CSV.values()] for each in found))
    else:
        plain = [{**each, "value": plain_number(each["value"])} for each in found]
        print_entries(plain, output, lambda each: str(each["evaluation"]["id"]))
