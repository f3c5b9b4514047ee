"""`ah describe`: the text that is kept with a folder, a model or a dataset."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from .._resolution import resolve_asset, resolve_folder
from .._tables import printable
from .completers import complete_asset, complete_folder
from .groups import Group
from .output import output_options, print_record
from .session import connect

if TYPE_CHECKING:
    from .._assets import Dataset, Model
    from .._folders import Folder

_print_options = output_options("The text itself by default; only without TEXT.")


@click.group(cls=Group)
def describe() -> None:
    """Show or write what a folder, a model or a dataset is about.

    \b
    Examples:
      ah describe model image-classification/mnist-cnn-keras
      ah describe model image-classification/mnist-cnn-keras "Digits, by a small CNN"
    """


@describe.command("folder")
@click.argument("folder", metavar="FOLDER", shell_complete=complete_folder())
@click.argument("text", metavar="[TEXT]", required=False)
@_print_options
def describe_folder(folder: str, text: str | None, output: str | None) -> None:
    """Show the description of a folder, or replace it by TEXT, - for standard input.

    \b
    Examples:
      ah describe folder model/image-classification
      ah describe folder model/image-classification - < about.md
    """
    _describe(resolve_folder(connect, folder), text, output)


@describe.command("model")
@click.argument("model", metavar="MODEL", shell_complete=complete_asset("model"))
@click.argument("text", metavar="[TEXT]", required=False)
@_print_options
def describe_model(model: str, text: str | None, output: str | None) -> None:
    """Show the description of a model, or replace it by TEXT, - for standard input.

    \b
    Examples:
      ah describe model image-classification/mnist-cnn-keras "Digits, by a small CNN"
      ah describe model image-classification/mnist-cnn-keras ""
    """
    _describe(resolve_asset(connect, model, "model"), text, output)


@describe.command("dataset")
@click.argument("dataset", metavar="DATASET", shell_complete=complete_asset("dataset"))
@click.argument("text", metavar="[TEXT]", required=False)
@_print_options
def describe_dataset(dataset: str, text: str | None, output: str | None) -> None:
    """Show the description of a dataset, or replace it by TEXT, - for standard input.

    \b
    Example:
      ah describe dataset image-classification/mnist "Handwritten digits, 28 by 28"
    """
    _describe(resolve_asset(connect, dataset, "dataset"), text, output)


def _describe(
    described: Folder[Any] | Model | Dataset, text: str | None, output: str | None
) -> None:
    if text is None:
        shown = "\n".join(map(printable, described.description.split("\n")))
        name = described.path
        if shown or output not in (None, "table"):
            print_record({"name": name, "description": described.description}, output, shown, name)
        return
    described.update(description=sys.stdin.read().rstrip("\n") if text == "-" else text)
