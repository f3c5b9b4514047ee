"""Information lines for people, `AH INFO: …` on standard error."""

from __future__ import annotations

import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterator

_lock = threading.Lock()


def inform(text: str) -> None:
    """Say what was done, through the logger `t9k.ah`.

    A program silences or redirects the lines as any others:
    `logging.getLogger("t9k.ah").setLevel("WARNING")`, or a handler of its own.
    """
    with _lock:
        logger = _ready_logger()
    logger.info(text)


def _ready_logger() -> logging.Logger:
    import logging  # lazy: it costs as much as half of `import t9k.ah`

    logger = logging.getLogger("t9k.ah")
    if logger.handlers:
        return logger

    class StandardError(logging.StreamHandler):  # type: ignore[type-arg]
        """Writes to what `sys.stderr` is now, which notebooks and tests replace."""

        def emit(self, record: logging.LogRecord) -> None:
            self.stream = sys.stderr
            super().emit(record)

    handler = StandardError()
    handler.setFormatter(logging.Formatter("AH %(levelname)s: %(message)s"))
    logger.addHandler(handler)
    logger.propagate = False
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.INFO)
    return logger


def is_quiet() -> bool:
    """Whether information is not shown, by `--quiet` or by a level that the program has set."""
    import logging

    with _lock:
        return not _ready_logger().isEnabledFor(logging.INFO)


@contextmanager
def hush() -> Iterator[None]:
    """Show no information for the time of a `with`; errors are raised as ever."""
    import logging

    with _lock:
        logger = _ready_logger()
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)
