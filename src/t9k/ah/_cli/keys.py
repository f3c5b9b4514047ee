"""`ah key`: one's own API keys."""

from __future__ import annotations

import re
from datetime import UTC
from typing import Any

import click

from .._resolution import resolve_asset, resolve_folder
from .completers import complete_asset, complete_folder
from .groups import Group
from .listings import Column, Listing, View
from .session import connect

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_SPAN = re.compile(r"(\d{1,9})([smhd])")


def _opens(entry: Any) -> str:
    return " ".join(filter(None, (entry["scope"], entry["asset"] or entry["folder"])))


_KEYS = Listing(
    Column("KEY", lambda entry: entry["prefix"]),
    Column("NAME", lambda entry: entry["name"]),
    Column("OPENS", _opens),
    Column("CREATED", lambda entry: entry["createdTimestamp"], "age"),
    Column("EXPIRES", lambda entry: entry["expiresTimestamp"] or ""),
    Column("LAST_USED", lambda entry: entry["lastUsedTimestamp"] or ""),
    Column("REVOKED", lambda entry: entry["revokedTimestamp"] or ""),
    Column("ID", lambda entry: entry["id"], detail=True),
)


@click.group(cls=Group)
def key() -> None:
    """Make, list and revoke your own API keys.

    \b
    Examples:
      ah key ls
      ah key create --name ci --asset image-classification/mnist-cnn-keras --expires 90d
    """


@key.command("ls")
@_KEYS.options
def ls(view: View) -> None:
    """List your API keys by their first 8 characters, also those that have ended.

    \b
    Example:
      ah key ls
    """
    from .._sharing import list_key

    _KEYS.show(list_key(connect()), view, lambda entry: entry["prefix"])


@key.command("create")
@click.option("--name", default="key", help="What it is for.")
@click.option("--read-only", is_flag=True, help="It may change nothing.")
@click.option(
    *("--folder", "folder"),
    metavar="FOLDER",
    shell_complete=complete_folder(),
    help="It opens just this folder.",
)
@click.option(
    *("--asset", "asset"),
    metavar="ASSET",
    shell_complete=complete_asset(),
    help="It opens just this model or dataset.",
)
@click.option("--expires", metavar="SPAN", help="How long it lasts, such as 90d; else for good.")
def create(
    name: str, read_only: bool, folder: str | None, asset: str | None, expires: str | None
) -> None:
    """Make an API key and print it. It is shown only now.

    \b
    Examples:
      ah key create --name laptop
      ah key create --name ci --read-only --folder model/image-classification --expires 90d
    """
    if folder and asset:
        raise click.UsageError("A key is for one folder or one asset: give --folder or --asset.")
    limits = {"expiresTimestamp": _end(expires)} if expires else {}
    if read_only:
        limits["scope"] = "read"
    if folder:
        limits["folder"] = resolve_folder(connect, folder).id
    if asset:
        limits["asset"] = resolve_asset(connect, asset).id
    from .._sharing import create_key

    click.echo(create_key(connect(), name, limits))


@key.command("revoke")
@click.argument("revoked", metavar="KEY")
def revoke(revoked: str) -> None:
    """End one of your API keys at once, named by its first 8 characters or its id.

    \b
    Example:
      ah key revoke 1f0c2f6e
    """
    from .._messages import inform
    from .._sharing import revoke_key

    revoke_key(connect(), revoked)
    inform(f"Revoked key {revoked[:8]}")


def _end(span: str) -> str:
    """The moment at the end of a span from now, as RFC 3339."""
    from datetime import datetime, timedelta

    found = _SPAN.fullmatch(span)
    if found is None:
        raise click.BadParameter(f"{span!r} is no span such as 90d, 12h or 30m.")
    seconds = int(found[1]) * _SECONDS[found[2]]
    try:
        return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
    except OverflowError as error:
        raise click.BadParameter(f"{span} from now is too far away.") from error
