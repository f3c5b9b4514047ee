"""The stage of the demo: a hub that serves, and commands and code shown with what they print."""

import ast
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr
from pathlib import Path
from typing import Any

from t9k import ah

_DRAIN_SECONDS = 15.0


class DemoError(Exception):
    """A step that did not work; the text says which and why."""


class Stage:
    """Runs commands and code, showing each with what it printed."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {}
        self._titles = 0

    def title(self, text: str) -> None:
        self._titles += 1
        line = f"{self._titles}. {text}"
        self.say(f"\n\033[1m{line}\033[0m" if sys.stdout.isatty() else f"\n{line}")

    def say(self, text: str) -> None:
        print(text, flush=True)

    def command(self, text: str) -> str:
        """Runs a command as a shell does; returns what it printed. DemoError if it fails."""
        self.say(f"$ {text}")
        done = subprocess.run(
            ["sh", "-c", text], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        print(done.stdout, end="", flush=True)
        if done.returncode:
            raise DemoError(f"this command ended with code {done.returncode}: {text}")
        return done.stdout

    def variable(self, name: str, text: str) -> None:
        """Sets a variable for the commands that follow, without showing its value."""
        self.say(f"$ {name}=$({text})")
        done = subprocess.run(["sh", "-c", text], stdout=subprocess.PIPE, text=True)
        if done.returncode or not done.stdout.strip():
            raise DemoError(f"this command gave no {name}: {text}")
        os.environ[name] = done.stdout.strip()

    def create(self, what: str, find: Callable[[], object]) -> None:
        """Runs `ah create …`, unless `find` finds that an earlier run has done so."""
        try:
            find()
        except ah.NotFoundError:
            self.command(f"ah create {what}")
        else:
            self.say(f"# kept from an earlier run: {what}")

    def code(self, text: str) -> None:
        """Runs Python statements as an interactive session does; they share their names."""
        for statement in ast.parse(text).body:
            source = ast.get_source_segment(text, statement) or ""
            self.say(">>> " + source.replace("\n", "\n... "))
            with redirect_stderr(sys.stdout):
                exec(compile(ast.Interactive([statement]), "<demo>", "single"), self.names)
            sys.stdout.flush()


@contextmanager
def running_hub(data: Path, log: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The URL of a hub on a free port and its process, which is told to end and waited for."""
    # Opened anew, so that what it holds is of this run.
    with log.open("w") as errors:
        hub = subprocess.Popen(
            ["assethub", "serve", "--port", "0", "--data", data],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        assert hub.stdout is not None
        line = hub.stdout.readline().strip()
        if " at " not in line:
            raise DemoError(f"the hub did not start: {log.read_text().strip()}")
        yield line.split(" at ")[1], hub
    finally:
        hub.terminate()
        code = hub.wait(_DRAIN_SECONDS)
    if code:
        raise DemoError(f"the hub ended with code {code}: see {log}")
