"""Who the client is when a reverse proxy stands in front.

Only proxies the operator named are believed, and only about the client's address and scheme. The host of a
request is never believed: every printed address comes from the public URL.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from syncline.gateway.web.asgi import Application
from syncline.scimserver.asgi import Receive, Scope, Send
from syncline.settings_values import Network


def behind_proxies(application: Application, trusted: Sequence[Network]) -> Application:
    """Return the application seeing the real client; it is returned as it is when no proxy is trusted."""
    if not trusted:
        return application

    async def unveiled(scope: Scope, receive: Receive, send: Send) -> None:
        peer = scope.get("client")
        if peer is not None and _is_trusted(peer[0], trusted):
            scope = _as_told(scope, trusted)
        await application(scope, receive, send)

    return unveiled


def _as_told(scope: Scope, trusted: Sequence[Network]) -> Scope:
    changed = dict(scope)
    client = _client(_values(scope, b"x-forwarded-for"), trusted)
    if client is not None:
        changed["client"] = (client, 0)
    schemes = _values(scope, b"x-forwarded-proto")
    if schemes and schemes[-1].lower() in ("http", "https"):
        changed["scheme"] = schemes[-1].lower()
    return changed


def _client(hops: Sequence[str], trusted: Sequence[Network]) -> str | None:
    """Return the nearest hop that is not ours: whatever stands before it anybody could have written."""
    for hop in reversed(hops):
        address = _address(hop)
        if address is None:
            return None
        if not _is_trusted(address, trusted):
            return address
    return None


def _values(scope: Scope, name: bytes) -> list[str]:
    text = ",".join(value.decode("latin-1") for key, value in scope["headers"] if key == name)
    return [item.strip() for item in text.split(",") if item.strip()]


def _address(hop: str) -> str | None:
    """Return the address of a hop, which some proxies write with a port."""
    for candidate in (hop, hop.rpartition(":")[0].strip("[]")):
        try:
            return str(ipaddress.ip_address(candidate))
        except ValueError:
            continue
    return None


def _is_trusted(host: str, trusted: Sequence[Network]) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return any((mapped or address) in network for network in trusted)
