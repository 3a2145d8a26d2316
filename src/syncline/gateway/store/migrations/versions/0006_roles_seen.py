"""post: the roles that identity providers send, counted; those of people who are there already included.

A server of the release before would not keep the counts in step, so none may be at work.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
phase = "post"

_CHUNK = 1000


def upgrade() -> None:
    """Make the table and count everybody's roles into it."""
    table = op.create_table(
        "roles_seen",
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "kind", "name", name="pk_roles_seen"),
    )
    counted: Counter[tuple[str, str]] = Counter()
    last: dict[tuple[str, str], int] = {}
    for tenant_id, modified_at, document in _users():
        for name in _roles(document):
            counted[(tenant_id, name)] += 1
            last[(tenant_id, name)] = max(modified_at, last.get((tenant_id, name), 0))
    rows = [
        {"tenant_id": key[0], "kind": "role", "name": key[1], "count": count, "last_at": last[key]}
        for key, count in counted.items()
    ]
    if rows:
        op.bulk_insert(table, rows)


def _users() -> Iterator[tuple[str, int, bytes]]:
    """Yield every user's tenant, last change and document, some at a time."""
    users = sa.table("users", *(sa.column(each) for each in ("tenant_id", "id", "modified_at", "document")))
    names, after = (users.c.tenant_id, users.c.id), ("", "")
    while True:
        later = sa.or_(names[0] > after[0], sa.and_(names[0] == after[0], names[1] > after[1]))
        page = sa.select(users).where(later).order_by(*names).limit(_CHUNK)
        found = op.get_bind().execute(page).all()
        for row in found:
            yield row.tenant_id, row.modified_at, row.document
        if len(found) < _CHUNK:
            return
        after = (found[-1].tenant_id, found[-1].id)


def _roles(document: bytes) -> set[str]:
    roles = json.loads(document).get("roles") or ()
    values = (each.get("value") if isinstance(each, dict) else each for each in roles)
    return {value[:300] for value in values if isinstance(value, str) and value}
