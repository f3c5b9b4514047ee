"""`ah download`."""

from __future__ import annotations

import click

from .. import _hub
from .._resolution import resolve_reference


@click.command()
@click.argument("reference", metavar="REF")
@click.option(
    "-p",
    "--path",
    "paths",
    multiple=True,
    metavar="PATH",
    help="A file to bring, DIR/ for all below it; may be repeated. All files by default.",
)
@click.option(
    "-s",
    "--save-dir",
    default=".",
    metavar="DIR",
    help="Where to, made if need be. The current directory by default.",
)
def download(reference: str, paths: tuple[str, ...], save_dir: str) -> None:
    """Bring files to a local directory.

    \b
    Examples:
      ah download image-classification/mnist-cnn-keras:tag/released
      ah download dataset/image-classification/mnist -p test/ -p README.md -s data
    """
    resolve_reference(_hub.default_client, reference).download(paths or None, save_dir)
