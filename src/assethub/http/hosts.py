"""By which names the hub may be asked for, so that no other site's name leads browsers to it.

A page of an attacker whose name is made to point at this machine (DNS rebinding) would else be of
the same origin as the hub.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import ip_address

from assethub.errors import HubError

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^:\[\]/?#@\\\s]+)(?::\d{1,5})?", re.IGNORECASE)
_WILDCARDS = ("0.0.0.0", "::", "")  # noqa: S104  (only compared with)


class HostRefused(HubError):
    """The request is for a host that this hub does not answer for."""

    status = 421
    code = "wrong_host"


class Hosts:
    """The names of loopback, the address that the hub listens on, and those that were allowed.

    A hub that listens on all addresses answers for every address, though not for every name.
    """

    def __init__(self, bound: str, allowed: Sequence[str]) -> None:
        self._bound = bound.lower().strip("[]")
        self._names = frozenset(name for name in allowed if not name.startswith("."))
        self._suffixes = tuple(name for name in allowed if name.startswith("."))
        self.allows = lru_cache(maxsize=1024)(self._allows)

    def check(self, host: bytes) -> None:
        """Raises HostRefused unless the value of a Host header names this hub."""
        if not self.allows(host):
            shown = host.decode("ascii", "replace")[:200]
            raise HostRefused(
                f"this hub does not answer for the host {shown!r}; who runs it can allow that "
                "with --allowed-hosts"
            )

    def _allows(self, host: bytes) -> bool:
        if "*" in self._names:
            return True
        match = _HOST.fullmatch(host.decode("latin-1"))
        if match is None:
            return False
        name = match[1].lower().strip("[]").removesuffix(".")
        if name in (self._bound, "localhost") or name in self._names:
            return True
        if name.endswith((".localhost", *self._suffixes)):
            return True
        try:
            address = ip_address(name)
        except ValueError:
            return False
        return address.is_loopback or self._bound in _WILDCARDS
