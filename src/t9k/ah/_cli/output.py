"""How what a command found is printed: for people, or in a form for programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .._snapshots import Commit

CommandT = TypeVar("CommandT", bound=Callable[..., Any])

FORMATS = ("table", "json", "yaml", "csv", "name")


def output_options(people: str = "A table by default.") -> Callable[[CommandT], CommandT]:
    """Add `-o/--output` and `--json`; the command gets `output`, None where neither was given."""

    def add(command: CommandT) -> CommandT:
        any_form = click.option(
            "-o", "--output", "output", type=click.Choice(FORMATS), help=f"How to print. {people}"
        )
        as_json = click.option("--json", "output", flag_value="json", help="The same as -o json.")
        return any_form(as_json(command))

    return add


def limit_option(command: CommandT) -> CommandT:
    """Add `--limit`."""
    option = click.option(
        "--limit", type=click.IntRange(min=0), metavar="N", help="The most to list."
    )
    return option(command)


def print_entries(entries: Sequence[Any], output: str, name: Callable[[Any], str]) -> None:
    """Print a list as JSON, as YAML, or as one `name` a line."""
    if output == "name":
        for entry in entries:
            click.echo(name(entry))
    else:
        print_value(entries, output)


def print_value(value: Any, output: str) -> None:
    """Print anything as JSON or YAML."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    if output == "yaml":
        import yaml

        # Through JSON, lest YAML stumble over subclasses of list and dict.
        plain = json.loads(text)
        text = yaml.safe_dump(plain, sort_keys=False, allow_unicode=True).rstrip("\n")
    click.echo(text)


def plain_number(value: float) -> float | str:
    """A number as JSON has it: NaN and infinities, which it has not, as text."""
    import math

    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def print_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print rows below a header as CSV, by RFC 4180 but for lines that end with LF."""
    import csv
    import io

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    click.echo(text.getvalue(), nl=False)


def print_record(record: Mapping[str, Any], output: str | None, text: str, name: str) -> None:
    """Print one thing: its `text` for people, its `name`, or its fields."""
    if output in (None, "table"):
        click.echo(text)
    elif output == "name":
        click.echo(name)
    elif output == "csv":
        cells = [",".join(each) if isinstance(each, list) else each for each in record.values()]
        print_csv(list(record), [cells])
    else:
        print_value(record, str(output))


def print_commit(commit: Commit, output: str | None) -> None:
    """Print a commit that was made, as its first 12 digits where nothing else is wanted."""
    name = f"{commit.asset.path}@{commit.id}"
    print_record({"id": commit.id, "reference": name}, output, commit.id[:12], name)
