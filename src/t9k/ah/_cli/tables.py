"""Tables on standard output."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, repeat

import click

from .._tables import format_table


def print_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    right: Iterable[str] = (),
    struck: Iterable[bool] = (),
) -> None:
    """Print rows below a header, two spaces between the columns and no lines.

    The columns named in `right` are aligned to the right. Without rows it is the header alone.
    `struck` says of each row whether a terminal is to strike it through.
    """
    header, *lines = format_table(columns, rows, right)
    click.echo(click.style(header, bold=True))
    for line, out in zip(lines, chain(struck, repeat(False)), strict=False):
        click.echo(click.style(line, strikethrough=True) if out else line)
