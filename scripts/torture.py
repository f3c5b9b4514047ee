"""Kills a hub's server again and again in the middle of uploads and commits, and looks for losses.

    python scripts/torture.py --rounds 1000

In each round a server is killed by SIGKILL at a random moment, while clients commit, read, record
evaluations, branch, merge and tag without pause, and `ah commit` sends a directory; in half of the
rounds `ah` is killed too. A new server is started on what is left. Then everything that was
acknowledged has to be there whole and to the last bit, and each thing that was not has to be there
whole or not at all; `assethub check` has to find nothing, and `ah commit`, run again where it has
not gone on by itself, has to finish the upload. Every tenth round garbage is collected while the
next one runs. The last line says how many rounds were played and how many facts were looked at and
lost. Exits with code 1 at the first loss.
"""

import argparse
import multiprocessing
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Event
from typing import NamedTuple

from torture_clients import Crowd
from torture_hub import Loss, Service, hash_directory

from assethub.core.hub import open_hub
from assethub.core.maintenance.checking import check_hub
from assethub.settings import Settings

_WRITERS = 2
_PATIENCE = 60.0
# After so many rounds on one data directory a new one is begun, so that checks stay short.
_ROUNDS_A_DIRECTORY = 50
_LARGE = 24 * 1024 * 1024
# One process that has imported the server starts the others, which saves seconds a round.
_starter = multiprocessing.get_context("forkserver")
_starter.set_forkserver_preload(["assethub.app", "assethub.cli", "assethub.server"])


class Place(NamedTuple):
    """Where a hub's data and the files to upload lie, and the port it serves at."""

    directory: Path
    port: int

    @property
    def data(self) -> Path:
        return self.directory / "data"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=None, help="repeats the moments of another run")
    chosen = parser.parse_args()
    seed = random.randrange(1 << 32) if chosen.seed is None else chosen.seed
    print(f"torture: {chosen.rounds} rounds, --seed {seed}", flush=True)
    luck = random.Random(seed)
    left, facts, began = chosen.rounds, 0, time.monotonic()
    while left:
        count = min(left, _ROUNDS_A_DIRECTORY)
        directory = Path(tempfile.mkdtemp(prefix="torture-"))
        torture = _Torture(Place(directory, _free_port()), luck)
        try:
            torture.play(count)
        except Loss as loss:
            played = chosen.rounds - left + torture.rounds
            print(f"torture: what is left lies in {directory}: {loss}")
            print(f"torture: {played} rounds, {facts + torture.facts} facts checked, 1 lost")
            return 1
        finally:
            torture.end()
        shutil.rmtree(directory)
        left -= count
        facts += torture.facts
        passed = time.monotonic() - began
        played = f"{chosen.rounds - left} rounds, {facts} facts checked, 0 lost"
        print(f"torture: {played} ({passed:.0f} s)", flush=True)
    return 0


class _Torture:
    """A hub on one data directory, with its writers, that is killed round by round."""

    def __init__(self, place: Place, luck: random.Random) -> None:
        self._place = place
        self._luck = luck
        self._server = _start(place)
        self._hub = Service(f"http://127.0.0.1:{place.port}", _add_user(place))
        self._crowd = Crowd(self._hub, writers=_WRITERS)
        self.rounds = self.facts = 0

    def play(self, rounds: int) -> None:
        """Some rounds, and a look at all that the hub has to hold after them; raises Loss."""
        while self.rounds < rounds:
            self._play(self.rounds)
            self.rounds += 1
        self.facts += self._crowd.check_all()

    def end(self) -> None:
        self._server.kill()
        self._server.join()
        self._crowd.close()

    def _play(self, number: int) -> None:
        source = _make_source(self._place.directory / f"source{number}", self._luck)
        target = self._hub.make_asset("dataset", f"upload{number}")
        uploading = _upload(self._hub, target.path, source)
        collects = number % 10 == 9
        collecting = _run(self._place, "gc", "--apply", "--grace", "1h") if collects else None
        self._work_and_kill(uploading)
        self._server = _start(self._place)
        self._hub.wait()
        self.facts += self._crowd.check()
        _finish_upload(self._hub, target.path, source, uploading)
        self._hub.check_files(target.id, "main", hash_directory(source))
        if collecting is not None and collecting.wait(_PATIENCE):
            raise Loss(f"assethub gc ended with code {collecting.returncode}")
        _check(self._place)
        self.facts += 2
        shutil.rmtree(source)

    def _work_and_kill(self, uploading: "subprocess.Popen[bytes]") -> None:
        killed = Event()
        wait = self._crowd.work(killed.is_set)
        time.sleep(self._luck.uniform(0.02, 1.2))
        if self._luck.random() < 0.5:
            uploading.kill()
        killed.set()
        self._server.kill()
        self._server.join()
        wait()


def _serve(data: str, port: int) -> None:
    from assethub.cli import cli

    with Path(data).with_name("server.log").open("a") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    cli(["serve", "--data", data, "--port", str(port)])


def _start(place: Place) -> BaseProcess:
    server = _starter.Process(target=_serve, args=(str(place.data), place.port), daemon=True)
    server.start()
    return server


def _add_user(place: Place) -> str:
    done = _run(place, "user", "add", "torture", piped=True)
    said, _ = done.communicate(timeout=_PATIENCE)
    return str(said.split()[-1])


def _run(place: Place, *arguments: str, piped: bool = False) -> "subprocess.Popen[str]":
    program = [sys.executable, "-m", "assethub", *arguments, "--data", str(place.data)]
    output = subprocess.PIPE if piped else subprocess.DEVNULL
    return subprocess.Popen(program, stdout=output, text=True)


def _make_source(directory: Path, luck: random.Random) -> Path:
    """Files to upload that no hub has seen: many small ones, and now and then a large one."""
    for number in range(luck.randrange(50, 300)):
        file = directory / f"{number % 7}" / f"{number}.bin"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(luck.randbytes(luck.randrange(4000)))
    if luck.random() < 0.3:
        (directory / "large.bin").write_bytes(luck.randbytes(_LARGE))
    return directory


def _upload(hub: Service, target: str, source: Path) -> "subprocess.Popen[bytes]":
    home = source.with_name("home")
    home.mkdir(exist_ok=True)
    own = {"HOME": str(home), "ASSET_HUB_HOST": hub.url, "ASSET_HUB_API_KEY": hub.key}
    run = "from t9k.ah._cli import main; raise SystemExit(main())"
    command = ["commit", target, "--quiet", "-m", "upload", "-a", f"{source}/."]
    return subprocess.Popen(
        [sys.executable, "-c", run, *command],
        env=os.environ | own,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _finish_upload(
    hub: Service, target: str, source: Path, uploading: "subprocess.Popen[bytes]"
) -> None:
    """Waits for an upload that goes on by itself, and runs it again where it has failed."""
    with suppress(subprocess.TimeoutExpired):
        if uploading.wait(_PATIENCE) == 0:
            return
    uploading.kill()
    again = _upload(hub, target, source)
    if again.wait(_PATIENCE):
        raise Loss(f"an interrupted upload of {source} did not finish when it was run again")


def _check(place: Place) -> None:
    hub = open_hub(Settings(data=place.data))
    try:
        for problem in check_hub(hub, quick=False, repair=False):
            raise Loss(f"assethub check: {problem}")
    finally:
        hub.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    raise SystemExit(main())
