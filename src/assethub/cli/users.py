"""`assethub user …` and `assethub key …`."""

from datetime import UTC, datetime

import click

from assethub.cli.options import opened_hub, takes_settings
from assethub.core import keys, sessions, users
from assethub.settings import Settings


@click.group("user")
def user_group() -> None:
    """Add and list users.

    \b
    Example:
      assethub user add ann --data ./assethub-data
    """


@user_group.command("add")
@click.argument("name")
@takes_settings()
def add_user(settings: Settings, name: str) -> None:
    """Add the user NAME and print an API key, alone on the last line. It is shown only now.

    \b
    Example:
      KEY=$(assethub user add ann | tail -n 1)
    """
    with opened_hub(settings) as hub:
        user = users.add_user(hub, name)
        key = keys.add_key(hub, user, "first key")
    click.echo(f"Added user {name}. The API key, shown only now:")
    click.echo(key)


@user_group.command("list")
@takes_settings()
def list_users(settings: Settings) -> None:
    """List the names of all users.

    \b
    Example:
      assethub user list
    """
    with opened_hub(settings) as hub:
        for user in users.list_users(hub):
            click.echo(user.name)


@user_group.command("link")
@click.argument("name")
@click.option("--url", default="http://127.0.0.1:8080", show_default=True, help="The console's.")
@takes_settings()
def make_link(settings: Settings, name: str, url: str) -> None:
    """Print a link that signs the user NAME in to the console, once, within a day.

    \b
    Example:
      assethub user link ann --url https://hub.example.com
    """
    with opened_hub(settings) as hub:
        token = sessions.make_signin_token(hub, users.find_user(hub, name))
    click.echo(signin_link(url, token))


def signin_link(url: str, token: str) -> str:
    return f"{url.rstrip('/')}/signin?token={token}"


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
@takes_settings()
def add_key(settings: Settings, user: str, name: str) -> None:
    """Make an API key for USER and print it, alone on the last line. It is shown only now.

    \b
    Example:
      assethub key add ann --name laptop
    """
    with opened_hub(settings) as hub:
        key = keys.add_key(hub, users.find_user(hub, user), name)
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
    row = "{:36}  {:8}  {:20}  {:20}  {}"
    with opened_hub(settings) as hub:
        click.echo(row.format("ID", "KEY", "CREATED", "REVOKED", "NAME"))
        for key in keys.list_keys(hub, users.find_user(hub, user)):
            revoked = _time(key.revoked) if key.revoked else ""
            line = row.format(key.id, key.prefix, _time(key.created), revoked, key.name)
            click.echo(line)


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


def _time(moment: int) -> str:
    return f"{datetime.fromtimestamp(moment // 1_000_000, UTC):%Y-%m-%dT%H:%M:%SZ}"
