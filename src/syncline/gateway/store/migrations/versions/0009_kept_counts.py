"""post: how many deliveries there are of each kind and how many members a group has, counted once and kept from now on.

A server of the release before would not keep the counts in step, so none may be at work.
"""

from __future__ import annotations

import json
from collections import defaultdict

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0007"
phase = "post"

_FAILING_FROM = 15


def upgrade() -> None:
    """Add the columns and count what is there."""
    op.add_column("counters", sa.Column("backlog", sa.Text(), nullable=False, server_default="{}"))
    op.add_column("groups", sa.Column("members", sa.Integer(), nullable=False, server_default="0"))
    op.execute(
        "UPDATE groups SET members = (SELECT count(*) FROM members"
        " WHERE members.tenant_id = groups.tenant_id AND members.group_id = groups.id)"
    )
    counters = sa.table("counters", sa.column("tenant_id"), sa.column("backlog"))
    for tenant_id, counts in _counts().items():
        kept = sa.update(counters).where(counters.c.tenant_id == tenant_id)
        op.execute(kept.values(backlog=json.dumps(counts, separators=(",", ":"), sort_keys=True)))


def _counts() -> dict[str, dict[str, int]]:
    names = ("tenant_id", "intent", "due_at", "attempts", "hold_reason", "held_until")
    row = sa.table("deliveries", *(sa.column(name) for name in names)).c
    is_held = sa.and_(
        row.hold_reason.is_not(None), sa.or_(row.due_at.is_(None), row.held_until == row.due_at)
    )
    kind = sa.case(
        (is_held, row.hold_reason),
        (sa.and_(row.due_at.is_(None), row.intent == "released"), None),
        (row.due_at.is_(None), "in-step"),
        (row.attempts == 0, "waiting"),
        (row.attempts < _FAILING_FROM, "retrying"),
        else_="failing",
    )
    found: dict[str, dict[str, int]] = defaultdict(dict)
    counted = sa.select(row.tenant_id, kind.label("kind"), sa.func.count()).group_by(sa.text("1, 2"))
    for tenant_id, name, count in op.get_bind().execute(counted):
        if name is not None:
            found[tenant_id][name] = count
    return found
