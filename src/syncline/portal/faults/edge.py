"""The outermost layer of the portal: it lets ordered faults happen, and without any it only looks."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from urllib.parse import parse_qs

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from syncline.clock import Clock
from syncline.portal.domain.errors import HubSpotError, RateLimited
from syncline.portal.faults.acts import act
from syncline.portal.faults.order import ACTS, Fault, FaultKind
from syncline.portal.faults.replies import spoiled
from syncline.portal.faults.transport import gone, hang_up, reset
from syncline.portal.store import fault_reads
from syncline.portal.store.fault_reads import Ordered
from syncline.portal.store.store import Store
from syncline.portal.web.answer import Answer, send_answer
from syncline.sql.errors import StoreUnavailable

_LONGEST_FORM = 65_536


class FaultyEdge:
    """Meets each call with the faults ordered for its account, in the order they were ordered.

    A fault that ends the call ends it; latency and changes of the account come first and let it go on.
    How often a fault was met is kept in memory: a restart counts from the beginning.
    """

    def __init__(self, application: ASGIApp, store: Store, clock: Clock) -> None:
        self._application = application
        self._store = store
        self._clock = clock
        self._met: Counter[int] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        ordered = await self._ordered() if scope["type"] == "http" else []
        if not ordered:
            await self._application(scope, receive, send)
            return
        portal_id, receive = await self._account_of(scope, receive)
        struck = [one.fault for one in ordered if one.portal_id == portal_id and self._strikes(one, scope)]
        for fault in struck:
            if fault.kind is FaultKind.LATENCY:
                await self._clock.sleep(fault.milliseconds or 0)
            elif fault.kind in ACTS and portal_id is not None:
                await act(fault, self._store, self._clock, portal_id)
        last = next((one for one in struck if one.kind not in (*ACTS, FaultKind.LATENCY)), None)
        if last is None:
            await self._application(scope, receive, send)
        else:
            await self._fail(last, scope, receive, send)

    async def _ordered(self) -> list[Ordered]:
        try:
            return await self._store.reader.point(fault_reads.all_ordered)
        except StoreUnavailable:
            return []

    def _strikes(self, ordered: Ordered, scope: Scope) -> bool:
        if not ordered.fault.meets(scope["method"], scope["path"], self._clock.now()):
            return False
        self._met[ordered.id] += 1
        return ordered.fault.strikes(self._met[ordered.id])

    async def _fail(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        match fault.kind:
            case FaultKind.DOWN:
                await hang_up(send, receive)
            case FaultKind.RESET:
                await reset(send, receive)
            case FaultKind.TIMEOUT:
                await self._never_answer(fault, receive, send)
            case FaultKind.ERROR:
                await _answer(send, scope, fault, _ServerError(fault.status))
            case FaultKind.RATE_LIMIT:
                await _answer(send, scope, fault, RateLimited(fault.policy))
            case _:
                await spoiled(fault, self._application, self._clock, scope, receive, send)

    async def _never_answer(self, fault: Fault, receive: Receive, send: Send) -> None:
        if fault.milliseconds is None:
            await gone(receive)
            return
        leaving = asyncio.ensure_future(gone(receive))
        waiting = asyncio.ensure_future(self._clock.sleep(fault.milliseconds))
        try:
            await asyncio.wait({leaving, waiting}, return_when=asyncio.FIRST_COMPLETED)
            if not leaving.done():
                await reset(send, lambda: asyncio.shield(_disconnected(leaving)))
        finally:
            leaving.cancel()
            waiting.cancel()

    async def _account_of(self, scope: Scope, receive: Receive) -> tuple[int | None, Receive]:
        """Return whose call it is, by its bearer token or by what a token endpoint is sent, and the body again."""
        headers = dict(scope["headers"])
        scheme, _, token = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
        secrets = [token.strip()] if scheme.lower() == "bearer" else []
        if scope["path"].startswith("/oauth/") and scope["method"] == "POST":
            content, receive = await _peek(receive)
            secrets = _credentials(content)
        found = await self._store.reader.point(lambda connection: fault_reads.account_of(connection, secrets))
        return found, receive


class _ServerError(HubSpotError):
    """Trouble at HubSpot or before it."""

    def __init__(self, status: int) -> None:
        super().__init__("Ordered trouble: the rehearsal portal was told to fail here.")
        self.answered = status


async def _answer(send: Send, scope: Scope, fault: Fault, error: HubSpotError) -> None:
    correlation_id = str(uuid.uuid4())
    status = error.answered if isinstance(error, _ServerError) else error.status
    headers = {"X-HubSpot-Correlation-Id": correlation_id}
    if fault.retry_after is not None:
        headers["Retry-After"] = str(fault.retry_after)
    answer = Answer(status, error.envelope(correlation_id), headers)
    await send_answer(send, answer, {}, without_body=scope["method"] == "HEAD")


async def _disconnected(leaving: asyncio.Future[None]) -> Message:
    await leaving
    return {"type": "http.disconnect"}


async def _peek(receive: Receive) -> tuple[bytes, Receive]:
    """Read the beginning of a body, and return it with a `receive` that gives everything from the start."""
    held: list[Message] = []
    size = 0
    while size < _LONGEST_FORM:
        message = await receive()
        held.append(message)
        size += len(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body"):
            break
    content = b"".join(message.get("body", b"") for message in held)
    rest = iter(held)

    async def again() -> Message:
        message = next(rest, None)
        return await receive() if message is None else message

    return content, again


def _credentials(content: bytes) -> list[str]:
    """Return what a token request names its account by; nothing of a body that cannot be read."""
    try:
        fields = orjson.loads(content) if content.lstrip().startswith(b"{") else parse_qs(content.decode())
    except ValueError:
        return []
    found = [fields.get(name) for name in ("refresh_token", "code", "token")]
    texts = [one[0] if isinstance(one, list) and one else one for one in found]
    return [text for text in texts if isinstance(text, str) and text]
