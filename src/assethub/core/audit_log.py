"""Reading the audit log, and telling whether anybody has changed it."""

import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any, NamedTuple

import sqlalchemy as sa

from assethub.core.audit import asset_path, folder_path
from assethub.core.hub import Hub
from assethub.core.pages import Page, check_amount, cut_page
from assethub.core.people.users import User
from assethub.core.permissions import require_admin
from assethub.errors import InvalidInput
from assethub.store.chains import START, Entry, hash_entry
from assethub.store.tables import assets, audit, audit_chains, folders, users

_AT_ONCE = 1000


class Listed(NamedTuple):
    """A row of the log; rows come in the order of `seq`, which has gaps on PostgreSQL."""

    seq: int
    entry: Entry


class Filter(NamedTuple):
    """Which rows are meant: all, where nothing is said.

    `since` and `until` are in microseconds; `asset` and `folder` are ids, or paths as they were or
    are now;
    `action` is NOUN.VERB, or a NOUN for all of its verbs; `target` is all of what rows are about.
    """

    since: int | None = None
    user: str | None = None
    asset: str | None = None
    folder: str | None = None
    action: str | None = None
    result: str | None = None
    until: int | None = None
    target: str | None = None


class Head(NamedTuple):
    """How far one chain of the log has come; who keeps it elsewhere can tell what is cut off."""

    chain: int
    length: int
    hash: str

    def __str__(self) -> str:
        return f"{self.chain}:{self.length}:{self.hash}"


class Verdict(NamedTuple):
    """What a look at the whole log says: its rows, its heads, and the first thing that is wrong."""

    records: int
    heads: list[Head]
    problem: str | None


def page_log(
    hub: Hub, user: User, wanted: Filter, *, after: int = 0, amount: int | None = None
) -> Page[Listed]:
    """For an admin: up to `amount` rows from behind the one whose `seq` is `after`."""
    require_admin(user)
    most = check_amount(amount)
    query = _select.where(*_conditions(wanted), audit.c.seq > after)
    with hub.database.read() as connection:
        rows = connection.execute(query.order_by(audit.c.seq).limit(most + 1)).all()
    return cut_page([_listed(row) for row in rows], most)


def page_latest(
    hub: Hub, user: User, wanted: Filter, *, before: int = 0, amount: int | None = None
) -> Page[Listed]:
    """For an admin: up to `amount` rows, the newest first, from before the one of that `seq`."""
    require_admin(user)
    most = check_amount(amount)
    query = _select.where(*_conditions(wanted))
    if before:
        query = query.where(audit.c.seq < before)
    with hub.database.read() as connection:
        rows = connection.execute(query.order_by(audit.c.seq.desc()).limit(most + 1)).all()
    return cut_page([_listed(row) for row in rows], most)


def list_latest(hub: Hub, wanted: Filter, amount: int) -> list[Listed]:
    """The last rows, the newest at the end."""
    query = _select.where(*_conditions(wanted)).order_by(audit.c.seq.desc()).limit(amount)
    with hub.database.read() as connection:
        rows = connection.execute(query).all()
    return [_listed(row) for row in reversed(rows)]


def parse_head(text: str) -> Head:
    """A head as `Head` prints it; raises InvalidInput."""
    chain, _, rest = text.partition(":")
    length, _, digest = rest.partition(":")
    if not (chain.isdecimal() and length.isdecimal() and len(digest) == len(START)):
        raise InvalidInput(
            f"{text!r} is no head of the log: CHAIN:LENGTH:HASH", code="invalid_head"
        )
    return Head(int(chain), int(length), digest)


def verify_log(hub: Hub, kept: Sequence[Head] = ()) -> Verdict:
    """Reads all of the log and tells the first row that is not as it was written.

    That is one which was changed, or before which one was removed or inserted. Rows that are
    missing at the end show by the heads in the database, or, where somebody has changed these,
    by those of `kept`.
    """
    with hub.database.read() as connection:
        expected = {row.chain: Head._make(row) for row in connection.execute(_heads)}
        rows = connection.execute(_select_all, execution_options={"yield_per": _AT_ONCE})
        with closing(rows):
            found, problem = _follow(iter(rows), {head[:2]: head.hash for head in kept})
        problem = problem or _compare(found, expected, kept)
        if problem is not None:
            # Nobody is to keep the heads of a log that somebody has changed.
            return Verdict(sum(head.length for head in found.values()), [], problem)
    heads = sorted(head for head in found.values() if head.length)
    return Verdict(sum(head.length for head in heads), heads, None)


