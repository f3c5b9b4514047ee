"""`ah rename`: another name for a folder, a model or a dataset."""

from __future__ import annotations

import click

from .._references import check_name
from .._resolution import resolve_asset, resolve_folder
from .completers import complete_asset, complete_folder
from .groups import Group
from .session import connect


@click.group(cls=Group)
def rename() -> None:
    """Give a folder, a model or a dataset another name; its id stays.

    \b
    Examples:
      ah rename folder model/image-classification vision
      ah rename model image-classification/mnist-cnn-keras mnist-cnn
    """


@rename.command("folder")
@click.argument("folder", metavar="FOLDER", shell_complete=complete_folder())
@click.argument("name", metavar="NAME")
def rename_folder(folder: str, name: str) -> None:
    """Give a folder another name.

    \b
    Example:
      ah rename folder model/image-classification vision
    """
    check_name(name, "folder")
    resolve_folder(connect, folder).update(name=name)


@rename.command("model")
@click.argument("model", metavar="MODEL", shell_complete=complete_asset("model"))
@click.argument("name", metavar="NAME")
def rename_model(model: str, name: str) -> None:
    """Give a model another name in its folder.

    \b
    Example:
      ah rename model image-classification/mnist-cnn-keras mnist-cnn
    """
    check_name(name, "model")
    resolve_asset(connect, model, "model").update(name=name)


@rename.command("dataset")
@click.argument("dataset", metavar="DATASET", shell_complete=complete_asset("dataset"))
@click.argument("name", metavar="NAME")
def rename_dataset(dataset: str, name: str) -> None:
    """Give a dataset another name in its folder.

    \b
    Example:
      ah rename dataset image-classification/mnist digits
    """
    check_name(name, "dataset")
    resolve_asset(connect, dataset, "dataset").update(name=name)
