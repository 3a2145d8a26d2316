"""What is remembered of each comparison with HubSpot, and told of it: drift found, accepted, over."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from syncline.gateway.domain.agreement import Agreement, Drift
from syncline.gateway.domain.drift import DriftField
from syncline.gateway.domain.errors import NotFound
from syncline.gateway.domain.remedies import Remedy
from syncline.gateway.services.ports import Actor, Cause, Settlement
from syncline.gateway.store import records
from syncline.gateway.store.commands.journal import counters_of, record_audit, record_event
from syncline.gateway.store.tables import deliveries
from syncline.sql.rows import Need, Row, Rows

OUTDATED: Final = 0
"""The `decided_epoch` of a delivery about which a reading has found something new; epochs begin at 1."""


def decided_epoch(row: Row, settlement: Settlement) -> int:
    """Return the epoch the row is decided on; a decision made before the mark leaves the mark in its place."""
    if row["decided_epoch"] == OUTDATED and not settlement.outdated:
        return OUTDATED
    before: int = row["decided_epoch"]
    return max(settlement.epoch, before)


def agree(rows: Rows, row: Row, agreement: Agreement, cause: Cause) -> Row:
    """Return the columns that remember a comparison, and tell what is new in it."""
    before = records.agreement_of(row["agreement"])
    dated = {
        name: replace(found, since=_since(before.drift.get(name), found, cause))
        for name, found in agreement.drift.items()
    }
    after = replace(agreement, drift=dated)
    text = records.agreement_text(after)
    if text == row["agreement"]:
        return {}
    _tell(rows, row, before, after, cause)
    return {"agreement": text, "drifted": bool(after.drift)}


def _since(before: Drift | None, found: Drift, cause: Cause) -> int:
    return before.since if before is not None and before.value == found.value else cause.at


def _tell(rows: Rows, row: Row, before: Agreement, after: Agreement, cause: Cause) -> None:
    who = row["email"] or row["key"]
    subject = row["user_id"] or row["key"]
    cause = Cause(cause.at, row["correlation_id"] or cause.correlation_id)
    for name, found in after.drift.items():
        known = before.drift.get(name)
        if known is None or known.value != found.value:
            record_event(
                rows, row["tenant_id"], cause, "drift.found", subject, _sentence(who, name, found),
                field=name, confirmed=found.confirmed, at_hubspot=found.at_hubspot, **_by(found),
            )  # fmt: skip
    for name in before.drift.keys() - after.drift.keys():
        accepted = name in after.accepted
        kind = "drift.accepted" if accepted else "drift.over"
        what = "stays as HubSpot has it" if accepted else "is as it should be, or something else is wanted"
        summary = f"{who}: {name.replace('_', ' ')} {what}"
        record_event(rows, row["tenant_id"], cause, kind, subject, summary, field=name)
    for name in after.accepted.keys() - before.accepted.keys() - before.drift.keys():
        summary = (
            f"{who}: {name.replace('_', ' ')} was changed at HubSpot, and stays so by the tenant's policy"
        )
        record_event(rows, row["tenant_id"], cause, "drift.accepted", subject, summary, field=name)


def _sentence(who: str, name: str, found: Drift) -> str:
    """Say what was changed, from what to what, by whom."""
    what = f"{name.replace('_', ' ')} was changed at HubSpot"
    values = f"from {found.confirmed or 'nothing'} to {found.at_hubspot or 'nothing'}"
    if found.by is None:
        return f"{who}: {what} {values}"
    if found.by.actor is None:
        return f"{who}: {what} {values}; {found.by.how}"
    return f"{who}: {what} {values} by {found.by.actor} ({found.by.how})"


def _by(found: Drift) -> Row:
    if found.by is None:
        return {"actor": None, "changed_at": None, "how": None}
    return {"actor": found.by.actor, "changed_at": found.by.at, "how": found.by.how}


@dataclass(frozen=True, slots=True)
class AcceptDrift:
    """Let HubSpot's values stand for one person until the identity provider wants others; returns which fields.

    Raises `NotFound` when nothing of the kind has drifted.
    """

    tenant_id: str
    key: str
    fields: frozenset[str] | None
    actor: Actor
    correlation_id: str

    def prefetch(self) -> Iterable[Need]:
        primary_key = ("tenant_id", "key")
        return (counters_of(self.tenant_id), Need(deliveries, primary_key, (self.tenant_id, self.key)))

    def apply(self, rows: Rows) -> tuple[str, ...]:
        row = rows.get(deliveries, self.tenant_id, self.key)
        before = records.agreement_of(None if row is None else row["agreement"])
        fields = [
            each
            for each in before.drift
            if each in before.confirmed and (self.fields is None or each in self.fields)
        ]
        if row is None or not fields:
            raise NotFound("Nothing of that has drifted.", Remedy("{drift:See what has}."))
        confirmed, accepted = dict(before.confirmed), dict(before.accepted)
        for name in fields:
            if name == DriftField.SUPER_ADMIN:
                confirmed[name] = before.drift[name].value
            else:
                accepted[name] = before.confirmed[name]
        drift = {name: found for name, found in before.drift.items() if name not in fields}
        after = Agreement(confirmed, accepted, drift, before.removed_by)
        changes = agree(rows, row, after, Cause(self.actor.at, self.correlation_id))
        rows.update(deliveries, (self.tenant_id, self.key), **changes, decided_epoch=OUTDATED)
        record_audit(
            rows, self.tenant_id, self.actor.at, self.actor.name, "drift.accepted",
            delivery=self.key, fields=fields,
        )  # fmt: skip
        return tuple(fields)
