"""`ah commit`."""

from __future__ import annotations

import click

from .._resolution import resolve_branch
from .completers import complete_branch, complete_path
from .groups import Command
from .options import override_option, parse_additions, parse_metadata, spool_standard_input
from .output import output_options, print_commit
from .session import connect


@click.command(cls=Command)
@click.argument("branch", metavar="ASSET[:BRANCH]", shell_complete=complete_branch())
@click.option("-m", "--message", default="", help="What the commit does.")
@click.option(
    "-d",
    "--delete",
    "deletions",
    multiple=True,
    metavar="PATH",
    shell_complete=complete_path("branch"),
    help="A path to delete, DIR/ for all below it; may be repeated.",
)
@click.option(
    "-a",
    "--add",
    "additions",
    multiple=True,
    metavar="PATH[:DEST]",
    type=click.Path(),
    help="A local file or directory to add, - for standard input, and where it lands; may be "
    "repeated.",
    callback=parse_additions,
)
@click.option(
    "--metadata",
    multiple=True,
    metavar="NAME=TEXT",
    help="A text for the commit to keep; may be repeated.",
    callback=parse_metadata,
)
@output_options("The first 12 digits by default.")
@click.option("--force", is_flag=True, help="Overwrite what others have changed meanwhile.")
@override_option
def commit(
    branch: str,
    message: str,
    deletions: tuple[str, ...],
    additions: list[tuple[str, str | None]],
    metadata: dict[str, str],
    force: bool,
    override: str | None,
    output: str | None,
) -> None:
    """Change the files of a branch in one commit.

    Deletions happen first. What is added lands under its own name, in DEST where that ends
    with /, else as DEST. The content of a directory lands at the root where its path ends
    with /. or DEST is a dot. Prints the first 12 digits of the new commit.

    Files that an .ahignore names, in the syntax of a .gitignore, are left out. Only what the hub
    lacks is sent; run again after an interruption, it sends the rest.

    \b
    Examples:
      ah commit image-classification/mnist-cnn-keras:v1 -m "first weights" -a model.keras
      ah commit dataset/image-classification/mnist -m "new test split" \\
          -d test/ -a data/test.parquet:test/
      make-split | ah commit dataset/image-classification/mnist -a -:train.csv
    """
    target = resolve_branch(connect, branch)
    with spool_standard_input(additions) as add:
        made = target.create_commit(message, deletions, add, metadata, force, override=override)
    if made is not None:
        print_commit(made, output)
