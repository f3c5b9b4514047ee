"""Collections of garbage that run at once, beside many writers, delete nothing that is wanted."""

import subprocess
import sys
import uuid

import sqlalchemy as sa

from assethub.core.maintenance.collection import collect
from assethub.store.tables import sent_contents, unused_blobs
from faults.crowds import Count, check_facts, gather, reach, serve_user
from hubs import RunningHub, hub_environment

ROUNDS, FILES, CHANGES = 2, 12, 12
GRACE = 3600


def test_two_collections_and_many_writers_at_once_lose_nothing(
    hub: RunningHub, count: Count
) -> None:
    """What they write has the bytes of what is being collected, so that it is all but gone."""
    service = serve_user(hub)
    with gather(hub, writers=3) as crowd:
        facts = 0
        for _ in range(ROUNDS):
            mark = uuid.uuid4().hex
            doomed = service.make_asset("dataset", f"doomed-{mark[:8]}").id
            files = {f"{n}": f"{mark} {n}".encode() for n in range(FILES)}
            operation = service.start(doomed)
            for path, data in files.items():
                service.put(operation, path, data)
            service.finish(operation, "")
            service.call("DELETE", f"/assets/{doomed}")
            change_all(hub, sent_contents.update().values(expires=1))
            collect(hub.inside, GRACE, apply=True)
            # As if they had been unused for longer than any grace period.
            assert change_all(hub, unused_blobs.update().values(since=0)) >= FILES
            wait = crowd.work(reach(crowd, CHANGES))
            other = start_collecting(hub)
            heir = service.make_asset("dataset", f"heir-{mark[:8]}").id
            operation = service.start(heir)
            for path, data in files.items():
                service.put(operation, path, data)
            commit = service.finish(operation, "")
            # The other is another process, which has started by now.
            collect(hub.inside, GRACE, apply=True)
            wait()
            assert other.wait(60) == 0
            for path, data in files.items():
                assert service.read(heir, commit, path) == data
            facts += crowd.check() + FILES
        count(f"{ROUNDS} rounds of 2 collections", facts + check_facts(hub, crowd))


def start_collecting(hub: RunningHub) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "assethub", "gc", "--apply", "--grace", f"{GRACE}s"]
    return subprocess.Popen(command, env=hub_environment(hub.settings), stdout=subprocess.DEVNULL)


def change_all(hub: RunningHub, change: sa.Update) -> int:
    return hub.inside.database.write(lambda connection: connection.execute(change).rowcount)
