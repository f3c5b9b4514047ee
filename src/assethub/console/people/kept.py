"""What is fetched from elsewhere and kept for a while."""

from collections.abc import Callable
from time import monotonic
from typing import Any

_KEPT_SECONDS = 3600.0


class Kept:
    """A JSON object that is fetched when it is wanted, and then kept for an hour."""

    def __init__(self, fetch: Callable[[], dict[str, Any]]) -> None:
        self._fetch = fetch
        self._value: dict[str, Any] | None = None
        self._since = 0.0

    def get(self, *, newer: bool = False) -> dict[str, Any]:
        """The value, asked for again with `newer`. Raises what fetching it does."""
        age = monotonic() - self._since
        if self._value is None or newer or age > _KEPT_SECONDS:
            self._value = self._fetch()
            self._since = monotonic()
        return self._value
