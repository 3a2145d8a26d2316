"""Spoiling answers: the portal answers in full into memory, and the client gets it in another way, or not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from syncline.clock import Clock
from syncline.portal.faults.order import Fault, FaultKind
from syncline.portal.faults.transport import hang_up, reset


@dataclass(slots=True)
class Reply:
    """An answer held back."""

    start: Message = field(default_factory=dict)
    body: bytearray = field(default_factory=bytearray)

    async def catch(self, message: Message) -> None:
        """Take one message of the answer."""
        if message["type"] == "http.response.start":
            self.start = message
        else:
            self.body += message.get("body", b"")


async def spoiled(
    fault: Fault, application: ASGIApp, clock: Clock, scope: Scope, receive: Receive, send: Send
) -> None:
    """Carry the call out and spoil its answer as the fault says."""
    reply = Reply()
    await application(scope, receive, reply.catch)
    match fault.kind:
        case FaultKind.LOST_REPLY:
            await reset(send, receive)
        case FaultKind.TRUNCATED:
            await _truncated(reply, fault, receive, send)
        case FaultKind.SLOW_CLOSE:
            await _start(send, reply, without_length=True)
            await _piece(send, bytes(reply.body))
            await clock.sleep(fault.milliseconds or 0)
            await _piece(send, b"", more=False)
        case FaultKind.BANDWIDTH:
            # A tenth of a second's worth at a time, so that the pace shows on short answers too.
            size = max(1, (fault.bytes or 1) // 10)
            await _in_pieces(reply, size, size * 1000 // (fault.bytes or 1), clock, send)
        case _:
            await _in_pieces(reply, fault.bytes or 1, fault.milliseconds or 0, clock, send)


async def _truncated(reply: Reply, fault: Fault, receive: Receive, send: Send) -> None:
    kept = len(reply.body) // 2 if fault.bytes is None else fault.bytes
    await _start(send, reply)
    if kept >= len(reply.body):
        await _piece(send, bytes(reply.body), more=False)
        return
    await _piece(send, bytes(reply.body[:kept]))
    await hang_up(send, receive)


async def _in_pieces(reply: Reply, size: int, pause: int, clock: Clock, send: Send) -> None:
    await _start(send, reply)
    for begin in range(0, len(reply.body), size):
        await _piece(send, bytes(reply.body[begin : begin + size]))
        await clock.sleep(pause)
    await _piece(send, b"", more=False)


async def _start(send: Send, reply: Reply, *, without_length: bool = False) -> None:
    headers: list[Any] = [
        (name, value)
        for name, value in reply.start["headers"]
        if not (without_length and name.lower() == b"content-length")
    ]
    await send({**reply.start, "headers": headers})


async def _piece(send: Send, content: bytes, *, more: bool = True) -> None:
    await send({"type": "http.response.body", "body": content, "more_body": more})
