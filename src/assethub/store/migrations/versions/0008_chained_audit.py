"""The chains of the audit log, and triggers that let nobody change what stands in it."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

Sha256 = sa.String(64).with_variant(sa.String(64, collation="C"), "postgresql")
_REFUSAL = "the audit log is only ever added to"
# On SQLite writers take turns anyway. On PostgreSQL as many as a hub has connections.
_CHAINS = {"sqlite": 1, "postgresql": 32}


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    op.add_column("audit", sa.Column("chain", sa.Integer(), nullable=False, server_default="0"))
    op.create_index("ix_audit_folder_id_seq", "audit", ["folder_id", "seq"])
    chains = op.create_table(
        "audit_chains",
        sa.Column("chain", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("hash", Sha256, nullable=False),
        sa.PrimaryKeyConstraint("chain", name=op.f("pk_audit_chains")),
    )
    op.bulk_insert(
        chains, [{"chain": n, "count": 0, "hash": "0" * 64} for n in range(_CHAINS[dialect])]
    )
    (_guard_sqlite if dialect == "sqlite" else _guard_postgresql)()


def _guard_sqlite() -> None:
    for name, event in (
        ("audit_no_update", "UPDATE ON audit"),
        ("audit_no_delete", "DELETE ON audit"),
        ("audit_chains_no_delete", "DELETE ON audit_chains"),
        ("audit_chains_forward", "UPDATE ON audit_chains WHEN NEW.count <= OLD.count"),
    ):
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {event} BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
        )


def _guard_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$"
    )
    for name, event, which in (
        ("audit_no_change", "UPDATE OR DELETE ON audit", "FOR EACH ROW"),
        ("audit_no_truncate", "TRUNCATE ON audit", "FOR EACH STATEMENT"),
        ("audit_chains_no_delete", "DELETE ON audit_chains", "FOR EACH ROW"),
        ("audit_chains_no_truncate", "TRUNCATE ON audit_chains", "FOR EACH STATEMENT"),
        (
            "audit_chains_forward",
            "UPDATE ON audit_chains",
            "FOR EACH ROW WHEN (NEW.count <= OLD.count)",
        ),
    ):
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {event} {which} EXECUTE FUNCTION refuse_audit_change()"
        )
