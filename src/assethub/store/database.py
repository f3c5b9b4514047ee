"""The one relational database of a hub: embedded SQLite, or PostgreSQL.

Reads run beside each other. On SQLite all writes of a process go through one thread that takes the
write lock once for all jobs that wait and commits them together, so that one flush to the disk
serves many requests; on PostgreSQL each job is a transaction of its own.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import lru_cache
from operator import itemgetter
from queue import SimpleQueue
from threading import Lock, Thread
from time import perf_counter
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import QueuePool

from assethub.errors import StorageFull, Unavailable
from assethub.store._brief import BriefJobs, Outcome, Told, settle
from assethub.store._failures import Clash, translated_errors
from assethub.store.chains import Entry, begin_entries, write_entries
from assethub.store.locks import AdvisoryLocks, Locks, NoLocks
from assethub.store.statements import wrap_error

T = TypeVar("T")
Job = Callable[[sa.Connection], T]
# Those who wait to be told what came of a job, in threads or on a loop.
_Waiter = Future[Any] | asyncio.Future[Any]

_MOST_JOBS_A_COMMIT = 256
_TRIES = 10
_PATIENCE_SECONDS = 30
# Columns whose values every driver takes as they are.
_AS_THEY_ARE = (sa.String, sa.Integer, sa.LargeBinary)


def open_database(url: str) -> "Database":
    """The database at a SQLAlchemy URL (`sqlite:///…` or `postgresql+psycopg://…`)."""
    return _SQLite(url) if url.startswith("sqlite:") else _PostgreSQL(url)


class Database:
    """Reads with `read()`; writes with `write(job)`, which returns once the job is durable.

    A job is a function of a connection. It may be run again after a clash with another writer, so
    it does nothing outside the database.
    """

    engine: sa.Engine
    locks: Locks = NoLocks()
    # Called with the seconds until a read had its connection, and until a write was durable.
    note_read_wait: Callable[[float], None] | None = None
    note_write_wait: Callable[[float], None] | None = None

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A connection to read from, seeing one state of the database throughout."""
        began = perf_counter()
        with translated_errors(), self.engine.connect() as connection:
            if self.note_read_wait is not None:
                self.note_read_wait(perf_counter() - began)
            yield connection

    def write(self, job: Job[T]) -> T:
        """What `job` returns, when its changes are on the disk; none of them if it raises."""
        raise NotImplementedError

    def submit(self, job: Job[T]) -> "Future[T]":
        """`write`, but answers at once with a future."""
        raise NotImplementedError

    async def write_async(self, job: Job[T]) -> T:
        """`write` for an event loop, which goes on meanwhile."""
        return await asyncio.wrap_future(self.submit(job))

    async def write_briefly(self, job: Job[T]) -> T:
        """`write_async` for a job of few rows, which may run on the loop's own thread."""
        return await self.write_async(job)

    def close(self) -> None:
        """Ends waiting writes and closes all connections."""
        raise NotImplementedError

    def _note_write(self, began: float) -> None:
        if self.note_write_wait is not None:
            self.note_write_wait(perf_counter() - began)


