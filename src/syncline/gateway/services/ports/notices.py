"""Notices: who is sent them, what waits to be sent, and the channels that send it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from syncline.clock import Milliseconds
from syncline.gateway.domain.notices import Notice
from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.services.ports.records import Actor, Cause


class ChannelKind(StrEnum):
    """How a subscriber is reached."""

    EMAIL = "email"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Somebody who is sent a tenant's notices. `secret` signs what a webhook is sent; never log this."""

    tenant_id: TenantId
    id: str
    channel: ChannelKind
    address: str
    secret: str | None = field(repr=False)
    """None for e-mail, and for a webhook whose secret was lost with the key."""
    created_at: Milliseconds
    created_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message to one subscriber. Its id stays the same however often it is sent."""

    tenant_id: TenantId
    id: str
    subscription_id: str
    body: str
    """What is sent, as JSON text."""
    created_at: Milliseconds
    due_at: Milliseconds | None
    attempts: int = 0
    last_error: str | None = None
    sent_at: Milliseconds | None = None


class NoticeStore(Protocol):
    """Notices, their subscribers, and the outbox."""

    async def notices(self, tenant_id: TenantId) -> list[Notice]: ...
    async def keep(
        self, tenant_id: TenantId, notices: Sequence[Notice], messages: Sequence[Message], cause: Cause
    ) -> bool: ...
    async def subscriptions(self, tenant_id: TenantId) -> list[Subscription]: ...
    async def subscribe(self, subscription: Subscription, actor: Actor) -> None: ...
    async def unsubscribe(self, tenant_id: TenantId, subscription_id: str, actor: Actor) -> bool: ...
    async def messages(self, tenant_id: TenantId, limit: int) -> list[Message]: ...
    async def claim(
        self, tenant_id: TenantId, now: Milliseconds, until: Milliseconds, limit: int
    ) -> list[Message]: ...
    async def settle(
        self,
        tenant_id: TenantId,
        message_id: str,
        *,
        sent_at: Milliseconds | None,
        due_at: Milliseconds | None,
        error: str | None,
    ) -> None: ...
    async def forget(self, tenant_id: TenantId, older_than: Milliseconds) -> None: ...


class NotSent(Exception):
    """A channel could not send something; the message is for an operator and holds no secret."""


class NoticeChannel(Protocol):
    """One way to reach people."""

    def check(self, address: str) -> str:
        """Return the address in the form it is kept; raises `Invalid` or `Refused` for one that is never sent to."""
        ...

    async def send(self, subscription: Subscription, message: Message) -> None:
        """Send it once; raises `NotSent` with the reason."""
        ...
