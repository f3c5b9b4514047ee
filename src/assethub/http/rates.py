"""How many requests a second a caller may make: a token bucket for each, in this process."""

import math
import re
from collections.abc import Callable
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from time import monotonic

from starlette.types import Scope

from assethub.errors import TooManyRequests

# A caller may make so many seconds' worth of requests at once after a rest.
BURST_SECONDS = 10.0
_MOST_BUCKETS = 65_536
_KEY = re.compile(rb"(?:^|&)apikey=([^&]+)")
_SESSION = re.compile(rb"(?:^|;\s*)(?:__Host-)?assethub_session(?:_\d+)?=([^;]+)")


class Buckets:
    """A bucket for each caller: `rate` tokens a second flow in, up to BURST_SECONDS' worth."""

    def __init__(self, rate: float, clock: Callable[[], float] = monotonic) -> None:
        self._rate = rate
        self._most = max(rate * BURST_SECONDS, 1.0)
        self._clock = clock
        # Tokens left at a moment. Who has not come for long has a full one, and needs none.
        self._levels: dict[int, tuple[float, float]] = {}

    def __len__(self) -> int:
        """How many callers are known just now."""
        return len(self._levels)

    def take(self, caller: int) -> float:
        """Takes a token; returns 0, or in how many seconds there is one."""
        moment = self._clock()
        tokens, seen = self._levels.get(caller, (self._most, moment))
        tokens = min(tokens + (moment - seen) * self._rate, self._most)
        wait = 0.0 if tokens >= 1 else (1 - tokens) / self._rate
        if caller not in self._levels and len(self._levels) >= _MOST_BUCKETS:
            self._forget(moment)
        self._levels[caller] = (tokens if wait else tokens - 1, moment)
        return wait

    def _forget(self, moment: float) -> None:
        """Drops the buckets that are full again, and the fuller half of the others if still many.

        So those who have asked most stay known, though others come from ever new addresses.
        """
        full = moment - self._most / self._rate
        self._levels = {key: level for key, level in self._levels.items() if level[1] > full}
        if len(self._levels) > _MOST_BUCKETS // 2:
            emptiest = sorted(self._levels.items(), key=lambda each: each[1][0])
            self._levels = dict(emptiest[: _MOST_BUCKETS // 2])


class Rates:
    """The rates of keys and of addresses, in requests a second; 0 is no limit."""

    def __init__(self, key_rate: float, address_rate: float) -> None:
        self._rates = {"API key": key_rate, "address": address_rate}
        self._keys = Buckets(key_rate) if key_rate else None
        self._addresses = Buckets(address_rate) if address_rate else None
        self.limited = bool(key_rate or address_rate)

    def check(self, scope: Scope, headers: dict[bytes, bytes]) -> None:
        """Counts a request; raises TooManyRequests where its caller has to wait."""
        if self._addresses is not None:
            client = scope.get("client")
            self._refuse("address", self._addresses.take(_find_place(client[0] if client else "")))
        if self._keys is not None:
            key = _find_key(scope, headers)
            if key:
                self._refuse("API key", self._keys.take(hash(key)))

    def _refuse(self, kind: str, wait: float) -> None:
        if wait:
            seconds = math.ceil(wait)
            raise TooManyRequests(
                f"too many requests: this {kind} may make {self._rates[kind]:g} a second; try "
                f"again in {seconds} s",
                seconds,
            )


@lru_cache(maxsize=4096)
def _find_place(address: str) -> int:
    """What stands for an address: of IPv6 the first half, since each line of customers has all of
    the second.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return hash(address)
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None:
        return hash(parsed.packed[:8])
    return hash(getattr(parsed, "ipv4_mapped", None) or parsed)


def _find_key(scope: Scope, headers: dict[bytes, bytes]) -> bytes:
    """What the caller shows to be known by: an API key, or a console's session."""
    scheme, _, credentials = headers.get(b"authorization", b"").partition(b" ")
    if scheme.lower() == b"bearer":
        return credentials.strip()
    match = _KEY.search(scope["query_string"]) or _SESSION.search(headers.get(b"cookie", b""))
    return match[1] if match else b""
