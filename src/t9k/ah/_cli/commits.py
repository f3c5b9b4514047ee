"""Commits for people, as `ah log` and `ah show` print them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import click

from .._tables import printable

if TYPE_CHECKING:
    from .._assets import Asset

Names = dict[str, list[str]]


def find_names(asset: Asset) -> Names:
    """The branches and tags that point at each commit, as they are written in references."""
    names: Names = defaultdict(list)
    for part, mark in (("branches", ""), ("tags", "tag/")):
        for entry in asset._connection.request("GET", asset._route(part))["results"]:
            names[entry["commit_id"]].append(f"{mark}{entry['id']}")
    return names


def line_of(entry: Any, names: Names) -> str:
    """A commit in one line: 12 digits, names, and the first line of the message."""
    title = _title(entry["id"], entry["id"][:12], names)
    first = printable(entry["message"].strip().partition("\n")[0])
    return f"{title} {first}".rstrip()


def lines_of(entry: Any, names: Names) -> list[str]:
    """A commit in lines: id and names, author, date, metadata, and the message, indented."""
    lines = [_title(entry["id"], f"commit {entry['id']}", names)]
    if len(entry["parents"]) > 1:
        lines.append("Merge:   " + " ".join(parent[:12] for parent in entry["parents"]))
    lines.append(f"Author:  {printable(entry['committer'])}")
    lines.append(f"Date:    {_moment(entry['creation_date'])}")
    lines += [
        printable(f"{name}: {text}") for name, text in sorted(entry.get("metadata", {}).items())
    ]
    message = entry["message"].strip()
    if message:
        lines += ["", *(f"    {printable(line)}".rstrip() for line in message.split("\n"))]
    return lines


def _title(id_: str, shown: str, names: Names) -> str:
    title = click.style(shown, fg="yellow")
    if id_ in names:
        title += click.style(f" ({', '.join(names[id_])})", fg="cyan")
    return title


def _moment(seconds: float) -> str:
    """A moment where one is, with how far that is from UTC."""
    from datetime import datetime

    return datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M:%S %z")
