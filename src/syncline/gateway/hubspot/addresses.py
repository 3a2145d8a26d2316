"""Which addresses a tenant's HubSpot credential may be sent to."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from typing import Protocol
from urllib.parse import SplitResult, urlsplit

from syncline.gateway.domain.errors import Invalid

HUBSPOT_HOSTS = frozenset({"api.hubapi.com", "api.hubspot.com"})
"""HubSpot's own hosts of the API and of SCIM; both answer for both (HubSpot's developer guide)."""

APP_HOST = re.compile(r"app(-[a-z]{2,3}[0-9]{1,2})?\.hubspot\.com")
"""HubSpot's hosts where people sign in: one for each of its data centres."""

_MAX_URL = 2_000


class AllowedHost(Protocol):
    """An entry of the operator's own list of hosts."""

    def admits(self, host: str, port: int) -> bool:
        """Tell whether this entry covers that host at that port."""
        ...


def check_base_url(base_url: str, *, allow_private: bool, allowed_hosts: Iterable[AllowedHost] = ()) -> str:
    """Return the base URL without its final slash, if a HubSpot credential may be sent there.

    HubSpot's own hosts are allowed over TLS and on its port only. Loopback and private addresses, written as
    ``localhost`` or as an IP address, are allowed while `allow_private` holds; `allowed_hosts` names further hosts.
    A name that merely resolves to a private address is not allowed by `allow_private`: whoever owns the name could
    point it elsewhere. Link-local addresses need to be named, because the metadata services of cloud hosts live
    there. Raises `Invalid` with what is wrong.
    """
    parts = _split(base_url)
    host = parts.hostname or ""
    if host in HUBSPOT_HOSTS:
        if parts.scheme != "https" or parts.port not in {None, 443}:
            raise Invalid(
                f"Write HubSpot's address with https and without a port: https://{host}{parts.path}"
            )
    elif not (allow_private and _is_private(host)) and not _is_named(parts, allowed_hosts):
        raise Invalid(
            f"{host} is not a HubSpot host. Credentials are sent to {' and '.join(sorted(HUBSPOT_HOSTS))} only. "
            "A loopback or private address is accepted while the public URL is unset or loopback, "
            "or when the setting allow_private_hubspot names it."
        )
    return base_url.rstrip("/")


def check_authorize_url(url: str, *, allow_private: bool, allowed_hosts: Iterable[AllowedHost] = ()) -> str:
    """Return the address without its final slash, if a person may be sent there to grant something.

    HubSpot's own sign-in hosts over TLS; besides them the same private and named hosts as in `check_base_url`.
    Raises `Invalid` with what is wrong.
    """
    parts = _split(url)
    host = parts.hostname or ""
    if APP_HOST.fullmatch(host):
        if parts.scheme != "https" or parts.port not in {None, 443}:
            raise Invalid(f"Write HubSpot's address with https and without a port: https://{host}")
    elif not (allow_private and _is_private(host)) and not _is_named(parts, allowed_hosts):
        raise Invalid(
            f"{host} is not where people sign in to HubSpot, which is app.hubspot.com or a regional host such as "
            "app-eu1.hubspot.com. A loopback or private address is accepted while the public URL is unset or "
            "loopback, or when the setting allow_private_hubspot names it."
        )
    return url.rstrip("/")


def _is_named(parts: SplitResult, allowed_hosts: Iterable[AllowedHost]) -> bool:
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return any(entry.admits(parts.hostname or "", port) for entry in allowed_hosts)


def _split(url: str) -> SplitResult:
    if len(url) > _MAX_URL or not url.isascii() or any(c <= " " or c in '"<>\\^`{|}\x7f' for c in url):
        raise Invalid("A base URL is plain ASCII without spaces, at most 2,000 characters.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Invalid("This base URL cannot be read. It looks like https://api.hubapi.com") from None
    if parts.scheme not in {"https", "http"} or not parts.hostname or port == 0:
        raise Invalid("A base URL starts with https:// and names a host, as in https://api.hubapi.com")
    if "@" in parts.netloc:
        raise Invalid("A base URL carries no user name or password; the credential is given apart.")
    if "?" in url or "#" in url:
        raise Invalid("A base URL has neither a query nor a fragment.")
    return parts


def _is_private(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    barred = address.is_link_local or address.is_unspecified or address.is_multicast or address.is_reserved
    return address.is_loopback or (address.is_private and not barred)
