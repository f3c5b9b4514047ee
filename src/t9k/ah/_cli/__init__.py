"""The command `ah`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(args: Sequence[str] | None = None) -> None:
    """Run `ah` with these arguments, the process's own by default, and exit with its code."""
    try:
        from .program import run

        code = run(args)
    except KeyboardInterrupt:
        # So early or so late that there is nothing to say.
        code = 130
    sys.exit(code)
