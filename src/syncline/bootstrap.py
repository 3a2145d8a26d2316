"""The composition root: settings in, running programs out. The only file that imports everything.

Modules that only one command needs are imported when it runs, so that `syncline --help` stays quick.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from syncline.gateway.cli.root import Mounted, command_line
from syncline.gateway.cli.seam import Programs

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from syncline.clock import Clock
    from syncline.gateway.delivery.drain import Drain
    from syncline.gateway.domain.grant import OAuthApp
    from syncline.gateway.hubspot.authority import HubSpotAuthority
    from syncline.gateway.hubspot.link import HubSpotLinks
    from syncline.gateway.services.operations import Operation
    from syncline.gateway.services.ports import Store, Wake
    from syncline.gateway.services.retention import ReadLog, Retention
    from syncline.gateway.services.upkeep import LogKeeping, Upkeep
    from syncline.gateway.store.keyring import KeyRing
    from syncline.localsocket import Call, Progress
    from syncline.scimserver.store import Exchange
    from syncline.settings import Settings
    from syncline.sql.reader import Reader
    from syncline.sql.sealing import Key
    from syncline.sql.writer import Writer
    from syncline.telemetry.metrics import Metrics

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
    programs = Programs(
        local_operations=local_operations,
        serve=serve,
        restore=restore,
        forget_key=forget_key,
        live_check=live_check,
        move_database=move_database,
        check_database=check_database,
    )
    command_line(programs, MOUNTED)()


@dataclass(frozen=True, slots=True)
class Gateway:
    """A gateway put together: its operations, the application that answers HTTP, and what they work with."""

    operations: Mapping[str, Operation]
    application: Any
    store: Store
    drain: Drain
    upkeep: Upkeep
    clock: Clock


@asynccontextmanager
async def open_gateway(
    settings: Settings,
    address: Callable[[], str],
    *,
    deliver: bool,
    serving: bool = False,
    forget_key: bool = False,
    clock: Clock | None = None,
    session: Any = None,
) -> AsyncIterator[Gateway]:
    """Open the gateway on its database; `address` gives the public address, `deliver` starts the dispatcher.

    `serving` starts what a server does by the way: it writes the log of reads and purges old logs. `forget_key`
    lets a database open whose key is lost. `session` is the HTTP session to reach HubSpot with; left out, one is
    opened, and closed at the end.

    Raises the errors of `syncline.sql` for a database or a key that cannot be used.
    """
    from syncline.clock import SystemClock
    from syncline.gateway.delivery.dispatcher import LocalDispatcher
    from syncline.gateway.delivery.drain import Drain
    from syncline.gateway.hubspot.client import open_session
    from syncline.gateway.services.authorizing import Authorizing
    from syncline.gateway.services.connections import Connections
    from syncline.gateway.services.maintenance import maintenance
    from syncline.gateway.services.operations import operations
    from syncline.gateway.services.retention import ReadLog
    from syncline.gateway.services.tenants import Tenants
    from syncline.gateway.store.keyring import TOKENS
    from syncline.gateway.store.logs import SqlLogs
    from syncline.gateway.store.store import MIGRATIONS, sql_store
    from syncline.gateway.store.upkeep import SqlUpkeep
    from syncline.gateway.web.callback import CALLBACK_PATH, callback_page
    from syncline.gateway.web.visits import HttpVisitor
    from syncline.telemetry.metrics import Metrics

    clock = clock or SystemClock()
    async with AsyncExitStack() as stack:
        engine, ring, writer, reader = _open_database(settings, stack, forget_key=forget_key)
        sealer = ring.sealer
        store = sql_store(writer, reader, sealer)
        if session is None:
            session = open_session()
            stack.push_async_callback(session.close)
        metrics = Metrics()
        upkeep = SqlUpkeep(engine, writer, reader, ring, settings.data, MIGRATIONS)
        logs = SqlLogs(writer, reader)
        read_log = ReadLog(logs, clock, metrics.read_log) if serving else None
        if read_log is not None:
            await stack.enter_async_context(_beside(read_log.run()))
            await stack.enter_async_context(_beside(_retention(settings, store, logs, clock).run()))
        links, authority = _hubspot(settings, store, session, clock, metrics)
        stack.push_async_callback(links.close)
        drain = Drain(store, links, clock, metrics.delivery)
        dispatcher = LocalDispatcher(drain, lambda: store.backlog.due_tenants(clock.now()), clock)
        if deliver:
            dispatcher.start()
            stack.push_async_callback(dispatcher.close)
        wake: Wake = dispatcher.wake if deliver else _nobody_delivers
        fingerprint = partial(sealer.fingerprint, TOKENS)
        tenants = Tenants(store, clock, lambda: f"{address()}/scim/v2", wake)
        authorizing = Authorizing(
            store,
            tenants,
            Connections(store, tenants, links, clock, wake),
            links,
            authority,
            clock,
            lambda: address() + CALLBACK_PATH,
            wake,
        )
        table = operations(
            store,
            links,
            clock,
            fingerprint=fingerprint,
            scim_base_url=lambda: f"{address()}/scim/v2",
            wake=wake,
            authorizing=authorizing,
        )
        application = _application(
            settings,
            address,
            store,
            reader,
            fingerprint,
            metrics,
            clock,
            wake,
            read_log,
            callback_page(authorizing.answer),
        )
        upkept = maintenance(
            store,
            links,
            logs,
            upkeep,
            HttpVisitor(session, clock),
            clock,
            folder=settings.data,
            address=address,
            serving=serving,
        )
        yield Gateway({**table, **upkept}, application, store, drain, upkeep, clock)


def _open_database(
    settings: Settings, stack: AsyncExitStack, *, forget_key: bool
) -> tuple[Engine, KeyRing, Writer, Reader]:
    """Open the database in its newest shape, with its keys; `stack` closes what is open, last opened first."""
    from syncline.gateway.store.keyring import open_keyring
    from syncline.gateway.store.store import MIGRATIONS
    from syncline.sql.engines import open_engine
    from syncline.sql.migrations import migrate
    from syncline.sql.reader import Reader
    from syncline.sql.writer import Writer

    engine = open_engine(settings.database)
    stack.callback(engine.dispose)
    migrate(engine, MIGRATIONS)
    ring = open_keyring(engine, settings.data / "secret.key", settings.secret_key, forget=forget_key)
    writer, reader = Writer(engine), Reader(engine)
    writer.start()
    stack.push_async_callback(writer.close)
    stack.push_async_callback(reader.close)
    return engine, ring, writer, reader


def _hubspot(
    settings: Settings, store: Store, session: Any, clock: Clock, metrics: Metrics
) -> tuple[HubSpotLinks, HubSpotAuthority]:
    """Put together the ways to HubSpot: its channels, and its OAuth server; private addresses only if allowed."""
    from syncline.gateway.hubspot.addresses import check_authorize_url, check_base_url
    from syncline.gateway.hubspot.authority import HubSpotAuthority
    from syncline.gateway.hubspot.link import HubSpotLinks

    private, allowed = not settings.is_public, settings.allow_private_hubspot
    app = _hubspot_app(settings)
    links = HubSpotLinks(
        store.setup,
        store.grants,
        store.backlog,
        session,
        clock,
        partial(check_base_url, allow_private=private, allowed_hosts=allowed),
        metrics.hubspot_call,
        app=app,
    )
    authority = HubSpotAuthority(
        links,
        clock,
        app=app,
        authorize_url=settings.hubspot_authorize_url,
        check_authorize_url=partial(check_authorize_url, allow_private=private, allowed_hosts=allowed),
    )
    return links, authority


def _application(
    settings: Settings,
    address: Callable[[], str],
    store: Any,
    reader: Any,
    fingerprint: Callable[[str], bytes],
    metrics: Any,
    clock: Clock,
    wake: Wake,
    read_log: ReadLog | None,
    callback: Any,
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

    def observe(exchange: Exchange, status: int, duration_us: int, operation: str) -> None:
        metrics.scim_request(operation, status, duration_us)
        if read_log is not None:
            read_log.note(exchange, status, duration_us, operation)

    scim = ScimApplication(authenticate, base_url=lambda: address() + SCIM_PREFIX, observe=observe)

    async def database_answers() -> None:
        await reader.scan(lambda connection: connection.execute(text("SELECT 1")).scalar())

    return create_application(
        scim=scim,
        health=Health({"database": database_answers}, clock),
        metrics=metrics_page(metrics.text, MEDIA_TYPE),
        in_flight=in_flight,
        address=address,
        callback=callback,
        trusted_proxies=settings.trusted_proxies,
    )


def _retention(settings: Settings, store: Store, logs: LogKeeping, clock: Clock) -> Retention:
    from syncline.gateway.services.retention import Retention
    from syncline.gateway.services.upkeep import LogKind

    days = {
        LogKind.EVENTS: settings.event_days,
        LogKind.CALLS: settings.call_days,
        LogKind.READS: settings.read_log_days,
    }
    return Retention(store.setup, logs, clock, days)


@asynccontextmanager
async def _beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run something for the length of the block, then cancel it and let it end."""
    import asyncio

    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _hubspot_app(settings: Settings) -> OAuthApp | None:
    """Return the app of the settings; None unless both its id and its secret are set."""
    from syncline.gateway.domain.grant import OAuthApp

    if settings.hubspot_client_id is None or settings.hubspot_client_secret is None:
        return None
    return OAuthApp(settings.hubspot_client_id, settings.hubspot_client_secret)


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
        try:
            return await run_operation(table, operation, actor, arguments, progress)
        except DomainError as error:
            raise OperationFailed(error.kind, error.message) from error
        except StoreError as error:
            raise OperationFailed("unavailable", str(error)) from error

    return call


