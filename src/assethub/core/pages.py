"""Pages of long listings."""

from collections.abc import Iterator
from itertools import islice
from typing import Generic, NamedTuple, TypeVar

from assethub.errors import InvalidInput

T = TypeVar("T")
MOST_PER_PAGE = 1000


class Page(NamedTuple, Generic[T]):
    """Some of a listing in order, and whether more follows."""

    items: list[T]
    more: bool


def check_amount(amount: int | None) -> int:
    """How many items a page is to hold: the most, where none is asked for."""
    if amount is None:
        return MOST_PER_PAGE
    if not 1 <= amount <= MOST_PER_PAGE:
        raise InvalidInput(
            f"amount must be from 1 to {MOST_PER_PAGE}, not {amount}", code="invalid_amount"
        )
    return amount


def cut_page(items: list[T], amount: int) -> Page[T]:
    """The first `amount` of some items, of which one more than that was read if there is one."""
    return Page(items[:amount], len(items) > amount)


def take_page(found: Iterator[T], amount: int) -> Page[T]:
    """The next `amount` items, read no further than needed to know that there are more."""
    items = list(islice(found, amount))
    return Page(items, next(found, None) is not None)
