"""`ah create`: folders, models, datasets, branches, tags and evaluations."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import click

from .._errors import InvalidInputError, ReferenceSyntaxError
from .._references import parse_asset, parse_folder, parse_reference
from .._resolution import resolve_asset, resolve_folder, resolve_reference
from .completers import complete_asset, complete_folder, complete_reference
from .groups import Group
from .recording import create_evaluation
from .session import connect, current_session

if TYPE_CHECKING:
    from .._assets import Model

_labels = click.option("-l", "--label", "labels", multiple=True, help="A label; may be repeated.")


@click.group(cls=Group)
def create() -> None:
    """Make a folder, an asset, a branch, a tag or an evaluation.

    \b
    Examples:
      ah create folder model/image-classification
      ah create model image-classification/mnist-cnn-keras
      ah create branch image-classification/mnist-cnn-keras:v1
    """


@create.command("folder")
@click.argument("folder", metavar="TYPE/NAME", shell_complete=complete_folder())
@_labels
def create_folder(folder: str, labels: tuple[str, ...]) -> None:
    """Make a folder for models or for datasets.

    \b
    Examples:
      ah create folder model/image-classification
      ah create folder dataset/image-classification -l vision -l public-data
    """
    path = parse_folder(folder)
    if path.id is not None or path.type is None:
        raise ReferenceSyntaxError(f"{folder!r} names no new folder: give TYPE/NAME")
    from .._client import Client

    session = current_session()
    with Client(session.host, session.key) as client:
        if path.owner not in (None, client.username):
            raise InvalidInputError(
                f"You are {client.username}, and cannot make a folder of {path.owner}"
            )
        client.create_folder(path.type, path.name, labels)


@create.command("model")
@click.argument("model", metavar="FOLDER/NAME", shell_complete=complete_asset("model"))
@_labels
def create_model(model: str, labels: tuple[str, ...]) -> None:
    """Make a model, with an empty branch main.

    \b
    Example:
      ah create model image-classification/mnist-cnn-keras -l keras
    """
    _create_asset(model, "model", labels)


@create.command("dataset")
@click.argument("dataset", metavar="FOLDER/NAME", shell_complete=complete_asset("dataset"))
@_labels
def create_dataset(dataset: str, labels: tuple[str, ...]) -> None:
    """Make a dataset, with an empty branch main.

    \b
    Example:
      ah create dataset image-classification/mnist
    """
    _create_asset(dataset, "dataset", labels)


def _create_asset(text: str, type_: str, labels: tuple[str, ...]) -> None:
    path = parse_asset(text, type_)
    if path.id is not None:
        raise ReferenceSyntaxError(f"{text!r} names no new {type_}: give FOLDER/NAME")
    place = f"{path.owner}/{type_}/{path.folder}" if path.owner else path.folder
    resolve_folder(connect, place, type_).create_asset(path.name, labels)


@create.command("branch")
@click.argument("branch", metavar="MODEL:BRANCH", shell_complete=complete_asset("model"))
def create_branch(branch: str) -> None:
    """Make an empty branch of a model.

    It starts at the model's first commit, which holds nothing.

    \b
    Example:
      ah create branch image-classification/mnist-cnn-keras:v1
    """
    path = parse_reference(branch, "model")
    if path.value is None or path.kind not in (None, "branch"):
        raise ReferenceSyntaxError(f"{branch!r} names no new branch: give MODEL:BRANCH")
    model = resolve_asset(connect, path.asset, "model")
    cast("Model", model).create_branch(path.value)


@create.command("tag")
@click.argument("reference", metavar="REF", shell_complete=complete_reference())
@click.argument("tag", metavar="TAG")
def create_tag(reference: str, tag: str) -> None:
    """Give the commit that REF points at now a name that stays with it.

    \b
    Examples:
      ah create tag image-classification/mnist-cnn-keras:v1 released
      ah create tag dataset/image-classification/mnist 2024-06
    """
    resolve_reference(connect, reference).create_tag(tag)


create.add_command(create_evaluation)