class _SQLite(Database):
    def __init__(self, url: str) -> None:
        self.engine = _sqlite_engine(url, "BEGIN", pool_size=16, query_only=True)
        self.writer = _sqlite_engine(url, "BEGIN IMMEDIATE", pool_size=1, query_only=False)
        self._connection = self.writer.connect()
        # Held from the beginning to the end of each transaction; the thread says that it wants it.
        self._turn = Lock()
        self._is_wanted = False
        self._patience = _PATIENCE_SECONDS
        self._brief: dict[asyncio.AbstractEventLoop, BriefJobs] = {}
        self._jobs: SimpleQueue[tuple[Job[Any], _Waiter] | None] = SimpleQueue()
        self._thread = Thread(target=self._serve, name="sqlite-writer", daemon=True)
        self._thread.start()

    def write(self, job: Job[T]) -> T:
        began = perf_counter()
        result = self.submit(job).result()
        self._note_write(began)
        return result

    def submit(self, job: Job[T]) -> "Future[T]":
        future: Future[T] = Future()
        self._jobs.put((job, future))
        return future

    async def write_async(self, job: Job[T]) -> T:
        began = perf_counter()
        waiter: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._jobs.put((job, waiter))
        result = await waiter
        self._note_write(began)
        return result

    async def write_briefly(self, job: Job[T]) -> T:
        began = perf_counter()
        loop = asyncio.get_running_loop()
        brief = self._brief.get(loop)
        if brief is None:
            brief = self._brief[loop] = BriefJobs(self, loop)
        result: T = await brief.add(job)
        self._note_write(began)
        return result

    def try_run(self, jobs: Sequence[Job[Any]]) -> list[Outcome] | None:
        """See `store._brief`."""
        if self._is_wanted or not self._turn.acquire(blocking=False):
            return None
        connection = self._connection
        try:
            self._set_patience(0)
            connection.begin()
            begin_entries(connection)
            outcomes: list[Outcome] = [(job(connection), None) for job in jobs]
            write_entries(connection)
        except Exception:
            # Why it failed, each learns from the thread, which sets the failing ones apart.
            with suppress(DBAPIError):
                connection.rollback()
            self._turn.release()
            return None
        return outcomes

    def commit_run(self) -> Exception | None:
        """See `store._brief`."""
        try:
            with translated_errors():
                self._connection.commit()
        except Exception as error:
            with suppress(DBAPIError):
                self._connection.rollback()
            return error
        finally:
            self._turn.release()
        return None

    def take_over(self, job: Job[Any], waiter: "asyncio.Future[Any]") -> None:
        """See `store._brief`."""
        self._jobs.put((job, waiter))

    def close(self) -> None:
        for brief in self._brief.values():
            brief.close()
        self._jobs.put(None)
        self._thread.join()
        self._connection.close()
        self.engine.dispose()
        self.writer.dispose()

    def _serve(self) -> None:
        while (first := self._jobs.get()) is not None:
            batch = [first]
            ending = False
            while len(batch) < _MOST_JOBS_A_COMMIT and not self._jobs.empty():
                following = self._jobs.get()
                if following is None:
                    ending = True
                    break
                batch.append(following)
            self._is_wanted = True
            with self._turn:
                self._is_wanted = False
                self._set_patience(_PATIENCE_SECONDS)
                self._commit(batch)
            if ending:
                return

    def _commit(self, batch: list[tuple[Job[Any], _Waiter]]) -> None:
        batch = [(job, waiter) for job, waiter in batch if _still_waits(waiter)]
        outcomes = self._run([job for job, _ in batch])
        _tell([waiter for _, waiter in batch], outcomes)

    def _run(self, jobs: list[Job[Any]]) -> list[Outcome]:
        """Runs jobs in one transaction; where one of them fails, runs them again, set apart."""
        try:
            return self._transact(lambda connection, _: [(job(connection), None) for job in jobs])
        except Exception as error:
            if len(jobs) == 1 or isinstance(error, Unavailable | StorageFull):
                return [(None, error)] * len(jobs)
        # Savepoints cost more than most jobs, so they wait until one is needed.
        try:
            return self._transact(
                lambda connection, entries: [_attempt(connection, job, entries) for job in jobs]
            )
        except Exception as error:
            return [(None, error)] * len(jobs)

    def _set_patience(self, seconds: int) -> None:
        """How long to wait for a writer of another process."""
        if self._patience != seconds:
            self._patience = seconds
            driver = cast(Any, self._connection.connection.dbapi_connection)
            driver.execute(f"PRAGMA busy_timeout={seconds * 1000}").close()

    def _transact(self, run: Callable[[sa.Connection, list[Entry]], T]) -> T:
        with translated_errors(), self._connection.begin():
            result = run(self._connection, begin_entries(self._connection))
            write_entries(self._connection)
            return result


def _still_waits(waiter: _Waiter) -> bool:
    if isinstance(waiter, Future):
        return waiter.set_running_or_notify_cancel()
    return not waiter.cancelled()


def _tell(waiters: list[_Waiter], outcomes: list[Outcome]) -> None:
    """Settles futures. Each event loop is woken once for all of its own: that is the dear part."""
    on_loops: dict[asyncio.AbstractEventLoop, list[Told]] = defaultdict(list)
    for waiter, outcome in zip(waiters, outcomes, strict=True):
        if isinstance(waiter, Future):
            _settle(waiter, outcome)
        else:
            on_loops[waiter.get_loop()].append((waiter, outcome))
    for loop, told in on_loops.items():
        with suppress(RuntimeError):  # the loop has ended, so nobody waits any more
            loop.call_soon_threadsafe(settle, told)


