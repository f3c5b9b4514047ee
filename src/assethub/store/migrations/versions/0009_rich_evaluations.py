"""What an evaluation may say beside its metrics; samples; the indexes that searches walk."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

Id = sa.String(36)
Sha256 = sa.String(64).with_variant(sa.String(64, collation="C"), "postgresql")
Serial = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    for column in (
        sa.Column("model_folder_id", Id),
        sa.Column("params", sa.JSON()),
        sa.Column("tool", sa.String(255)),
        sa.Column("tool_version", sa.String(255)),
        sa.Column("revision", sa.String(255)),
        sa.Column("seed", sa.BigInteger()),
        sa.Column("hardware", sa.Text()),
        sa.Column("duration", sa.Double()),
        sa.Column("started", sa.BigInteger()),
        sa.Column("note", sa.Text()),
        sa.Column("labels", sa.JSON()),
        sa.Column("source", sa.JSON()),
        sa.Column("invalid", sa.BigInteger()),
        sa.Column("invalid_by", sa.String(255)),
        sa.Column("invalid_why", sa.Text()),
    ):
        op.add_column("evaluations", column)
    op.execute(
        "UPDATE evaluations SET model_folder_id = "
        "(SELECT folder_id FROM assets WHERE assets.id = evaluations.model_id)"
    )
    op.create_index("ix_evaluations_created", "evaluations", ["created", "seq"])
    _remake_metrics()
    _make_samples()


def _remake_metrics() -> None:
    """By evaluation and name, which is what a search asks for; on SQLite without another index."""
    op.rename_table("metrics", "old_metrics")
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint("pk_metrics", "old_metrics", type_="primary")
        op.drop_constraint("fk_metrics_evaluation_seq", "old_metrics", type_="foreignkey")
    op.create_table(
        "metrics",
        sa.Column("evaluation_seq", Serial, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("value", sa.Double()),
        sa.Column("integral", sa.Boolean(), nullable=False),
        sa.Column("stderr", sa.Double()),
        sa.Column("n", sa.BigInteger()),
        sa.Column("higher_is_better", sa.Boolean()),
        sa.Column("slice", sa.Text()),
        sa.ForeignKeyConstraint(
            ["evaluation_seq"],
            ["evaluations.seq"],
            name=op.f("fk_metrics_evaluation_seq"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("evaluation_seq", "name", name=op.f("pk_metrics")),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO metrics (evaluation_seq, name, position, value, integral) "
        "SELECT evaluation_seq, name, position, value, integral FROM old_metrics"
    )
    op.drop_table("old_metrics")
    op.create_index("ix_metrics_name_value", "metrics", ["name", "value", "evaluation_seq"])


def _make_samples() -> None:
    op.create_table(
        "samples",
        sa.Column("id", Id, nullable=False),
        sa.Column("user_id", Id, nullable=False),
        sa.Column("evaluation_seq", Serial),
        sa.Column("sha256", Sha256, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("expires", sa.BigInteger()),
        sa.ForeignKeyConstraint(
            ["evaluation_seq"],
            ["evaluations.seq"],
            name=op.f("fk_samples_evaluation_seq"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_samples")),
        sa.UniqueConstraint("evaluation_seq", name=op.f("uq_samples_evaluation_seq")),
    )
    for name in ("user_id", "sha256", "expires"):
        op.create_index(op.f(f"ix_samples_{name}"), "samples", [name])
