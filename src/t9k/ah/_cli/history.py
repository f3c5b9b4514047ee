"""`ah diff`, `ah merge`, `ah reset` and `ah revert`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from .. import _hub
from .._errors import ConflictError
from .._history import walk_diff
from .._resolution import resolve_branch, resolve_reference
from .tables import size_of

if TYPE_CHECKING:
    from .._records import ContentEntry, DiffEntry


@click.command()
@click.argument("old", metavar="A")
@click.argument("new", metavar="B")
@click.option(
    "-o",
    "--output",
    type=click.Choice(["text", "json"]),
    default="text",
    help="How to print. A line for each path by default.",
)
def diff(old: str, new: str, output: str) -> None:
    """List the files that differ in B from those in A.

    A and B are branches, tags or commits of one asset.

    \b
    Examples:
      ah diff image-classification/mnist-cnn-keras:v1 image-classification/mnist-cnn-keras:v2
      ah diff dataset/image-classification/mnist:tag/2024-06 dataset/image-classification/mnist
    """
    before = resolve_reference(_hub.default_connection, old)
    after = resolve_reference(_hub.default_connection, new)
    entries = walk_diff(before.asset, before, after)
    if output == "json":
        click.echo(json.dumps(list(entries), indent=2, ensure_ascii=False))
    else:
        for entry in entries:
            click.echo(_line_of(entry))


def _line_of(entry: DiffEntry) -> str:
    old, new, path = entry["old"], entry["new"], entry["path"]
    if new is None:
        return f"- {path}"
    if old is None:
        return f"+ {path}  {_size_of(new)}"
    return f"~ {path}  {_size_of(old)} -> {_size_of(new)}"


def _size_of(content: ContentEntry) -> str:
    return size_of(content["size_bytes"])


@click.command()
@click.argument("source", metavar="SOURCE")
@click.argument("destination", metavar="DEST")
@click.option("-m", "--message", help="What the merge does; a text that names both by default.")
@click.option("--ours", is_flag=True, help="Where both changed a file, keep that of DEST.")
@click.option("--theirs", is_flag=True, help="Where both changed a file, take that of SOURCE.")
def merge(source: str, destination: str, message: str | None, ours: bool, theirs: bool) -> None:
    """Merge SOURCE into the branch DEST of the same asset.

    SOURCE is a branch, a tag or a commit. Where DEST has nothing of its own it is moved to the
    commit of SOURCE, else a commit with two parents is made. Prints the first 12 digits of the
    commit that DEST points at then.

    \b
    Examples:
      ah merge image-classification/mnist-cnn-keras:v2 image-classification/mnist-cnn-keras:main
      ah merge image-classification/mnist-cnn-keras:v2 image-classification/mnist-cnn-keras \\
          --theirs -m "take the weights of v2"
    """
    if ours and theirs:
        raise click.UsageError("--ours and --theirs exclude each other.")
    branch = resolve_branch(_hub.default_connection, destination)
    given = resolve_reference(_hub.default_connection, source)
    with _shown_conflicts():
        made = branch.merge(given, message, "ours" if ours else "theirs" if theirs else None)
    click.echo(made.id[:12])


@click.command()
@click.argument("branch", metavar="BRANCH_REF")
@click.argument("commit", metavar="COMMIT")
def reset(branch: str, commit: str) -> None:
    """Point a branch at another commit of its asset.

    COMMIT is a commit, a tag or a branch. Commits that only the branch led to stay reachable by
    their ids and tags.

    \b
    Examples:
      ah reset image-classification/mnist-cnn-keras:v1 4d6988c3
      ah reset dataset/image-classification/mnist tag/2024-06
    """
    click.echo(resolve_branch(_hub.default_connection, branch).reset(commit).id[:12])


@click.command()
@click.argument("branch", metavar="BRANCH_REF")
@click.argument("commit", metavar="COMMIT")
@click.option("-m", "--message", help="Why; a text that names the commit by default.")
def revert(branch: str, commit: str, message: str | None) -> None:
    """Take back what one commit changed, by a new commit.

    COMMIT is a commit, a tag or a branch; a merge is taken back to its first parent. Prints the
    first 12 digits of the new commit.

    \b
    Example:
      ah revert image-classification/mnist-cnn-keras:v1 4d6988c3 -m "worse on the test split"
    """
    target = resolve_branch(_hub.default_connection, branch)
    with _shown_conflicts():
        made = target.revert(commit, message)
    click.echo(made.id[:12])


@contextmanager
def _shown_conflicts() -> Iterator[None]:
    """Print the paths that both sides changed, before the error that says so."""
    try:
        yield
    except ConflictError as error:
        for conflict in error.conflicts:
            click.echo(f"! {conflict['path']}")
        raise
