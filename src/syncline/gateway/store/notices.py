"""Notices, their subscribers and the outbox; the secrets of webhooks are sealed here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select

from syncline.clock import Milliseconds
from syncline.gateway.domain.notices import Notice, NoticeKind
from syncline.gateway.domain.remedies import Remedy
from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.services.ports import Actor, Cause
from syncline.gateway.services.ports.notices import ChannelKind, Message, Subscription
from syncline.gateway.store import statements
from syncline.gateway.store.commands import notices as commands
from syncline.gateway.store.sealed import seal, unseal
from syncline.sql.errors import SealBroken
from syncline.sql.looking import rows_of
from syncline.sql.reader import Reader
from syncline.sql.rows import Row
from syncline.sql.sealing import Sealer
from syncline.sql.writer import Writer

SECRET = "subscription.secret"  # noqa: S105 - a place
"""The place a webhook's secret is sealed for."""
_EVER = 2**62
"""A moment after all others."""


class SqlNotices:
    """Implements `services.ports.NoticeStore`."""

    def __init__(self, writer: Writer, reader: Reader, sealer: Sealer) -> None:
        self._writer = writer
        self._reader = reader
        self._sealer = sealer

    async def notices(self, tenant_id: TenantId) -> list[Notice]:
        """Return the notices kept, the latest first, ended ones included."""
        return [_notice_of(row) for row in await self._rows(statements.NOTICES, tenant_id)]

    async def keep(
        self, tenant_id: TenantId, notices: Sequence[Notice], messages: Sequence[Message], cause: Cause
    ) -> bool:
        """Keep notices with the messages that tell them; False when another server was quicker."""
        command = commands.KeepNotices(tenant_id, tuple(notices), tuple(messages), cause)
        return await self._writer.submit(command)

    async def subscriptions(self, tenant_id: TenantId) -> list[Subscription]:
        """Return the tenant's subscribers, oldest first."""
        rows = await self._rows(statements.SUBSCRIPTIONS, tenant_id)
        return [self._subscription_of(tenant_id, row) for row in rows]

    async def subscribe(self, subscription: Subscription, actor: Actor) -> None:
        """Add a subscriber."""
        row = subscription_row(self._sealer, subscription)
        await self._writer.submit(commands.Subscribe(subscription.tenant_id, row, actor))

    async def unsubscribe(self, tenant_id: TenantId, subscription_id: str, actor: Actor) -> bool:
        """Forget a subscriber and what waits for it; returns whether there was one."""
        return await self._writer.submit(commands.Unsubscribe(tenant_id, subscription_id, actor))

    async def messages(self, tenant_id: TenantId, limit: int) -> list[Message]:
        """Return the latest messages, sent or not."""
        rows = await self._rows(statements.MESSAGES, tenant_id, before=_EVER, limit=limit)
        return [_message_of(row) for row in rows]

    async def claim(
        self, tenant_id: TenantId, now: Milliseconds, until: Milliseconds, limit: int
    ) -> list[Message]:
        """Return messages that are due, oldest first; nobody else gets them before `until`."""
        due = await self._rows(statements.MESSAGES_DUE, tenant_id, now=now, limit=limit)
        if not due:
            return []
        ids = tuple(row["id"] for row in due)
        claimed = await self._writer.submit(commands.Claim(tenant_id, ids, now, until))
        return [_message_of({**row, "attempts": row["attempts"] + 1}) for row in due if row["id"] in claimed]

    async def settle(
        self,
        tenant_id: TenantId,
        message_id: str,
        *,
        sent_at: Milliseconds | None,
        due_at: Milliseconds | None,
        error: str | None,
    ) -> None:
        """Keep what came of sending; without either moment it is given up."""
        await self._writer.submit(commands.SettleMessage(tenant_id, message_id, sent_at, due_at, error))

    async def forget(self, tenant_id: TenantId, older_than: Milliseconds) -> None:
        """Forget what was over before that moment."""
        await self._writer.submit(commands.Forget(tenant_id, older_than))

    async def _rows(self, statement: Select[Any], tenant_id: TenantId, **parameters: Any) -> list[Row]:
        return await self._reader.point(
            lambda database: rows_of(database, statement, {"tenant_id": tenant_id, **parameters})
        )

    def _subscription_of(self, tenant_id: TenantId, row: Row) -> Subscription:
        try:
            secret = unseal(self._sealer, tenant_id, SECRET, row["secret"])
        except SealBroken:
            secret = None  # lost with the key; the sender says so
        return Subscription(**{**row, "channel": ChannelKind(row["channel"]), "secret": secret})


def subscription_row(sealer: Sealer, subscription: Subscription) -> Row:
    """Return a subscriber as he is kept, the secret sealed."""
    row: Row = {name: getattr(subscription, name) for name in Subscription.__slots__}
    row["channel"] = subscription.channel.value
    row["secret"] = seal(sealer, subscription.tenant_id, SECRET, subscription.secret)
    return row


def _notice_of(row: Row) -> Notice:
    kept = {name: row[name] for name in Notice.__slots__}
    return Notice(**{**kept, "kind": NoticeKind(row["kind"]), "fix": Remedy(row["fix"])})


def _message_of(row: Row) -> Message:
    return Message(**row)
