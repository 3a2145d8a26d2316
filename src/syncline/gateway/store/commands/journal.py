"""The log that every change writes into, in the same transaction as the change itself."""

from __future__ import annotations

from typing import Any

from syncline.clock import Milliseconds
from syncline.gateway.services.ports import Cause
from syncline.gateway.store.tables import audit_events, counters, events
from syncline.scim import json
from syncline.scim.errors import NotFound
from syncline.sql.rows import Need, Row, Rows

_EVENT = ("tenant_id", "seq", "at", "correlation_id", "kind", "subject", "summary", "detail")
_AUDIT_EVENT = ("tenant_id", "seq", "at", "actor", "action", "detail")


def counters_of(tenant_id: str) -> Need:
    """Return the need for the tenant's counters, which every journalled command has."""
    return Need(counters, ("tenant_id",), (tenant_id,))


def take_number(rows: Rows, tenant_id: str, counter: str) -> int:
    """Return the next number of one of the tenant's sequences (`event_seq`, `call_seq`, `ordinal`, …)."""
    number: int = advance(rows, tenant_id, **{counter: 1})[counter]
    return number


def count(rows: Rows, tenant_id: str, counter: str, change: int) -> None:
    """Keep a running total (`users`, `groups`) in step."""
    advance(rows, tenant_id, **{counter: change})


def advance(rows: Rows, tenant_id: str, **steps: int) -> Row:
    """Move several of the tenant's counters in one write; return where each of them is now.

    Raises `NotFound` when there are none: they are made with the tenant.
    """
    row = rows.get(counters, tenant_id)
    if row is None:
        raise NotFound("The tenant no longer exists.")
    after = {counter: row[counter] + step for counter, step in steps.items()}
    rows.update(counters, (tenant_id,), **after)
    return after


def record_event(
    rows: Rows, tenant_id: str, cause: Cause, kind: str, subject: str | None, summary: str, **detail: Any
) -> int:
    """Append to the provisioning log and return the event's number within its tenant."""
    seq = take_number(rows, tenant_id, "event_seq")
    insert_event(rows, tenant_id, seq, cause, kind, subject, summary, **detail)
    return seq


def insert_event(
    rows: Rows,
    tenant_id: str,
    seq: int,
    cause: Cause,
    kind: str,
    subject: str | None,
    summary: str,
    **detail: Any,
) -> None:
    """Put an event whose number has been taken already into the provisioning log."""
    told = json.encode({**cause.detail, **detail} if detail else cause.detail).decode()
    entry = (tenant_id, seq, cause.at, cause.correlation_id, kind, subject, summary, told)
    rows.append(events, _EVENT, (entry,))


def record_audit(
    rows: Rows, tenant_id: str, at: Milliseconds, actor: str, action: str, **detail: Any
) -> None:
    """Append to the audit log: who changed the set-up, when and how."""
    seq = take_number(rows, tenant_id, "audit_seq")
    entry = (tenant_id, seq, at, actor, action, json.encode(detail).decode())
    rows.append(audit_events, _AUDIT_EVENT, (entry,))
