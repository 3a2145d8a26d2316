"""One query for TXT records."""

from __future__ import annotations

import ipaddress
from typing import Protocol

import dns.asyncresolver
import dns.exception
import dns.nameserver
import dns.resolver

from syncline.portal.domain.errors import SetupError
from syncline.portal.domain.verification import Look, Outcome

PATIENCE_SECONDS = 5.0
_DNS_PORT = 53


class TxtResolver(Protocol):
    """What the verification knows of the DNS."""

    async def look(self, name: str) -> Look:
        """Return the TXT records at that name; how it ended when there are none. Never raises."""
        ...


class DnsResolver:
    """Asks real servers over UDP, and over TCP when an answer does not fit; nothing is cached here.

    `servers` are addresses with ports; without any, those the machine is set up with. Whoever has not answered after
    `patience_seconds` of real time is taken to be silent.
    """

    def __init__(self, *servers: tuple[str, int], patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._servers = servers
        self._patience_seconds = patience_seconds

    async def look(self, name: str) -> Look:
        try:
            resolver = self._resolver()
        except dns.resolver.NoResolverConfiguration:
            return Look(
                name, Outcome.NO_ANSWER, (), "this machine has no DNS server; name one with --resolver"
            )
        asked = ", ".join(map(_named, self._servers or resolver.nameservers))
        try:
            answer = await resolver.resolve(f"{name}.", "TXT", search=False)
        except dns.resolver.NXDOMAIN:
            return Look(name, Outcome.NO_SUCH_NAME, (), asked)
        except dns.resolver.NoAnswer:
            return Look(name, Outcome.NO_RECORDS, (), asked)
        except (dns.exception.DNSException, OSError):
            return Look(name, Outcome.NO_ANSWER, (), asked)
        # One record is several strings of at most 255 bytes, which belong together (RFC 1035 §3.3.14).
        texts = sorted(b"".join(record.strings).decode("utf-8", "replace") for record in answer)
        return Look(name, Outcome.RECORDS, tuple(text[:500] for text in texts[:20]), asked)

    def _resolver(self) -> dns.asyncresolver.Resolver:
        resolver = dns.asyncresolver.Resolver(configure=not self._servers)
        resolver.lifetime = self._patience_seconds
        if self._servers:
            resolver.nameservers = [dns.nameserver.Do53Nameserver(host, port) for host, port in self._servers]
        return resolver


def _named(server: object) -> str:
    """Write who was asked as people write it; the machine's own servers come as addresses."""
    if not isinstance(server, tuple):
        return str(server)
    host, port = server
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def parse_server(text: str) -> tuple[str, int]:
    """Return the address and port of a DNS server written HOST, HOST:PORT or [IPv6]:PORT; `SetupError`."""
    host, colon, port = text.rpartition(":")
    if not colon or (host.count(":") and not host.startswith("[")):
        host, port = text, str(_DNS_PORT)
    try:
        address = ipaddress.ip_address(host.strip("[]"))
        number = int(port) if port.isascii() and port.isdecimal() else 0
    except ValueError:
        raise SetupError(
            f"A DNS server is an IP address, perhaps with a port: 192.0.2.53:53, not {text!r}."
        ) from None
    if not 1 <= number <= 65_535:
        raise SetupError(f"{text!r} has no port from 1 to 65535.")
    return str(address), number
