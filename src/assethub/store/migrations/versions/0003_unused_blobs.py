"""Since when blobs are unused, and what `assethub check` has put aside."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

Sha256 = sa.String(64).with_variant(sa.String(64, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "unused_blobs",
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_unused_blobs")),
    )
    op.create_index(op.f("ix_unused_blobs_since"), "unused_blobs", ["since"])
    op.create_table(
        "quarantine",
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("name", Sha256, nullable=False),
        sa.Column("moved", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("kind", "name", "moved", name=op.f("pk_quarantine")),
    )
