"""The composition root: settings in, running programs out. The only file that imports everything.

Modules that only one command needs are imported when it runs, so that `syncline --help` stays quick.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from syncline.gateway.cli.root import Mounted, command_line
from syncline.gateway.cli.seam import Programs

if TYPE_CHECKING:
    from syncline.clock import Clock
    from syncline.gateway.delivery.drain import Drain
    from syncline.gateway.services.operations import Operation
    from syncline.gateway.services.ports import Store, Wake
    from syncline.localsocket import Call, Progress
    from syncline.settings import Settings

_log = logging.getLogger(__name__)

MOUNTED = (
    Mounted("portal", "syncline.portal.cli:portal", "Run a HubSpot-compatible account to rehearse against."),
    Mounted(
        "rehearse", "syncline.rehearsal.cli:rehearse", "Play an identity provider against a SCIM endpoint."
    ),
    Mounted(
        "demo", "syncline.demo.cli:demo", "Show the whole main job on real traffic, from joiner to leaver."
    ),
)


def main() -> None:
    """Run the command line."""
    command_line(Programs(local_operations=local_operations, serve=serve), MOUNTED)()


@dataclass(frozen=True, slots=True)
class Gateway:
    """A gateway put together: its operations, the application that answers HTTP, and what they work with."""

    operations: Mapping[str, Operation]
    application: Any
    store: Store
    drain: Drain


@asynccontextmanager
async def open_gateway(
    settings: Settings,
    address: Callable[[], str],
    *,
    deliver: bool,
    clock: Clock | None = None,
    session: Any = None,
) -> AsyncIterator[Gateway]:
    """Open the gateway on its database; `address` gives the public address, `deliver` starts the dispatcher.

    `session` is the HTTP session to reach HubSpot with; left out, one is opened, and closed at the end.

    Raises the errors of `syncline.sql` for a database or a key that cannot be used.
    """
    from syncline.clock import SystemClock
    from syncline.gateway.delivery.dispatcher import LocalDispatcher
    from syncline.gateway.delivery.drain import Drain
    from syncline.gateway.hubspot.addresses import check_base_url
    from syncline.gateway.hubspot.client import open_session
    from syncline.gateway.hubspot.link import HubSpotLinks
    from syncline.gateway.services.operations import operations
    from syncline.gateway.store.store import MIGRATIONS, sql_store
    from syncline.sql.engines import open_engine
    from syncline.sql.migrations import migrate
    from syncline.sql.reader import Reader
    from syncline.sql.sealing import Key, Sealer
    from syncline.sql.writer import Writer
    from syncline.telemetry.metrics import Metrics

    clock = clock or SystemClock()
    async with AsyncExitStack() as stack:
        engine = open_engine(settings.database)
        stack.callback(engine.dispose)
        migrate(engine, MIGRATIONS)
        sealer = Sealer(Key.load(settings.data / "secret.key", settings.secret_key))
        writer, reader = Writer(engine), Reader(engine)
        writer.start()
        stack.push_async_callback(writer.close)
        stack.push_async_callback(reader.close)
        store = sql_store(writer, reader, sealer)
        if session is None:
            session = open_session()
            stack.push_async_callback(session.close)
        metrics = Metrics()
        check_address = partial(
            check_base_url,
            allow_private=not settings.is_public,
            allowed_hosts=settings.allow_private_hubspot,
        )
        links = HubSpotLinks(store.setup, store.backlog, session, clock, check_address, metrics.hubspot_call)
        drain = Drain(store, links, clock)
        dispatcher = LocalDispatcher(drain, lambda: store.backlog.due_tenants(clock.now()), clock)
        if deliver:
            dispatcher.start()
            stack.push_async_callback(dispatcher.close)
        wake: Wake = dispatcher.wake if deliver else _nobody_delivers
        fingerprint = partial(sealer.fingerprint, "scim token")
        table = operations(
            store,
            links,
            clock,
            fingerprint=fingerprint,
            scim_base_url=lambda: f"{address()}/scim/v2",
            wake=wake,
        )
        application = _application(settings, address, store, reader, fingerprint, metrics, clock, wake)
        yield Gateway(table, application, store, drain)


def _application(
    settings: Settings,
    address: Callable[[], str],
    store: Any,
    reader: Any,
    fingerprint: Callable[[str], bytes],
    metrics: Any,
    clock: Clock,
    wake: Wake,
) -> Any:
    from sqlalchemy import text

    from syncline.gateway.web.application import SCIM_PREFIX, create_application
    from syncline.gateway.web.bearer import BearerAuthenticator
    from syncline.gateway.web.health import Health
    from syncline.gateway.web.limits import InFlight
    from syncline.gateway.web.measures import metrics_page
    from syncline.scimserver.application import ScimApplication
    from syncline.telemetry.metrics import MEDIA_TYPE

    in_flight = InFlight(
        total=settings.total_in_flight,
        per_tenant=settings.tenant_in_flight,
        seconds=settings.request_seconds,
        refused=metrics.refused,
    )
    metrics.in_flight(lambda: in_flight.running)
    authenticate = BearerAuthenticator(
        store.setup, store.directory, fingerprint, clock, wake, claim=in_flight.claim
    )
    scim = ScimApplication(
        authenticate,
        base_url=lambda: address() + SCIM_PREFIX,
        observe=lambda _exchange, status, duration, operation: metrics.scim_request(
            operation, status, duration
        ),
    )

    async def database_answers() -> None:
        await reader.scan(lambda connection: connection.execute(text("SELECT 1")).scalar())

    return create_application(
        scim=scim,
        health=Health({"database": database_answers}, clock),
        metrics=metrics_page(metrics.text, MEDIA_TYPE),
        in_flight=in_flight,
        address=address,
        trusted_proxies=settings.trusted_proxies,
    )


def _nobody_delivers(_tenant_id: object) -> None:
    """Take a wake where no dispatcher runs: the server that does delivers by what the rows say."""


@asynccontextmanager
async def local_operations(settings: Settings) -> AsyncIterator[Call]:
    """Run operations in this process, for a data folder no server works on; delivers nothing by itself."""
    from syncline.localsocket import OperationFailed
    from syncline.sql.errors import StoreError

    try:
        async with open_gateway(settings, settings.address, deliver=False) as gateway:
            yield _call(gateway.operations)
    except StoreError as error:
        raise OperationFailed("unavailable", str(error)) from error


def _call(table: Mapping[str, Operation]) -> Call:
    from syncline.gateway.domain.errors import DomainError
    from syncline.gateway.services.operations import run_operation
    from syncline.localsocket import OperationFailed
    from syncline.sql.errors import StoreError

    async def call(operation: str, arguments: Mapping[str, Any], *, actor: str, progress: Progress) -> Any:
        del progress
        try:
            return await run_operation(table, operation, actor, arguments)
        except DomainError as error:
            raise OperationFailed(error.kind, error.message) from error
        except StoreError as error:
            raise OperationFailed("unavailable", str(error)) from error

    return call


def serve(settings: Settings) -> None:
    """Run the server until it is told to stop."""
    import click

    from syncline import httpserver
    from syncline.datafolder import DataFolder, DataFolderError
    from syncline.sql.errors import StoreError
    from syncline.telemetry.logging import configure

    configure(settings.log_level, settings.log_format)
    try:
        with DataFolder(settings.data).hold():
            httpserver.run(partial(_serve, settings))
    except (DataFolderError, StoreError, httpserver.CannotListen) as error:
        raise click.ClickException(str(error)) from error


async def _serve(settings: Settings) -> None:
    import os

    from syncline import httpserver
    from syncline.datafolder import DataFolder, ServerRecord
    from syncline.localsocket import listen

    folder = DataFolder(settings.data)
    with httpserver.bind(settings.host, settings.port) as listener, folder.socket_path() as socket_path:
        port = listener.getsockname()[1]
        address = settings.address(port)
        async with (
            open_gateway(settings, lambda: address, deliver=settings.worker) as gateway,
            listen(socket_path, _call(gateway.operations)),
        ):

            def announce() -> None:
                local = f"http://{settings.host}:{port}"
                folder.publish(ServerRecord(os.getpid(), local, address, str(socket_path)))
                _log.info("Syncline listens on %s; SCIM is at %s/scim/v2", local, address)

            await httpserver.serve(gateway.application, listener, on_listening=announce)
