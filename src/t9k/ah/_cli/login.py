"""`ah login` and `ah logout`."""

from __future__ import annotations

import click

from .. import _hub


@click.command()
@click.option("-H", "--host", metavar="URL", help="Address of the server.")
@click.option("-k", "--api-key", metavar="KEY", help="Your API key, a UUID.")
def login(host: str | None, api_key: str | None) -> None:
    """Log in to a server, and remember it once that has worked.

    What is left out comes from the variables ASSET_HUB_HOST and ASSET_HUB_API_KEY, else from
    the configuration file ~/.t9k/t9k-sdk-config.yaml.

    \b
    Example:
      ah login -H http://127.0.0.1:8080 -k 123e4567-e89b-42d3-a456-426614174000
    """
    _hub.login(host, api_key)


@click.command()
@click.option("-H", "--host", "forget_host", is_flag=True, help="Forget the server too.")
def logout(forget_host: bool) -> None:
    """Forget the API key that is stored in the configuration file.

    \b
    Example:
      ah logout
    """
    _hub.logout(forget_host=forget_host)
