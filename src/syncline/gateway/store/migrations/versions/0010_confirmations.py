"""post: what HubSpot has confirmed of the checklist, remembered when it happens; what the log still tells included.

A server of the release before would not remember what is confirmed meanwhile, so none may be at work.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
phase = "post"

_CHUNK = 1000
_CHANGES = {"delivery.update", "delivery.rename", "delivery.adopt"}
_PLACES = _CHANGES | {"delivery.create", "delivery.reactivate"}
_ENDS = {"delivery.deactivate", "delivery.remove", "delivery.strip"}
_BY_DEFAULT = "nothing matches"


def upgrade() -> None:
    """Make the table, and look for the first confirmation of each kind in each tenant's log."""
    table = op.create_table(
        "confirmations",
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "key", name="pk_confirmations"),
    )
    tenants = sa.select(sa.table("tenants", sa.column("id")))
    for (tenant_id,) in op.get_bind().execute(tenants).all():
        rows = [{"tenant_id": tenant_id, **each} for each in _first(tenant_id)]
        if rows:
            op.bulk_insert(table, rows)


def _first(tenant_id: str) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for event in _deliveries(tenant_id):
        for key in _confirmed_by(event.kind, json.loads(event.detail)):
            found.setdefault(key, {"key": key, "seq": event.seq, "at": event.at, "summary": event.summary})
        if len(found) == 4:
            break
    return list(found.values())


def _deliveries(tenant_id: str) -> Iterator[Any]:
    """Yield what came of the tenant's deliveries, the oldest first, some at a time."""
    names = ("tenant_id", "seq", "at", "kind", "summary", "detail")
    events, after = sa.table("events", *(sa.column(each) for each in names)), 0
    while True:
        page = (
            sa.select(events)
            .where(events.c.tenant_id == tenant_id, events.c.seq > after)
            .order_by(events.c.seq)
            .limit(_CHUNK)
        )
        found = op.get_bind().execute(page).all()
        yield from (each for each in found if each.kind in _PLACES | _ENDS)
        if len(found) < _CHUNK:
            return
        after = found[-1].seq


def _confirmed_by(kind: str, detail: dict[str, Any]) -> set[str]:
    fields = {each["field"] for each in (detail.get("change") or {}).get("differences", ())}
    by_rule = not any(each.startswith(_BY_DEFAULT) for each in detail.get("reasons", ()))
    confirmed = {
        "create": kind == "delivery.create",
        "update": kind in _CHANGES and bool(fields),
        "role": kind in _PLACES and "permission_set" in fields and by_rule,
        "deactivate": kind in _ENDS,
    }
    return {key for key, holds in confirmed.items() if holds}
