"""`ah share`, `unshare`, `ls share`, `transfer`, `protect` and `unprotect`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from .._errors import NotFoundError
from .._references import parse_folder
from .._resolution import resolve_branch, resolve_folder
from .completers import complete_branch, complete_folder
from .groups import Command
from .listings import Column, Listing, View
from .session import connect

CommandT = TypeVar("CommandT", bound=Callable[..., Any])

_SHARES = Listing(
    Column("WITH", lambda entry: entry["kind"]),
    Column("NAME", lambda entry: entry["name"]),
    Column("LEVEL", lambda entry: entry["level"]),
    Column("SINCE", lambda entry: entry["createdTimestamp"], "age"),
    Column("BY", lambda entry: entry["createdBy"]),
)


def _grantee_options(command: CommandT) -> CommandT:
    for option in (
        click.option("--public", is_flag=True, help="Everyone who has a key."),
        click.option("--group", metavar="NAME", help="The members of a group."),
        click.option("--user", metavar="NAME", help="A user."),
    ):
        command = option(command)
    return command


def _check_grantee(user: str | None, group: str | None, public: bool) -> None:
    if [bool(user), bool(group), public].count(True) != 1:
        raise click.UsageError("Say with whom: one of --user, --group and --public.")


@click.command(cls=Command)
@click.argument("folder", metavar="FOLDER", shell_complete=complete_folder())
@_grantee_options
@click.option(
    "--level",
    type=click.Choice(["view", "run", "edit"]),
    default="view",
    help="What they may do: view by default; run records evaluations, edit changes assets.",
)
def share(folder: str, user: str | None, group: str | None, public: bool, level: str) -> None:
    """Let a user, a group or everyone into a folder.

    \b
    Examples:
      ah share model/image-classification --user bob --level edit
      ah share model/image-classification --group research --level run
      ah share dataset/image-classification --public
    """
    _check_grantee(user, group, public)
    if public and level != "view":
        raise click.UsageError("Everyone can only be given the level view.")
    resolve_folder(connect, folder).share(user, group, public, level)


@click.command(cls=Command)
@click.argument("folder", metavar="FOLDER", shell_complete=complete_folder())
@_grantee_options
def unshare(folder: str, user: str | None, group: str | None, public: bool) -> None:
    """Take back what was shared with a user, a group or everyone.

    \b
    Example:
      ah unshare model/image-classification --user bob
    """
    _check_grantee(user, group, public)
    resolve_folder(connect, folder).unshare(user, group, public)


@click.command("share", cls=Command)
@click.argument("folder", metavar="FOLDER", shell_complete=complete_folder())
@_SHARES.options
def ls_share(folder: str, view: View) -> None:
    """List with whom a folder of yours is shared.

    \b
    Example:
      ah ls share model/image-classification
    """
    found = resolve_folder(connect, folder).list_share()
    _SHARES.show(found, view, lambda entry: entry["name"] or entry["kind"])


@click.command(cls=Command)
@click.argument("folder", metavar="FOLDER", shell_complete=complete_folder())
@click.argument("owner", metavar="NEWOWNER")
def transfer(folder: str, owner: str) -> None:
    """Give a folder to another user, as its owner or as an admin.

    References to what is in it begin with the new owner's name then. You keep the level edit on
    what was yours.

    \b
    Example:
      ah transfer model/image-classification bob
    """
    try:
        found = resolve_folder(connect, folder)
    except NotFoundError:
        # An admin gives away what they cannot view, too.
        from .._messages import inform
        from .._sharing import find_owned, transfer_folder

        path = parse_folder(folder)
        id_ = find_owned(connect(), path) if path.owner else path.id
        if id_ is None:
            raise
        transfer_folder(connect(), id_, owner)
        inform(f"Giving folder {folder} to {owner}")
        return
    found.transfer(owner)


@click.command(cls=Command)
@click.argument("branch", metavar="ASSET[:BRANCH]", shell_complete=complete_branch())
@click.option("--user", "users", metavar="NAME", multiple=True, help="Who may; repeated.")
@click.option("--group", "groups", metavar="NAME", multiple=True, help="Whose members may.")
def protect(branch: str, users: tuple[str, ...], groups: tuple[str, ...]) -> None:
    """Let only some users and groups move or delete a branch: nobody, if none is named.

    \b
    Examples:
      ah protect image-classification/mnist-cnn-keras:main
      ah protect image-classification/mnist-cnn-keras:main --user ann --group release
    """
    resolve_branch(connect, branch).protect(users, groups)


@click.command(cls=Command)
@click.argument("branch", metavar="ASSET[:BRANCH]", shell_complete=complete_branch())
def unprotect(branch: str) -> None:
    """Let all who may change the asset move and delete a branch again.

    \b
    Example:
      ah unprotect image-classification/mnist-cnn-keras:main
    """
    resolve_branch(connect, branch).unprotect()
