"""A small DNS server in a process of its own, on UDP and TCP, over a zone written as JSON.

The zone maps names to lists of TXT values; every name above one of them exists too, and whatever else is asked
for does not. It is read anew for each query, so a test changes the DNS by writing the file. A name that maps to
null gets no answer at all.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

LARGEST_DATAGRAM = 512


@dataclass(frozen=True, slots=True)
class RunningDns:
    """A DNS server that runs."""

    port: int
    _zone: Path

    @property
    def address(self) -> str:
        """Where it listens, as `--resolver` takes it."""
        return f"127.0.0.1:{self.port}"

    def hold(self, zone: Mapping[str, list[str] | None]) -> None:
        """Replace what the server knows, in one step."""
        fresh = self._zone.with_suffix(".new")
        fresh.write_text(json.dumps(zone))
        fresh.replace(self._zone)


@contextlib.contextmanager
def running_dns(folder: Path, zone: dict[str, list[str] | None]) -> Iterator[RunningDns]:
    """Run a server over a zone file in the folder while the block runs."""
    path = folder / "zone.json"
    path.write_text(json.dumps(zone))
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.dns_server", str(path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield RunningDns(int(process.stdout.readline()), path)
        finally:
            process.terminate()


def answer(query: dns.message.Message, zone: dict[str, list[str] | None]) -> dns.message.Message | None:
    """Return the answer to a query; None for silence."""
    reply = dns.message.make_response(query)
    reply.flags |= dns.flags.AA | dns.flags.RA
    question = query.question[0]
    name = question.name.to_text(omit_final_dot=True).lower()
    texts = zone.get(name, [])
    if texts is None:
        return None
    if name not in zone and not any(known.endswith(f".{name}") for known in zone):
        reply.set_rcode(dns.rcode.NXDOMAIN)
    elif texts and question.rdtype == dns.rdatatype.TXT:
        quoted = [
            " ".join(json.dumps(text[at : at + 255]) for at in range(0, len(text), 255)) for text in texts
        ]
        reply.answer.append(dns.rrset.from_text(question.name, 60, "IN", "TXT", *quoted))
    return reply


class _Zone:
    """The zone file, read for every query."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def answer(self, wire: bytes) -> dns.message.Message | None:
        return answer(dns.message.from_wire(wire), json.loads(self._path.read_text()))


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, zone: _Zone) -> None:
        self._zone = zone

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        reply = self._zone.answer(data)
        if reply is None:
            return
        wire = reply.to_wire()
        if len(wire) > LARGEST_DATAGRAM:
            short = dns.message.make_response(dns.message.from_wire(data))
            short.flags |= dns.flags.TC
            wire = short.to_wire()
        self._transport.sendto(wire, address)


async def _serve(zone: _Zone) -> None:
    async def stream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):
            length = int.from_bytes(await reader.readexactly(2), "big")
            reply = zone.answer(await reader.readexactly(length))
            if reply is not None:
                wire = reply.to_wire()
                writer.write(len(wire).to_bytes(2, "big") + wire)
                await writer.drain()
        writer.close()

    while True:
        server = await asyncio.start_server(stream, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        try:
            await asyncio.get_running_loop().create_datagram_endpoint(
                lambda: _Datagrams(zone), local_addr=("127.0.0.1", port)
            )
        except OSError:  # somebody else has that port for UDP
            server.close()
        else:
            break
    print(port, flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(_Zone(Path(sys.argv[1]))))
