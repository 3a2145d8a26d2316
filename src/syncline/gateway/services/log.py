"""The provisioning log as an operator reads it."""

from __future__ import annotations

from typing import Any

from syncline.gateway.domain.errors import Invalid, NotFound
from syncline.gateway.domain.person import email_key
from syncline.gateway.services.ports import CallRecord, Event, Store
from syncline.gateway.services.showing import moment
from syncline.gateway.services.tenants import Tenants

MOST = 500


class Log:
    """The `events.*` operations."""

    def __init__(self, store: Store, tenants: Tenants) -> None:
        self._store = store
        self._tenants = tenants

    async def list(
        self,
        actor: str,
        tenant: str,
        user: str | None = None,
        kind: str | None = None,
        after: int | None = None,
        limit: int = 50,
    ) -> dict[str, Any]:
        """Return events, newest first; `user` is an e-mail or a SCIM id, `kind` may be the beginning of one."""
        if not 1 <= limit <= MOST:
            raise Invalid(f"A page holds 1 to {MOST} entries.")
        found = await self._tenants.find(tenant)
        subject = None
        if user is not None:
            item = await self._store.backlog.item(found.id, email_key(user))
            subject = user if item is None else item.delivery.user_id or item.delivery.key
        events = await self._store.journal.events(
            found.id, subject=subject, kind=kind, before=after, limit=limit
        )
        return {
            "events": [event_shown(event) for event in events],
            "next": events[-1].seq if len(events) == limit else None,
        }

    async def show(self, actor: str, tenant: str, seq: int) -> dict[str, Any]:
        """Return one event, what else happened under its correlation id, and the calls made for it."""
        found = await self._tenants.find(tenant)
        event = await self._store.journal.event(found.id, seq)
        if event is None:
            raise NotFound(f"{found.name} has no event {seq}.")
        calls = await self._store.journal.calls(found.id, event.correlation_id, None)
        return {**event_shown(event), "calls": [call_shown(call) for call in calls]}


def event_shown(event: Event) -> dict[str, Any]:
    """Return an event for people and machines."""
    return {
        "seq": event.seq,
        "at": moment(event.at),
        "correlation_id": event.correlation_id,
        "kind": event.kind,
        "subject": event.subject,
        "summary": event.summary,
        "detail": dict(event.detail),
    }


def call_shown(call: CallRecord) -> dict[str, Any]:
    """Return a logged call for people and machines."""
    return {
        "sent_at": moment(call.sent_at),
        "channel": call.channel,
        "purpose": call.purpose,
        "status": call.status,
        "took_ms": None if call.answered_at is None else call.answered_at - call.sent_at,
    }
