"""Webhooks after Standard Webhooks: signed with the subscriber's secret, the id the same over all tries.

Source: the Standard Webhooks specification; signing is its library's.
"""

from __future__ import annotations

from datetime import UTC, datetime

import aiohttp
from standardwebhooks import Webhook

from syncline import __version__
from syncline.clock import Clock
from syncline.gateway.domain.errors import Invalid
from syncline.gateway.notifying.addresses import Doors, GuardedResolver
from syncline.gateway.services.ports.notices import Message, NotSent, Subscription

CONNECT_SECONDS = 5
TOTAL_SECONDS = 15
MAX_HEADERS = 8_190


def open_webhook_session(doors: Doors) -> aiohttp.ClientSession:
    """Return the HTTP session for webhooks; the caller closes it. Apart from HubSpot's, because the doors differ.

    It keeps no cookies and no names, and reads no proxy settings from the environment. Call it inside the event loop.
    """
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=20, resolver=GuardedResolver(doors), use_dns_cache=False),
        timeout=aiohttp.ClientTimeout(total=TOTAL_SECONDS, sock_connect=CONNECT_SECONDS),
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        auto_decompress=False,
        max_line_size=MAX_HEADERS,
        max_field_size=MAX_HEADERS,
    )


class WebhookChannel:
    """Implements `services.ports.NoticeChannel`: one POST, no redirect, the reply's body unread."""

    def __init__(self, session: aiohttp.ClientSession, doors: Doors, clock: Clock) -> None:
        self._session = session
        self._doors = doors
        self._clock = clock

    def check(self, address: str) -> str:
        """Return the address; raises `Invalid` for one that nothing is sent to."""
        return self._doors.check(address)

    async def send(self, subscription: Subscription, message: Message) -> None:
        """Send the message once; anything but 2xx within 15 s is `NotSent`."""
        if subscription.secret is None:
            raise NotSent("The secret of this webhook was lost with the key: subscribe it anew.")
        try:
            url = self._doors.check(subscription.address)
            async with self._session.post(
                url,
                data=message.body.encode(),
                headers=self._headers(message, subscription.secret),
                allow_redirects=False,
            ) as answer:
                status = answer.status
        except Invalid as refusal:
            raise NotSent(refusal.message) from None
        except (aiohttp.ClientError, OSError) as fault:
            raise NotSent(_describe(fault)) from None
        if not 200 <= status < 300:
            raise NotSent(f"The webhook answered with {status}.")

    def _headers(self, message: Message, secret: str) -> dict[str, str]:
        at = datetime.fromtimestamp(self._clock.now() // 1000, UTC)
        return {
            "Content-Type": "application/json",
            "User-Agent": f"syncline/{__version__}",
            "webhook-id": message.id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(secret).sign(message.id, at, message.body),
        }


def _describe(fault: Exception) -> str:
    if isinstance(fault, aiohttp.ClientConnectorDNSError):
        return "The webhook's name cannot be resolved to a public address."
    if isinstance(fault, aiohttp.ClientConnectorCertificateError):
        return "The webhook's certificate is not trusted."
    if isinstance(fault, TimeoutError):
        return f"The webhook did not answer within {TOTAL_SECONDS} s."
    return "The webhook could not be reached, or broke off."
