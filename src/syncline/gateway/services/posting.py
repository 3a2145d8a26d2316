"""The sender of notices: empties the outbox, tries again what did not arrive, gives up after three days."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Final

from syncline.clock import Clock, Milliseconds
from syncline.gateway.domain.notices import next_try
from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.services.ports import Store
from syncline.gateway.services.ports.notices import (
    ChannelKind,
    Message,
    NoticeChannel,
    NotSent,
    Subscription,
)

SEND_EVERY: Final[Milliseconds] = 10_000
AT_ONCE: Final = 50
LEASE: Final[Milliseconds] = 600_000
"""How long messages belong to the server that took them."""

_log = logging.getLogger(__name__)


class Sender:
    """Sends what is due, at least once, each message under the id it has from the beginning."""

    def __init__(
        self,
        store: Store,
        channels: Mapping[ChannelKind, NoticeChannel],
        clock: Clock,
        measure: Callable[[str, str], None] = lambda _channel, _result: None,
    ) -> None:
        self._store = store
        self._channels = channels
        self._clock = clock
        self._measure = measure

    async def run(self) -> None:
        """Send what is due every ten seconds, for ever."""
        while True:
            try:
                for tenant in await self._store.setup.tenants():
                    await self.send_due(tenant.id)
            except Exception:
                _log.exception("Notices could not be sent; the next try is in ten seconds")
            await self._clock.sleep(SEND_EVERY)

    async def send_due(self, tenant_id: TenantId) -> None:
        """Send what is due for one tenant. A subscriber who does not answer is not tried twice in a row."""
        now = self._clock.now()
        messages = await self._store.notices.claim(tenant_id, now, now + LEASE, AT_ONCE)
        if not messages:
            return
        subscriptions = {each.id: each for each in await self._store.notices.subscriptions(tenant_id)}
        failing: dict[str, str] = {}
        for message in messages:
            subscription = subscriptions.get(message.subscription_id)
            if subscription is None:
                continue  # unsubscribed meanwhile: the message is gone with it
            error = failing.get(subscription.id) or await self._send(subscription, message)
            if error is not None:
                failing[subscription.id] = error
            await self._settle(message, error)

    async def _send(self, subscription: Subscription, message: Message) -> str | None:
        """Return why it was not sent, None when it was."""
        channel = self._channels[subscription.channel]
        try:
            await channel.send(subscription, message)
        except NotSent as error:
            self._measure(subscription.channel.value, "failed")
            return str(error)
        self._measure(subscription.channel.value, "sent")
        return None

    async def _settle(self, message: Message, error: str | None) -> None:
        now = self._clock.now()
        due_at = None if error is None else next_try(message.created_at, message.attempts, now)
        if error is not None and due_at is None:
            _log.warning("A notice was given up after three days: %s", error)
        await self._store.notices.settle(
            message.tenant_id,
            message.id,
            sent_at=now if error is None else None,
            due_at=due_at,
            error=error,
        )
