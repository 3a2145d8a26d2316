"""pre: readings that survive a restart, and what is remembered of each comparison."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
phase = "pre"


def upgrade() -> None:
    """Make the tables of a reading, and room in the deliveries."""
    op.create_table(
        "read_users",
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("reading_id", sa.String(), nullable=False),
        sa.Column("hubspot_id", sa.String(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "reading_id", "hubspot_id", name="pk_read_users"),
    )
    op.create_table(
        "readings",
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.Column("account", sa.Text(), nullable=True),
        sa.Column("users", sa.Integer(), nullable=False),
        sa.Column("super_admins", sa.Integer(), nullable=False),
        sa.Column("owners_read", sa.Boolean(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("missing", sa.Text(), nullable=False),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("correlation_id", sa.String(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name="pk_readings"),
    )
    op.add_column("deliveries", sa.Column("agreement", sa.Text(), nullable=True))
    op.add_column("deliveries", sa.Column("drifted", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index("ix_deliveries_drifted", "deliveries", ["tenant_id", "drifted", "key"], unique=False)
    op.create_index("ix_deliveries_hubspot_id", "deliveries", ["tenant_id", "hubspot_id"], unique=False)
