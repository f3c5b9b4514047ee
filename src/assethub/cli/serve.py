"""`assethub serve`."""

import logging
import sys

import click
import structlog

from assethub.cli.options import opened_hub, takes_settings
from assethub.cli.users import signin_link
from assethub.core import sessions, users
from assethub.settings import Settings

FIRST_USER = "admin"


@click.command("serve")
@takes_settings("host", "port")
def serve(settings: Settings) -> None:
    """Serve the hub until Ctrl-C or SIGTERM.

    The first start makes the data directory, a user named admin, and prints a link that signs
    that user in to the console once.

    \b
    Examples:
      assethub serve
      assethub serve --data /srv/hub --port 9000
      assethub serve --database-url postgresql://hub@db/hub --store-url s3://models
    """
    from assethub.app import create_app
    from assethub.server import run

    _log_to_stderr()
    token = _prepare(settings)

    def announce(host: str, port: int) -> None:
        shown = f"[{host}]" if ":" in host else host
        url = f"http://{shown}:{port}"
        click.echo(f"Asset Hub is serving at {url}")
        if token is not None:
            click.echo(f"First user: {FIRST_USER}")
            click.echo(f"Sign in once, within a day: {signin_link(url, token)}")

    run(create_app(settings), settings.host, settings.port, announce)


def _prepare(settings: Settings) -> str | None:
    """Opens the hub once, so that what is wrong with it is said before anything listens.

    Returns a sign-in token where the hub is new, for its first user, made here.
    """
    with opened_hub(settings) as hub:
        hub.blobs.check_writable()
        if users.list_users(hub):
            return None
        return sessions.make_signin_token(hub, users.add_user(hub, FIRST_USER))


def _log_to_stderr() -> None:
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(message)s")
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
