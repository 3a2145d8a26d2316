"""The provisioning log as an operator reads it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from syncline.clock import Milliseconds
from syncline.gateway.domain.errors import Invalid, NotFound
from syncline.gateway.domain.person import email_key
from syncline.gateway.services.paging import refuse_page
from syncline.gateway.services.ports import CallRecord, Event, Store, Tenant
from syncline.gateway.services.ports.seeking import SoughtEvents
from syncline.gateway.services.showing import moment
from syncline.gateway.services.telling_why import OUTCOMES, told
from syncline.gateway.services.tenants import Tenants
from syncline.scimserver.identifiers import made_at

MOST = 500
_UNDER_ONE_CAUSE = 50
CLOCKS_DIFFER: Milliseconds = 60_000
"""How much earlier than a correlation id says its first event may lie: another server may have made it."""


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
        cause: str | None = None,
        outcome: str | None = None,
        since: str | None = None,
        until: str | None = None,
        after: int | None = None,
        limit: int = 50,
    ) -> dict[str, Any]:
        """Return events, newest first; those of a cause that tells when it began from there on.

        `user` is an e-mail or a SCIM id, `kind` may be the beginning of one, `cause` is a correlation id, `outcome` one
        of `OUTCOMES`; `since` and `until` are RFC 3339 moments. A page looks through a bounded number of events: it may
        be short, or empty, and `next` still say where to go on; `looked_to` is how far it has come.
        """
        refuse_page(limit, MOST)
        found = await self._tenants.find(tenant)
        sought = await self.sought(found, user, kind, cause, outcome, since, until)
        page = await self._store.seeking.events(found.id, sought, after, limit)
        return {
            "events": [event_shown(event, found.name) for event in page.events],
            "next": page.further,
            "looked_to": moment(page.looked_to),
        }

    async def sought(
        self,
        tenant: Tenant,
        user: str | None = None,
        kind: str | None = None,
        cause: str | None = None,
        outcome: str | None = None,
        since: str | None = None,
        until: str | None = None,
    ) -> SoughtEvents:
        """Return what events are narrowed to; raises `Invalid` for what is no outcome or no moment."""
        if outcome is not None and outcome not in OUTCOMES:
            raise Invalid(f"{outcome!r} is no outcome. There are: {', '.join(OUTCOMES)}.")
        subject = None
        if user is not None:
            item = await self._store.backlog.item(tenant.id, email_key(user))
            subject = user if item is None else item.delivery.user_id or item.delivery.key
        began = None if cause is None else made_at(cause)
        starts = [] if began is None else [began - CLOCKS_DIFFER]
        if since is not None:
            starts.append(_moment_of(since))
        return SoughtEvents(
            subject=subject,
            kind=kind,
            kinds=None if outcome is None else OUTCOMES[outcome],
            correlation_id=cause,
            since=max(starts, default=None),
            until=None if until is None else _moment_of(until),
            oldest_first=began is not None and subject is None,
        )

    async def show(self, actor: str, tenant: str, seq: int) -> dict[str, Any]:
        """Return one event, what else happened lately under its correlation id, and the calls made for it."""
        found = await self._tenants.find(tenant)
        event = await self._store.journal.event(found.id, seq)
        if event is None:
            raise NotFound(f"{found.name} has no event {seq}.")
        calls = await self._store.journal.calls(found.id, event.correlation_id, None)
        sought = SoughtEvents(subject=event.subject, correlation_id=event.correlation_id)
        related = await self._store.seeking.events(found.id, sought, None, _UNDER_ONE_CAUSE)
        return {
            **event_shown(event, found.name),
            "related": [event_shown(each, found.name) for each in reversed(related.events)],
            "calls": [call_shown(call) for call in calls],
        }


def event_shown(event: Event, tenant: str = "TENANT") -> dict[str, Any]:
    """Return an event for people and machines."""
    return {
        "seq": event.seq,
        "at": moment(event.at),
        "correlation_id": event.correlation_id,
        "kind": event.kind,
        "subject": event.subject,
        "summary": event.summary,
        "detail": dict(event.detail),
        **told(event, tenant),
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


def _moment_of(text: str) -> Milliseconds:
    """Return the moment; one without a zone is UTC."""
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid(f"{text!r} is no moment: write one like 2026-11-22T08:30Z.") from None
    aware = when if when.tzinfo is not None else when.replace(tzinfo=UTC)
    return int(aware.timestamp() * 1000)
