"""Parts of one transfer done at the same time: all of them, or the first one's error."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from ._errors import InterruptedTransferError
from ._patience import Patience

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future


class Workers:
    """Threads for one transfer.

    `patience` is for the requests that the tasks make. What a task raises, or Ctrl-C, stops the
    waiting of all others; between chunks they look at `check`.
    """

    def __init__(self) -> None:
        self._stop = threading.Event()
        self.patience = Patience(self._stop)

    def run(self, tasks: Sequence[Callable[[], None]], count: int) -> None:
        """Do all tasks, so many at once; raises the error of the first that fails.

        The others are stopped then.
        """
        if not tasks:
            return
        from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait

        executor = ThreadPoolExecutor(count, thread_name_prefix="ah")
        futures = [executor.submit(task) for task in tasks]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
            failed = [error for error in map(_error_of, futures) if error]
            if failed:
                # A part that was stopped says so; the one that it was stopped for says why.
                raise min(failed, key=lambda error: isinstance(error, InterruptedTransferError))
        except BaseException:
            self._stop.set()
            raise
        finally:
            executor.shutdown(wait=True, cancel_futures=True)

    def check(self) -> None:
        """Raise InterruptedTransferError where the transfer has been stopped."""
        if self._stop.is_set():
            raise InterruptedTransferError("The transfer was stopped")


def _error_of(future: Future[None]) -> BaseException | None:
    return future.exception() if future.done() and not future.cancelled() else None
