"""`ah compare`."""

from __future__ import annotations

import click

from .._comparisons import compare as compare_evaluations
from .._references import is_id, parse_reference
from .completers import complete_reference
from .groups import Command
from .output import output_options, print_csv, print_value
from .session import connect
from .tables import print_table


@click.command(cls=Command)
@click.argument(
    "evaluations",
    metavar="A B [C...]",
    nargs=-1,
    required=True,
    shell_complete=complete_reference("model"),
)
@click.option("-m", "--metric", "metrics", multiple=True, help="Only this metric; may be repeated.")
@click.option(
    "--cluster", metavar="COLUMN", help="The column of the samples that says what belongs together."
)
@click.option(
    "--across", is_flag=True, help="Compare what was measured on different data, and say so."
)
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=0, help="Of the resampling.")
@output_options()
def compare(
    evaluations: tuple[str, ...],
    metrics: tuple[str, ...],
    cluster: str | None,
    across: bool,
    seed: int,
    output: str | None,
) -> None:
    """Say whether evaluations are better than the first one.

    Each is an id, or a reference to a model: then its latest evaluation on a commit of a dataset
    that all were evaluated on. With samples they are compared in pairs.

    \b
    Examples:
      ah compare image-classification/mnist-cnn-keras:v1 image-classification/mnist-cnn-keras:v2
      ah compare 2c0b7cef-1db5-4e41-b8ea-5490fd81d4e5 vision/cnn:tag/best -m accuracy
    """
    for each in evaluations:
        if not is_id(each):
            parse_reference(each, "model")
    made = compare_evaluations(connect(), evaluations, metrics, cluster, across, seed, 10)
    if output in ("json", "yaml"):
        record = {
            "evaluations": made.evaluations,
            "comparisons": list(made),
            "seed": made.seed,
            "notes": made.notes,
        }
        print_value(record, output)
    elif output == "csv":
        columns, rows, _ = made.table()
        print_csv([column.lower() for column in columns], rows)
    elif output == "name":
        for row in made:
            click.echo(f"{row['metric']} {row['verdict']}")
    else:
        columns, rows, right = made.table()
        print_table(columns, rows, right)
        click.echo("\n" + "\n".join(made.remarks))
