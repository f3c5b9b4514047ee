"""`assethub serve`."""

import gc

import click

from assethub.cli.options import SERVING, opened_hub, takes_settings
from assethub.cli.users import signin_link
from assethub.core.hub import claim_hub
from assethub.core.maintenance.diagnosis import is_loopback
from assethub.core.people import sessions, users
from assethub.errors import Conflict, HubError
from assethub.logs import configure_logging
from assethub.settings import Settings
from assethub.tls import find_tls

FIRST_USER = "admin"


class Unsafe(HubError):
    """The hub would listen where keys and sessions can be read by others."""

    code = "unsafe"


@click.command("serve")
@takes_settings(*SERVING)
def serve(settings: Settings) -> None:
    """Serve the hub until Ctrl-C or SIGTERM.

    The first start makes the data directory, a user named admin, and prints a link that signs
    that user in to the console once. To listen elsewhere than on loopback it needs TLS, or the
    address of a proxy that has it, or --insecure.

    \b
    Examples:
      assethub serve
      assethub serve --data /srv/hub --port 9000
      assethub serve --database-url postgresql://hub@db/hub --store-url s3://models
      assethub serve --host 0.0.0.0 --tls-cert hub.pem --tls-key hub.key --allowed-hosts hub.lan
    """
    gc.disable()  # until the server runs
    from assethub.app import create_app
    from assethub.server import run

    configure_logging(settings.log_format)
    tls = find_tls(settings)
    check_exposure(settings)
    # Until this process ends; it ends in `run`.
    with claim_hub(settings):
        token = _prepare(settings)

        def announce(host: str, port: int) -> None:
            shown = f"[{host}]" if ":" in host else host
            url = f"{'https' if tls else 'http'}://{shown}:{port}"
            click.echo(f"Asset Hub is serving at {url}")
            if token is not None:
                click.echo(f"First user: {FIRST_USER}")
                click.echo(f"Sign in once, within a day: {signin_link(url, token)}")

        run(create_app(settings), settings.host, settings.port, announce, tls)


def check_exposure(settings: Settings) -> None:
    """Raises Unsafe where keys would cross a network in the clear and nobody said that they may."""
    covered = settings.tls_cert or settings.trusted_proxies or settings.insecure
    if not covered and not is_loopback(settings.host):
        raise Unsafe(
            f"refusing to listen on {settings.host} without TLS, since keys and sessions would "
            "cross the network in the clear: give --tls-cert and --tls-key, or name the proxy "
            "that does TLS with --trusted-proxies, or say --insecure"
        )


def _prepare(settings: Settings) -> str | None:
    """Opens the hub once, so that what is wrong with it is said before anything listens.

    Returns a sign-in token where the hub is new, for its first user, made here.
    """
    with opened_hub(settings) as hub:
        hub.blobs.check_writable()
        if users.list_users(hub):
            return None
        try:
            first = users.add_user(hub, FIRST_USER)
        except Conflict:
            # Another hub of this database was started at the same moment, and tells its link.
            return None
        return sessions.make_signin_token(hub, first)
