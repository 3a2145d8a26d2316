"""Make the accounts."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
phase = "pre"


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("tenant_id", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text),
        sa.Column("external_id", sa.Text),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.UniqueConstraint("tenant_id", "name", name="accounts_name"),
    )
    op.create_index("accounts_external_id", "accounts", ["tenant_id", "external_id"])
