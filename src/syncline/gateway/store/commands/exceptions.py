"""Leavers who are kept until a date, with an owner and a reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from syncline.clock import Milliseconds
from syncline.gateway.domain.delivery import Intent
from syncline.gateway.domain.errors import NotFound, Refused
from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.services.ports import Actor, Cause
from syncline.gateway.store.commands.journal import counters_of, record_audit, record_event
from syncline.gateway.store.tables import approvals, deliveries, exceptions
from syncline.sql.rows import Need, Row, Rows

_LEFT = frozenset({Intent.DEACTIVATED.value, Intent.DELETED.value})


@dataclass(frozen=True, slots=True)
class KeepLeaver:
    """Keep somebody who has left until a moment, and forget what was approved for him.

    Raises `Refused` for somebody who has not left: what the identity provider says now is what counts.
    """

    tenant_id: TenantId
    key: str
    until: Milliseconds
    because: str
    owner: str
    actor: Actor
    correlation_id: str

    def prefetch(self) -> Iterable[Need]:
        return _needs(self.tenant_id, self.key)

    def apply(self, rows: Rows) -> None:
        delivery = rows.get(deliveries, self.tenant_id, self.key)
        if delivery is None:
            raise NotFound("There is nobody of that address any more.")
        if delivery["intent"] not in _LEFT:
            raise Refused(f"{_name(delivery)} has not left: there is nothing to keep him from.")
        for approval in rows.find(approvals, tenant_id=self.tenant_id, key=self.key):
            rows.delete(approvals, self.tenant_id, self.key, approval["what"])
        if rows.get(exceptions, self.tenant_id, self.key) is not None:
            rows.delete(exceptions, self.tenant_id, self.key)
        row: Row = {
            "tenant_id": self.tenant_id,
            "key": self.key,
            "until": self.until,
            "because": self.because,
            "owner": self.owner,
            "created_at": self.actor.at,
            "created_by": self.actor.name,
            "ended_by": None,
        }
        rows.insert(exceptions, row)
        told = {"until": self.until, "owner": self.owner, "because": self.because}
        _decide_again(rows, self.tenant_id, delivery, self.until, self.actor)
        summary = f"{_name(delivery)} is kept although he has left: {self.because}"
        cause = Cause(self.actor.at, self.correlation_id, {"by": self.actor.name})
        _record(rows, self.tenant_id, delivery, cause, "exception.made", summary, told)


@dataclass(frozen=True, slots=True)
class EndException:
    """End an exception now; returns whether there was one."""

    tenant_id: TenantId
    key: str
    because: str
    actor: Actor
    correlation_id: str

    def prefetch(self) -> Iterable[Need]:
        return _needs(self.tenant_id, self.key)

    def apply(self, rows: Rows) -> bool:
        delivery = rows.get(deliveries, self.tenant_id, self.key)
        if delivery is None or delivery["kept_until"] is None:
            return False
        if rows.get(exceptions, self.tenant_id, self.key) is not None:
            rows.update(exceptions, (self.tenant_id, self.key), ended_by=self.actor.name)
        _decide_again(rows, self.tenant_id, delivery, None, self.actor)
        summary = f"The exception of {_name(delivery)} is ended: decided like anybody else"
        cause = Cause(self.actor.at, self.correlation_id, {"by": self.actor.name})
        told = {"because": self.because}
        _record(rows, self.tenant_id, delivery, cause, "exception.ended", summary, told)
        return True


def _decide_again(
    rows: Rows, tenant_id: str, delivery: Row, kept_until: Milliseconds | None, actor: Actor
) -> None:
    rows.update(
        deliveries,
        (tenant_id, delivery["key"]),
        kept_until=kept_until,
        due_at=actor.at,
        desired_revision=delivery["desired_revision"] + 1,
    )


def _record(
    rows: Rows,
    tenant_id: str,
    delivery: Row,
    cause: Cause,
    action: str,
    summary: str,
    told: Mapping[str, object],
) -> None:
    record_event(rows, tenant_id, cause, action, delivery["user_id"] or delivery["key"], summary, **told)
    by = str(cause.detail["by"])
    record_audit(rows, tenant_id, cause.at, by, action, delivery=delivery["key"], **told)


def _name(delivery: Row) -> str:
    return str(delivery["email"] or delivery["key"])


def _needs(tenant_id: str, key: str) -> tuple[Need, ...]:
    return (
        counters_of(tenant_id),
        Need(deliveries, ("tenant_id", "key"), (tenant_id, key)),
        Need(approvals, ("tenant_id", "key"), (tenant_id, key)),
        Need(exceptions, ("tenant_id", "key"), (tenant_id, key)),
    )
