"""One keep-alive connection, one request at a time: as little client as can be, so that it is not the bottleneck."""

from __future__ import annotations

import asyncio
from typing import NamedTuple, cast


class Answer(NamedTuple):
    """What came back; the body of a chunked answer has its chunk lines taken off."""

    status: int
    body: bytes


class ConnectionLost(Exception):
    """The server closed the connection in the middle of an answer."""


class Connection(asyncio.Protocol):
    """Send with `ask`; the next request may be sent once the answer to the last is there."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._received = b""
        self._answer: asyncio.Future[Answer] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports do what asyncio's do without being of their class
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionLost("The server closed the connection."))

    def ask(self, request: bytes) -> asyncio.Future[Answer]:
        """Send the bytes of one request and return its answer to come."""
        assert self._transport is not None
        self._answer = self._loop.create_future()
        self._transport.write(request)
        return self._answer

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        self._received = self._received + data if self._received else data
        found = _whole(self._received)
        if found is not None and self._answer is not None:
            self._received = b""
            if not self._answer.done():  # whoever asked may have given up
                self._answer.set_result(found)


def _whole(received: bytes) -> Answer | None:
    """Return the answer once all of it is there."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return None
    head, body = received[:end].lower(), received[end + 4 :]
    status = int(head[9:12])
    if status in (204, 304):
        return Answer(status, b"")
    length = head.find(b"\r\ncontent-length:")
    if length >= 0:
        expected = int(head[length + 17 :].split(b"\r\n", 1)[0])
        return Answer(status, body) if len(body) == expected else None
    # JSON holds no raw line break, so this is the last chunk and nothing else.
    return Answer(status, _joined(body)) if body.endswith(b"0\r\n\r\n") else None


def _joined(chunks: bytes) -> bytes:
    parts = []
    while chunks:
        size, _, rest = chunks.partition(b"\r\n")
        length = int(size, 16)
        parts.append(rest[:length])
        chunks = rest[length + 2 :]
    return b"".join(parts)


async def connect(port: int) -> Connection:
    """Open a connection to a server on this machine."""
    _, connection = await asyncio.get_running_loop().create_connection(Connection, "127.0.0.1", port)
    return connection
