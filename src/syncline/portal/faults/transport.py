"""The connection below a call. Every hold on uvicorn's insides that the faults need is in this file."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Any

from starlette.types import Receive, Send

_LINGER_NOT = struct.pack("ii", 1, 0)


class NoTransport(Exception):
    """The portal is not served by uvicorn, so that no connection can be broken."""


def transport_of(send: Send) -> asyncio.Transport:
    """Return the connection that `send` of uvicorn's own HTTP cycle writes to."""
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        raise NoTransport("Faults of the connection need the portal served by uvicorn.")
    found: asyncio.Transport = transport
    return found


async def reset(send: Send, receive: Receive) -> None:
    """End the connection with a TCP reset and return once it is gone."""
    transport = transport_of(send)
    connection: Any = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
    transport.abort()
    await gone(receive)


async def hang_up(send: Send, receive: Receive) -> None:
    """Close the connection in good order after what was written, and return once it is gone."""
    transport_of(send).close()
    await gone(receive)


async def gone(receive: Receive) -> None:
    """Return when the connection is over; what the client still sends is dropped."""
    while (await receive())["type"] != "http.disconnect":
        pass
