"""Parts of one transfer done at the same time: all of them, or the first one's error."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from ._errors import InterruptedTransferError
from ._patience import Patience

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_GRACE_SECONDS = 2.0


class Workers:
    """Threads for one transfer.

    `patience` is for the requests that the tasks make. What a task raises, or Ctrl-C, stops the
    waiting of all others; between chunks they look at `check`.
    """

    def __init__(self) -> None:
        self._stop = threading.Event()
        self.patience = Patience(self._stop)

    def run(self, tasks: Iterable[Callable[[], None]], count: int) -> None:
        """Do all tasks, so many at once; raises the error of the first that fails.

        Each is asked for when there is somebody to do it.
        The others are stopped then. One that waits for the network is left to itself: it can do
        nothing more than end, and its thread does not keep the process.
        """
        waiting, lock = iter(tasks), threading.Lock()
        errors: list[BaseException] = []

        def work() -> None:
            try:
                while not self._stop.is_set():
                    with lock:
                        task = next(waiting, None)
                    if task is None:
                        return
                    task()
            except BaseException as error:
                errors.append(error)
                self._stop.set()

        threads = [
            threading.Thread(target=work, name=f"ah-{at}", daemon=True) for at in range(count)
        ]
        for thread in threads:
            thread.start()
        try:
            while any(thread.is_alive() for thread in threads) and not self._stop.is_set():
                _join(threads, _GRACE_SECONDS)
        except BaseException:
            self._stop.set()
            raise
        finally:
            _join(threads, _GRACE_SECONDS)
        if errors:
            # A part that was stopped says so; the one that it was stopped for says why.
            raise min(errors, key=lambda error: isinstance(error, InterruptedTransferError))

    def check(self) -> None:
        """Raise InterruptedTransferError where the transfer has been stopped."""
        if self._stop.is_set():
            raise InterruptedTransferError("The transfer was stopped")


def _join(threads: Sequence[threading.Thread], seconds: float) -> None:
    """Wait for threads, for so many seconds in all."""
    ends = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(0.0, ends - time.monotonic()))
