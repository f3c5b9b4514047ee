"""`ah search`."""

from __future__ import annotations

import click

from .evaluations import print_ranking
from .groups import Group
from .output import limit_option, output_options
from .session import connect


@click.group(cls=Group)
def search() -> None:
    """Find things by what is said of them.

    \b
    Example:
      ah search evaluation 'accuracy >= 0.9' --sort -accuracy
    """


@search.command("evaluation")
@click.argument("query", metavar="QUERY")
@output_options()
@click.option(
    "--sort",
    metavar="[-]FIELD[,…]",
    help="Lowest of this field first, or with a - before it highest first. Newest by default.",
)
@limit_option
def search_evaluation(query: str, output: str | None, sort: str | None, limit: int | None) -> None:
    """Find evaluations among all that you may view.

    QUERY has conditions on metrics, by their names, and on fields such as dataset, model, tool,
    label, created and param.NAME, joined by and, or, not. Without any, as in '', it is all.

    \b
    Examples:
      ah search evaluation 'accuracy >= 0.9 and dataset = "mnist"' --sort -accuracy --limit 10
      ah search evaluation 'param.lr < 0.01 and not tool = "x" and created > 7d ago'
      ah search evaluation '"top 5 accuracy" exists' -o name
    """
    from .._evaluations import search_evaluation as find

    entries = find(connect(), {"query": query, "sort": sort}, limit)
    print_ranking(entries, output or "table", whole=True)
