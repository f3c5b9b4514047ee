"""Descriptions of folders and assets; the first answers to requests that may come again."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

Sha256 = sa.String(64).with_variant(sa.String(64, collation="C"), "postgresql")


def upgrade() -> None:
    for table in ("folders", "assets"):
        op.add_column(table, sa.Column("description", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "answers",
        sa.Column("user_id", sa.String(36), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("request", Sha256, nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_answers_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "key", name=op.f("pk_answers")),
    )
    op.create_index(op.f("ix_answers_expires"), "answers", ["expires"])
