"""Which contents an asset holds and a user has sent."""

import zlib
from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from alembic import op

from assethub.tree import EMPTY, node_references, range_checksums

revision = "0002"
down_revision = "0001"

Sha256 = sa.String(64).with_variant(sa.String(64, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "asset_contents",
        sa.Column("sha256", Sha256, nullable=False),
        sa.Column("asset_id", sa.String(36), nullable=False),
        sa.ForeignKeyConstraint(
            ["asset_id"],
            ["assets.id"],
            name=op.f("fk_asset_contents_asset_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("sha256", "asset_id", name=op.f("pk_asset_contents")),
    )
    op.create_index(op.f("ix_asset_contents_asset_id"), "asset_contents", ["asset_id"])
    op.create_table(
        "sent_contents",
        sa.Column("sha256", Sha256, nullable=False),
        sa.Column("user_id", sa.String(36), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_sent_contents_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("sha256", "user_id", name=op.f("pk_sent_contents")),
    )
    op.create_index(op.f("ix_sent_contents_user_id"), "sent_contents", ["user_id"])
    op.create_index(op.f("ix_sent_contents_expires"), "sent_contents", ["expires"])
    _fill_asset_contents()


def _fill_asset_contents() -> None:
    """Notes what the commits made so far hold."""
    connection = op.get_bind()
    table = sa.table("asset_contents", sa.column("sha256"), sa.column("asset_id"))
    held: dict[str, set[str]] = {}
    for asset_id, tree in connection.execute(sa.text("SELECT asset_id, tree FROM commits")).all():
        if tree != EMPTY:
            ranges = node_references(_load(connection, [tree])[tree])
            nodes = _load(connection, ranges).values()
            found = (checksum for node in nodes for checksum in range_checksums(node))
            held.setdefault(asset_id, set()).update(found)
    for asset_id, checksums in held.items():
        rows = [{"sha256": checksum, "asset_id": asset_id} for checksum in sorted(checksums)]
        connection.execute(table.insert(), rows)


def _load(connection: sa.Connection, hashes: Sequence[str]) -> Mapping[str, bytes]:
    query = sa.text("SELECT hash, data FROM nodes WHERE hash = :hash")
    rows = [connection.execute(query, {"hash": key}).one() for key in hashes]
    return {row.hash: zlib.decompress(row.data) for row in rows}
