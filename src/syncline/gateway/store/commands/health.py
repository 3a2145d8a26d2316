"""How a connection is, moved along the state table of `domain.health`; every change of it is an event of the log."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from syncline.gateway.domain.health import Health, HealthEvent, next_health, next_probe
from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.services.ports import Cause
from syncline.gateway.store.commands.journal import counters_of, record_event
from syncline.gateway.store.records import health_of_row
from syncline.gateway.store.tables import connections
from syncline.sql.rows import Need, Row, Rows

_LOGGED_AS = {
    HealthEvent.SUCCEEDED: "connection.recovered",
    HealthEvent.RENEWED: "connection.recovered",
    HealthEvent.PERSISTED: "connection.quarantined",
    HealthEvent.RESUMED: "connection.resumed",
}
_TRIED = (Health.DEGRADED, Health.QUARANTINED)


@dataclass(frozen=True, slots=True)
class NoteHealth:
    """Let something happen to the connection; returns whether its state is another one now.

    A trouble of another kind in the same state is an event too; the same trouble again only moves the next try.
    """

    tenant_id: TenantId
    event: HealthEvent
    trouble: str | None
    detail: str
    cause: Cause

    def prefetch(self) -> Iterable[Need]:
        return (counters_of(self.tenant_id), Need(connections, ("tenant_id",), (self.tenant_id,)))

    def apply(self, rows: Rows) -> bool:
        return move_health(rows, self.tenant_id, self.event, self.trouble, self.detail, self.cause)


def move_health(
    rows: Rows, tenant_id: str, event: HealthEvent, trouble: str | None, detail: str, cause: Cause
) -> bool:
    """Do what `NoteHealth` says, within another command."""
    row = rows.get(connections, tenant_id)
    if row is None:
        return False
    before = health_of_row(row)
    after = next_health(before, event)
    moved = after is not before
    if not moved and (event is not HealthEvent.FAILED or after not in _TRIED):
        return False
    since = cause.at if moved or row["health_since"] is None else row["health_since"]
    told = _told(row, after, event, trouble, detail)
    probe_at = cause.at if event is HealthEvent.RESUMED else next_probe(after, since, cause.at)
    rows.update(connections, (tenant_id,), health=after.value, health_since=since, probe_at=probe_at, **told)
    if moved or told:
        kind = _LOGGED_AS.get(event, "connection.trouble")
        summary = detail or "HubSpot answers again"
        shown = {"trouble": told.get("trouble", row["trouble"]), "health": after.value}
        record_event(rows, tenant_id, cause, kind, None, summary, **shown)
    return moved


def _told(row: Row, after: Health, event: HealthEvent, trouble: str | None, detail: str) -> Row:
    """Return what is to be shown as the trouble, if that changes: what persists is the trouble there was."""
    if after is Health.HEALTHY:
        return {"trouble": None, "trouble_detail": None}
    if event is HealthEvent.PERSISTED or trouble == row["trouble"]:
        return {}
    return {"trouble": trouble, "trouble_detail": detail}
