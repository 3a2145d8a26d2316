"""Looking at our own public address, and at HubSpot's clock, from where this server stands."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from email.utils import parsedate_to_datetime
from ssl import cert_time_to_seconds
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from syncline import __version__
from syncline.clock import Clock, Milliseconds
from syncline.gateway.services.upkeep import Visit

SECONDS = 10

_FAULTS: tuple[tuple[type[BaseException], str], ...] = (
    (aiohttp.ClientConnectorDNSError, "its name cannot be resolved"),
    (aiohttp.ClientConnectorCertificateError, "its certificate is not trusted"),
    (aiohttp.ClientSSLError, "no TLS connection could be made"),
    (aiohttp.ClientConnectorError, "no connection could be made"),
    (TimeoutError, f"it did not answer within {SECONDS} s"),
)


class HttpVisitor:
    """Implements `services.ports.Visitor`: one GET, no credential, no redirect, the body unread."""

    def __init__(self, session: aiohttp.ClientSession, clock: Clock) -> None:
        self._session = session
        self._clock = clock

    async def __call__(self, url: str) -> Visit:
        """Return what came of it; never raises for what the network does."""
        headers = {
            "User-Agent": f"syncline/{__version__}",
            "Accept": "application/scim+json, application/json",
        }
        timeout = aiohttp.ClientTimeout(total=SECONDS)
        try:
            async with self._session.get(
                url,
                headers=headers,
                timeout=timeout,
                allow_redirects=False,
                trace_request_ctx=SimpleNamespace(sent=False),
            ) as response:
                visit = Visit(
                    status=response.status,
                    date=_date(response.headers.get("Date")),
                    seen_at=self._clock.now(),
                    scim=response.content_type == "application/scim+json",
                )
            return replace(visit, certificate_ends_at=await _certificate_end(url))
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as fault:
            return Visit(status=None, fault=_describe(fault))


def _describe(fault: BaseException) -> str:
    return next((text for kind, text in _FAULTS if isinstance(fault, kind)), "the exchange failed")


def _date(header: str | None) -> Milliseconds | None:
    try:
        return None if header is None else int(parsedate_to_datetime(header).timestamp() * 1000)
    except ValueError:
        return None


async def _certificate_end(url: str) -> Milliseconds | None:
    """Return when the certificate of that address ends; a second connection, because a pooled one forgets it."""
    parts = urlsplit(url)
    if parts.scheme != "https":
        return None
    async with asyncio.timeout(SECONDS):
        _, writer = await asyncio.open_connection(parts.hostname, parts.port or 443, ssl=True)
    try:
        certificate: Any = writer.get_extra_info("peercert")
        return int(cert_time_to_seconds(certificate["notAfter"]) * 1000) if certificate else None
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
