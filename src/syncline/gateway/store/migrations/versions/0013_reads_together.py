"""pre: the log of reads keeps those of a second in one row, which costs a fraction of a row for each."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
phase = "pre"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "read_batches",
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("reads", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "first_at", "id", name="pk_read_batches"),
    )
