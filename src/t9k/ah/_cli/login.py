"""`ah login`, `ah logout` and `ah whoami`."""

from __future__ import annotations

import click

from .groups import Command
from .output import output_options, print_record
from .session import connect, current_session


@click.command(cls=Command)
@click.option("-H", "--host", metavar="URL", help="Address of the server.")
@click.option("-k", "--api-key", "--key", metavar="KEY", help="Your API key, a UUID.")
def login(host: str | None, api_key: str | None) -> None:
    """Log in to a server, and remember it once that has worked.

    What is left out comes from the variables ASSET_HUB_HOST and ASSET_HUB_API_KEY, else from
    the configuration file ~/.t9k/t9k-sdk-config.yaml.

    \b
    Example:
      ah login -H http://127.0.0.1:8080 -k 123e4567-e89b-42d3-a456-426614174000
    """
    from .. import _hub

    session = current_session()
    _hub.login(host or session.host, api_key or session.key)


@click.command(cls=Command)
@click.option("-H", "--host", "forget_host", is_flag=True, help="Forget the server too.")
def logout(forget_host: bool) -> None:
    """Forget the API key that is stored in the configuration file.

    \b
    Example:
      ah logout
    """
    from .. import _hub

    _hub.logout(forget_host=forget_host)


@click.command(cls=Command)
@output_options("A line by default.")
def whoami(output: str | None) -> None:
    """Say which user of which server the key belongs to.

    \b
    Examples:
      ah whoami
      ah whoami --json
    """
    connection = connect()
    name, host = connection.username, connection.host
    print_record({"name": name, "host": host}, output, f"{name} at {host}", name)
