"""Small writes of an event loop, run on its own thread; only their commit waits in another.

Two threads that both run Python wake each other at every step of SQLite, which costs more than the
steps themselves. So jobs of well under a millisecond do not go to the writer's thread, as long as
nobody else writes. While one commit is under way the following jobs gather for the next. Where they
come one by one and the disk is quick, the loop does not hand over the commit either.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from time import perf_counter
from typing import Any, Protocol

Job = Callable[[Any], Any]
# What a job returned, or why it failed.
Outcome = tuple[Any, Exception | None]
Told = tuple["asyncio.Future[Any]", Outcome]

# A commit that takes no longer than this holds up a loop less than many a request does.
_QUICK_SECONDS = 0.001


class Writer(Protocol):
    """A database that writes elsewhere, and here while nobody else does."""

    def try_run(self, jobs: Sequence[Job]) -> list[Outcome] | None:
        """Runs jobs in a transaction, without waiting for anyone, and leaves it open.

        Returns None where that cannot be: then nothing was done.
        """
        ...

    def commit_run(self) -> Exception | None:
        """Ends what `try_run` has left open, in any thread; returns why it could not."""
        ...

    def take_over(self, job: Job, waiter: "asyncio.Future[Any]") -> None:
        """Runs a job in the writer's thread and tells who waits."""
        ...


class BriefJobs:
    """The small writes of one event loop; all but `close` is to be called on it."""

    def __init__(self, writer: Writer, loop: asyncio.AbstractEventLoop) -> None:
        self._writer = writer
        self._loop = loop
        self._waiting: list[tuple[Job, asyncio.Future[Any]]] = []
        self._busy = False
        # Of the last commit: how many jobs it was for, and how long it took.
        self._last_jobs = 0
        self._last_seconds = _QUICK_SECONDS
        self._runs: SimpleQueue[list[Told] | None] = SimpleQueue()
        self._thread = Thread(target=self._commit_runs, name="sqlite-commits", daemon=True)
        self._thread.start()

    def add(self, job: Job) -> "asyncio.Future[Any]":
        """What comes of a job, once it is durable."""
        waiter: asyncio.Future[Any] = self._loop.create_future()
        self._waiting.append((job, waiter))
        if not self._busy:
            self._busy = True
            self._loop.call_soon(self._run)
        return waiter

    def close(self) -> None:
        """Waits for the last commit."""
        self._runs.put(None)
        self._thread.join()

    def _run(self) -> None:
        batch = [each for each in self._waiting if not each[1].cancelled()]
        self._waiting.clear()
        self._busy = False
        if not batch:
            return
        outcomes = self._writer.try_run([job for job, _ in batch])
        if outcomes is None:
            for job, waiter in batch:
                self._writer.take_over(job, waiter)
            return
        told = list(zip([waiter for _, waiter in batch], outcomes, strict=True))
        is_alone = len(batch) == self._last_jobs == 1 and self._last_seconds < _QUICK_SECONDS
        self._last_jobs = len(batch)
        self._busy = True
        if is_alone:
            self._end(self._commit(told))
        else:
            self._runs.put(told)

    def _commit_runs(self) -> None:
        while (told := self._runs.get()) is not None:
            told = self._commit(told)
            with suppress(RuntimeError):  # the loop has ended, so nobody waits any more
                self._loop.call_soon_threadsafe(self._end, told)

    def _commit(self, told: list[Told]) -> list[Told]:
        began = perf_counter()
        failure = self._writer.commit_run()
        self._last_seconds = perf_counter() - began
        return told if failure is None else [(waiter, (None, failure)) for waiter, _ in told]

    def _end(self, told: list[Told]) -> None:
        settle(told)
        self._busy = bool(self._waiting)
        if self._busy:
            # What follows at once from these answers is to be in the next commit, too.
            self._loop.call_soon(self._run)


def settle(told: Sequence[Told]) -> None:
    """Tells those on one event loop what came of their jobs."""
    for waiter, (result, failure) in told:
        if waiter.cancelled():
            continue
        if failure is None:
            waiter.set_result(result)
        else:
            waiter.set_exception(failure)
