"""How far a long command is: bars on a terminal, nothing elsewhere."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bars

from assethub.core.backups.places import Progress, Unit


class _Silent:
    def begin(self, what: str, total: int | None, unit: Unit) -> None:
        """Shows nothing."""

    def advance(self, amount: int) -> None:
        """Shows nothing."""


class _Shown:
    def __init__(self, bars: dict[Unit, Bars]) -> None:
        self._bars = bars
        self._now: Bars | None = None

    def begin(self, what: str, total: int | None, unit: Unit) -> None:
        """Ends the bar before, and begins another."""
        if self._now is not None:
            self._now.stop()
        self._now = self._bars[unit]
        self._now.start()
        self._task = self._now.add_task(what, total=total)

    def advance(self, amount: int) -> None:
        """Moves the bar on."""
        if self._now is not None:
            self._now.advance(self._task, amount)

    def end(self) -> None:
        if self._now is not None:
            self._now.stop()


@contextmanager
def shown_progress() -> Iterator[Progress]:
    """For the time of a `with` what is to be told how far the work is."""
    if not sys.stderr.isatty():
        yield _Silent()
        return
    console = Console(stderr=True)
    text = TextColumn("{task.description:9}")
    bars: dict[Unit, Bars] = {
        "bytes": Bars(text, BarColumn(), DownloadColumn(), console=console),
        "rows": Bars(text, BarColumn(), MofNCompleteColumn(), console=console),
    }
    shown = _Shown(bars)
    try:
        yield shown
    finally:
        shown.end()
