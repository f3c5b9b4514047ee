"""A power cut takes nothing that was acknowledged, though it takes what was not synced."""

import os
import random
import shutil
import threading
from pathlib import Path

import pytest
from torture_clients import Crowd
from torture_hub import Service

from assethub.core.hub import open_hub
from assethub.core.maintenance.checking import check_hub
from assethub.core.people import keys, users
from assethub.settings import Settings
from faults.crowds import BROKEN, Count
from faults.power import Change, Directory, Disk, File
from faults.shims import build_shim, loaded
from hubs import start_hub

# POWER_ROUNDS=100 plays more, other ones each time.
ROUNDS = int(os.environ.get("POWER_ROUNDS", "2"))
SEED = random.randrange(1 << 32) if "POWER_ROUNDS" in os.environ else 1


class Machine:
    """A hub on a disk whose power is cut again and again."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.library = build_shim("power", place)
        self.settings = Settings(data=place / "disk" / "data")
        self.journal = place / "journal"
        self.luck = random.Random(SEED)
        self.syncs = 0
        (place / "disk").mkdir()
        with_user = open_hub(self.settings)
        self.key = keys.add_key(with_user, users.add_user(with_user, "user"), "test")
        with_user.close()

    def start(self) -> str:
        """Starts a hub on what the disk holds; returns its URL."""
        self.disk = Disk(self.place / "disk")
        self.journal.unlink(missing_ok=True)
        variables = {"POWER_ROOT": str(self.place / "disk"), "POWER_JOURNAL": str(self.journal)}
        with loaded(self.library, **variables):
            self.process, url = start_hub(self.settings, self.place / "log")
        return url

    def cut(self, *, nothing_more: bool) -> None:
        """Ends the hub, and leaves on the disk what was synced, or by luck some more."""
        with self.process:
            self.process.kill()
        self.disk.replay(self.journal.read_bytes())
        self.syncs += self.disk.syncs
        shutil.rmtree(self.place / "disk")
        self.disk.cut(self.place / "disk", None if nothing_more else self.luck)

    def check(self) -> None:
        inside = open_hub(self.settings)
        try:
            assert list(check_hub(inside, quick=False, repair=False)) == []
        finally:
            inside.close()


def test_a_power_cut_takes_nothing_that_was_acknowledged(tmp_path: Path, count: Count) -> None:
    """In half of the rounds nothing that was not synced is left, in the others some of it."""
    machine = Machine(tmp_path)
    service = Service(machine.start(), machine.key, BROKEN)
    crowd = Crowd(service, writers=2)
    facts = 0
    try:
        for number in range(ROUNDS):
            cut = threading.Event()
            wait = crowd.work(cut.is_set)
            cut.wait(machine.luck.uniform(0.1, 1.0))
            cut.set()
            machine.cut(nothing_more=number % 2 == 0)
            wait()
            machine.check()
            service.url = machine.start()
            facts += crowd.check() + 1
        assert machine.syncs > 10 * ROUNDS
        count(f"{ROUNDS} cuts between {machine.syncs} syncs", facts + crowd.check_all())
    finally:
        crowd.close()
        with machine.process:
            machine.process.kill()


def test_what_is_not_synced_is_lost_with_the_power(tmp_path: Path) -> None:
    """The simulated disk would show a hub that forgets to sync, of a file or of its name."""
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "old").write_bytes(b"old")
    disk, at = Disk(tmp_path / "disk"), f"{tmp_path / 'disk'}"
    disk.replay(
        b"O 1 %(at)s/named\nW 1 0 4\nsyncB 1\nW 1 4 4\nlateE 1\n"
        b"O 2 %(at)s/unnamed\nW 2 0 1\nxB 2\nE 2\n" % {b"at": at.encode()}
    )
    disk.cut(tmp_path / "first", None)
    assert {each.name: each.read_bytes() for each in (tmp_path / "first").iterdir()} == {
        "old": b"old"
    }
    disk.replay(f"O 3 {at}\nB 3\nE 3\nR {at}/unnamed\t{at}/renamed\nU {at}/old\nT 1 2\n".encode())
    disk.cut(tmp_path / "second", None)
    assert {each.name: each.read_bytes() for each in (tmp_path / "second").iterdir()} == {
        "old": b"old",
        "named": b"sync",
        "unnamed": b"x",
    }


@pytest.mark.parametrize("seed", range(3))
def test_a_write_may_be_torn_between_blocks_and_names_keep_their_order(seed: int) -> None:
    file = File(bytearray(b"." * 8192), [Change(4000, b"x" * 200), Change(8190, b"yyy")])
    found = {file.survive(random.Random(100 * seed + each)) for each in range(100)}
    assert len(found) == 16
    directory = Directory()
    for name in "abc":
        directory.name(name, File())
    names = {"".join(directory.survive(random.Random(each))) for each in range(50)}
    assert names == {"", "a", "ab", "abc"}
