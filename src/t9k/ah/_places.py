"""Where this client keeps what it can make anew: the user's cache directory."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def cache_directory() -> str:
    """`$XDG_CACHE_HOME/ah`, else `~/.cache/ah`; it need not exist."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    # The specification has relative ones ignored.
    if not os.path.isabs(base):
        base = os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base, "ah")


def write_whole(path: str, content: Iterable[bytes | memoryview]) -> None:
    """Put a file in its place in one step, readable by its owner alone."""
    import tempfile

    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=os.path.dirname(path), prefix=".new-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(content)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