@contextmanager
def _in_words() -> Iterator[None]:
    """Turn whatever refuses into what the command line understands."""
    from syncline.gateway.domain.errors import DomainError
    from syncline.localsocket import OperationFailed
    from syncline.sql.errors import StoreError

    try:
        yield
    except DomainError as error:
        raise OperationFailed(error.kind, error.message) from error
    except StoreError as error:
        raise OperationFailed("unavailable", str(error)) from error


def restore(
    settings: Settings, file: Path, *, without_key: bool, actor: str, progress: Progress
) -> dict[str, Any]:
    """Put a backup into the data folder of these settings; the folder gets its database whole or not at all.

    Raises `OperationFailed` with a sentence that says the fix.
    """
    import asyncio

    from syncline.datafolder import DataFolder
    from syncline.gateway.domain.errors import Invalid
    from syncline.gateway.store import archive, restoring

    def counted(done: int, total: int) -> None:
        progress({"stage": "Reading", "done": done, "total": total})

    with _in_words():
        if settings.database_url is not None:
            raise Invalid(
                "A backup goes into a data folder: unset SYNCLINE_DATABASE_URL. On PostgreSQL use pg_restore."
            )
        manifest = archive.read_manifest(file)
        with DataFolder(settings.data).hold():
            restoring.refuse_used(settings.data)
            with restoring.staging(settings.data) as staging:
                staged = staging / archive.DATABASE
                archive.unpack(file, manifest, staged, counted)
                key = _present_key(settings)
                if not without_key:
                    losses = restoring.losses_of(staged)
                    restoring.refuse_wrong_key(manifest, key, _key_place(settings), losses)
                elif key is not None and key.name == manifest.key:
                    raise Invalid("The key of this backup is there: restore it without --without-key.")
                ready = replace(settings, database_url=f"sqlite:///{staged}")
                begun = asyncio.run(
                    _begin_again(ready, actor, made_at=manifest.made_at, without_key=without_key)
                )
                restoring.put_in_place(staged, settings.data)
    return {
        "file": str(file),
        "made_at": manifest.made_at,
        "data": str(settings.data),
        "tenants": begun,
        "message": "Every tenant only decides until its plan is approved again: what was asked for since the backup "
        "is missing here, and somebody who left since would get access again. Let the identity provider run a full "
        "cycle first.",
    }


