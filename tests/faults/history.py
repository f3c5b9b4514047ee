"""Whether what clients saw of a branch could have been seen if all had happened one by one.

A history is linearizable where each operation can be given a moment between its beginning and its
end, so that in the order of these moments each saw what a single register would have shown it. The
search is that of Wing and Gong (1993): try each operation that may be the next, and go back where
that leads nowhere; with the memory of Lowe (2017) of what was tried already, since the same
operations done and the same state left never lead anywhere else.
"""

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

# ok    it was done, and this is what was seen
# fail  it was refused, and changed nothing
# info  nobody knows, since its answer was lost: it may happen at any time from then on, or never
Outcome = Literal["ok", "fail", "info"]


class Event(NamedTuple):
    """One operation of a client on one branch, with the moments between which it happened.

    A read has seen `value` as the branch's head. A commit moves the head from `expected` to
    `value`, and is refused where the head is not `expected`.
    """

    kind: Literal["read", "commit"]
    outcome: Outcome
    begin: float
    end: float
    value: str
    expected: str = ""

    def next(self, head: str) -> str | None:
        """The head after this operation; None where it cannot have happened at this one."""
        if self.kind == "read":
            return head if self.value == head else None
        if self.outcome == "fail":
            return head if self.expected != head else None
        return self.value if self.expected == head else None

    @property
    def latest(self) -> float:
        """The last moment at which it may have happened."""
        return math.inf if self.outcome == "info" else self.end


def is_linearizable(history: Sequence[Event], head: str) -> bool:
    """Whether the events of one branch, whose head was `head` before all of them, fit together."""
    # A read without an answer, and a commit that failed for another reason, say nothing.
    events = sorted(
        (each for each in history if each.kind == "commit" or each.outcome == "ok"),
        key=lambda each: each.begin,
    )
    answered = sum(1 << place for place, each in enumerate(events) if each.outcome != "info")
    seen: set[tuple[int, str]] = set()
    waiting = [(0, head)]
    while waiting:
        done, head = waiting.pop()
        if done & answered == answered:
            return True
        for place in _next_places(events, done):
            after = events[place].next(head)
            state = done | 1 << place, after or ""
            if after is not None and state not in seen:
                seen.add(state)
                waiting.append((state[0], after))
    return False


def _next_places(events: Sequence[Event], done: int) -> list[int]:
    """Those that may happen next: they have begun before any other that waits has ended."""
    found, first_end = [], math.inf
    for place, event in enumerate(events):
        if done >> place & 1:
            continue
        if event.begin > first_end:
            break
        found.append(place)
        first_end = min(first_end, event.latest)
    return found
