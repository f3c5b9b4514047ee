"""A server killed at any moment loses nothing that it acknowledged, and uploads go on."""

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "scripts" / "torture.py"
# TORTURE_ROUNDS=100 plays more; `make torture ROUNDS=1000` is for longer.
ROUNDS = int(os.environ.get("TORTURE_ROUNDS", "12"))


def test_a_server_killed_at_random_moments_loses_nothing() -> None:
    """What each round looks at stands at the top of the script."""
    command = [sys.executable, str(SCRIPT), "--rounds", str(ROUNDS)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{ROUNDS} rounds" in done.stdout
    assert "facts checked, 0 lost" in done.stdout.splitlines()[-1]
    assert done.stderr == ""
