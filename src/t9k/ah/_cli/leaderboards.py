"""`ah leaderboard`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from .._references import parse_reference
from .completers import complete_reference
from .groups import Command
from .output import (
    limit_option,
    output_options,
    plain_number,
    print_csv,
    print_entries,
    print_value,
)
from .session import connect
from .tables import print_table

if TYPE_CHECKING:
    from .._leaderboards import Leaderboard

_CSV: dict[str, Callable[[Any], Any]] = {
    "rank": lambda each: each["rank"],
    "model": lambda each: each["evaluation"]["modelRef"],
    "model_commit": lambda each: each["evaluation"]["modelCommit"],
    "value": lambda each: plain_number(each["value"]),
    "stderr": lambda each: each["stderr"],
    "n": lambda each: each["n"],
    "low": lambda each: (each["interval"] or {}).get("low"),
    "high": lambda each: (each["interval"] or {}).get("high"),
    "p_value": lambda each: each["pValue"],
    "basis": lambda each: each["basis"],
    "against": lambda each: each["against"],
    "dataset_commit": lambda each: each["evaluation"]["datasetCommit"],
    "other_commit": lambda each: each["otherCommit"],
    "evaluation": lambda each: each["evaluation"]["id"],
}


@click.command(cls=Command)
@click.argument("dataset", metavar="DATASET[:REF]", shell_complete=complete_reference("dataset"))
@click.option("-m", "--metric", required=True, metavar="NAME", help="The metric to rank by.")
@click.option("--filter", "query", metavar="QUERY", help="Only what this search finds.")
@click.option(
    "--best",
    type=click.Choice(["model", "all"]),
    default="model",
    help="The best evaluation of each model, or all. Of each model by default.",
)
@click.option("--across", is_flag=True, help="Of all commits of the dataset, not only of one.")
@click.option(
    "--direction",
    type=click.Choice(["higher", "lower"]),
    help="What is better. By default as the evaluations say, else as the name lets expect.",
)
@limit_option
@output_options("A table and remarks by default; -o table leaves those out.")
def leaderboard(
    dataset: str,
    metric: str,
    query: str | None,
    best: str,
    across: bool,
    direction: str | None,
    limit: int | None,
    output: str | None,
) -> None:
    """Rank the models that were evaluated on a dataset.

    Those that cannot be told apart share a rank, marked by a =. They are compared sample by sample
    where both have samples in common; else by how sure each value is, which is called unpaired.

    \b
    Examples:
      ah leaderboard image-classification/mnist -m accuracy
      ah leaderboard image-classification/mnist:tag/2024-06 -m loss --filter 'tool = "mytool"'
      ah leaderboard image-classification/mnist -m accuracy --across --best all -o csv
    """
    parse_reference(dataset, "dataset")
    from .._leaderboards import find_leaderboard

    asked = {"filter": query, "best": best, "across": across, "direction": direction}
    board = find_leaderboard(connect(), dataset, metric, asked, limit)
    if output in (None, "table"):
        print_table(*board.table())
        if output is None:
            click.echo("\n" + "\n".join(board.remarks))
    elif output == "csv":
        print_csv(list(_CSV), ([read(each) for read in _CSV.values()] for each in board))
    elif output == "name":
        print_entries(board, output, lambda each: str(each["evaluation"]["id"]))
    else:
        print_value(_plain(board), str(output))


def _plain(board: Leaderboard) -> dict[str, Any]:
    return {
        "dataset": board.dataset,
        "datasetCommit": board.commit,
        "metric": board.metric,
        "higherIsBetter": board.higher_is_better,
        "method": board.method,
        "notes": board.notes,
        "total": board.total,
        "results": [{**each, "value": plain_number(each["value"])} for each in board],
    }
