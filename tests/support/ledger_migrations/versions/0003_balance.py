"""Keep the balance, and insist on a name: on SQLite this rebuilds the table the entries refer to."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
phase = "post"


def upgrade() -> None:
    op.execute("UPDATE accounts SET name = id WHERE name IS NULL")
    with op.batch_alter_table("accounts") as accounts:
        accounts.add_column(sa.Column("balance", sa.Integer, nullable=False, server_default="0"))
        accounts.alter_column("name", existing_type=sa.Text, nullable=False)
