"""`assethub key …`."""

from datetime import UTC, datetime

import click

from assethub.cli.options import Duration, opened_hub, takes_settings
from assethub.core.hub import Hub
from assethub.core.people import keys, users
from assethub.core.people.keys import Terms
from assethub.core.people.users import User
from assethub.core.references import look_up
from assethub.core.values import now
from assethub.settings import Settings

_SECOND = 1_000_000


@click.group("key")
def key_group() -> None:
    """Add, list and revoke API keys.

    \b
    Example:
      assethub key list ann
    """


@key_group.command("add")
@click.argument("user")
@click.option("--name", default="key", show_default=True, help="What the key is for.")
@click.option("--read-only", is_flag=True, help="It may change nothing.")
@click.option("--folder", metavar="OWNER/TYPE/NAME", help="It opens just this folder.")
@click.option("--asset", metavar="OWNER/TYPE/FOLDER/NAME", help="It opens just this asset.")
@click.option(
    "--expires", type=Duration(), help="How long it lasts: 12h, 30d; for good if left out."
)
@takes_settings()
def add_key(
    settings: Settings,
    user: str,
    name: str,
    read_only: bool,
    folder: str | None,
    asset: str | None,
    expires: int | None,
) -> None:
    """Make an API key for USER and print it, alone on the last line. It is shown only now.

    \b
    Examples:
      assethub key add ann --name laptop
      assethub key add ann --name ci --asset ann/model/nlp/bert --expires 90d
    """
    if folder and asset:
        raise click.UsageError("A key is for one folder or one asset: give --folder or --asset.")
    with opened_hub(settings) as hub:
        holder = users.find_user(hub, user)
        folder_id, asset_id = _find_place(hub, holder, folder, asset)
        scope = "read" if read_only else "full"
        ends = None if expires is None else now() + expires * _SECOND
        key = keys.add_key(hub, holder, name, Terms(scope, folder_id, asset_id, ends))
    click.echo(f"Added a key for user {user}, shown only now:")
    click.echo(key)


@key_group.command("list")
@click.argument("user")
@takes_settings()
def list_keys(settings: Settings, user: str) -> None:
    """List the keys of USER by their first 8 characters.

    \b
    Example:
      assethub key list ann
    """
    row = "{:36}  {:8}  {:20}  {:20}  {:20}  {:20}  {}  {}"
    titles = ("ID", "KEY", "CREATED", "EXPIRES", "LAST USED", "REVOKED", "OPENS", "NAME")
    with opened_hub(settings) as hub:
        found = keys.list_keys(hub, users.find_user(hub, user))
    opens = [" ".join(filter(None, (key.scope, key.asset or key.folder))) for key in found]
    width = max(map(len, ["OPENS", *opens]))
    click.echo(row.format(*titles[:6], "OPENS".ljust(width), "NAME"))
    for key, what in zip(found, opens, strict=True):
        times = map(_time, (key.created, key.expires, key.last_used, key.revoked))
        click.echo(row.format(key.id, key.prefix, *times, what.ljust(width), key.name))


@key_group.command("revoke")
@click.argument("key")
@takes_settings()
def revoke_key(settings: Settings, key: str) -> None:
    """End a key at once, named by its first 8 characters or its id.

    \b
    Example:
      assethub key revoke 1f0c2f6e
    """
    with opened_hub(settings) as hub:
        revoked = keys.revoke_key(hub, key)
    click.echo(f"Revoked key {revoked.prefix}… ({revoked.name}).")


def _find_place(
    hub: Hub, holder: User, folder: str | None, asset: str | None
) -> tuple[str | None, str | None]:
    """The ids of the folder, and of the asset if it is one, as the key's holder sees them."""
    if not folder and not asset:
        return None, None
    found = look_up(hub, holder, folder or asset or "")
    if (found.asset is None) != (asset is None):
        raise click.UsageError("--folder takes OWNER/TYPE/NAME, --asset OWNER/TYPE/FOLDER/NAME.")
    return found.folder.id, found.asset.id if found.asset else None


def _time(moment: int | None) -> str:
    if moment is None:
        return ""
    return f"{datetime.fromtimestamp(moment // _SECOND, UTC):%Y-%m-%dT%H:%M:%SZ}"
