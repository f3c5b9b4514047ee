"""`assethub user …`."""

import sys

import click

from assethub.cli.options import opened_hub, takes_settings
from assethub.core.people import accounts, keys, sessions, users
from assethub.settings import Settings


@click.group("user")
def user_group() -> None:
    """Add and list users, keep them out, make them admins.

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
    """List the names of all users, and who is an admin or disabled.

    \b
    Example:
      assethub user list
    """
    with opened_hub(settings) as hub:
        for account in users.list_users(hub):
            marks = (["admin"] if account.admin else []) + (
                ["disabled"] if account.disabled else []
            )
            click.echo("  ".join([account.name, *marks]))


@user_group.command("disable")
@click.argument("name")
@takes_settings()
def disable_user(settings: Settings, name: str) -> None:
    """Keep the user NAME out at once: no key works, sessions end. Folders and shares stay.

    \b
    Example:
      assethub user disable ann
    """
    with opened_hub(settings) as hub:
        users.change_user(hub, name, disabled=True)
    click.echo(f"Disabled user {name}.")


@user_group.command("enable")
@click.argument("name")
@takes_settings()
def enable_user(settings: Settings, name: str) -> None:
    """Let the user NAME in again, with the keys they had.

    \b
    Example:
      assethub user enable ann
    """
    with opened_hub(settings) as hub:
        users.change_user(hub, name, disabled=False)
    click.echo(f"Enabled user {name}.")


@user_group.command("admin")
@click.argument("name")
@click.option("--revoke", is_flag=True, help="Take the role away.")
@takes_settings()
def set_admin(settings: Settings, name: str, revoke: bool) -> None:
    """Make the user NAME an admin, who looks after users and groups.

    \b
    Examples:
      assethub user admin ann
      assethub user admin ann --revoke
    """
    with opened_hub(settings) as hub:
        users.change_user(hub, name, admin=not revoke)
    click.echo(f"User {name} is {'no longer' if revoke else 'now'} an admin.")


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


@user_group.command("passwd")
@click.argument("name")
@click.option("--stdin", is_flag=True, help="Read it from the first line of standard input.")
@takes_settings()
def set_password(settings: Settings, name: str, stdin: bool) -> None:
    """Set the password of the user NAME, which is asked for. All their sessions end.

    \b
    Examples:
      assethub user passwd ann
      pass show hub/ann | assethub user passwd ann --stdin
    """
    with opened_hub(settings) as hub:
        users.find_user(hub, name)
        if stdin:
            password = sys.stdin.readline().rstrip("\r\n")
        else:
            password = click.prompt("New password", hide_input=True, confirmation_prompt=True)
        accounts.set_password(hub, name, password)
    click.echo(f"The password of {name} is set; their sessions and sign-in links have ended.")


def signin_link(url: str, token: str) -> str:
    return f"{url.rstrip('/')}/signin?token={token}"
