"""`ah download`."""

from __future__ import annotations

import click

from .. import _hub
from .._resolution import resolve_reference
from .options import quiet_option


@click.command()
@click.argument("reference", metavar="REF")
@click.option(
    "-p",
    "--path",
    "paths",
    multiple=True,
    metavar="PATH",
    help="A file to bring, DIR/ for all below it, or a glob; may be repeated. All by default.",
)
@click.option(
    "-s",
    "--save-dir",
    default=".",
    metavar="DIR",
    help="Where to, made if need be. The current directory by default.",
)
@click.option(
    "--cache",
    is_flag=True,
    help="Take files from the cache, and keep them there; hard links of it are read-only.",
)
@quiet_option
def download(reference: str, paths: tuple[str, ...], save_dir: str, cache: bool) -> None:
    """Bring files to a local directory.

    Files that are there and equal stay. In a glob, * and ? are characters within a name, and **
    any directories. Run again after an interruption, it brings what is missing.

    \b
    Examples:
      ah download image-classification/mnist-cnn-keras:tag/released
      ah download dataset/image-classification/mnist -p test/ -p '**/*.csv' -s data
    """
    found = resolve_reference(_hub.default_connection, reference)
    found.download(paths or None, save_dir, cache=cache)
