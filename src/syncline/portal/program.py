"""The portal put together: settings in, a running server out."""

from __future__ import annotations

import contextlib
import ipaddress
import json
import os
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from starlette.types import ASGIApp

from syncline import httpserver
from syncline.clock import Clock, SystemClock
from syncline.datafolder import DataFolder
from syncline.portal.connect import connect_proxy
from syncline.portal.dns.resolver import DnsResolver, TxtResolver
from syncline.portal.dns.watch import watching
from syncline.portal.domain.errors import SetupError
from syncline.portal.store.store import Store, open_store
from syncline.portal.tls import prepare_tls
from syncline.portal.web.application import create_application
from syncline.portal.web.call import Surroundings
from syncline.portal.web.tls_entrance import TlsEntrance

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8090
DATABASE = "portal.db"
RECORD = "portal.json"


@dataclass(frozen=True, slots=True)
class PortalSettings:
    """Where the portal keeps its accounts and where it listens; port 0 takes any free one.

    TLS, for HubSpot's command line, and the CONNECT proxy that leads there are loopback's only, and are there
    when they have a port; the proxy needs TLS. `resolver` is asked for the TXT records of domains.
    """

    data: Path
    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    tls_port: int | None = None
    proxy_port: int | None = None
    resolver: TxtResolver = field(default_factory=DnsResolver)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a running portal listens, each without a trailing slash."""

    address: str
    tls_address: str | None = None
    proxy_address: str | None = None


def open_portal_store(data: Path) -> Store:
    """Open the portal's database in a data folder, both made if need be."""
    DataFolder(data).create()
    return open_store(data / DATABASE)


@contextlib.asynccontextmanager
async def create_portal(
    data: Path,
    *,
    base_url: Callable[[], str],
    clock: Clock | None = None,
    resolver: TxtResolver | None = None,
) -> AsyncIterator[ASGIApp]:
    """Yield the portal as an ASGI application over the accounts in a data folder.

    `base_url` returns the address it is served under, without a trailing slash; `resolver` is asked for domains'
    records, by default the machine's own. Leaving the block writes what still waits and closes the database.
    """
    clock, resolver = clock or SystemClock(), resolver or DnsResolver()
    async with open_portal_store(data) as store, watching(store, clock, resolver):
        yield create_application(Surroundings(store, clock, base_url, resolver))


async def serve(settings: PortalSettings, *, announce: Callable[[Addresses], None] = lambda _: None) -> None:
    """Serve until SIGINT or SIGTERM; `announce` gets the addresses once the portal listens there.

    While it runs, `portal.json` in the data folder tells other commands the addresses. `SetupError` when
    one cannot be had.
    """
    with _listening(settings.host, settings.port) as listener:
        address = _address(settings.host, listener.getsockname()[1])
        async with (
            create_portal(settings.data, base_url=lambda: address, resolver=settings.resolver) as application,
            _for_the_command_line(settings, address, application) as addresses,
        ):
            with _recorded(settings.data, addresses):
                await httpserver.serve(application, listener, on_listening=lambda: announce(addresses))


@contextlib.asynccontextmanager
async def _for_the_command_line(
    settings: PortalSettings, address: str, application: ASGIApp
) -> AsyncIterator[Addresses]:
    """Serve TLS, and the proxy that leads to it, while the block runs, as far as the settings ask for them."""
    async with contextlib.AsyncExitStack() as stack:
        if settings.tls_port is None:
            yield Addresses(address)
            return
        files = prepare_tls(settings.data, SystemClock().now())
        listener = stack.enter_context(_listening(DEFAULT_HOST, settings.tls_port, "--tls-port"))
        port = listener.getsockname()[1]
        await stack.enter_async_context(
            httpserver.tls_beside(
                TlsEntrance(application), listener, certificate=files.certificate, key=files.key
            )
        )
        proxy = None
        if settings.proxy_port is not None:
            proxy_port = await stack.enter_async_context(
                connect_proxy(DEFAULT_HOST, settings.proxy_port, port)
            )
            proxy = f"http://{DEFAULT_HOST}:{proxy_port}"
        yield Addresses(address, f"https://{DEFAULT_HOST}:{port}", proxy)


@contextlib.contextmanager
def _listening(host: str, port: int, option: str = "--port") -> Iterator[socket.socket]:
    try:
        listener = httpserver.bind(host, port)
    except httpserver.CannotListen as error:
        raise SetupError(str(error).replace("--port", option)) from None
    with listener:
        yield listener


def run(settings: PortalSettings, *, announce: Callable[[Addresses], None] = lambda _: None) -> None:
    """Serve from synchronous code, on uvloop where there is one."""
    httpserver.run(lambda: serve(settings, announce=announce))


def recorded_address(data: Path) -> str | None:
    """Return where the portal on this data folder listens, or None when none says it does."""
    recorded = recorded_addresses(data)
    return None if recorded is None else recorded.address


def recorded_addresses(data: Path) -> Addresses | None:
    """Return all addresses of the portal on this data folder, or None when none says it listens."""
    try:
        record = json.loads((data / RECORD).read_bytes())
        return Addresses(str(record["address"]), record.get("tls_address"), record.get("proxy_address"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _address(host: str, port: int) -> str:
    with contextlib.suppress(ValueError):
        if ipaddress.ip_address(host).is_unspecified:
            host = "::1" if ":" in host else DEFAULT_HOST
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextlib.contextmanager
def _recorded(data: Path, addresses: Addresses) -> Iterator[None]:
    """Leave a record of the addresses while the block runs, written in one step."""
    record = data / RECORD
    fresh = record.with_suffix(".new")
    fresh.write_text(json.dumps({**asdict(addresses), "pid": os.getpid()}) + "\n")
    fresh.replace(record)
    try:
        yield
    finally:
        if recorded_addresses(data) == addresses:
            record.unlink(missing_ok=True)
