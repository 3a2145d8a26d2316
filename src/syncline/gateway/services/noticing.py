"""The `notice.*` operations: who is told, what was told, and whether it arrives."""

from __future__ import annotations

import base64
import secrets
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from syncline.clock import Clock
from syncline.gateway.domain.errors import Invalid, NotFound, Refused
from syncline.gateway.domain.notices import NOTICES, Notice
from syncline.gateway.domain.remedies import Remedy
from syncline.gateway.services.ports import Actor, Store, Tenant
from syncline.gateway.services.ports.notices import (
    ChannelKind,
    Message,
    NoticeChannel,
    NotSent,
    Subscription,
)
from syncline.gateway.services.showing import moment
from syncline.gateway.services.telling import message_to, trial_body
from syncline.gateway.services.tenants import Tenants

SECRET_BYTES = 32
"""Standard Webhooks asks for 24 to 64."""
MOST_SUBSCRIPTIONS = 20
MESSAGES_SHOWN = 50


CheckAddress = Callable[[ChannelKind, str], str]
"""Returns an address as a channel takes it; raises `Invalid` and `Refused`."""


class Noticing:
    """The `notice.*` operations."""

    def __init__(
        self,
        store: Store,
        tenants: Tenants,
        channels: Mapping[ChannelKind, NoticeChannel],
        clock: Clock,
        address: Callable[[], str],
    ) -> None:
        self._store = store
        self._tenants = tenants
        self._channels = channels
        self._clock = clock
        self._address = address

    def check_address(self, channel: ChannelKind, address: str) -> str:
        """Return an address as the channel takes it; raises `Invalid` and `Refused`."""
        return self._channels[channel].check(address)

    async def list(self, actor: str, tenant: str) -> dict[str, Any]:
        """Return the notices of the last 90 days, those that stand first, who is told, and what did not arrive."""
        found = await self._tenants.find(tenant)
        notices = await self._store.notices.notices(found.id)
        subscriptions = await self._store.notices.subscriptions(found.id)
        messages = await self._store.notices.messages(found.id, MESSAGES_SHOWN)
        addresses = {each.id: each.address for each in subscriptions}
        return {
            "notices": [
                _notice_shown(each, found.name)
                for each in sorted(notices, key=lambda each: each.ended_at is not None)
            ],
            "subscriptions": [_subscription_shown(each) for each in subscriptions],
            "undelivered": [
                _message_shown(each, addresses[each.subscription_id])
                for each in messages
                if each.sent_at is None and each.subscription_id in addresses
            ],
        }

    async def subscribe(
        self, actor: str, tenant: str, email: str | None = None, webhook: str | None = None
    ) -> dict[str, Any]:
        """Have notices sent to an e-mail address or a webhook. A webhook's secret is in the answer and nowhere else."""
        found = await self._tenants.find(tenant)
        if (email is None) == (webhook is None):
            raise Invalid("Name either an e-mail address or a webhook.")
        kind = ChannelKind.EMAIL if webhook is None else ChannelKind.WEBHOOK
        address = self._channels[kind].check(email or webhook or "")
        others = await self._store.notices.subscriptions(found.id)
        if any(each.address == address for each in others):
            raise Refused(f"{address} is sent the notices of {found.name} already.")
        if len(others) >= MOST_SUBSCRIPTIONS:
            raise Refused(f"A tenant has at most {MOST_SUBSCRIPTIONS} subscriptions: use a mailing list.")
        by = Actor(actor, self._clock.now())
        subscription = Subscription(
            tenant_id=found.id,
            id=uuid.uuid4().hex[:10],
            channel=kind,
            address=address,
            secret=new_secret() if kind is ChannelKind.WEBHOOK else None,
            created_at=by.at,
            created_by=by.name,
        )
        await self._store.notices.subscribe(subscription, by)
        return {**_subscription_shown(subscription), "secret": subscription.secret}

    async def unsubscribe(self, actor: str, tenant: str, subscription: str) -> dict[str, Any]:
        """End a subscription, named by its id or its address; raises `NotFound`."""
        found = await self._tenants.find(tenant)
        chosen = await self._chosen(found, subscription)
        by = Actor(actor, self._clock.now())
        await self._store.notices.unsubscribe(found.id, chosen.id, by)
        return _subscription_shown(chosen)

    async def test(self, actor: str, tenant: str) -> dict[str, Any]:
        """Send a test to every subscriber now, and say what came of each."""
        found = await self._tenants.find(tenant)
        subscriptions = await self._store.notices.subscriptions(found.id)
        if not subscriptions:
            raise Refused("Nobody is told yet.", Remedy("{tell:Name an address} first.", found.name))
        now = self._clock.now()
        body = trial_body(found, self._address(), now)
        return {
            "sent": [
                {
                    **_subscription_shown(each),
                    "error": await self._error_of(each, message_to(each, body, now)),
                }
                for each in subscriptions
            ]
        }

    async def _error_of(self, subscription: Subscription, message: Message) -> str | None:
        try:
            await self._channels[subscription.channel].send(subscription, message)
        except NotSent as error:
            return str(error)
        return None

    async def _chosen(self, tenant: Tenant, name: str) -> Subscription:
        for each in await self._store.notices.subscriptions(tenant.id):
            if name in (each.id, each.address):
                return each
        raise NotFound(
            f"{tenant.name} has no subscription {name!r}.",
            Remedy("{notices:See which there are}.", tenant.name),
        )


def new_secret() -> str:
    """Return the secret of a webhook."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode("ascii")


def _notice_shown(notice: Notice, tenant: str) -> dict[str, Any]:
    return {
        "kind": notice.kind.value,
        "title": NOTICES[notice.kind].title,
        "says": notice.says,
        "fix": notice.fix.about(tenant).in_commands,
        "raised_at": moment(notice.raised_at),
        "told_at": moment(notice.told_at),
        "ended_at": moment(notice.ended_at),
    }


def _subscription_shown(subscription: Subscription) -> dict[str, Any]:
    return {
        "id": subscription.id,
        "channel": subscription.channel.value,
        "address": subscription.address,
        "created_at": moment(subscription.created_at),
        "created_by": subscription.created_by,
    }


def _message_shown(message: Message, address: str) -> dict[str, Any]:
    return {
        "id": message.id,
        "address": address,
        "attempts": message.attempts,
        "next_try_at": moment(message.due_at),
        "error": message.last_error,
    }
