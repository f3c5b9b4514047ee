"""Hubs to test against: real `assethub serve` processes."""

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import quick_hashes
from assethub.core.hub import Hub, open_hub
from assethub.core.people import keys, users
from assethub.settings import Settings
from leaks import LEAKS

# By which a hub finds its object store, beside AWS_ENDPOINT_URL.
S3_VARIABLES = {
    "AWS_ALLOW_HTTP": "true",
    "AWS_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "key",
    "AWS_SECRET_ACCESS_KEY": "secret",
}


class User(NamedTuple):
    name: str
    key: str


@dataclass(frozen=True)
class RunningHub:
    """A hub that serves at `url`; `inside` is the same hub, opened beside the server."""

    url: str
    settings: Settings
    inside: Hub
    log: Path

    def new_user(self, name: str | None = None) -> User:
        user = users.add_user(self.inside, name or f"user-{uuid.uuid4().hex[:12]}")
        LEAKS.names.add(user.name)
        return User(user.name, keys.add_key(self.inside, user, "test"))


@contextmanager
def run_hub(settings: Settings, log: Path, *, real_hashes: bool = False) -> Iterator[RunningHub]:
    """Serves a hub in a process of its own for the time of a `with`."""
    process, url = start_hub(settings, log, real_hashes=real_hashes)
    with process:
        inside = open_hub(settings)
        try:
            yield RunningHub(url, settings, inside, log)
        finally:
            LEAKS.keep_records(inside)
            inside.close()
            process.terminate()
            assert process.wait(10) == 0, log.read_text()


def start_hub(
    settings: Settings, log: Path, *, real_hashes: bool = False
) -> tuple[subprocess.Popen[str], str]:
    """The process of a new server on a free port, and the URL it said it serves at."""
    LEAKS.logs.add(log)
    program = ["-m", "assethub"] if real_hashes else [quick_hashes.__file__]
    with log.open("a") as errors:
        process = subprocess.Popen(
            [sys.executable, "-P", *program, "serve", "--port", "0"],
            env=hub_environment(settings),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert " at http" in line, line + log.read_text()
    return process, line.split(" at ")[1].strip()


def hub_environment(settings: Settings) -> dict[str, str]:
    """The variables that give a command these settings."""
    given = {name: str(getattr(settings, name)) for name in settings.model_fields_set}
    given = {"database_url": "", "store_url": ""} | given
    return os.environ | {f"ASSETHUB_{name.upper()}": value for name, value in given.items()}
