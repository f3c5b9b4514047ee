"""Tables on standard output."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import click

from .._tables import age_of, format_block, format_table, size_of

__all__ = ["age_of", "format_block", "format_table", "print_table", "size_of"]


def print_table(
    columns: Sequence[str], rows: Iterable[Sequence[str]], right: Iterable[str] = ()
) -> None:
    """Print rows below a header, two spaces between the columns and no lines.

    The columns named in `right` are aligned to the right. Without rows it is the header alone.
    """
    for line in format_table(columns, rows, right):
        click.echo(line)