def _settle(waiter: Future[Any], outcome: Outcome) -> None:
    result, failure = outcome
    if failure is None:
        waiter.set_result(result)
    else:
        waiter.set_exception(failure)


def _attempt(connection: sa.Connection, job: Job[Any], entries: list[Entry]) -> Outcome:
    """One job of a shared transaction: its failure undoes its own changes and no other's."""
    before = len(entries)
    try:
        with connection.begin_nested():
            return job(connection), None
    except OperationalError:
        raise
    except Exception as error:
        del entries[before:]
        return None, error


class _PostgreSQL(Database):
    def __init__(self, url: str) -> None:
        self.writer = sa.create_engine(url, pool_size=16, max_overflow=16, pool_pre_ping=True)
        self.engine = self.writer.execution_options(isolation_level="REPEATABLE READ")
        self.locks = AdvisoryLocks(self.writer)
        self._threads = ThreadPoolExecutor(16, thread_name_prefix="postgresql-writer")

    def write(self, job: Job[T]) -> T:
        began = perf_counter()
        for remaining in reversed(range(_TRIES)):
            try:
                with translated_errors(), self.writer.begin() as connection:
                    begin_entries(connection)
                    result = job(connection)
                    write_entries(connection)
                self._note_write(began)
                return result
            except Clash as clash:
                if not remaining:
                    raise Unavailable(
                        "too many writers at once; try again", code="write_clash"
                    ) from clash
        raise AssertionError("unreachable")

    def submit(self, job: Job[T]) -> "Future[T]":
        return self._threads.submit(self.write, job)

    def close(self) -> None:
        self._threads.shutdown()
        self.locks.close()
        self.engine.dispose()


def _sqlite_engine(url: str, begin: str, *, pool_size: int, query_only: bool) -> sa.Engine:
    engine = sa.create_engine(
        url,
        poolclass=QueuePool,
        pool_size=pool_size,
        max_overflow=0 if pool_size == 1 else 48,
        connect_args={
            "check_same_thread": False,
            "timeout": _PATIENCE_SECONDS,
            "isolation_level": None,
        },
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            # Each reader has one of its own, and there may be 50 of them.
            f"cache_size={-8192 if query_only else -32768}",
            f"query_only={'ON' if query_only else 'OFF'}",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def start(connection: sa.Connection) -> None:
        driver = cast(Any, connection.connection.dbapi_connection)
        try:
            driver.execute(begin).close()
        except driver.Error as error:
            raise wrap_error(connection, begin, error) from error

    return engine


def insert_missing(
    connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Inserts rows, leaving those whose key is there already as they are."""
    _insert(connection, table, rows, replace=False)


def insert_or_replace(
    connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Inserts rows in the place of those that have the same key."""
    _insert(connection, table, rows, replace=True)


def _insert(
    connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]], *, replace: bool
) -> None:
    if not rows:
        return
    statement, text, order = _compile(connection.dialect, table, replace)
    if all(isinstance(column.type, _AS_THEY_ARE) for column in table.c):
        # What SQLAlchemy does for each row takes five times what SQLite does.
        plain = [itemgetter(*order)(row) for row in rows] if order else list(rows)
        connection.exec_driver_sql(text, plain)
    else:
        connection.execute(statement, rows)


@lru_cache(maxsize=64)
def _compile(
    dialect: sa.Dialect, table: sa.Table, replace: bool
) -> tuple[sa.Insert, str, list[str]]:
    """An insert, its text, and the order of its values where the driver takes them without names.

    Rows that go straight to the driver have values for all columns of the table.
    """
    insert = (postgresql if dialect.name == "postgresql" else sqlite).insert(table)
    if replace:
        changed = {c.name: insert.excluded[c.name] for c in table.c if not c.primary_key}
        insert = insert.on_conflict_do_update(index_elements=list(table.primary_key), set_=changed)
    else:
        insert = insert.on_conflict_do_nothing()
    compiled = insert.compile(dialect=dialect)
    return insert, str(compiled), list(compiled.positiontup or [])
