"""A CONNECT proxy that leads HubSpot's hosts, and those of its templates, to the portal's own TLS port.

HubSpot's command line fetches the templates of new projects from a host that no setting changes; through this
proxy the portal answers in its place. Every other host is refused: nothing passes to the network.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection

from syncline.portal.domain.errors import SetupError
from syncline.portal.tls import HUBSPOT_HOSTS, TEMPLATE_HOSTS

LED_HOSTS = frozenset({*HUBSPOT_HOSTS, *TEMPLATE_HOSTS})

_LONGEST_HEAD = 8_192
_PATIENCE_SECONDS = 10
_PIECE = 65_536
_MOST_TUNNELS = 100


@contextlib.asynccontextmanager
async def connect_proxy(host: str, port: int, tls_port: int) -> AsyncIterator[int]:
    """Run the proxy on a loopback address while the block runs; yields its port. `SetupError` if it is taken."""
    proxy = _Proxy(host, tls_port)
    try:
        server = await asyncio.start_server(proxy.accept, host, port, limit=_LONGEST_HEAD)
    except OSError as error:
        raise SetupError(f"The proxy can't listen on {host} port {port}: {error.strerror}.") from None
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await proxy.close()


class _Proxy:
    def __init__(self, host: str, tls_port: int) -> None:
        self._host = host
        self._tls_port = tls_port
        self._tunnels: set[asyncio.Task[None]] = set()

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take a new client in."""
        tunnel = asyncio.create_task(self._serve(reader, writer))
        self._tunnels.add(tunnel)
        tunnel.add_done_callback(self._tunnels.discard)

    async def close(self) -> None:
        """End every tunnel."""
        tunnels = tuple(self._tunnels)
        for tunnel in tunnels:
            tunnel.cancel()
        await asyncio.gather(*tunnels, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one client: lead it to the portal, or refuse."""
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
            await self._answer(head, reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
            pass
        finally:
            await _close(writer)

    async def _answer(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        refusal = refused(head, LED_HOSTS)
        if refusal is None and len(self._tunnels) > _MOST_TUNNELS:
            refusal = (503, "Too many connections at once.")
        if refusal is not None:
            writer.write(_refusal(*refusal))
            await writer.drain()
            return
        onward, portal = await asyncio.open_connection(self._host, self._tls_port)
        try:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await asyncio.gather(_pass(reader, portal), _pass(onward, writer))
        finally:
            await _close(portal)


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


def refused(head: bytes, led: Collection[str]) -> tuple[int, str] | None:
    """Return the status and the sentence a request is refused with; None for a CONNECT to one of these hosts."""
    method, _, rest = head.partition(b"\r\n")[0].decode("latin-1").partition(" ")
    host, _, port = rest.partition(" ")[0].rpartition(":")
    if method != "CONNECT":
        return (
            405,
            "This proxy leads HubSpot's command line to the rehearsal portal; it answers CONNECT only.",
        )
    if host.lower() not in led or port != "443":
        return 403, "This proxy leads nowhere but to the rehearsal portal."
    return None


def _refusal(status: int, sentence: str) -> bytes:
    body = f"{sentence}\n".encode()
    reason = {403: "Forbidden", 405: "Method Not Allowed", 503: "Service Unavailable"}[status]
    return (
        f"HTTP/1.1 {status} {reason}\r\nContent-Type: text/plain; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    ).encode() + body


async def _pass(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    """Pass everything on until the source ends, then say so to the target."""
    while piece := await source.read(_PIECE):
        target.write(piece)
        await target.drain()
    if target.can_write_eof():
        target.write_eof()
