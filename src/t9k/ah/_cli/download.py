"""`ah download`."""

from __future__ import annotations

import click

from .._errors import AssetHubError, DownloadError
from .._resolution import resolve_reference
from .completers import complete_path, complete_reference
from .groups import Command
from .session import connect


@click.command(cls=Command)
@click.argument("reference", metavar="REF", shell_complete=complete_reference())
@click.option(
    "-p",
    "--path",
    "paths",
    multiple=True,
    metavar="PATH",
    shell_complete=complete_path("reference"),
    help="A file to bring, DIR/ for all below it, or a glob; may be repeated. All by default.",
)
@click.option(
    "-s",
    "--save-dir",
    default=".",
    metavar="DIR",
    type=click.Path(file_okay=False),
    help="Where to, made if need be. The current directory by default.",
)
@click.option(
    "--cache",
    is_flag=True,
    help="Take files from the cache, and keep them there; hard links of it are read-only.",
)
def download(reference: str, paths: tuple[str, ...], save_dir: str, cache: bool) -> None:
    """Bring files to a local directory.

    Files that are there and equal stay. In a glob, * and ? are characters within a name, and **
    any directories. Run again after an interruption, it brings what is missing.

    \b
    Examples:
      ah download image-classification/mnist-cnn-keras:tag/released
      ah download dataset/image-classification/mnist -p test/ -p '**/*.csv' -s data
    """
    found = resolve_reference(connect, reference)
    try:
        found.download(paths or None, save_dir, cache=cache)
    except AssetHubError:
        raise
    except OSError as error:
        place = error.filename or save_dir
        raise DownloadError(
            f"Cannot write {place}: {error.strerror}. Make room or choose another directory with -s"
        ) from error
