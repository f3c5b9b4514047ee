"""The command `assethub`: serve a hub, and look after its users and keys."""

import sys

import click

from assethub.cli.audit import audit
from assethub.cli.backup import backup, migrate, restore
from assethub.cli.doctor import doctor
from assethub.cli.groups import group_group
from assethub.cli.keys import key_group
from assethub.cli.maintenance import check, collect_garbage
from assethub.cli.serve import serve
from assethub.cli.users import user_group
from assethub.errors import HubError
from t9k.ah._version import __version__


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="assethub")
def cli() -> None:
    """Serve an Asset Hub and look after it.

    \b
    Example:
      assethub serve --data ./assethub-data
    """


cli.add_command(serve)
cli.add_command(collect_garbage)
cli.add_command(check)
cli.add_command(backup)
cli.add_command(restore)
cli.add_command(migrate)
cli.add_command(doctor)
cli.add_command(audit)
cli.add_command(user_group)
cli.add_command(key_group)
cli.add_command(group_group)


def main() -> None:
    """Runs `assethub`; what the hub refuses is one line on stderr and exit code 1."""
    try:
        cli()
    except HubError as error:
        print(f"assethub: error: {error.detail}", file=sys.stderr)  # noqa: T201
        sys.exit(1)
