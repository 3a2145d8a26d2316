"""Leaving a HubSpot account: what was confirmed there says nothing about the next one.

An account gives its users ids of its own, so an id kept from the account before may be somebody else's in the next.
"""

from __future__ import annotations

from syncline.gateway.domain.delivery import Access, Intent
from syncline.gateway.services.ports import Actor, Cause
from syncline.gateway.store.commands import claims
from syncline.gateway.store.tables import approvals, counters, deletions, deliveries, first_approvals, tenants
from syncline.sql.rows import Row, Rows


def leave_account(rows: Rows, tenant_id: str, actor: Actor) -> int:
    """Forget what the tenant's people have at the account, and what was approved for it; return how many had some.

    Everybody is due again. Creates whose answer never came are forgotten with the account they were sent to.
    """
    people = rows.find(deliveries, tenant_id=tenant_id)
    for row in people:
        rows.update(deliveries, (tenant_id, row["key"]), **_stranger(row, actor))
    for approval in rows.find(approvals, tenant_id=tenant_id):
        rows.delete(approvals, tenant_id, approval["key"], approval["what"])
    for first in rows.find(first_approvals, tenant_id=tenant_id):
        rows.delete(first_approvals, tenant_id, first["what"])
    for deletion in rows.find(deletions, tenant_id=tenant_id):
        rows.delete(deletions, tenant_id, deletion["key"])
    rows.update(counters, (tenant_id,), delivered=0)
    rows.update(tenants, (tenant_id,), plan_approved_at=None, plan_approved_by=None)
    _hand_on(rows, tenant_id, people, actor)
    return sum(_was_there(row) for row in people)


def _was_there(row: Row) -> bool:
    """Tell whether the delivery says anything about the account."""
    named = any(row[name] is not None for name in ("hubspot_id", "scim_id", "renamed_key", "uncertain"))
    return named or bool(row["access"] != Access.NONE.value)


def _stranger(row: Row, actor: Actor) -> Row:
    """Return the columns of somebody of whom no account has told anything."""
    forgotten: Row = {
        "hubspot_id": None,
        "scim_id": None,
        "origin": None,
        "access": Access.NONE.value,
        **claims.owing(None),
        "uncertain": None,
        "may_reactivate": False,
        "agreement": None,
        "drifted": False,
        "hold_reason": None,
        "hold_detail": None,
        "last_error": None,
        "attempts": 0,
        # What was sent before this moment, answered or not, was sent to the account that is left.
        "delivered_at": actor.at,
    }
    if row["intent"] == Intent.RELEASED.value:
        return forgotten
    return {**forgotten, "desired_revision": row["desired_revision"] + 1, "due_at": actor.at}


def _hand_on(rows: Rows, tenant_id: str, people: list[Row], actor: Actor) -> None:
    """Give e-mails that were locked by what stood at the account to whoever waits for them."""
    cause = Cause(actor.at, "")
    owed = {row["renamed_key"] for row in people if row["renamed_key"] is not None}
    vacant = {row["key"] for row in people if row["user_id"] is None and _was_there(row)}
    for key in sorted(owed | vacant):
        claims.offer(rows, tenant_id, key, cause)
