"""How far a transfer is: a bar on a terminal, a line now and then elsewhere, nothing if quiet."""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING

from ._messages import inform, is_quiet

if TYPE_CHECKING:
    from types import TracebackType

    from rich.progress import Progress as Bar
    from rich.progress import TaskID

_LINE_SECONDS = 10.0


class Progress:
    """Counts the bytes and files of one transfer and shows them. Safe to share between threads."""

    def __init__(self, doing: str, files: int, size: int) -> None:
        self._doing = doing
        self._files, self._size = files, size
        self._files_done = self._size_done = 0
        self._lock = threading.Lock()
        self._next_line = time.monotonic() + _LINE_SECONDS
        self._bar: Bar | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Progress:
        if sys.stderr.isatty() and not is_quiet():
            self._bar, self._task = _make_bar(self._doing, self._size, self._counts())
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def advance(self, size: int, files: int = 0) -> None:
        """So many more bytes, and whole files, are done."""
        with self._lock:
            self._size_done += size
            self._files_done += files
            if self._bar is not None and self._task is not None:
                self._bar.update(self._task, completed=self._size_done, files=self._counts())
            elif time.monotonic() >= self._next_line:
                self._next_line = time.monotonic() + _LINE_SECONDS
                done, whole = _mebibytes(self._size_done), _mebibytes(self._size)
                inform(f"{self._doing}: {done} of {whole} MiB, {self._counts()}")

    def _counts(self) -> str:
        return f"{self._files_done:,} of {self._files:,} files"


def _mebibytes(size: int) -> str:
    return f"{size / (1 << 20):,.1f}"


def _make_bar(doing: str, size: int, counts: str) -> tuple[Bar, TaskID]:
    from rich import progress
    from rich.console import Console

    bar = progress.Progress(
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.DownloadColumn(binary_units=True),
        progress.TextColumn("{task.fields[files]}"),
        progress.TransferSpeedColumn(),
        progress.TimeRemainingColumn(),
        console=Console(file=sys.stderr),
        transient=True,
    )
    return bar, bar.add_task(doing, total=size, files=counts)
