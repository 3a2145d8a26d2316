"""post: leavers who are kept until a date, approvals that end, and what a second person must approve.

Approvals given before get an end, so servers of the release before have to be gone.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
phase = "post"

_THIRTY_DAYS = 30 * 24 * 3_600_000


def upgrade() -> None:
    """Add the columns and tables; what was approved before ends thirty days after it was."""
    op.add_column("deliveries", sa.Column("kept_until", sa.BigInteger()))
    op.add_column("deliveries", sa.Column("held_until", sa.BigInteger()))
    op.add_column("protected_users", sa.Column("until", sa.BigInteger()))
    op.add_column("approvals", sa.Column("because", sa.String()))
    op.add_column("approvals", sa.Column("expires_at", sa.BigInteger()))
    approvals = sa.table("approvals", sa.column("approved_at"), sa.column("expires_at"))
    op.execute(sa.update(approvals).values(expires_at=approvals.c.approved_at + _THIRTY_DAYS))
    op.create_table(
        "first_approvals",
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("because", sa.String(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "what", name="pk_first_approvals"),
    )
    op.create_table(
        "exceptions",
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("because", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("ended_by", sa.String()),
        sa.PrimaryKeyConstraint("tenant_id", "key", name="pk_exceptions"),
    )
