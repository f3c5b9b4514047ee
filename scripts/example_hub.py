"""A hub with made data on this machine, for pictures and for trying pages."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from example_team import Team

from assethub.core.hub import open_hub
from assethub.core.people import sessions
from assethub.settings import Settings


class Example(NamedTuple):
    """Where the hub is, a token that signs the user `ann` in once, evaluations to compare."""

    url: str
    token: str
    compared: list[str]


@contextmanager
def example_hub() -> Iterator[Example]:
    """A hub that serves the made data on a port of its own, until the end of the block."""
    with tempfile.TemporaryDirectory() as directory:
        settings = Settings(data=Path(directory) / "data")
        hub = open_hub(settings)
        team = Team(hub)
        token = sessions.make_signin_token(hub, team.work())
        hub.close()
        program = Path(sys.executable).with_name("assethub")
        server = subprocess.Popen(
            [program, "serve", "--port", "0", "--data", settings.data, "--no-access-log"],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert server.stdout is not None
            url = server.stdout.readline().split(" at ")[1].strip()
            yield Example(url, token, team.compared)
        finally:
            server.terminate()
            server.wait(15)
