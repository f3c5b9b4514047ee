"""The files that differ between two snapshots, as `ah diff` and `ah show` print them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from .._tables import size_of
from .output import print_csv, print_entries
from .tables import print_table

if TYPE_CHECKING:
    from .._records import ContentEntry, DiffEntry

_COLUMNS = ("TYPE", "PATH", "OLD_BYTES", "NEW_BYTES")


def print_changes(entries: Iterable[DiffEntry], output: str | None) -> None:
    """Print a line for each path as it comes, or all in the form that is wanted."""
    if output is None:
        for entry in entries:
            click.echo(line_of(entry))
    elif output == "table":
        rows = [
            [entry["type"], entry["path"], *(_size_of(entry[side]) for side in ("old", "new"))]
            for entry in entries
        ]
        print_table(_COLUMNS, rows, right=_COLUMNS[2:])
    elif output == "csv":
        columns = [*(title.lower() for title in _COLUMNS), "old_checksum", "new_checksum"]
        print_csv(columns, map(_cells_of, entries))
    else:
        print_entries(list(entries), output, lambda entry: str(entry["path"]))


def line_of(entry: DiffEntry) -> str:
    """A path with a sign of what happened to it, and its sizes."""
    old, new, path = entry["old"], entry["new"], entry["path"]
    if new is None:
        return click.style(f"- {path}", fg="red")
    if old is None:
        return click.style(f"+ {path}  {_size_of(new)}", fg="green")
    return click.style(f"~ {path}  {_size_of(old)} -> {_size_of(new)}", fg="yellow")


def _size_of(content: ContentEntry | None) -> str:
    return "" if content is None else size_of(content["size_bytes"])


def _cells_of(entry: DiffEntry) -> list[Any]:
    sides = (entry["old"], entry["new"])
    return [
        entry["type"],
        entry["path"],
        *(side and side["size_bytes"] for side in sides),
        *(side and side["checksum"] for side in sides),
    ]
