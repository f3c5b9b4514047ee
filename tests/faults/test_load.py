"""Two hundred clients at once get no error, and the hub's memory and files stay within bounds."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "scripts" / "load.py"
# `make load MINUTES=10` is for longer.
MINUTES = os.environ.get("LOAD_MINUTES", "0.12")


def test_a_hub_holds_two_hundred_clients(record_property: Callable[[str, object], None]) -> None:
    """What is looked at stands at the top of the script."""
    command = [sys.executable, str(SCRIPT), "--minutes", MINUTES]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    *_, last = done.stdout.splitlines()
    assert last.startswith(f"load: 200 clients, {MINUTES} minutes, ")
    assert ", 0 errors; " in last
    record_property("counted", last.removeprefix("load: "))
