"""`ah show`."""

from __future__ import annotations

from typing import Any

import click

from .._resolution import resolve_reference
from .._tables import size_of
from .changes import line_of, print_changes
from .commits import find_names, lines_of
from .completers import complete_reference
from .groups import Command
from .output import output_options, print_value
from .session import connect


@click.command(cls=Command)
@click.argument("reference", metavar="REF", shell_complete=complete_reference())
@output_options("Text by default; a table or CSV holds the changes.")
def show(reference: str, output: str | None) -> None:
    """Show one commit: who made it, its metadata, and what it changed.

    A merge is compared with its first parent. JSON and YAML hold the changes as `ah diff` does.

    \b
    Examples:
      ah show image-classification/mnist-cnn-keras:v1
      ah show dataset/image-classification/mnist@4d6988c3 --json
    """
    found = resolve_reference(connect, reference)
    asset = found.asset
    commit: dict[str, Any] = connect().request("GET", asset._route("commits", found.id))
    if output == "name":
        click.echo(f"{asset.path}@{commit['id']}")
        return
    from .._history import walk_diff

    # The first commit of an asset holds nothing, so that there is nothing it changed.
    parents = commit["parents"]
    changes = walk_diff(asset, parents[0], found.id) if parents else iter(())
    if output in ("table", "csv"):
        print_changes(changes, output)
    elif output is not None:
        print_value({**commit, "changes": list(changes)}, output)
    else:
        count = commit["objects"]
        files = f"{count} object{'' if count == 1 else 's'}"
        holds = f"Holds:   {files}, {size_of(commit['size_bytes'])}"
        head, *rest = "\n".join(lines_of(commit, find_names(asset))).partition("\n\n")
        click.echo("".join([head, "\n", holds, *rest]))
        for at, change in enumerate(changes):
            click.echo("\n" * (at == 0) + line_of(change))
