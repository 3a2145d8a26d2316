"""Notices and their outbox: what is told and the messages that tell it are written in one transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from syncline.clock import Milliseconds
from syncline.gateway.domain.notices import Notice
from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.services.ports import Actor, Cause
from syncline.gateway.services.ports.notices import Message
from syncline.gateway.store.commands.journal import counters_of, record_audit, record_event
from syncline.gateway.store.tables import messages, notices, subscriptions
from syncline.sql.rows import Need, Row, Rows


@dataclass(frozen=True, slots=True)
class KeepNotices:
    """Keep notices and the messages that tell them; returns False, keeping nothing, when somebody else did already.

    Each notice is also an event of the provisioning log, which outlives it.
    """

    tenant_id: TenantId
    notices: tuple[Notice, ...]
    messages: tuple[Message, ...]
    cause: Cause

    def prefetch(self) -> Iterable[Need]:
        key = ("tenant_id", "kind", "subject")
        return (
            counters_of(self.tenant_id),
            *(Need(notices, key, (self.tenant_id, each.kind.value, each.subject)) for each in self.notices),
        )

    def apply(self, rows: Rows) -> bool:
        if any(_is_told(rows, self.tenant_id, each) for each in self.notices):
            return False
        for notice in self.notices:
            self._keep(rows, notice)
        for message in self.messages:
            rows.insert(messages, _message_row(message))
        return True

    def _keep(self, rows: Rows, notice: Notice) -> None:
        row: Row = {
            "says": notice.says,
            "fix": notice.fix.text,
            "raised_at": notice.raised_at,
            "told_at": notice.told_at,
            "ended_at": notice.ended_at,
        }
        key = (self.tenant_id, notice.kind.value, notice.subject)
        if rows.get(notices, *key) is None:
            rows.insert(
                notices, {"tenant_id": key[0], "kind": notice.kind.value, "subject": notice.subject, **row}
            )
        else:
            rows.update(notices, key, **row)
        stage = "ended" if notice.ended_at is not None else "raised"
        if notice.ended_at is not None or notice.raised_at == notice.told_at:
            record_event(
                rows,
                self.tenant_id,
                self.cause,
                f"notice.{stage}",
                None,
                notice.says,
                notice=notice.kind.value,
            )


def _is_told(rows: Rows, tenant_id: str, notice: Notice) -> bool:
    """Tell whether the notice stands already as it would be kept, or further on."""
    row = rows.get(notices, tenant_id, notice.kind.value, notice.subject)
    if row is None:
        return False
    if notice.ended_at is not None:
        return row["ended_at"] is not None
    if row["ended_at"] is not None:
        return bool(row["ended_at"] > notice.raised_at)
    return bool(row["raised_at"] != notice.raised_at or row["told_at"] >= notice.told_at)


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Add a subscriber; the row's secret is sealed already."""

    tenant_id: TenantId
    row: Row
    actor: Actor

    def prefetch(self) -> Iterable[Need]:
        return (counters_of(self.tenant_id),)

    def apply(self, rows: Rows) -> None:
        rows.insert(subscriptions, self.row)
        shown = {name: self.row[name] for name in ("id", "channel", "address")}
        record_audit(
            rows, self.tenant_id, self.actor.at, self.actor.name, "notices.subscribed", subscription=shown
        )


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """Forget a subscriber and what waits to be sent there; returns whether there was one."""

    tenant_id: TenantId
    subscription_id: str
    actor: Actor

    def prefetch(self) -> Iterable[Need]:
        return (
            counters_of(self.tenant_id),
            Need(subscriptions, ("tenant_id", "id"), (self.tenant_id, self.subscription_id)),
            Need(messages, ("tenant_id",), (self.tenant_id,)),
        )

    def apply(self, rows: Rows) -> bool:
        row = rows.get(subscriptions, self.tenant_id, self.subscription_id)
        if row is None:
            return False
        rows.delete(subscriptions, self.tenant_id, self.subscription_id)
        for message in rows.find(messages, tenant_id=self.tenant_id):
            if message["subscription_id"] == self.subscription_id:
                rows.delete(messages, self.tenant_id, message["id"])
        shown = {name: row[name] for name in ("id", "channel", "address")}
        record_audit(
            rows, self.tenant_id, self.actor.at, self.actor.name, "notices.unsubscribed", subscription=shown
        )
        return True


@dataclass(frozen=True, slots=True)
class Claim:
    """Take messages that are due, so that nobody else sends them before `until`; returns their ids.

    Whoever dies before `Settle` leaves them to the next: a message is sent at least once.
    """

    tenant_id: TenantId
    ids: tuple[str, ...]
    now: Milliseconds
    until: Milliseconds

    def prefetch(self) -> Iterable[Need]:
        return tuple(Need(messages, ("tenant_id", "id"), (self.tenant_id, each)) for each in self.ids)

    def apply(self, rows: Rows) -> list[str]:
        claimed = []
        for each in self.ids:
            row = rows.get(messages, self.tenant_id, each)
            if row is not None and row["due_at"] is not None and row["due_at"] <= self.now:
                changes = {"due_at": self.until, "attempts": row["attempts"] + 1}
                rows.update(messages, (self.tenant_id, each), **changes)
                claimed.append(each)
        return claimed


@dataclass(frozen=True, slots=True)
class SettleMessage:
    """Keep what came of sending a message: sent, due again, or given up."""

    tenant_id: TenantId
    message_id: str
    sent_at: Milliseconds | None
    due_at: Milliseconds | None
    error: str | None

    def prefetch(self) -> Iterable[Need]:
        return (Need(messages, ("tenant_id", "id"), (self.tenant_id, self.message_id)),)

    def apply(self, rows: Rows) -> None:
        key = (self.tenant_id, self.message_id)
        if rows.get(messages, *key) is not None:
            rows.update(messages, key, sent_at=self.sent_at, due_at=self.due_at, last_error=self.error)


@dataclass(frozen=True, slots=True)
class Forget:
    """Forget notices that ended, and messages that were sent or given up, before that moment."""

    tenant_id: TenantId
    older_than: Milliseconds

    def prefetch(self) -> Iterable[Need]:
        return tuple(Need(table, ("tenant_id",), (self.tenant_id,)) for table in (notices, messages))

    def apply(self, rows: Rows) -> None:
        for row in rows.find(notices, tenant_id=self.tenant_id):
            if row["ended_at"] is not None and row["ended_at"] < self.older_than:
                rows.delete(notices, self.tenant_id, row["kind"], row["subject"])
        for row in rows.find(messages, tenant_id=self.tenant_id):
            if row["due_at"] is None and row["created_at"] < self.older_than:
                rows.delete(messages, self.tenant_id, row["id"])


def _message_row(message: Message) -> Row:
    return {name: getattr(message, name) for name in Message.__slots__}
