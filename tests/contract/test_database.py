"""The database keeps the same promises as SQLite and as PostgreSQL."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from assethub.core.values import new_id
from assethub.errors import HubError, Unavailable
from assethub.store.database import Database, insert_missing, open_database
from assethub.store.schema import migrate
from assethub.store.tables import metadata, nodes, users


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database, on PostgreSQL shared with the other tests."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'hub.db'}"
    plain: str = request.getfixturevalue("postgres_url")
    return plain.replace("postgresql://", "postgresql+psycopg://", 1)


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    migrate(url)
    opened = open_database(url)
    yield opened
    opened.close()


def insert(name: str) -> Callable[[sa.Connection], str]:
    """A job that makes a user and returns the name."""

    def job(connection: sa.Connection) -> str:
        connection.execute(users.insert(), make_user(name))
        return name

    return job


def make_user(name: str) -> dict[str, object]:
    return {"id": new_id(), "name": name, "created": 1}


def count(database: Database, name: str) -> int:
    with database.read() as connection:
        query = sa.select(sa.func.count()).where(users.c.name == name)
        return connection.execute(query).scalar_one()


def test_a_write_is_there_for_the_next_reader(database: Database) -> None:
    name = new_id()
    assert database.write(lambda c: c.execute(users.insert(), make_user(name)) and name) == name
    assert count(database, name) == 1


def test_a_job_that_fails_changes_nothing_and_says_why(database: Database) -> None:
    name = new_id()

    def job(connection: sa.Connection) -> None:
        connection.execute(users.insert(), make_user(name))
        raise LookupError("halfway")

    with pytest.raises(LookupError, match="halfway"):
        database.write(job)
    assert count(database, name) == 0


def test_jobs_that_wait_together_fail_and_hold_each_for_itself(database: Database) -> None:
    names = [new_id() for _ in range(40)]
    gate = threading.Event()

    def hold(connection: sa.Connection) -> None:
        gate.wait(10)

    def make_job(name: str, fails: bool) -> Callable[[sa.Connection], str]:
        def job(connection: sa.Connection) -> str:
            connection.execute(users.insert(), make_user(name))
            if fails:
                connection.execute(users.insert(), make_user(name))
            return name

        return job

    held = database.submit(hold)
    futures = [
        database.submit(make_job(name, fails=position % 3 == 0))
        for position, name in enumerate(names)
    ]
    gate.set()
    held.result(10)
    for position, (name, future) in enumerate(zip(names, futures, strict=True)):
        if position % 3 == 0:
            assert isinstance(future.exception(10), sa.exc.IntegrityError)
            assert count(database, name) == 0
        else:
            assert future.result(10) == name
            assert count(database, name) == 1


def test_a_reader_sees_one_state_and_holds_no_writer_up(database: Database) -> None:
    name = new_id()
    with database.read() as connection:
        query = sa.select(sa.func.count()).where(users.c.name == name)
        assert connection.execute(query).scalar_one() == 0
        database.write(lambda c: c.execute(users.insert(), make_user(name)).rowcount)
        assert connection.execute(query).scalar_one() == 0
    assert count(database, name) == 1


def test_only_one_of_many_compare_and_swaps_wins(database: Database) -> None:
    name = new_id()
    database.write(lambda c: c.execute(users.insert(), make_user(name)).rowcount)
    change = users.update().where(users.c.name == name, users.c.created == 1).values(created=2)
    futures = [database.submit(lambda c: c.execute(change).rowcount) for _ in range(20)]
    assert sorted(future.result(10) for future in futures) == [0] * 19 + [1]


def test_rows_that_are_there_are_left_as_they_are(database: Database) -> None:
    key = new_id()
    for data in (b"first", b"second"):
        database.write(lambda c, d=data: insert_missing(c, nodes, [{"hash": key, "data": d}]))
    with database.read() as connection:
        kept = connection.execute(sa.select(nodes.c.data).where(nodes.c.hash == key)).scalar_one()
    assert kept == b"first"


def test_names_sort_by_their_bytes(database: Database) -> None:
    start = new_id()
    names = [start + ending for ending in ("a", "Z", "é", "-", "中", "😀", "_", "B")]
    database.write(lambda c: c.execute(users.insert(), [make_user(n) for n in names]).rowcount)
    query = sa.select(users.c.name).where(users.c.name.startswith(start)).order_by(users.c.name)
    with database.read() as connection:
        found = list(connection.execute(query).scalars())
    assert found == sorted(names, key=lambda name: name.encode())


def test_the_migrations_make_the_tables_that_the_code_knows(url: str) -> None:
    migrate(url)
    migrate(url)
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_a_database_of_a_newer_format_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'hub.db'}"
    migrate(url)
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()
    with pytest.raises(HubError, match="newer than") as refusal:
        migrate(url)
    assert refusal.value.code == "format_too_new"


def test_a_database_that_is_not_there_is_said_without_its_password() -> None:
    with pytest.raises(Unavailable, match="cannot open the database") as refusal:
        migrate("postgresql+psycopg://me:secret@127.0.0.1:1/hub")
    assert "secret" not in refusal.value.text


@pytest.mark.parametrize("brief", [False, True])
def test_writes_that_a_loop_awaits_each_hold_or_fail_for_themselves(
    database: Database, brief: bool
) -> None:
    names = [new_id() for _ in range(20)]

    def make_job(name: str, fails: bool) -> Callable[[sa.Connection], str]:
        def job(connection: sa.Connection) -> str:
            connection.execute(users.insert(), make_user(name))
            if fails:
                raise LookupError(name)
            return name

        return job

    async def write_all() -> list[str | BaseException]:
        jobs = [make_job(name, fails=at % 4 == 0) for at, name in enumerate(names)]
        write = database.write_briefly if brief else database.write_async
        writes = (write(job) for job in jobs)
        return await asyncio.gather(*writes, return_exceptions=True)

    for at, (name, outcome) in enumerate(zip(names, asyncio.run(write_all()), strict=True)):
        if at % 4 == 0:
            assert isinstance(outcome, LookupError)
            assert count(database, name) == 0
        else:
            assert outcome == name
            assert count(database, name) == 1


def test_a_loop_goes_on_while_its_brief_write_waits_for_another_writer(database: Database) -> None:
    holds, may_end = threading.Event(), threading.Event()

    def hold(connection: sa.Connection) -> None:
        connection.execute(users.insert(), make_user("holder"))
        holds.set()
        may_end.wait(30)

    async def write_beside() -> None:
        held = database.submit(hold)
        await asyncio.to_thread(holds.wait, 30)
        brief = asyncio.ensure_future(database.write_briefly(insert("brief")))
        # The loop still runs: else this would not be reached before the other writer ends.
        await asyncio.sleep(0)
        may_end.set()
        assert await brief == "brief"
        held.result(30)

    asyncio.run(write_beside())
    assert count(database, "brief") == 1


def test_a_brief_write_waits_for_a_writer_of_another_process(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'hub.db'}"
    migrate(url)
    database = open_database(url)
    other = sqlite3.connect(tmp_path / "hub.db", isolation_level=None)

    async def write_beside() -> str:
        other.execute("BEGIN IMMEDIATE")
        brief = asyncio.ensure_future(database.write_briefly(insert("late")))
        done, _ = await asyncio.wait({brief}, timeout=0.05)
        assert not done
        other.execute("COMMIT")
        return await brief

    assert asyncio.run(write_beside()) == "late"
    assert count(database, "late") == 1
    other.close()
    database.close()