def _follow(
    rows: Iterator[Any], kept: dict[tuple[int | str, ...], str]
) -> tuple[dict[int, Head], str | None]:
    """The heads that rows lead to, up to the first row that is wrong, and what is wrong with it."""
    found: dict[int, Head] = {}
    for row in rows:
        chain, length, last = found.get(row.chain, Head(row.chain, 0, START))
        name = f"record {row.seq} ({row.action} of {row.user_name or 'nobody'})"
        if row.previous != last:
            return found, (
                f"{name} does not follow the one before it: that one, or some before this one, "
                "was removed or inserted"
            )
        entry = _entry(row)
        if entry is None or row.hash != hash_entry(entry, chain, length + 1, last):
            return found, f"{name} is not as it was written"
        found[chain] = Head(chain, length + 1, row.hash)
        if kept.get((chain, length + 1), row.hash) != row.hash:
            return found, f"{name} is not the one whose hash was kept: the log was written anew"
    return found, None


def _compare(found: dict[int, Head], expected: dict[int, Head], kept: Sequence[Head]) -> str | None:
    if not expected:
        return "the heads of the log are gone"
    for head in kept:
        here = found.get(head.chain, Head(head.chain, 0, START))
        if here.length < head.length:
            return f"{_missing(here, head)}, by the head that was kept"
    for chain in sorted(found.keys() | expected.keys()):
        here = found.get(chain, Head(chain, 0, START))
        if chain not in expected or here.length > expected[chain].length:
            return f"chain {chain} has more records than were written: some were inserted"
        head = expected[chain]
        if here.length < head.length:
            return _missing(here, head)
        if here.hash != head.hash:
            return f"chain {chain} does not end with the record that was written last"
    return None


def _missing(here: Head, head: Head) -> str:
    return (
        f"{head.length - here.length} records are missing at the end of chain {head.chain}, after "
        f"its first {here.length}"
    )


_columns = (audit.c.seq, *(getattr(audit.c, field) for field in Entry._fields))
_select = sa.select(*_columns)
# The text of what may be no JSON any more.
_select_all = sa.select(
    *(sa.cast(c, sa.Text).label("detail") if c is audit.c.detail else c for c in _columns),
    audit.c.chain,
    audit.c.previous,
    audit.c.hash,
).order_by(audit.c.seq)
_heads = sa.select(audit_chains.c.chain, audit_chains.c.count, audit_chains.c.hash)


def _listed(row: "sa.Row[Any]") -> Listed:
    return Listed(row[0], Entry._make(row[1:]))


def _entry(row: "sa.Row[Any]") -> Entry | None:
    try:
        detail = json.loads(row.detail)
    except (TypeError, ValueError):
        return None
    return Entry._make(row[1 : len(_columns)])._replace(detail=detail)


def _conditions(wanted: Filter) -> Iterator["sa.ColumnElement[bool]"]:
    if wanted.since is not None:
        yield audit.c.time >= wanted.since
    if wanted.until is not None:
        yield audit.c.time < wanted.until
    if wanted.user is not None:
        yield audit.c.user_name == wanted.user
    if wanted.target is not None:
        yield audit.c.target == wanted.target
    if wanted.result is not None:
        yield audit.c.result == wanted.result
    if wanted.action is not None:
        verbs = audit.c.action.startswith(f"{wanted.action}.", autoescape=True)
        yield sa.or_(audit.c.action == wanted.action, verbs)
    if wanted.folder is not None:
        yield _is_folder(wanted.folder)
    if wanted.asset is not None:
        yield _is_asset(wanted.asset)


def _is_folder(text: str) -> "sa.ColumnElement[bool]":
    if "/" not in text:
        return audit.c.folder_id == text
    now_there = sa.select(folders.c.id).join(users, users.c.id == folders.c.owner_id)
    return sa.or_(
        audit.c.folder_id.in_(now_there.where(folder_path == text)),
        audit.c.target == text,
        audit.c.target.startswith(f"{text}/", autoescape=True),
    )


def _is_asset(text: str) -> "sa.ColumnElement[bool]":
    if "/" not in text:
        return audit.c.asset_id == text
    now_there = sa.select(assets.c.id).join(folders, folders.c.id == assets.c.folder_id)
    now_there = now_there.join(users, users.c.id == folders.c.owner_id)
    return sa.or_(
        audit.c.asset_id.in_(now_there.where(asset_path == text)),
        audit.c.target == text,
        *(audit.c.target.startswith(text + mark, autoescape=True) for mark in ":@"),
    )
