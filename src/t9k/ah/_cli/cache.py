"""`ah cache`."""

from __future__ import annotations

import re

import click

from .._tables import size_of
from .groups import Group
from .listings import SIZES_ON_H, Column, Listing, View

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_AGE = re.compile(r"(\d+)([smhd])")
_CONTENTS = Listing(
    Column("CHECKSUM", lambda content: content["checksum"]),
    Column("BYTES", lambda content: content["size_bytes"], "size"),
    Column("USED", lambda content: content["used"], "age"),
)


def _parse_age(
    _context: click.Context, _parameter: click.Parameter, text: str | None
) -> float | None:
    if text is None:
        return None
    found = _AGE.fullmatch(text)
    if found is None:
        raise click.BadParameter(f"{text!r} is no age such as 30d, 12h, 5m or 0s.")
    return float(found[1]) * _SECONDS[found[2]]


@click.group(cls=Group)
def cache() -> None:
    """Look after the files that `ah download --cache` keeps for the next time.

    \b
    Examples:
      ah cache ls -h
      ah cache prune --older-than 7d
    """


@cache.command(context_settings=SIZES_ON_H)
@_CONTENTS.options
def ls(view: View) -> None:
    """List the contents in the cache, the last used first.

    \b
    Example:
      ah cache ls -h
    """
    from .._contents import list_cached

    entries = [
        {"checksum": content.sha256, "size_bytes": content.size, "used": int(content.used)}
        for content in list_cached()
    ]
    _CONTENTS.show(entries, view, lambda content: str(content["checksum"]))


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
    from .._contents import prune as prune_cache

    if everything and older_than is not None:
        raise click.UsageError("Give either --all or --older-than.")
    if everything:
        older_than = 0.0
    count, size = prune_cache(_SECONDS["d"] * 30 if older_than is None else older_than)
    what = f"{count} content{'' if count == 1 else 's'}"
    click.echo(f"AH INFO: Removed {what}, {size_of(size, human=True)}, from the cache", err=True)
