"""`ah delete`: folders, models, datasets, branches, tags and evaluations."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

from .._errors import ReferenceSyntaxError
from .._references import check_id, parse_reference
from .._resolution import resolve_asset, resolve_branch, resolve_folder, resolve_tag
from .completers import complete_asset, complete_branch, complete_folder, complete_tag
from .groups import Group
from .session import connect

CommandT = TypeVar("CommandT", bound=Callable[..., Any])


def _yes_option(command: CommandT) -> CommandT:
    help_ = "Do not ask, which is done at a terminal only."
    return click.option("-y", "--yes", is_flag=True, help=help_)(command)


def _confirm(what: str, yes: bool) -> None:
    """Ask whether to delete something, where somebody is there to ask.

    Scripts of long ago do not answer, so they are not asked.
    """
    streams = (sys.stdin, sys.stdout, sys.stderr)
    if yes or not all(stream is not None and stream.isatty() for stream in streams):
        return
    if not click.confirm(f"Delete {what}?", err=True):
        raise click.ClickException("Nothing was deleted")


@click.group(cls=Group)
def delete() -> None:
    """Delete a folder, an asset, a branch, a tag or an evaluation.

    \b
    Examples:
      ah delete branch image-classification/mnist-cnn-keras:v1
      ah delete evaluation 2c0b7cef-1db5-4e41-b8ea-5490fd81d4e5
    """


@delete.command("folder")
@click.argument("folder", metavar="FOLDER", shell_complete=complete_folder())
@_yes_option
def delete_folder(folder: str, yes: bool) -> None:
    """Delete a folder with all its models or datasets.

    \b
    Example:
      ah delete folder model/image-classification
    """
    found = resolve_folder(connect, folder)
    _confirm(f"folder {found.path} and all its {found.type}s", yes)
    found.delete()


@delete.command("model")
@click.argument("model", metavar="MODEL", shell_complete=complete_asset("model"))
@_yes_option
def delete_model(model: str, yes: bool) -> None:
    """Delete a model with all its commits and evaluations.

    \b
    Example:
      ah delete model image-classification/mnist-cnn-keras
    """
    found = resolve_asset(connect, model, "model")
    _confirm(f"model {found.path} with all its commits and evaluations", yes)
    found.delete()


@delete.command("dataset")
@click.argument("dataset", metavar="DATASET", shell_complete=complete_asset("dataset"))
@_yes_option
def delete_dataset(dataset: str, yes: bool) -> None:
    """Delete a dataset with all its commits; evaluations on it stay.

    \b
    Example:
      ah delete dataset image-classification/mnist
    """
    found = resolve_asset(connect, dataset, "dataset")
    _confirm(f"dataset {found.path} with all its commits", yes)
    found.delete()


@delete.command("branch")
@click.argument("branch", metavar="MODEL:BRANCH", shell_complete=complete_branch("model"))
@_yes_option
def delete_branch(branch: str, yes: bool) -> None:
    """Delete a branch; its commits stay reachable by their ids and tags.

    \b
    Example:
      ah delete branch image-classification/mnist-cnn-keras:v1
    """
    if parse_reference(branch).value is None:
        raise ReferenceSyntaxError(f"{branch!r} names no branch: give MODEL:BRANCH")
    found = resolve_branch(connect, branch)
    _confirm(f"branch {found.name} of {found.asset.path}", yes)
    found.delete()


@delete.command("tag")
@click.argument("tag", metavar="ASSET:TAG", shell_complete=complete_tag())
@_yes_option
def delete_tag(tag: str, yes: bool) -> None:
    """Delete a tag; the commit it named stays.

    \b
    Examples:
      ah delete tag image-classification/mnist-cnn-keras:released
      ah delete tag dataset/image-classification/mnist:tag/2024-06
    """
    found = resolve_tag(connect, tag)
    _confirm(f"tag {found.name} of {found.asset.path}", yes)
    found.delete()


@delete.command("evaluation")
@click.argument("id_", metavar="ID")
@click.option("--reason", metavar="TEXT", help="Why; the hub keeps it.")
@_yes_option
def delete_evaluation(id_: str, reason: str | None, yes: bool) -> None:
    """Delete an evaluation.

    \b
    Examples:
      ah delete evaluation 2c0b7cef-1db5-4e41-b8ea-5490fd81d4e5
      ah delete evaluation 2c0b7cef-1db5-4e41-b8ea-5490fd81d4e5 --reason "of another model"
    """
    from .._evaluations import delete_evaluation as delete

    _confirm(f"evaluation {check_id(id_, 'an evaluation')}", yes)
    delete(connect(), id_, reason)
