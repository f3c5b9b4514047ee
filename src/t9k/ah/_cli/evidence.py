"""`ah show evaluation`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import click

from .._tables import format_table, size_of
from .evaluations import lines_of, metrics_of, places_of, print_ranking
from .groups import Command
from .output import output_options, print_value
from .session import connect
from .tables import print_table


@click.command("evaluation", cls=Command)
@click.argument("id_", metavar="ID")
@output_options("Text by default; a table holds the metrics.")
def show_evaluation(id_: str, output: str | None) -> None:
    """Show one evaluation with all that was said of it.

    \b
    Example:
      ah show evaluation 2c0b7cef-1db5-4e41-b8ea-5490fd81d4e5
    """
    from .._evaluations import get_evaluation

    entry: Any = get_evaluation(connect(), id_)
    if output is None:
        told = [(title, lines) for title, tell in _FACTS.items() if (lines := tell(entry))]
        metrics = format_table(*_detail(entry))
        click.echo("\n".join(lines_of(entry, [*places_of(entry), *told, ("METRICS", metrics)])))
    elif output == "table":
        print_table(*_detail(entry))
    elif output in ("json", "yaml"):
        print_value(entry, output)
    else:
        print_ranking([entry], output, whole=True)


def _tool(entry: Any) -> list[str]:
    tool = entry["tool"]
    return (
        [f"{tool['name']}{'@' if tool['version'] else ''}{tool['version'] or ''}"] if tool else []
    )


def _samples(entry: Any) -> list[str]:
    samples = entry["samples"]
    if not samples:
        return []
    names = ", ".join(column["name"] for column in samples["columns"])
    return [f"{samples['rows']} of {names} ({size_of(samples['size'], human=True)})"]


def _lines(field: str) -> Callable[[Any], list[str]]:
    """What tells a field of an evaluation in lines of text, none where nothing is known."""

    def tell(entry: Any) -> list[str]:
        value = entry[field]
        if value in (None, {}, []):
            return []
        if isinstance(value, dict):
            return [
                f"{name}={json.dumps(each, ensure_ascii=False)}" for name, each in value.items()
            ]
        return [", ".join(value)] if isinstance(value, list) else str(value).splitlines()

    return tell


_FACTS: dict[str, Callable[[Any], list[str]]] = {
    "CREATOR": _lines("creator"),
    "TOOL": _tool,
    "REVISION": _lines("revision"),
    "SEED": _lines("seed"),
    "HARDWARE": _lines("hardware"),
    "STARTED": _lines("started"),
    "SECONDS": _lines("duration"),
    "NOTE": _lines("note"),
    "LABELS": _lines("labels"),
    "PARAMS": _lines("params"),
    "SOURCE": _lines("source"),
    "SAMPLES": _samples,
}


def _detail(entry: Any) -> tuple[list[str], list[list[str]], list[str]]:
    """The header and the rows of the metrics with what is known of each; the titles of numbers."""
    known = entry["metrics"]
    keys = [key for key in ("stderr", "n", "higher_is_better", "slice") if _has(known, key)]
    rows = [
        [name, json.dumps(value), *(_cell(known.get(name, {}).get(key)) for key in keys)]
        for name, value in metrics_of(entry).items()
    ]
    titles = ["NAME", "VALUE", *(key.upper() for key in keys)]
    return titles, rows, ["VALUE", "STDERR", "N"]


def _has(known: dict[str, dict[str, Any]], key: str) -> bool:
    return any(key in each for each in known.values())


def _cell(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)
