"""Failed attempts to sign in: counted in the database for all hubs, and slowed down.

Failures of an account block it for seconds, for a minute at most, and only to addresses from which
it was not signed in to before: who tries to lock others out gets no further than that. Failures
from an address block that for longer.
"""

from ipaddress import IPv6Address, ip_address
from typing import NamedTuple

import sqlalchemy as sa

from assethub.core.people.keys import hash_secret
from assethub.core.values import now
from assethub.errors import TooManyRequests
from assethub.store.database import insert_missing, insert_or_replace
from assethub.store.tables import attempts

_SECOND = 1_000_000
# Failures count for so long.
WINDOW_SECONDS = 3600
_KNOWN_SECONDS = 90 * 24 * 3600


class Counter(NamedTuple):
    """What failures are counted of: after `free` of them each one blocks, twice as long as the
    one before, `longest` seconds at most.
    """

    kind: str
    name: str
    free: int
    longest: int


def of_account(name: str) -> Counter:
    """The counter of sign-ins to an account, also to one that is not there."""
    return Counter("account", hash_secret(f"account {name}"), 5, 60)


def of_own_password(user_id: str) -> Counter:
    """The counter of who is signed in and says their password again; others don't touch it."""
    return Counter("account", hash_secret(f"own {user_id}"), 5, 900)


def of_address(peer: str) -> Counter:
    """The counter of an address."""
    return Counter("address", hash_secret(_network(peer)), 20, 900)


def count_failure(connection: sa.Connection, counter: Counter) -> None:
    """Counts an attempt before it is known how it ends, so that many at once get no further.

    Raises TooManyRequests while the counter blocks; such attempts are not counted.
    """
    moment = now()
    fresh = {"kind": counter.kind, "name": counter.name, "count": 0, "since": moment}
    insert_missing(connection, attempts, [fresh | {"blocked_until": 0}])
    query = sa.select(attempts.c.count, attempts.c.since, attempts.c.blocked_until)
    row = connection.execute(query.where(_is(counter)).with_for_update()).one()
    before, since, blocked_until = row
    if blocked_until > moment:
        seconds = -((moment - blocked_until) // _SECOND)
        raise TooManyRequests(
            f"too many failed attempts; try again in {seconds} s",
            seconds,
            code="too_many_failures",
        )
    over = since < moment - WINDOW_SECONDS * _SECOND
    count = 1 if over else before + 1
    change = {"count": count, "blocked_until": moment + _block(counter, count) * _SECOND}
    if over:
        change["since"] = moment
    connection.execute(attempts.update().where(_is(counter)), change)
    _forget_old(connection, moment)


def take_back(connection: sa.Connection, counter: Counter) -> None:
    """Takes back one attempt, which succeeded: what was counted before it stays."""
    change = {"count": attempts.c.count - 1, "blocked_until": 0}
    connection.execute(attempts.update().where(_is(counter), attempts.c.count > 0).values(change))


def clear(connection: sa.Connection, counter: Counter) -> None:
    """Forgets all failures of a counter."""
    connection.execute(attempts.delete().where(_is(counter)))


def note_known(connection: sa.Connection, name: str, peer: str) -> None:
    """Notes that an account was signed in to from an address."""
    row = {"kind": "known", "name": _pair(name, peer), "count": 0, "since": now()}
    insert_or_replace(connection, attempts, [row | {"blocked_until": 0}])


def is_known(connection: sa.Connection, name: str, peer: str) -> bool:
    """Whether an account was signed in to from an address within the last 90 days."""
    query = sa.select(attempts.c.since).where(
        attempts.c.kind == "known",
        attempts.c.name == _pair(name, peer),
        attempts.c.since > now() - _KNOWN_SECONDS * _SECOND,
    )
    return connection.execute(query).first() is not None


def _block(counter: Counter, count: int) -> int:
    if count < counter.free:
        return 0
    return min(1 << min(count - counter.free, 30), counter.longest)


def _forget_old(connection: sa.Connection, moment: int) -> None:
    """Drops some rows that no longer count; those that others hold are left to them."""
    old = sa.select(attempts.c.kind, attempts.c.name).where(
        attempts.c.since < moment - WINDOW_SECONDS * _SECOND,
        sa.or_(attempts.c.kind != "known", attempts.c.since < moment - _KNOWN_SECONDS * _SECOND),
        attempts.c.blocked_until < moment,
    )
    for kind, name in connection.execute(old.limit(10).with_for_update(skip_locked=True)).all():
        gone = attempts.delete().where(attempts.c.kind == kind, attempts.c.name == name)
        connection.execute(gone)


def _is(counter: Counter) -> sa.ColumnElement[bool]:
    return sa.and_(attempts.c.kind == counter.kind, attempts.c.name == counter.name)


def _pair(name: str, peer: str) -> str:
    return hash_secret(f"{name}\n{_network(peer)}")


def _network(peer: str) -> str:
    """The address; of IPv6 the /64, all of which one subscriber has."""
    try:
        address = ip_address(peer)
    except ValueError:
        return peer
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(IPv6Address(int(address) >> 64 << 64))
    return str(address)
