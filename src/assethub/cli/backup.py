"""`assethub backup`, `assethub restore` and `assethub migrate`."""

import json
import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from assethub.cli.maintenance import show_size
from assethub.cli.options import takes_settings
from assethub.cli.progress import shown_progress
from assethub.core.backups.copying import Copied
from assethub.core.backups.depots import Manifest
from assethub.core.backups.making import make_backup
from assethub.core.backups.moving import move_database
from assethub.core.backups.restoring import restore_backup
from assethub.core.backups.retention import keep_latest
from assethub.settings import Settings

_takes_output = click.option(
    "-o", "--output", type=click.Choice(["table", "json"]), default="table", show_default=True
)


@click.command("backup")
@click.argument("destination", metavar="DEST")
@click.option(
    "--keep",
    type=click.IntRange(1),
    metavar="N",
    help="Drop all but the latest N afterwards; their bytes go a week later.",
)
@_takes_output
@takes_settings()
def backup(settings: Settings, destination: str, keep: int | None, output: str) -> None:
    """Back up the hub to DEST, a directory or an s3://, gs:// or az:// URL. The hub may be serving.

    A backup is the whole database as of one moment, and all bytes that it names. Those that are in
    DEST from earlier backups are not copied again. What is broken off is no backup, and the next
    run goes on with what it has copied. Exits with code 1 where the hub is damaged: what is left
    is in the backup.

    \b
    Examples:
      assethub backup /backup/hub
      assethub backup s3://backups/hub --keep 30
    """
    with _private_files(), shown_progress() as progress:
        made = make_backup(settings, destination, progress)
        dropped = keep_latest(destination, keep) if keep else None
    said = _describe(made.name, made.manifest, made.copied)
    if dropped is not None:
        said |= {"dropped": dropped.backups, "deletedBlobs": dropped.blobs}
    if output == "json":
        click.echo(json.dumps(said))
    else:
        click.echo(f"Backup {made.name} is in {destination}.")
        _print_amounts(made.manifest, made.copied)
        for name in dropped.backups if dropped else ():
            click.echo(f"Dropped {name}.")
    _end(made.copied, "the hub is damaged: run `assethub check`. The backup has all else")


@click.command("restore")
@click.argument("source", metavar="SRC")
@click.option("--backup", "name", metavar="NAME", help="Which one; without it the newest.")
@_takes_output
@takes_settings()
def restore(settings: Settings, source: str, name: str | None, output: str) -> None:
    """Make a new hub of a backup in SRC. Its database and its store have to be empty.

    It may be of SQLite or PostgreSQL, and have its bytes anywhere, whatever the backup was made
    of; one of an older format is brought up to date. Every file is compared with its SHA-256. If
    this fails, nothing is left behind; if it is killed, run it again.

    \b
    Examples:
      assethub restore /backup/hub --data /srv/assethub
      assethub restore s3://backups/hub --database-url postgresql://hub@db/hub --store-url s3://hub
    """
    with shown_progress() as progress:
        done = restore_backup(settings, source, name, progress)
    if output == "json":
        click.echo(json.dumps(_describe(done.name, done.manifest, done.copied)))
    else:
        click.echo(f"Restored the backup {done.name}.")
        _print_amounts(done.manifest, done.copied)
    _end(done.copied, "these were damaged when the backup was made. All else is restored")


@click.command("migrate")
@click.option(
    "--to",
    required=True,
    metavar="URL",
    help="The new database: postgresql://…, or a data directory for SQLite.",
)
@_takes_output
@takes_settings()
def migrate(settings: Settings, to: str, output: str) -> None:
    """Move the database to another that is empty, such as from SQLite to PostgreSQL.

    Only the database moves, not the bytes: they stay in their store, or in `blobs/` of the data
    directory. No hub may be serving. The old database is left as it is; do not serve it again,
    since both name the same bytes. To move those too, make a backup and restore it.

    \b
    Examples:
      assethub migrate --data /srv/assethub --to postgresql://hub@db/hub
      assethub migrate --database-url postgresql://hub@db/hub --store-url s3://hub --to /srv/hub
    """
    with shown_progress() as progress:
        moved = move_database(settings, to, progress)
    if output == "json":
        click.echo(json.dumps({"rows": moved.rows, "serve": _serving(moved.settings)}))
        return
    click.echo(f"Copied {moved.rows} rows. The bytes are where they were. From now on:")
    click.echo(f"  {shlex.join(_serving(moved.settings))}")


@contextmanager
def _private_files() -> Iterator[None]:
    """For the time of a `with` others on the machine may not read what is written."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def _serving(settings: Settings) -> list[str]:
    command = ["assethub", "serve"]
    if not settings.database_url or not settings.store_url:
        command += ["--data", str(settings.data)]
    for flag, value in (
        ("--database-url", settings.database_url),
        ("--store-url", settings.store_url),
    ):
        command += [flag, value] if value else []
    return command


def _describe(name: str, manifest: Manifest, copied: Copied) -> dict[str, Any]:
    return {
        "backup": name,
        "format": manifest.format,
        "rows": {dump.table: dump.rows for dump in manifest.dumps},
        "blobs": manifest.blobs,
        "size": manifest.size,
        "copiedBlobs": copied.blobs,
        "copiedSize": copied.size,
        "damaged": sorted(copied.damaged.values()),
    }


def _print_amounts(manifest: Manifest, copied: Copied) -> None:
    rows = sum(dump.rows for dump in manifest.dumps)
    click.echo(
        f"{rows} rows, {manifest.blobs} blobs ({show_size(manifest.size)} in use), of which "
        f"{copied.blobs} ({show_size(copied.size)}) were copied."
    )


def _end(copied: Copied, what: str) -> None:
    """Exits with code 1 where something was damaged."""
    if copied.damaged:
        for line in sorted(copied.damaged.values()):
            click.echo(line, err=True)
        click.echo(f"{len(copied.damaged)} blobs above: {what}.", err=True)
        sys.exit(1)
