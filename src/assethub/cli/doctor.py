"""`assethub doctor`."""

import json
import sys

import click

from assethub.cli.options import SERVING, takes_settings
from assethub.core.maintenance.diagnosis import diagnose
from assethub.settings import Settings


@click.command("doctor")
@click.option(
    "-o", "--output", type=click.Choice(["table", "json"]), default="table", show_default=True
)
@takes_settings(*SERVING)
def doctor(settings: Settings, output: str) -> None:
    """Tell what is unsafe or wrong in the settings and the data they name; changes nothing.

    Exits with code 1 where there is a problem. Give it the flags and variables that `serve` gets.

    \b
    Examples:
      assethub doctor
      assethub doctor --host 0.0.0.0 --tls-cert hub.pem --tls-key hub.key
      assethub doctor -o json
    """
    found = diagnose(settings)
    if output == "json":
        click.echo(json.dumps([finding._asdict() for finding in found], ensure_ascii=False))
    else:
        for state, about, text in found:
            click.echo(f"{state:8} {about:16} {text}")
    if any(finding.state == "problem" for finding in found):
        sys.exit(1)
