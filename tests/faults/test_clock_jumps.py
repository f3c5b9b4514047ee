"""A clock that jumps back by an hour, and forward again, costs nothing that was acknowledged."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from assethub.core.audit_log import verify_log
from assethub.settings import Settings
from faults.crowds import Count, check_facts, gather, reach
from faults.shims import build_shim, loaded
from hubs import RunningHub, hub_environment, run_hub

CHANGES, HOUR = 6, 3600


@pytest.fixture
def clock(tmp_path: Path) -> Path:
    """The file that says by how many seconds the hub's clock is wrong."""
    path = tmp_path / "offset"
    path.write_text("0")
    return path


@pytest.fixture
def hub(clock: Path, tmp_path: Path) -> Iterator[RunningHub]:
    library = build_shim("clock", tmp_path)
    with (
        loaded(library, CLOCK_OFFSET=str(clock)),
        run_hub(Settings(data=tmp_path / "data"), tmp_path / "log") as running,
    ):
        yield running


def test_a_clock_that_jumps_back_an_hour_loses_nothing(
    hub: RunningHub, clock: Path, count: Count
) -> None:
    """What was begun before goes on, and garbage is collected by both clocks."""
    with gather(hub) as crowd:
        service = crowd.clients[0].hub
        asset = service.make_asset("dataset", "begun").id
        before = service.start(asset)
        service.put(before, "a", b"before")
        facts = 0
        for jump in (-HOUR, 0, -HOUR):
            moved = crowd.work(reach(crowd, CHANGES))
            clock.write_text(str(jump))
            moved()
            crowd.work(reach(crowd, CHANGES))()
            collect(hub)
            facts += crowd.check()
        head = service.call("GET", f"/assets/{asset}/commits/main")["creation_date"]
        made = service.call("GET", f"/assets/{asset}/commits/{service.finish(before, 'after')}")
        assert HOUR - 60 < head - made["creation_date"] <= HOUR
        assert service.read(asset, "main", "a") == b"before"
        assert verify_log(hub.inside).problem is None
        count("3 jumps", facts + 3 + check_facts(hub, crowd))


def collect(hub: RunningHub) -> None:
    command = [sys.executable, "-m", "assethub", "gc", "--apply", "--grace", "1s"]
    environment = hub_environment(hub.settings)
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL, timeout=60)
