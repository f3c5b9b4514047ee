"""When API keys were used last: noted by each process, and written once in a while."""

import time

_SECONDS = 60.0


class Uses:
    """Which keys this process has seen lately."""

    def __init__(self) -> None:
        self._noted: dict[str, float] = {}

    def is_due(self, key_id: str) -> bool:
        """Whether the key's time is to be written now: once a minute for each."""
        moment = time.monotonic()
        if moment < self._noted.get(key_id, 0.0):
            return False
        self._noted[key_id] = moment + _SECONDS
        return True
