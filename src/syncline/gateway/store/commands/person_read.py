"""Keeping what one person was found to have at HubSpot, when an operator had him read again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from syncline.gateway.domain.account import AccountUser, with_what_was_known
from syncline.gateway.services.ports import Actor, Cause
from syncline.gateway.store import records
from syncline.gateway.store.commands.deliveries import keep_account_user
from syncline.gateway.store.commands.drifting import OUTDATED
from syncline.gateway.store.commands.journal import counters_of, record_event
from syncline.gateway.store.tables import account_users, deliveries
from syncline.sql.rows import Need, Row, Rows


@dataclass(frozen=True, slots=True)
class KeepPerson:
    """Keep what HubSpot has for a delivery, None for nobody, and have it decided again; returns whether it was news."""

    tenant_id: str
    key: str
    hubspot_id: str | None
    """The user the delivery was known by."""
    user: AccountUser | None
    cause: Cause
    actor: Actor

    def prefetch(self) -> Iterable[Need]:
        delivery = Need(deliveries, ("tenant_id", "key"), (self.tenant_id, self.key))
        known = Need(account_users, ("tenant_id", "email_key"), (self.tenant_id, self.key))
        ids = {self.hubspot_id, None if self.user is None else self.user.hubspot_id} - {None}
        by_id = (Need(account_users, ("tenant_id", "hubspot_id"), (self.tenant_id, each)) for each in ids)
        return (counters_of(self.tenant_id), delivery, known, *by_id)

    def apply(self, rows: Rows) -> bool:
        delivery = rows.get(deliveries, self.tenant_id, self.key)
        if delivery is None:
            return False
        news = self._take_out(rows) if self.user is None else self._keep(rows, self.user)
        changes: Row = {"decided_epoch": OUTDATED}
        if delivery["due_at"] is None:  # else what is under way keeps the cause it has
            changes["correlation_id"] = self.cause.correlation_id
        rows.update(deliveries, (self.tenant_id, self.key), **changes)
        found = "is not there" if self.user is None else f"is user {self.user.hubspot_id}"
        said = "otherwise than was known" if news else "as was known"
        record_event(
            rows, self.tenant_id, self.cause, "reconcile.person", delivery["user_id"] or self.key,
            f"{delivery['email'] or self.key} was read at HubSpot: {found}, {said}", asked_by=self.actor.name,
        )  # fmt: skip
        return news

    def _keep(self, rows: Rows, user: AccountUser) -> bool:
        before = rows.get(account_users, self.tenant_id, user.hubspot_id)
        known = None if before is None else records.account_user_of(before["document"])
        if known is not None and user.active is None:
            user = replace(user, active=known.active)
        if known is not None:
            user = with_what_was_known(replace(user, changed_by=known.changed_by), known)
        keep_account_user(rows, self.tenant_id, user, self.cause.at)
        return known != user

    def _take_out(self, rows: Rows) -> bool:
        if self.hubspot_id is not None:
            there = [self.hubspot_id] if rows.get(account_users, self.tenant_id, self.hubspot_id) else []
        else:
            named = rows.find(account_users, tenant_id=self.tenant_id, email_key=self.key)
            there = [row["hubspot_id"] for row in named]
        for each in there:
            rows.delete(account_users, self.tenant_id, each)
        return bool(there)
