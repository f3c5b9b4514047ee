"""Visitors of the console, and what they find there."""

import pytest

from console.shelves import Shelf, make_shelf
from console.visitors import Visitor
from hubs import RunningHub


@pytest.fixture
def visitor(hub: RunningHub) -> Visitor:
    """Someone who has not signed in."""
    return Visitor(hub)


@pytest.fixture
def shelf(hub: RunningHub) -> Shelf:
    """A new user's model and dataset."""
    return make_shelf(hub)


@pytest.fixture
def owner(shelf: Shelf) -> Visitor:
    """The owner of the shelf, signed in."""
    return Visitor(shelf.hub).sign_in(shelf.owner)


@pytest.fixture
def outsider(hub: RunningHub) -> Visitor:
    """Another user, signed in, with whom nothing is shared."""
    return Visitor(hub).sign_in(hub.new_user())
