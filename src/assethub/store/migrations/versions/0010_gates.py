"""The gate of a branch: the rules that a commit has to satisfy before the branch points at it."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("branches", sa.Column("gate", sa.JSON()))
