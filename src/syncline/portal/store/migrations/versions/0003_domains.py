"""Domains on their way to being verified, and seats-based pricing."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
phase = "pre"


def upgrade() -> None:
    op.add_column(
        "accounts", sa.Column("seats_pricing", sa.Boolean, nullable=False, server_default=sa.false())
    )
    op.create_table(
        "domain_claims",
        sa.Column("portal_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("domain", sa.String, nullable=False),
        sa.Column("value", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("claimed_at", sa.BigInteger, nullable=False),
        sa.Column("since", sa.BigInteger),
        sa.Column("next_look_at", sa.BigInteger),
        sa.Column("looked_at", sa.BigInteger),
        sa.Column("looks", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("portal_id", "domain", name="pk_domain_claims"),
    )
    op.create_index("ix_domain_claims_next_look_at", "domain_claims", ["next_look_at"])
