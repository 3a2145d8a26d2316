"""pre: who has lost access within a day is found by the moment, however many have left before."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
phase = "pre"


def upgrade() -> None:
    """Make the index."""
    op.create_index("ix_deletions_at", "deletions", ["tenant_id", "at"])