def forget_key(settings: Settings, *, actor: str) -> dict[str, Any]:
    """Have the data folder go on with the key there is, or a new one, in the place of one that is lost.

    Raises `OperationFailed`, also when the key there is opens everything.
    """
    import asyncio

    from syncline.datafolder import DataFolder
    from syncline.gateway.domain.errors import Refused
    from syncline.sql.errors import KeyRefused

    with _in_words(), DataFolder(settings.data).hold():
        try:
            asyncio.run(_open_and_close(settings))
        except KeyRefused:
            begun = asyncio.run(_begin_again(settings, actor, made_at=None, without_key=True))
        else:
            raise Refused("The key there is opens everything: there is nothing to forget.")
    return {
        "tenants": begun,
        "message": "Connect each tenant to HubSpot again with `connection set`, make a token for it with "
        "`token create`, and give that to the identity provider.",
    }


def move_database(settings: Settings, to: str, *, progress: Progress) -> dict[str, Any]:
    """Copy everything from SQLite in the data folder, which no server may be using, to an empty PostgreSQL database.

    Raises `OperationFailed` with a sentence that says the fix; then the target is as empty as it was.
    """
    from syncline.datafolder import DataFolder
    from syncline.gateway.domain.errors import Invalid
    from syncline.gateway.store.moving import move_database as move
    from syncline.settings_values import database

    def told(stage: str, done: int, total: int) -> None:
        progress({"stage": stage, "done": done, "total": total})

    with _in_words():
        try:
            target = database(to)
        except ValueError as error:
            raise Invalid(f"--to must be {error}.") from None
        with DataFolder(settings.data).hold():
            moved = move(settings.database, target, told)
    return {
        "source": moved.source,
        "target": moved.target,
        "rows": sum(each.rows for each in moved.tables.values()),
        "tables": [
            {"table": name, "rows": each.rows, "checksum": each.checksum}
            for name, each in moved.tables.items()
        ],
        "data": str(settings.data),
    }


