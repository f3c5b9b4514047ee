"""How long a request is tried again when its connection fails, and with which pauses."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, TypeVar

from ._errors import ConnectionFailedError, InterruptedTransferError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
# Of those that say that the request was not done, or may not have been.
RETRIED_STATUSES = frozenset({429, 502, 503, 504})
_SECONDS = 30.0
_FIRST_SECONDS, _LONGEST_SECONDS = 0.2, 8.0


class Patience:
    """Decides for requests whether each is tried again, and when: for half a minute by default.

    Safe to share between threads. `stop` ends every wait, since the transfer is over then.
    """

    def __init__(self, stop: threading.Event | None = None, seconds: float | None = None) -> None:
        self.stop = threading.Event() if stop is None else stop
        self._seconds = seconds

    def start(self) -> Attempts:
        """The attempts at one request."""
        return Attempts(self.stop, _SECONDS if self._seconds is None else self._seconds)

    def insist(self, act: Callable[[], T], mark: Callable[[], int] = int) -> T:
        """What `act` returns, which is done again where an answer breaks off in it.

        Where `mark` has moved on by then, it got on, and its time begins anew.
        """
        attempts, reached = self.start(), mark()
        while True:
            try:
                return act()
            except ConnectionFailedError:
                if mark() != reached:
                    attempts, reached = self.start(), mark()
                if not attempts.wait():
                    raise


# For what somebody waits for, and for what must not make anybody wait.
SHORT_PATIENCE, NO_PATIENCE = Patience(seconds=5.0), Patience(seconds=0.0)


class Attempts:
    """What was waited for one request so far."""

    def __init__(self, stop: threading.Event, seconds: float) -> None:
        self._stop = stop
        self._ends = time.monotonic() + seconds
        self._span = _FIRST_SECONDS

    def wait(self, retry_after: str | None = None) -> bool:
        """Wait for the next attempt; False, at once, where it is time to give up.

        Exponential backoff with full jitter, as in "Exponential Backoff And Jitter" of the AWS
        Architecture Blog; the server's own Retry-After, in seconds, goes before it.
        Raises InterruptedTransferError where the transfer was stopped meanwhile.
        """
        import random  # lazy: it costs a third of `import t9k.ah`

        seconds = random.uniform(0, self._span)  # noqa: S311
        self._span = min(self._span * 2, _LONGEST_SECONDS)
        if retry_after is not None and retry_after.strip().isdecimal():
            # A little later than asked, so that those who were all sent away do not all come back.
            seconds += float(retry_after)
        if time.monotonic() + seconds > self._ends:
            return False
        if self._stop.wait(seconds):
            raise InterruptedTransferError("The transfer was stopped")
        return True
