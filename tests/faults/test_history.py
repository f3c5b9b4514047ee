"""The checker of histories finds those that no single branch could have shown."""

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from faults.history import Event, is_linearizable


def read(begin: float, end: float, value: str) -> Event:
    return Event("read", "ok", begin, end, value)


def commit(begin: float, end: float, expected: str, value: str) -> Event:
    return Event("commit", "ok", begin, end, value, expected)


def refused(begin: float, end: float, expected: str) -> Event:
    return Event("commit", "fail", begin, end, "x", expected)


def lost(begin: float, expected: str, value: str) -> Event:
    return Event("commit", "info", begin, begin, value, expected)


WRONG = {
    "a stale read": [commit(0, 1, "0", "a"), read(2, 3, "0")],
    "a read of what is not there yet": [read(0, 1, "a"), commit(2, 3, "0", "a")],
    "a lost update": [commit(0, 1, "0", "a"), commit(2, 3, "0", "b"), read(4, 5, "b")],
    "a fork": [commit(0, 5, "0", "a"), commit(0, 5, "0", "b")],
    "reads that go back": [commit(0, 9, "0", "a"), read(1, 2, "a"), read(3, 4, "0")],
    "two readers who disagree": [
        commit(0, 9, "0", "a"),
        commit(0, 9, "a", "b"),
        read(1, 4, "b"),
        read(5, 6, "a"),
    ],
    "an acknowledged commit that is gone": [
        commit(0, 1, "0", "a"),
        commit(2, 3, "a", "b"),
        read(4, 5, "a"),
    ],
    "a refusal without a reason": [refused(0, 1, "0"), read(2, 3, "0")],
    "a commit that came and went": [lost(0, "0", "a"), read(1, 2, "a"), read(3, 4, "0")],
    "a lost commit on what never was": [lost(0, "z", "a"), read(1, 2, "a")],
}
RIGHT = {
    "nothing": [],
    "one after another": [commit(0, 1, "0", "a"), read(2, 3, "a"), commit(4, 5, "a", "b")],
    "a read during a commit, before it": [commit(0, 9, "0", "a"), read(1, 2, "0")],
    "a read during a commit, after it": [commit(0, 9, "0", "a"), read(1, 2, "a")],
    "commits at once, in either order": [commit(0, 9, "a", "b"), commit(0, 9, "0", "a")],
    "one who was too late": [commit(0, 9, "0", "a"), refused(1, 2, "0"), read(1, 2, "0")],
    "a lost commit that was made": [lost(0, "0", "a"), read(1, 2, "0"), read(3, 4, "a")],
    "a lost commit that was not": [lost(0, "0", "a"), read(1, 2, "0"), commit(3, 4, "0", "b")],
    "a lost commit made long after": [lost(0, "b", "c"), commit(3, 4, "0", "b"), read(5, 6, "c")],
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_history_is_found_out(what: str) -> None:
    assert not is_linearizable(WRONG[what], "0")


@pytest.mark.parametrize("what", RIGHT)
def test_a_history_that_can_be_is_let_pass(what: str) -> None:
    assert is_linearizable(RIGHT[what], "0")


def orders(history: list[Event]) -> Iterator[tuple[Event, ...]]:
    """All orders of all subsets that leave out only what nobody knows of."""
    known = [each for each in history if each.outcome != "info"]
    unknown = [each for each in history if each.outcome == "info"]
    for size in range(len(unknown) + 1):
        for chosen in itertools.combinations(unknown, size):
            yield from itertools.permutations([*known, *chosen])


def is_linearizable_slowly(history: list[Event], head: str) -> bool:
    """By trying every order: each event before all that began after its end."""
    history = [each for each in history if each.kind == "commit" or each.outcome == "ok"]
    for order in orders(history):
        state: str | None = head
        for place, event in enumerate(order):
            late = any(other.latest < event.begin for other in order[place + 1 :])
            state = None if late or state is None else event.next(state)
        if state is not None:
            return True
    return False


moments = st.tuples(st.integers(0, 7), st.integers(0, 7)).map(sorted)
events = st.builds(
    lambda kind, outcome, span, value, expected: Event(kind, outcome, *span, value, expected),
    st.sampled_from(["read", "commit", "commit"]),
    st.sampled_from(["ok", "ok", "ok", "fail", "info"]),
    moments,
    st.sampled_from("0abc"),
    st.sampled_from("0abc"),
)


@settings(
    max_examples=300, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
@given(st.lists(events, max_size=5))
def test_the_search_agrees_with_trying_every_order(history: list[Event]) -> None:
    assert is_linearizable(history, "0") == is_linearizable_slowly(history, "0")
