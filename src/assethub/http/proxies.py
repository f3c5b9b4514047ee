"""Who really asks, where trusted proxies stand between: address, scheme and host."""

import re
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import ip_address

from starlette.requests import HTTPConnection
from starlette.types import Scope

from assethub.settings import Networks

_PORT = re.compile(r"(?:\[(?P<six>[^\]]*)\]|(?P<four>[0-9.]+))(?::\d+)?")
_HOST = re.compile(rb"[!-+\--~]+")


def find_peer(connection: HTTPConnection) -> str:
    """The address that a request comes from, past the proxies that `resolve` has looked behind."""
    client = connection.client
    return client.host if client else ""


class Proxies:
    """The proxies whose word counts, by address or network."""

    def __init__(self, networks: Networks) -> None:
        self._networks = networks
        self.trusts = lru_cache(maxsize=4096)(self._trusts)

    def resolve(self, scope: Scope) -> bool:
        """Puts into the scope who asks, how and for which host, as the trusted proxy before the
        hub says; says whether there is one. Of `X-Forwarded-For` the rightmost address that is no
        trusted proxy's counts: what stands left of it, anyone can write.
        """
        client = scope.get("client")
        if not self._networks or client is None or not self.trusts(client[0]):
            return False
        found: dict[bytes, list[bytes]] = {}
        for name, value in scope["headers"]:
            if name.startswith(b"x-forwarded-"):
                found.setdefault(name, []).extend(each.strip() for each in value.split(b","))
        hops = [hop.decode("latin-1") for hop in found.get(b"x-forwarded-for", ())]
        scope["client"] = (self._client(client[0], hops), 0)
        scheme = found.get(b"x-forwarded-proto", [b""])[-1].lower()
        if scheme in (b"http", b"https"):
            scope["scheme"] = scheme.decode()
        host = found.get(b"x-forwarded-host", [b""])[-1]
        if _HOST.fullmatch(host):
            others = [each for each in scope["headers"] if each[0] != b"host"]
            scope["headers"] = [(b"host", host), *others]
        return True

    def _client(self, peer: str, hops: Iterable[str]) -> str:
        """The first of the hops, nearest first, that is not trusted; else the farthest one."""
        client = peer
        for hop in reversed(list(hops)):
            match = _PORT.fullmatch(hop)
            text = (match["six"] or match["four"] or "") if match else hop
            try:
                client = str(ip_address(text))
            except ValueError:
                break
            if not self.trusts(client):
                break
        return client

    def _trusts(self, address: str) -> bool:
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        mapped = getattr(parsed, "ipv4_mapped", None)
        return any((mapped or parsed) in network for network in self._networks)
