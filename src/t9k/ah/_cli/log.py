"""`ah log`."""

from __future__ import annotations

import click

from .._resolution import resolve_reference
from .commits import find_names, line_of, lines_of
from .completers import complete_reference
from .groups import Command
from .listings import Column, Listing, View
from .session import connect

_COMMITS = Listing(
    Column("COMMIT_ID", lambda entry: entry["id"], "commit"),
    Column("AUTHOR", lambda entry: entry["committer"]),
    Column("MESSAGE", lambda entry: entry["message"], "line"),
    Column("CREATED", lambda entry: entry["creation_date"], "age"),
)


@click.command(cls=Command)
@click.argument("reference", metavar="REF", shell_complete=complete_reference())
@click.option("--oneline", is_flag=True, help="A line for each commit.")
@_COMMITS.options
def log(reference: str, oneline: bool, view: View) -> None:
    """Show the history of a branch, a tag or a commit, newest first.

    Beside each commit stand the branches and tags that point at it.

    \b
    Examples:
      ah log image-classification/mnist-cnn-keras:v1
      ah log dataset/image-classification/mnist:tag/2024-06 --oneline --limit 10
    """
    from .._history import walk_pages

    found = resolve_reference(connect, reference)
    route = found.asset._route("refs", found.id, "commits")
    entries = walk_pages(connect(), route, {}, view.fetched)
    if view.output is not None or view.sort:
        place = found.asset.path
        _COMMITS.show(entries, view, lambda entry: f"{place}@{entry['id']}")
        return
    names = find_names(found.asset)
    for at, entry in enumerate(entries):
        if oneline:
            click.echo(line_of(entry, names))
        else:
            click.echo("\n" * (at > 0) + "\n".join(lines_of(entry, names)))