def check_database(settings: Settings) -> dict[str, Any]:
    """Look the database over, whether a server uses it or not. Raises `OperationFailed`."""
    from syncline.gateway.store.checking import check_database as check

    with _in_words():
        return asdict(check(settings.database))


def live_check(settings: Settings, *, progress: Progress, **account: Any) -> dict[str, Any]:
    """Try out what is assumed about HubSpot on an account that is no tenant's. Raises `OperationFailed`."""
    import asyncio

    from syncline.clock import SystemClock
    from syncline.gateway.hubspot.addresses import check_base_url
    from syncline.gateway.hubspot.client import open_session
    from syncline.gateway.hubspot.live_check import check_account

    check_address = partial(
        check_base_url, allow_private=not settings.is_public, allowed_hosts=settings.allow_private_hubspot
    )

    async def check() -> dict[str, Any]:
        async with open_session() as session:
            return await check_account(session, SystemClock(), check_address, told, **account)

    def told(calls: int) -> None:
        progress({"stage": "Trying", "done": calls, "total": None})

    with _in_words():
        return asyncio.run(check())


async def _begin_again(
    settings: Settings, actor: str, *, made_at: str | None, without_key: bool
) -> list[dict[str, Any]]:
    from syncline.gateway.services.backups import begin_again

    async with open_gateway(settings, settings.address, deliver=False, forget_key=without_key) as gateway:
        begun = await begin_again(
            gateway.store.setup,
            gateway.upkeep,
            gateway.clock,
            actor,
            made_at=made_at,
            without_key=without_key,
        )
        if without_key:
            await gateway.upkeep.take_key()
        return begun


async def _open_and_close(settings: Settings) -> None:
    async with open_gateway(settings, settings.address, deliver=False):
        pass


def _present_key(settings: Settings) -> Key | None:
    from syncline.sql.sealing import Key

    path = settings.data / "secret.key"
    return Key.load(path, settings.secret_key) if settings.secret_key or path.exists() else None


def _key_place(settings: Settings) -> str:
    return "SYNCLINE_SECRET_KEY" if settings.secret_key else str(settings.data / "secret.key")


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
            open_gateway(settings, lambda: address, deliver=settings.worker, serving=True) as gateway,
            listen(socket_path, _call(gateway.operations)),
        ):

            def announce() -> None:
                local = f"http://{settings.host}:{port}"
                folder.publish(ServerRecord(os.getpid(), local, address, str(socket_path)))
                _log.info("Syncline listens on %s; SCIM is at %s/scim/v2", local, address)

            await httpserver.serve(gateway.application, listener, on_listening=announce)
