"""Users of a running hub, speaking raw HTTP."""

import uuid

import pytest

from api.raw import Raw
from hubs import RunningHub


@pytest.fixture
def user(hub: RunningHub) -> Raw:
    """A new user with nothing yet."""
    return Raw(hub.url, hub.new_user().key)


@pytest.fixture
def outsider(hub: RunningHub) -> Raw:
    """Another user, with whom nothing is shared."""
    return Raw(hub.url, hub.new_user().key)


@pytest.fixture
def nobody(hub: RunningHub) -> Raw:
    """One without a key."""
    return Raw(hub.url, None)


@pytest.fixture
def missing() -> str:
    """An id that nothing has."""
    return str(uuid.uuid4())
