"""How the text of a setting becomes a value: one parser per kind.

Each parser returns the value or raises `ValueError` whose message completes "must be …".
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class AllowedHost:
    """One entry of an allow-list of HTTP hosts; without a port it stands for every port of the host."""

    host: str
    port: int | None

    def admits(self, host: str, port: int) -> bool:
        """Tell whether this entry covers that host (any case) at that port."""
        return self.host == host.lower() and self.port in (None, port)


def folder(text: str) -> Path:
    """Parse a folder; relative to the working directory, `~` allowed."""
    return Path(text).expanduser().resolve()


def text(text: str) -> str:
    """Take the text as it is."""
    return text


def host(text: str) -> str:
    """Parse a host name or an IP address to listen on."""
    if not text or any(character in "/[]@" or character.isspace() for character in text):
        raise ValueError("a host name or an IP address, for example 127.0.0.1 or 0.0.0.0")
    return text


def optional(parse: Callable[[str], T]) -> Callable[[str], T | None]:
    """Let the empty text stand for None."""
    return lambda text: parse(text) if text else None


def whole(lowest: int, highest: int) -> Callable[[str], int]:
    """Parse a whole number within those bounds."""

    def parse(text: str) -> int:
        digits = text.isascii() and text.isdecimal() and len(text) <= 9
        if not digits or not lowest <= int(text) <= highest:
            raise ValueError(f"a whole number from {lowest} to {highest}")
        return int(text)

    return parse


def switch(text: str) -> bool:
    """Parse on or off, and what else people write for them."""
    if text.lower() in ("on", "true", "yes", "1"):
        return True
    if text.lower() in ("off", "false", "no", "0"):
        return False
    raise ValueError("on or off")


def choice(*choices: str) -> Callable[[str], str]:
    """Parse one of those lower-case words."""

    def parse(text: str) -> str:
        if text.lower() not in choices:
            raise ValueError("one of " + ", ".join(choices))
        return text.lower()

    return parse


def address(text: str) -> str:
    """Parse an absolute http(s) address without query, fragment or credentials; drop a trailing slash."""
    wanted = "an absolute address without query or credentials, for example https://sync.example.com"
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise ValueError(wanted) from None
    if not usable or parts.query or parts.fragment or "@" in parts.netloc or any(map(str.isspace, text)):
        raise ValueError(wanted)
    return text.rstrip("/")


def database(text: str) -> str:
    """Parse a database address; plain `postgresql://` means the psycopg driver."""
    if not text.startswith(("sqlite:///", "postgresql+psycopg://", "postgresql://")):
        raise ValueError("sqlite:///PATH or postgresql://USER:PASSWORD@HOST/DATABASE")
    if text.startswith("postgresql://"):
        return "postgresql+psycopg" + text.removeprefix("postgresql")
    return text


def networks(text: str) -> tuple[Network, ...]:
    """Parse IP addresses and networks separated by commas."""
    try:
        return tuple(ipaddress.ip_network(item) for item in _items(text))
    except ValueError:
        raise ValueError("IP addresses or networks separated by commas, for example 10.0.0.0/8") from None


def hosts(text: str) -> tuple[AllowedHost, ...]:
    """Parse hosts separated by commas, each with or without a port."""
    wanted = "hosts separated by commas, each with or without a port, for example portal.internal:8090"
    try:
        parts = [urlsplit("//" + item) for item in _items(text)]
        entries = tuple(AllowedHost(part.hostname or "", part.port) for part in parts)
    except ValueError:
        raise ValueError(wanted) from None
    plain = all(not (part.path or part.query or part.fragment or "@" in part.netloc) for part in parts)
    if not plain or not all(entry.host for entry in entries):
        raise ValueError(wanted)
    return entries


def is_loopback(host: str) -> bool:
    """Tell whether a host names this machine and nothing else."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _items(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]
