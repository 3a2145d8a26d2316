"""post: what every new user pays for in indexes that hardly anybody is looked up by, made smaller.

The addresses of users lie in the order in which they are looked for, and who has which is no longer looked up by user.
An index keeps only the deliveries that are held. Of the e-mail a user should have remains the one he waits for, because
somebody else has its row.

A column is renamed and emptied, not dropped: SQLite before 3.35 would have to copy all documents for that.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
phase = "post"


def upgrade() -> None:
    """Make the addresses anew, every row of them, and the indexes; empty what nobody waits for."""
    _order_addresses_by_email()
    op.drop_index("ix_deliveries_hold", table_name="deliveries")
    _index_those_with("hold_reason", "ix_deliveries_hold", "deliveries", ["tenant_id", "hold_reason", "key"])
    op.drop_index("ix_users_email_key", table_name="users")
    op.alter_column("users", "email_key", new_column_name="awaited_key")
    op.execute("UPDATE users SET awaited_key = NULL WHERE awaited_key = delivery_key")
    _index_those_with("awaited_key", "ix_users_awaited_key", "users", ["tenant_id", "awaited_key"])


def _order_addresses_by_email() -> None:
    op.drop_index("ix_user_emails_email_key", table_name="user_emails")
    op.rename_table("user_emails", "user_emails_before")
    if op.get_bind().dialect.name == "postgresql":
        # There no two tables can have a constraint of one name; on SQLite it goes with its table.
        op.drop_constraint("pk_user_emails", "user_emails_before", type_="primary")
    key = ["tenant_id", "email_key", "user_id"]
    new = op.create_table(
        "user_emails",
        *(sa.Column(each, sa.String(), nullable=False) for each in key),
        sa.PrimaryKeyConstraint(*key, name="pk_user_emails"),
        sqlite_with_rowid=False,
    )
    before = sa.table("user_emails_before", *(sa.column(each) for each in key))
    op.execute(sa.insert(new).from_select(key, sa.select(*before.columns)))
    op.drop_table("user_emails_before")


def _index_those_with(value: str, name: str, table: str, columns: list[str]) -> None:
    has_one = sa.text(f"{value} IS NOT NULL")
    op.create_index(name, table, columns, sqlite_where=has_one, postgresql_where=has_one)
