"""Which addresses a webhook may have: never a door into the network this server stands in."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from typing import Protocol
from urllib.parse import SplitResult, urlsplit

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from syncline.gateway.domain.errors import Invalid

MAX_URL = 2_000
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class AllowedHost(Protocol):
    """An entry of the operator's own list of hosts."""

    def admits(self, host: str, port: int) -> bool:
        """Tell whether this entry covers that host at that port."""
        ...


class Doors:
    """The rule of addresses, the one of HubSpot's base URLs (`hubspot.addresses`): public hosts over TLS.

    Loopback and private addresses, written as ``localhost`` or as an IP address, only while `allow_private` holds;
    besides them the hosts the operator names. A name is judged again by what it resolves to whenever a connection is
    made, so that whoever owns it cannot point it inside later.
    """

    def __init__(self, *, allow_private: bool, allowed_hosts: Iterable[AllowedHost] = ()) -> None:
        self._allow_private = allow_private
        self._allowed_hosts = tuple(allowed_hosts)

    def check(self, url: str) -> str:
        """Return the address of a webhook; raises `Invalid` with what is wrong."""
        parts = _split(url)
        host = parts.hostname or ""
        if self._is_named(parts) or (self._allow_private and _is_private_host(host)):
            return url
        if parts.scheme != "https":
            raise Invalid("A webhook's address starts with https://")
        address = _ip_of(host)
        if host == "localhost" or (address is not None and not is_public(address)):
            raise Invalid(
                f"{host} is not a public address. A loopback or private one is accepted while the public URL is unset "
                "or loopback, or when the setting allow_private_webhooks names it."
            )
        return url

    def admits(self, host: str, port: int, address: str) -> bool:
        """Tell whether a connection may be made to what a host's name was resolved to."""
        if any(entry.admits(host, port) for entry in self._allowed_hosts):
            return True
        if self._allow_private and _is_private_host(host):
            return True
        found = _ip_of(address)
        return found is not None and is_public(found)

    def _is_named(self, parts: SplitResult) -> bool:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        return any(entry.admits(parts.hostname or "", port) for entry in self._allowed_hosts)


class GuardedResolver(AbstractResolver):
    """Resolves names, and leaves out every address that may not be connected to."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors
        self._resolver = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return what the name resolves to and may be connected to; raises OSError when nothing is left."""
        found = await self._resolver.resolve(host, port, family)
        admitted = [each for each in found if self._doors.admits(host, port, each["host"])]
        if not admitted:
            raise OSError(f"{host} resolves to no public address")
        return admitted

    async def close(self) -> None:
        await self._resolver.close()


def is_public(address: Address) -> bool:
    """Tell whether an address is anybody's on the internet, mapped and translated ones judged by what they hide."""
    if isinstance(address, ipaddress.IPv6Address):
        hidden = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if hidden is not None:
            return is_public(hidden)
        if address in _NAT64:
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return address.is_global and not address.is_multicast


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def _split(url: str) -> SplitResult:
    if len(url) > MAX_URL or not url.isascii() or any(c <= " " or c in '"<>\\^`{|}\x7f' for c in url):
        raise Invalid("A webhook's address is plain ASCII without spaces, at most 2,000 characters.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Invalid(
            "This address cannot be read. It looks like https://hooks.example.com/syncline"
        ) from None
    if parts.scheme not in {"https", "http"} or not parts.hostname or port == 0:
        raise Invalid("A webhook's address starts with https:// and names a host.")
    if "@" in parts.netloc or "?" in url or "#" in url:
        raise Invalid("A webhook's address has no user name, query or fragment: messages are signed instead.")
    return parts


def _ip_of(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_private_host(host: str) -> bool:
    """Tell whether a host, as written, is on this machine or a private network; link-local is not: it must be named."""
    if host == "localhost":
        return True
    address = _ip_of(host)
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if address is None or address.is_link_local or address.is_unspecified or address.is_multicast:
        return False
    return address.is_loopback or (address.is_private and not address.is_reserved)
