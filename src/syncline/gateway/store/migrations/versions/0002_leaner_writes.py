"""post: the indexes and tables that every write pays for, made smaller.

An index that nothing reads is gone, another keeps only the rows that have a value, and tables whose rows are short lie
in their primary key on SQLite, instead of beside it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
phase = "post"

_INDEXES = {
    "events": [("ix_events_subject", ["tenant_id", "subject", "seq"])],
    "members": [("ix_members_value", ["tenant_id", "value", "group_id"])],
    "reads": [],
    "user_emails": [("ix_user_emails_email_key", ["tenant_id", "email_key", "user_id"])],
}
"""The tables that move into their primary key, and the indexes that come with them."""


def upgrade() -> None:
    """Make the indexes anew, and on SQLite the tables; every row stays."""
    op.drop_index("ix_events_correlation_id", table_name="events")
    op.drop_index("ix_deliveries_renamed_key", table_name="deliveries")
    op.create_index(
        "ix_deliveries_renamed_key",
        "deliveries",
        ["tenant_id", "renamed_key"],
        sqlite_where=sa.text("renamed_key IS NOT NULL"),
        postgresql_where=sa.text("renamed_key IS NOT NULL"),
    )
    if op.get_bind().dialect.name == "sqlite":
        for table in _INDEXES:
            _move_into_its_key(table)


def _move_into_its_key(name: str) -> None:
    old = sa.Table(name, sa.MetaData(), autoload_with=op.get_bind())
    for index, _ in _INDEXES[name]:
        op.drop_index(index, table_name=name)
    op.rename_table(name, f"{name}_before")
    columns = [sa.Column(each.name, each.type, nullable=each.nullable) for each in old.columns]
    key = sa.PrimaryKeyConstraint(*old.primary_key.columns.keys(), name=f"pk_{name}")
    new = op.create_table(name, *columns, key, sqlite_with_rowid=False)
    before = sa.table(f"{name}_before", *(sa.column(each.name) for each in columns))
    names = [each.name for each in columns]
    op.execute(sa.insert(new).from_select(names, sa.select(*before.columns)))
    op.drop_table(f"{name}_before")
    for index, indexed in _INDEXES[name]:
        op.create_index(index, name, indexed)
