"""How the values of options are read."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import click

CommandT = TypeVar("CommandT", bound=Callable[..., Any])

STANDARD_INPUT = "-"


def override_option(command: CommandT) -> CommandT:
    """Add `--override`."""
    option = click.option(
        "--override",
        metavar="REASON",
        help="Pass the branch's gate for this reason, which is recorded; of the owner.",
    )
    return option(command)


def parse_metrics(
    _context: click.Context, _parameter: click.Parameter, texts: tuple[str, ...]
) -> dict[str, int | float]:
    """The metrics of `-m NAME=NUMBER`, in the order given; a name may hold a `=` itself."""
    metrics: dict[str, int | float] = {}
    for text in texts:
        name, equals, number = text.rpartition("=")
        if not equals or not name.strip():
            raise click.BadParameter(f"{text!r} is not of the form NAME=NUMBER.")
        if name in metrics:
            raise click.BadParameter(f"metric {name!r} is given twice.")
        metrics[name] = _parse_number(name, number)
    return metrics


def _parse_number(name: str, text: str) -> int | float:
    # Python would take 1_000 for a number, which is more likely a slip.
    for kind in (int, float):
        try:
            if "_" not in text:
                return kind(text)
        except ValueError:
            continue
    raise click.BadParameter(f"metric {name!r} must be a number, not {text!r}.")


def parse_counts(
    context: click.Context, parameter: click.Parameter, texts: tuple[str, ...]
) -> dict[str, int]:
    """The whole numbers of `--count NAME=NUMBER`, by the names of metrics."""
    counts: dict[str, int] = {}
    for name, count in parse_metrics(context, parameter, texts).items():
        if not isinstance(count, int):
            raise click.BadParameter(f"metric {name!r} must be a whole number, not {count!r}.")
        counts[name] = count
    return counts


def parse_params(
    _context: click.Context, _parameter: click.Parameter, texts: tuple[str, ...]
) -> dict[str, Any]:
    """The values of `--param NAME=VALUE`: JSON where it is some, else text."""
    params: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"{text!r} is not of the form NAME=VALUE.")
        if name in params:
            raise click.BadParameter(f"{name!r} is given twice.")
        params[name] = _parse_value(value)
    return params


def _parse_value(text: str) -> Any:
    import json

    def refuse(word: str) -> None:
        raise ValueError(word)

    # NaN, which Python's JSON would take, is no JSON.
    try:
        return json.loads(text, parse_constant=refuse)
    except (ValueError, RecursionError):
        return text


def parse_metadata(
    _context: click.Context, _parameter: click.Parameter, texts: tuple[str, ...]
) -> dict[str, str]:
    """The texts of `--metadata NAME=TEXT`, by name; the text may hold a `=` itself."""
    metadata: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"{text!r} is not of the form NAME=TEXT.")
        if name in metadata:
            raise click.BadParameter(f"{name!r} is given twice.")
        metadata[name] = value
    return metadata


def parse_additions(
    _context: click.Context, _parameter: click.Parameter, texts: tuple[str, ...]
) -> list[tuple[str, str | None]]:
    """The local paths and destinations of `-a PATH[:DEST]`.

    `-` is standard input; a file of that name is `./-`. Since paths may hold colons, a text that
    is a local path as it stands is one; else it ends at the last colon before which there is one.
    """
    return [_split_addition(text) for text in texts]


def _split_addition(text: str) -> tuple[str, str | None]:
    if text == STANDARD_INPUT or text.startswith(f"{STANDARD_INPUT}:"):
        source, colon, destination = text.partition(":")
        return source, destination if colon else None
    if os.path.lexists(text) or ":" not in text:
        return text, None
    colons = [at for at, character in enumerate(text) if character == ":" and at > 0]
    for at in reversed(colons):
        if os.path.lexists(text[:at]):
            return text[:at], text[at + 1 :]
    path, _, destination = text.rpartition(":")
    return path, destination


@contextmanager
def spool_standard_input(
    additions: list[tuple[str, str | None]],
) -> Iterator[list[tuple[str, str | None]]]:
    """The additions with a temporary file in the place of `-`, which is standard input."""
    taken = [destination for source, destination in additions if source == STANDARD_INPUT]
    if not taken:
        yield additions
        return
    if len(taken) > 1:
        raise click.UsageError("Standard input can be added once only.")
    if not taken[0] or taken[0].endswith("/"):
        raise click.UsageError("Standard input needs a path to land at: -a -:PATH.")
    import shutil
    import tempfile

    from .._additions import SPOOL_PREFIX

    with tempfile.NamedTemporaryFile(prefix=SPOOL_PREFIX) as file:
        shutil.copyfileobj(sys.stdin.buffer, file, 1 << 20)
        file.flush()
        yield [
            (file.name if source == STANDARD_INPUT else source, destination)
            for source, destination in additions
        ]
