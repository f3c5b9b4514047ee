"""`ah cat`."""

from __future__ import annotations

import sys

import click

from .._resolution import resolve_reference
from .completers import complete_path, complete_reference
from .groups import Command
from .session import connect

_CHUNK_BYTES = 1 << 20


@click.command(cls=Command)
@click.argument("reference", metavar="REF", shell_complete=complete_reference())
@click.argument("path", metavar="PATH", shell_complete=complete_path("reference"))
def cat(reference: str, path: str) -> None:
    """Write the bytes of one file to standard output.

    \b
    Examples:
      ah cat dataset/image-classification/mnist test.csv | head
      ah cat image-classification/mnist-cnn-keras:tag/released model.keras > model.keras
    """
    from shutil import copyfileobj

    with resolve_reference(connect, reference).open(path) as file:
        copyfileobj(file, sys.stdout.buffer, _CHUNK_BYTES)
    sys.stdout.buffer.flush()
