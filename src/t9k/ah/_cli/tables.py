"""Tables on standard output."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import click

from .._tables import format_table


def print_table(
    columns: Sequence[str], rows: Iterable[Sequence[str]], right: Iterable[str] = ()
) -> None:
    """Print rows below a header, two spaces between the columns and no lines.

    The columns named in `right` are aligned to the right. Without rows it is the header alone.
    """
    header, *lines = format_table(columns, rows, right)
    click.echo(click.style(header, bold=True))
    for line in lines:
        click.echo(line)
