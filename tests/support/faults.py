"""Trouble at HubSpot, as planned by a test: a front before the portal that refuses, loses, delays and breaks off."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.hubspot.client import TOTAL_SECONDS, open_session
from syncline.scimserver.asgi import Receive, Scope, Send
from tests.support.clock import LeapingClock
from tests.support.world import TENANT, World, gateway, portal

Answer = Callable[[Scope, Receive, Send, Any], Awaitable[None]]
"""Answers a call in the place of the portal's application, which is its last argument."""


@dataclass
class Fault:
    """What happens to the calls whose method and path match, so many times, once so many have passed."""

    pattern: str
    answer: Answer
    times: int = 1_000_000
    after: int = 0

    def takes(self, scope: Scope) -> bool:
        """Tell whether it is this call's turn, and count it."""
        if not self.times or re.fullmatch(self.pattern, f"{scope['method']} {scope['path']}") is None:
            return False
        if self.after:
            self.after -= 1
            return False
        self.times -= 1
        return True


class Front:
    """Stands before the portal. Calls that no fault takes go through."""

    def __init__(self, application: Any) -> None:
        self._application = application
        self.faults: list[Fault] = []
        self.calls: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.calls.append(f"{scope['method']} {scope['path']}")
        fault = next((each for each in self.faults if each.takes(scope)), None)
        if fault is None:
            await self._application(scope, receive, send)
        else:
            await fault.answer(scope, receive, send, self._application)


def refuse(status: int, body: dict[str, Any] | None = None, **headers: str) -> Answer:
    """Answer with that status and do nothing."""

    async def answer(_scope: Scope, _receive: Receive, send: Send, _application: Any) -> None:
        await _send(send, status, b"" if body is None else json.dumps(body).encode(), headers)

    return answer


def rate_limit(policy: str) -> Answer:
    """Answer 429 in HubSpot's words."""
    body = {
        "status": "error",
        "message": f"You have reached your {policy.lower()} limit.",
        "errorType": "RATE_LIMIT",
        "policyName": policy,
        "correlationId": "11111111-2222-4333-8444-555555555555",
    }
    return refuse(429, body)


def lose(how: str) -> Answer:
    """Do what was asked, then lose the answer: by `502`, by `silence`, or `broken` off in the middle."""

    async def answer(scope: Scope, receive: Receive, send: Send, application: Any) -> None:
        async def nowhere(_message: Any) -> None:
            return

        await application(scope, receive, nowhere)
        if how == "502":
            await _send(send, 502, b"", {})
        elif how == "silence":
            await silence(receive)
        else:
            start = {"type": "http.response.start", "status": 201}
            await send({**start, "headers": [(b"content-length", b"500"), (b"connection", b"close")]})
            await send({"type": "http.response.body", "body": b'{"id": "1', "more_body": True})

    return answer


def keep_silent() -> Answer:
    """Do nothing, and never answer."""

    async def answer(_scope: Scope, receive: Receive, _send: Send, _application: Any) -> None:
        await silence(receive)

    return answer


async def silence(receive: Receive) -> None:
    """Return when the client has given up."""
    message = await receive()
    while message["type"] != "http.disconnect":
        message = await receive()


async def _send(send: Send, status: int, body: bytes, headers: dict[str, str]) -> None:
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    kind = [(b"content-type", b"application/json")] if body else []
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*named, *kind, length]})
    await send({"type": "http.response.body", "body": body})


@dataclass
class TroubledWorld(World):
    """A world whose HubSpot has a front, and whose gateway can be opened again on what it left."""

    front: Front = None  # type: ignore[assignment]
    stack: contextlib.AsyncExitStack = None  # type: ignore[assignment]
    session: aiohttp.ClientSession = None  # type: ignore[assignment]
    folder: Path = Path()

    async def restart(self) -> None:
        """Close the gateway and open it again."""
        await self.stack.aclose()
        self.gateway = await self.stack.enter_async_context(gateway(self.folder, self.clock, self.session))

    async def calls(self) -> list[int]:
        """Return when the gateway has called HubSpot."""
        return await self.gateway.store.backlog.calls_since(self.tenant_id, 0)


@contextlib.asynccontextmanager
async def troubled_world(
    folder: Path, *, patience_seconds: float = TOTAL_SECONDS, **account: Any
) -> AsyncIterator[TroubledWorld]:
    """Yield a world with a front before HubSpot; calls to it are given up after `patience_seconds` of real time."""
    clock = LeapingClock()
    fronts: list[Front] = []

    def front(application: Any) -> Front:
        fronts.append(Front(application))
        return fronts[0]

    async with (
        portal(folder / "portal", clock, front=front, **account) as hubspot,
        open_session(total_seconds=patience_seconds) as session,
        contextlib.AsyncExitStack() as stack,
    ):
        opened = await stack.enter_async_context(gateway(folder / "gateway", clock, session))
        made = TroubledWorld(
            opened, hubspot, clock, front=fronts[0], stack=stack, session=session, folder=folder / "gateway"
        )
        created = await made.run("tenant.create", name=TENANT)
        made.tenant_id = TenantId(created["id"])
        await made.connect()
        yield made
