"""`ah delete`: folders, models, datasets, branches, tags and evaluations."""

from __future__ import annotations

import click

from .. import _hub
from .._errors import ReferenceSyntaxError
from .._references import parse_reference
from .._resolution import resolve_asset, resolve_branch, resolve_folder, resolve_tag


@click.group()
def delete() -> None:
    """Delete a folder, an asset, a branch, a tag or an evaluation.

    \b
    Examples:
      ah delete branch image-classification/mnist-cnn-keras:v1
      ah delete evaluation 2c0b7cef-1db5-4e41-b8ea-5490fd81d4e5
    """


@delete.command("folder")
@click.argument("folder", metavar="FOLDER")
def delete_folder(folder: str) -> None:
    """Delete a folder with all its models or datasets.

    \b
    Example:
      ah delete folder model/image-classification
    """
    resolve_folder(_hub.default_connection, folder).delete()


@delete.command("model")
@click.argument("model", metavar="MODEL")
def delete_model(model: str) -> None:
    """Delete a model with all its commits and evaluations.

    \b
    Example:
      ah delete model image-classification/mnist-cnn-keras
    """
    resolve_asset(_hub.default_connection, model, "model").delete()


@delete.command("dataset")
@click.argument("dataset", metavar="DATASET")
def delete_dataset(dataset: str) -> None:
    """Delete a dataset with all its commits; evaluations on it stay.

    \b
    Example:
      ah delete dataset image-classification/mnist
    """
    resolve_asset(_hub.default_connection, dataset, "dataset").delete()


@delete.command("branch")
@click.argument("branch", metavar="MODEL:BRANCH")
def delete_branch(branch: str) -> None:
    """Delete a branch; its commits stay reachable by their ids and tags.

    \b
    Example:
      ah delete branch image-classification/mnist-cnn-keras:v1
    """
    if parse_reference(branch).value is None:
        raise ReferenceSyntaxError(f"{branch!r} names no branch: give MODEL:BRANCH")
    resolve_branch(_hub.default_connection, branch).delete()


@delete.command("tag")
@click.argument("tag", metavar="ASSET:TAG")
def delete_tag(tag: str) -> None:
    """Delete a tag; the commit it named stays.

    \b
    Examples:
      ah delete tag image-classification/mnist-cnn-keras:released
      ah delete tag dataset/image-classification/mnist:tag/2024-06
    """
    resolve_tag(_hub.default_connection, tag).delete()


@delete.command("evaluation")
@click.argument("id_", metavar="ID")
def delete_evaluation(id_: str) -> None:
    """Delete an evaluation.

    \b
    Example:
      ah delete evaluation 2c0b7cef-1db5-4e41-b8ea-5490fd81d4e5
    """
    _hub.delete_evaluation(id_)
