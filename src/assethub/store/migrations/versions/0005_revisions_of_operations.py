"""How often something was staged for an operation."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column(
        "operations", sa.Column("revision", sa.BigInteger(), nullable=False, server_default="0")
    )
