"""`ah label`: the labels of a folder, a model or a dataset."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from .._resolution import resolve_asset, resolve_folder
from .completers import complete_asset, complete_folder
from .groups import Group
from .output import output_options, print_record
from .session import connect

if TYPE_CHECKING:
    from .._assets import Dataset, Model
    from .._folders import Folder

CommandT = TypeVar("CommandT", bound=Callable[..., Any])


def _label_options(command: CommandT) -> CommandT:
    for option in (
        output_options("A label a line by default; only without other options."),
        click.option("--set", "wanted", multiple=True, help="A label in place of all; repeated."),
        click.option("-a", "--add", multiple=True, help="A label to add; may be repeated."),
        click.option("-d", "--delete", multiple=True, help="A label to remove; may be repeated."),
    ):
        command = option(command)
    return command


@click.group(cls=Group)
def label() -> None:
    """Show or change the labels of a folder, a model or a dataset.

    \b
    Examples:
      ah label folder model/image-classification
      ah label model image-classification/mnist-cnn-keras -d draft -a released
    """


@label.command("folder")
@click.argument("folder", metavar="FOLDER", shell_complete=complete_folder())
@_label_options
def label_folder(folder: str, **changes: Any) -> None:
    """Show the labels of a folder, or change them: -d first, then -a.

    \b
    Example:
      ah label folder model/image-classification -a vision -a public-data
    """
    _label(resolve_folder(connect, folder), **changes)


@label.command("model")
@click.argument("model", metavar="MODEL", shell_complete=complete_asset("model"))
@_label_options
def label_model(model: str, **changes: Any) -> None:
    """Show the labels of a model, or change them: -d first, then -a.

    \b
    Examples:
      ah label model image-classification/mnist-cnn-keras
      ah label model image-classification/mnist-cnn-keras -d draft -a released
    """
    _label(resolve_asset(connect, model, "model"), **changes)


@label.command("dataset")
@click.argument("dataset", metavar="DATASET", shell_complete=complete_asset("dataset"))
@_label_options
def label_dataset(dataset: str, **changes: Any) -> None:
    """Show the labels of a dataset, or change them: -d first, then -a.

    \b
    Example:
      ah label dataset image-classification/mnist --set digits --set images
    """
    _label(resolve_asset(connect, dataset, "dataset"), **changes)


def _label(
    labelled: Folder[Any] | Model | Dataset,
    delete: tuple[str, ...],
    add: tuple[str, ...],
    wanted: tuple[str, ...],
    output: str | None,
) -> None:
    if wanted and (delete or add):
        raise click.UsageError("--set replaces all labels: give either it, or -a and -d.")
    if wanted or delete or add:
        kept = [each for each in labelled.labels if each not in delete]
        labelled.update(labels=dict.fromkeys(wanted or (*kept, *add)))
        return
    text = "\n".join(labelled.labels)
    record = {"name": labelled.path, "labels": labelled.labels}
    if text or output not in (None, "table", "name"):
        print_record(record, output, text, text)
