"""The one place that speaks HTTP to HubSpot: a call goes out, an answer comes back, trouble included.

What a call means is decided elsewhere; this client only carries it, and keeps three promises of its own: a credential
goes to the base URL it belongs to and nowhere else, no redirect is ever followed, and no reply is read past its bound.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import aiohttp
import orjson
from yarl import URL

from syncline import __version__
from syncline.clock import Clock
from syncline.gateway.domain.errors import Invalid
from syncline.gateway.hubspot.addresses import check_base_url
from syncline.gateway.hubspot.call import Answer, Call, Channel
from syncline.gateway.hubspot.talk import Refusal
from syncline.gateway.hubspot.tokens import TokenSource

CONNECT_SECONDS = 5
TOTAL_SECONDS = 30
MAX_REPLY = 1_000_000
MAX_LIST_REPLY = 8_000_000
_CHUNK = 65_536
ONLY_HUBSPOT: Callable[[str], str] = partial(check_base_url, allow_private=False)
"""The strictest rule of addresses."""

_MEDIA_TYPES = {
    Channel.API: ("application/json", "application/json"),
    Channel.SCIM: ("application/scim+json", "application/scim+json, application/json"),
    Channel.OAUTH: ("application/x-www-form-urlencoded", "application/json"),
}
_FAULTS: tuple[tuple[type[Exception], str], ...] = (
    (aiohttp.ClientConnectorDNSError, "the host name could not be resolved"),
    (aiohttp.ClientConnectorCertificateError, "the certificate of the server is not trusted"),
    (aiohttp.ClientSSLError, "no TLS connection could be made"),
    (aiohttp.ConnectionTimeoutError, f"no connection within {CONNECT_SECONDS} s"),
    (aiohttp.ClientConnectorError, "no connection could be made"),
    (TimeoutError, f"no complete reply within {TOTAL_SECONDS} s"),
    (aiohttp.ClientPayloadError, "the reply broke off"),
    (aiohttp.ServerDisconnectedError, "the connection was closed before the reply"),
    (aiohttp.ClientResponseError, "the reply was not valid HTTP"),
    (OSError, "the connection broke"),
)


@dataclass(frozen=True, slots=True)
class Target:
    """Where a channel is reached, and where its bearer token comes from, which belongs to that address alone.

    `base_url` has no final slash. Without `tokens` no bearer token is sent.
    """

    base_url: str
    tokens: TokenSource | None = field(default=None, repr=False)


def open_session(
    *,
    connect_seconds: float = CONNECT_SECONDS,
    total_seconds: float = TOTAL_SECONDS,
    traces: Sequence[aiohttp.TraceConfig] = (),
) -> aiohttp.ClientSession:
    """Return the HTTP session all clients of a process share; the caller closes it.

    It keeps no cookies, reads no proxy settings or `.netrc` from the environment, and decompresses nothing, so that
    the bytes counted are the bytes parsed. Must be called inside the event loop.
    """
    trace = aiohttp.TraceConfig()
    trace.on_request_headers_sent.append(_note_sent)
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=200, limit_per_host=100, ttl_dns_cache=60),
        timeout=aiohttp.ClientTimeout(total=total_seconds, sock_connect=connect_seconds),
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        auto_decompress=False,
        requote_redirect_url=False,
        trace_configs=[trace, *traces],
    )


class HubSpotClient:
    """Sends calls to one HubSpot account."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        clock: Clock,
        targets: Mapping[Channel, Target],
        check_address: Callable[[str], str] = ONLY_HUBSPOT,
    ) -> None:
        """`check_address` refuses a base URL with `Invalid`; by default all but HubSpot's own are refused."""
        self._session = session
        self._clock = clock
        self._targets = dict(targets)
        self._check_address = check_address

    def reaches(self, channel: Channel) -> bool:
        """Tell whether this account is connected by that channel."""
        return channel in self._targets

    async def prepare(self, channel: Channel) -> None:
        """See that there is a token for the channel's next call; raises `Refusal` when none can be had."""
        target = self._targets.get(channel)
        if target is not None and target.tokens is not None:
            await target.tokens.token()

    async def send(self, call: Call) -> Answer:
        """Send the call once and return what came of it. Raises nothing but cancellation.

        Connecting may take 5 s, the whole exchange 30 s; a reply may have 1 MB, that of a list 8 MB.
        An answer without a status says with `sent` whether the request may have reached HubSpot.
        """
        target = self._targets.get(call.channel)
        if target is None:
            return self._unanswered("this channel is not connected", sent=False)
        if not self._may_speak_to(target):
            return self._unanswered("its address is not allowed by the settings of this server", sent=False)
        try:
            token = None if target.tokens is None else await target.tokens.token()
        except Refusal as refusal:
            return self._unanswered(refusal.failure.sentence.rstrip("."), sent=False)
        left = SimpleNamespace(sent=False)
        try:
            async with self._session.request(
                call.method,
                _address(target, call),
                headers=_headers(token, call),
                data=_payload(call),
                allow_redirects=False,
                trace_request_ctx=left,
            ) as response:
                if (
                    response.status == HTTPStatus.UNAUTHORIZED
                    and target.tokens is not None
                    and token is not None
                ):
                    target.tokens.refused(token)
                return await self._answer(call, response)
        except (aiohttp.ClientError, TimeoutError, OSError) as fault:
            return self._unanswered(_describe(fault), sent=left.sent)

    def _may_speak_to(self, target: Target) -> bool:
        # Checked again at each call: the setting may have been tightened since the connection was made.
        try:
            self._check_address(target.base_url)
        except Invalid:
            return False
        return True

    async def _answer(self, call: Call, response: aiohttp.ClientResponse) -> Answer:
        body, error = None, None
        try:
            data = await _read(response, MAX_LIST_REPLY if call.is_list else MAX_REPLY)
            body, error = _parse(response, data)
        except (aiohttp.ClientError, TimeoutError, OSError) as fault:
            error = _describe(fault)
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(status=response.status, headers=headers, body=body, error=error, at=self._clock.now())

    def _unanswered(self, error: str, *, sent: bool) -> Answer:
        return Answer(status=None, error=error, sent=sent, at=self._clock.now())


