"""Admins, groups, shares, limited keys, protected branches, failed sign-ins, the audit log."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

Id = sa.String(36)
Sha256 = sa.String(64).with_variant(sa.String(64, collation="C"), "postgresql")
Name = sa.String(255).with_variant(sa.String(255, collation="C"), "postgresql")
Serial = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    _extend_tables()
    _make_groups_and_shares()
    _make_attempts()
    _make_audit()
    # Someone has to be able to look after the users of a hub that is there.
    op.execute(
        "UPDATE users SET admin = true WHERE id = "
        "(SELECT id FROM users ORDER BY created, id LIMIT 1)"
    )
    op.execute(
        "UPDATE evaluations SET dataset_folder_id = "
        "(SELECT folder_id FROM assets WHERE assets.id = evaluations.dataset_id)"
    )


def _extend_tables() -> None:
    false = sa.false()
    for table, column in (
        ("users", sa.Column("admin", sa.Boolean(), nullable=False, server_default=false)),
        ("users", sa.Column("disabled", sa.BigInteger())),
        ("users", sa.Column("password", sa.String(255))),
        ("users", sa.Column("email", sa.String(255))),
        ("users", sa.Column("subject", sa.Text())),
        ("api_keys", sa.Column("expires", sa.BigInteger())),
        ("api_keys", sa.Column("last_used", sa.BigInteger())),
        ("api_keys", sa.Column("scope", sa.String(8), nullable=False, server_default="full")),
        ("api_keys", sa.Column("folder_id", Id)),
        ("api_keys", sa.Column("asset_id", Id)),
        ("sessions", sa.Column("last_used", sa.BigInteger())),
        ("sessions", sa.Column("peer", sa.String(64), nullable=False, server_default="")),
        ("sessions", sa.Column("agent", sa.Text(), nullable=False, server_default="")),
        ("sessions", sa.Column("method", sa.String(8), nullable=False, server_default="")),
        ("branches", sa.Column("protection", sa.JSON())),
        ("uploads", sa.Column("key_id", Id)),
        ("evaluations", sa.Column("dataset_folder_id", Id)),
    ):
        op.add_column(table, column)
    op.create_index("ix_users_subject", "users", ["subject"], unique=True)


def _make_groups_and_shares() -> None:
    op.create_table(
        "groups",
        sa.Column("id", Id, nullable=False),
        sa.Column("name", Name, nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(16), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_groups")),
        sa.UniqueConstraint("name", name=op.f("uq_groups_name")),
    )
    op.create_table(
        "group_members",
        sa.Column("user_id", Id, nullable=False),
        sa.Column("group_id", Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_group_members_user_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["groups.id"], name=op.f("fk_group_members_group_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "group_id", name=op.f("pk_group_members")),
    )
    op.create_index(op.f("ix_group_members_group_id"), "group_members", ["group_id"])
    op.create_table(
        "shares",
        sa.Column("folder_id", Id, nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("grantee", Id, nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.String(255), nullable=False),
        sa.ForeignKeyConstraint(
            ["folder_id"], ["folders.id"], name=op.f("fk_shares_folder_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("folder_id", "kind", "grantee", name=op.f("pk_shares")),
    )
    op.create_index("ix_shares_grantee_folder_id", "shares", ["grantee", "folder_id"])


def _make_attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("blocked_until", sa.BigInteger(), nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("kind", "name", name=op.f("pk_attempts")),
    )
    op.create_index(op.f("ix_attempts_since"), "attempts", ["since"])


def _make_audit() -> None:
    op.create_table(
        "audit",
        sa.Column("seq", Serial, autoincrement=True, nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("user_id", Id),
        sa.Column("user_name", sa.String(255), nullable=False),
        sa.Column("key_prefix", sa.String(8), nullable=False, server_default=""),
        sa.Column("peer", sa.String(64), nullable=False, server_default=""),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("asset_id", Id),
        sa.Column("folder_id", Id),
        sa.Column("result", sa.String(8), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("previous", Sha256, nullable=False),
        sa.Column("hash", Sha256, nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_time"), "audit", ["time"])
    op.create_index("ix_audit_user_name_seq", "audit", ["user_name", "seq"])
    op.create_index("ix_audit_asset_id_seq", "audit", ["asset_id", "seq"])
