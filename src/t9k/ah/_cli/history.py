"""`ah diff`, `ah merge`, `ah reset` and `ah revert`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from .._errors import ConflictError
from .._resolution import resolve_branch, resolve_reference
from .changes import print_changes
from .completers import complete_branch, complete_commit, complete_reference
from .groups import Command
from .options import override_option
from .output import output_options, print_commit
from .session import connect

_PRINTED = "The first 12 digits by default."


@click.command(cls=Command)
@click.argument("old", metavar="A", shell_complete=complete_reference())
@click.argument("new", metavar="B", shell_complete=complete_reference())
@output_options("A line for each path by default.")
def diff(old: str, new: str, output: str | None) -> None:
    """List the files that differ in B from those in A.

    A and B are branches, tags or commits of one asset.

    \b
    Examples:
      ah diff image-classification/mnist-cnn-keras:v1 image-classification/mnist-cnn-keras:v2
      ah diff dataset/image-classification/mnist:tag/2024-06 dataset/image-classification/mnist
    """
    before = resolve_reference(connect, old)
    after = resolve_reference(connect, new)
    from .._history import walk_diff

    print_changes(walk_diff(before.asset, before, after), output)


@click.command(cls=Command)
@click.argument("source", metavar="SOURCE", shell_complete=complete_reference())
@click.argument("destination", metavar="DEST", shell_complete=complete_branch())
@click.option("-m", "--message", help="What the merge does; a text that names both by default.")
@click.option("--ours", is_flag=True, help="Where both changed a file, keep that of DEST.")
@click.option("--theirs", is_flag=True, help="Where both changed a file, take that of SOURCE.")
@override_option
@output_options(_PRINTED)
def merge(
    source: str,
    destination: str,
    message: str | None,
    ours: bool,
    theirs: bool,
    override: str | None,
    output: str | None,
) -> None:
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
    branch = resolve_branch(connect, destination)
    given = resolve_reference(connect, source)
    with _shown_conflicts():
        made = branch.merge(
            given,
            message,
            "ours" if ours else "theirs" if theirs else None,
            override=override,
        )
    print_commit(made, output)


@click.command(cls=Command)
@click.argument("branch", metavar="BRANCH_REF", shell_complete=complete_branch())
@click.argument("commit", metavar="COMMIT", shell_complete=complete_commit("branch"))
@override_option
@output_options(_PRINTED)
def reset(branch: str, commit: str, override: str | None, output: str | None) -> None:
    """Point a branch at another commit of its asset.

    COMMIT is a commit, a tag or a branch. Commits that only the branch led to stay reachable by
    their ids and tags.

    \b
    Examples:
      ah reset image-classification/mnist-cnn-keras:v1 4d6988c3
      ah reset dataset/image-classification/mnist tag/2024-06
    """
    print_commit(resolve_branch(connect, branch).reset(commit, override=override), output)


@click.command(cls=Command)
@click.argument("branch", metavar="BRANCH_REF", shell_complete=complete_branch())
@click.argument("commit", metavar="COMMIT", shell_complete=complete_commit("branch"))
@click.option("-m", "--message", help="Why; a text that names the commit by default.")
@override_option
@output_options(_PRINTED)
def revert(
    branch: str, commit: str, message: str | None, override: str | None, output: str | None
) -> None:
    """Take back what one commit changed, by a new commit.

    COMMIT is a commit, a tag or a branch; a merge is taken back to its first parent. Prints the
    first 12 digits of the new commit.

    \b
    Example:
      ah revert image-classification/mnist-cnn-keras:v1 4d6988c3 -m "worse on the test split"
    """
    target = resolve_branch(connect, branch)
    with _shown_conflicts():
        made = target.revert(commit, message, override=override)
    print_commit(made, output)


@contextmanager
def _shown_conflicts() -> Iterator[None]:
    """Print the paths that both sides changed, before the error that says so."""
    try:
        yield
    except ConflictError as error:
        for conflict in error.conflicts:
            click.echo(f"! {conflict['path']}")
        raise
