"""What the tests of faults share: clients at work, and a look at all that a hub has to hold."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from torture_clients import Crowd
from torture_hub import Service

from assethub.core.maintenance.checking import check_hub
from hubs import RunningHub

# What a hub says of a fault that is not its own.
BROKEN = (503,)
Count = Callable[[str, int], None]


def serve_user(hub: RunningHub) -> Service:
    """A new user's requests to a hub that may fail for a while."""
    return Service(hub.url, hub.new_user().key, BROKEN)


@contextmanager
def gather(hub: RunningHub, *, writers: int = 2) -> Iterator[Crowd]:
    """Clients of a new user, who have made a few changes each while nothing was wrong."""
    crowd = Crowd(serve_user(hub), writers=writers)
    try:
        crowd.work(reach(crowd, 2 * len(crowd.clients)))()
        yield crowd
    finally:
        crowd.close()


def reach(crowd: Crowd, more: int) -> Callable[[], bool]:
    """Whether so many more changes were asked for."""
    goal = crowd.begun + more
    return lambda: crowd.begun >= goal


def check_facts(hub: RunningHub, crowd: Crowd) -> int:
    """How many facts hold; fails where one is lost, or `assethub check` finds anything."""
    facts = crowd.check_all()
    assert list(check_hub(hub.inside, quick=False, repair=False)) == []
    return facts
