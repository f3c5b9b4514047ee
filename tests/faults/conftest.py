"""What was counted is said at the end of a run."""

from collections.abc import Callable

import pytest

from faults.crowds import Count


@pytest.fixture
def count(record_property: Callable[[str, object], None]) -> Count:
    """Notes of a test what it did, and how many facts it looked at then."""

    def note(what: str, facts: int) -> None:
        record_property("counted", f"{what}, {facts} facts checked, 0 lost")

    return note
