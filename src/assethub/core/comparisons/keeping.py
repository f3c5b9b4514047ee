"""What was worked out lately, kept for as long as nothing in the hub has changed."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sized
from threading import Lock
from typing import Generic, TypeVar

import sqlalchemy as sa

from assethub.store.tables import audit_chains

T = TypeVar("T", bound=Sized)
# A filter such as `created >= -1h` asks for something else in a while, though nothing changes.
_SECONDS = 60.0
_state = sa.select(audit_chains.c.chain, audit_chains.c.hash).order_by(audit_chains.c.chain)


class Kept(Generic[T]):
    """The last few results, by the question and the state of the hub that they were found in.

    The state is the heads of the audit log's chains: whatever adds an evaluation, takes one away or
    lets somebody see another adds to them in the same transaction. `most` bounds the lengths of all
    results together.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._found: OrderedDict[Hashable, tuple[float, T]] = OrderedDict()
        self._lock = Lock()

    def find(self, connection: sa.Connection, question: Hashable, make: Callable[[], T]) -> T:
        """What was made for the same question in the same state, or else what `make` makes."""
        key = question, tuple(tuple(row) for row in connection.execute(_state))
        with self._lock:
            made, result = self._found.get(key, (0.0, None))
        if result is not None and time.monotonic() - made < _SECONDS:
            return result
        result = make()
        with self._lock:
            self._found[key] = time.monotonic(), result
            self._found.move_to_end(key)
            while sum(len(kept) for _, kept in self._found.values()) > self._most:
                self._found.popitem(last=False)
        return result
