"""post: the index of what is due has only that, and is no way to one delivery by its key any more."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
phase = "post"


def upgrade() -> None:
    """Make the index anew."""
    op.drop_index("ix_deliveries_due", table_name="deliveries")
    is_due = sa.text("due_at IS NOT NULL")
    op.create_index(
        "ix_deliveries_due",
        "deliveries",
        ["tenant_id", "urgency", "due_at", "key"],
        sqlite_where=is_due,
        postgresql_where=is_due,
    )