async def _note_sent(_session: aiohttp.ClientSession, context: SimpleNamespace, _parameters: object) -> None:
    # Raised just before the first byte is handed to the socket, so False means: surely never sent.
    context.trace_request_ctx.sent = True


def _address(target: Target, call: Call) -> URL:
    query = f"?{urlencode(call.query)}" if call.query else ""
    return URL(f"{target.base_url}{call.path}{query}", encoded=True)


def _headers(token: str | None, call: Call) -> dict[str, str]:
    sent, accepted = _MEDIA_TYPES[call.channel]
    headers = {
        "Accept": accepted,
        "Accept-Encoding": "identity",
        "User-Agent": f"syncline/{__version__}",
    }
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    if call.body is not None or call.form:
        headers["Content-Type"] = sent
    return headers


def _payload(call: Call) -> bytes | None:
    if call.form:
        return urlencode(call.form).encode("ascii")
    return None if call.body is None else orjson.dumps(call.body)


async def _read(response: aiohttp.ClientResponse, bound: int) -> bytes | None:
    """Return the whole reply, or None as soon as it has shown to be longer than the bound."""
    data = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        data += chunk
        if len(data) > bound:
            response.close()
            return None
    return bytes(data)


def _parse(response: aiohttp.ClientResponse, data: bytes | None) -> tuple[Any | None, str | None]:
    if data is None:
        return None, "the reply was too long"
    if not data:
        return None, None
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        return None, "the reply was compressed without being asked to be"
    try:
        return orjson.loads(data), None
    except orjson.JSONDecodeError:
        return None, "the reply was not JSON"


def _describe(fault: Exception) -> str:
    """Say what went wrong without the library's own words, which may hold addresses and headers."""
    return next((text for kind, text in _FAULTS if isinstance(fault, kind)), "the exchange failed")
