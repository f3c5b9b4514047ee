"""`ah cache`."""

from __future__ import annotations

import re

import click

from .. import _contents
from .tables import age_of, print_table, size_of

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_AGE = re.compile(r"(\d+)([smhd])")


def _parse_age(
    _context: click.Context, _parameter: click.Parameter, text: str | None
) -> float | None:
    if text is None:
        return None
    found = _AGE.fullmatch(text)
    if found is None:
        raise click.BadParameter(f"{text!r} is no age such as 30d, 12h, 5m or 0s.")
    return float(found[1]) * _SECONDS[found[2]]


@click.group()
def cache() -> None:
    """Look after the files that `ah download --cache` keeps for the next time.

    \b
    Examples:
      ah cache ls -h
      ah cache prune --older-than 7d
    """


@cache.command()
@click.option("-h", "--human-readable", is_flag=True, help="Print sizes as 1.2KiB.")
def ls(human_readable: bool) -> None:
    """List the contents in the cache, the last used first.

    \b
    Example:
      ah cache ls -h
    """
    rows = [
        [content.sha256, size_of(content.size, human_readable), age_of(content.used)]
        for content in _contents.list_cached()
    ]
    print_table(["CHECKSUM", "BYTES", "USED"], rows, right=["BYTES"])


@cache.command()
@click.option(
    "--older-than",
    metavar="AGE",
    callback=_parse_age,
    help="Remove what was not used for so long, such as 12h. 30d by default.",
)
@click.option("--all", "everything", is_flag=True, help="Remove everything.")
def prune(older_than: float | None, everything: bool) -> None:
    """Remove contents from the cache; downloaded files stay.

    \b
    Examples:
      ah cache prune
      ah cache prune --all
    """
    if everything and older_than is not None:
        raise click.UsageError("Give either --all or --older-than.")
    if everything:
        older_than = 0.0
    count, size = _contents.prune(_SECONDS["d"] * 30 if older_than is None else older_than)
    what = f"{count} content{'' if count == 1 else 's'}"
    click.echo(f"AH INFO: Removed {what}, {size_of(size, human=True)}, from the cache", err=True)
