"""How many refusals one process records: a flood of them shall not fill the disk.

The same refusal of the same asker is recorded once a minute. An asker (a user, or an address) has
30 at once and then one in ten seconds, all of them together 300 and then one a second. What is not
recorded is counted, and the next row that passes tells how many.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

_SAME_SECONDS = 60.0
_ASKER = (30.0, 0.1)
_ALL = (300.0, 1.0)
_MOST_KEPT = 10_000


class _Bucket:
    """Holds so many at once, and gets so many a second again."""

    def __init__(self, limits: tuple[float, float], moment: float) -> None:
        self._most, self._rate = limits
        self._left, self._since = self._most, moment

    def has_one(self, moment: float) -> bool:
        self._left = min(self._most, self._left + (moment - self._since) * self._rate)
        self._since = moment
        return self._left >= 1

    def take(self) -> None:
        self._left -= 1


class Refusals:
    """Says which refusals are to be recorded."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        # Until when the same is not recorded again, and how often it came since.
        self._same: OrderedDict[object, tuple[float, int]] = OrderedDict()
        self._askers: OrderedDict[str, _Bucket] = OrderedDict()
        self._all = _Bucket(_ALL, clock())
        self._left_out = 0

    def take(self, asker: str, what: object) -> dict[str, int] | None:
        """What to tell of those not recorded before, or None where this one is not either."""
        with self._lock:
            moment = self._clock()
            until, repeats = self._same.get((asker, what), (0.0, 0))
            if moment < until:
                self._same[asker, what] = until, repeats + 1
                return None
            own = self._askers.pop(asker, None) or _Bucket(_ASKER, moment)
            self._askers[asker] = own
            if not (own.has_one(moment) and self._all.has_one(moment)):
                self._left_out += 1
                return None
            own.take()
            self._all.take()
            self._same.pop((asker, what), None)
            self._same[asker, what] = moment + _SAME_SECONDS, 0
            for kept in (self._same, self._askers):
                if len(kept) > _MOST_KEPT:
                    kept.popitem(last=False)
            left_out, self._left_out = self._left_out, 0
        told = {"repeats": repeats, "left_out": left_out}
        return {name: count for name, count in told.items() if count}
