"""Which contents and blobs something refers to."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from assethub.core.hub import Hub
from assethub.core.repository.contents import Place
from assethub.store.tables import (
    asset_contents,
    contents,
    metadata,
    operations,
    samples,
    sent_contents,
    staged_puts,
    unused_blobs,
)


class Usage(NamedTuple):
    """What is in use, not counting what has expired by `moment` (0: all that is noted counts)."""

    moment: int

    def staged(self, hashes: Sequence[str]) -> sa.Select[Any]:
        """Those of the hashes that an operation has staged."""
        query = sa.select(staged_puts.c.sha256).join(operations)
        return query.where(staged_puts.c.sha256.in_(hashes), operations.c.expires > self.moment)

    def unstaged(self, connection: sa.Connection, hashes: Sequence[str]) -> list[int]:
        """The sizes of those contents that no operation has staged."""
        query = sa.select(contents.c.length).where(
            contents.c.sha256.in_(hashes), contents.c.sha256.not_in(self.staged(hashes))
        )
        return list(connection.execute(query).scalars())

    def used_bytes(self, connection: sa.Connection, addresses: Sequence[str]) -> dict[str, int]:
        """Of those blobs that are in use how many bytes are, by address.

        A blob that is known otherwise than by contents, as a part of an upload is, is used whole.
        """
        query = sa.select(contents.c.address, sa.func.sum(contents.c.length))
        query = query.where(contents.c.address.in_(addresses)).group_by(contents.c.address)
        if self.moment:
            open_ones = sa.select(staged_puts.c.sha256).join(operations)
            staged = contents.c.sha256.in_(open_ones.where(operations.c.expires > self.moment))
            query = query.where(sa.or_(*map(sa.not_, unreferenced(self)), staged))
        used = {address: int(size) for address, size in connection.execute(query)}
        for table in metadata.tables.values():
            if "address" in table.c and table not in (contents, unused_blobs):
                whole = sa.select(table.c.address).where(table.c.address.in_(addresses))
                used.update(dict.fromkeys(connection.execute(whole).scalars(), _WHOLE))
        return used


# More than any blob has.
_WHOLE = 1 << 62


def unreferenced(usage: Usage) -> list[sa.ColumnElement[bool]]:
    """That no asset holds a content, no evaluation has it as samples, and no sender may name it."""
    held = sa.exists().where(asset_contents.c.sha256 == contents.c.sha256)
    sent = sa.exists().where(
        sent_contents.c.sha256 == contents.c.sha256, sent_contents.c.expires > usage.moment
    )
    living = sa.or_(samples.c.expires.is_(None), samples.c.expires > usage.moment)
    measured = sa.exists().where(samples.c.sha256 == contents.c.sha256, living)
    return [sa.not_(held), sa.not_(sent), sa.not_(measured)]


def places_in(hub: Hub, address: str) -> list[Place]:
    """The contents that lie in a blob, in order."""
    query = sa.select(*(getattr(contents.c, name) for name in Place._fields))
    query = query.where(contents.c.address == address)
    with hub.database.read() as connection:
        rows = connection.execute(query.order_by(contents.c.offset, contents.c.length))
        return [Place(*row) for row in rows]
