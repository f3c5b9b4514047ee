"""Users with a client of the released generation."""

import uuid
from collections.abc import Callable

import pytest

from assethub.core.permissions import Level
from assethub.store.tables import shares
from compat.released import Owner, Released
from hubs import RunningHub


@pytest.fixture
def user(hub: RunningHub) -> Owner:
    """A new user with nothing yet."""
    return Owner(hub)


@pytest.fixture
def outsider(hub: RunningHub) -> Owner:
    """Another user, with whom nothing is shared."""
    return Owner(hub)


@pytest.fixture
def nobody(hub: RunningHub) -> Released:
    """One without a key."""
    return Released(hub.url, None)


@pytest.fixture
def missing() -> str:
    """An id that nothing has."""
    return str(uuid.uuid4())


@pytest.fixture
def model(user: Owner) -> str:
    """A model of the user's, with one commit after the first."""
    asset = user.asset("model", "nlp", "bert")
    user.commit(asset, {"a": b"12", "dir/b": b"345"})
    return asset


@pytest.fixture
def viewer(hub: RunningHub, outsider: Owner) -> Callable[[str], Owner]:
    """Lets another user view a folder, and no more."""

    def share(folder: str) -> Owner:
        row = {
            "folder_id": folder,
            "kind": "user",
            "grantee": outsider.ok("GET", "/oauth2/userinfo")["sub"],
            "level": int(Level.VIEW),
            "created": 0,
            "created_by": "test",
        }
        hub.inside.database.write(lambda connection: connection.execute(shares.insert(), row) and 1)
        return outsider

    return share
