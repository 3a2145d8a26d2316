"""The gateway put together: settings in, a running gateway out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from syncline.bootstrap.console import Parts
    from syncline.clock import Clock
    from syncline.gateway.delivery.drain import Drain
    from syncline.gateway.domain.grant import OAuthApp
    from syncline.gateway.hubspot.authority import HubSpotAuthority
    from syncline.gateway.hubspot.link import HubSpotLinks
    from syncline.gateway.notifying.mail import MailServer
    from syncline.gateway.services.authorizing import Authorizing
    from syncline.gateway.services.calling import Operation
    from syncline.gateway.services.connections import Connections
    from syncline.gateway.services.noticing import CheckAddress
    from syncline.gateway.services.ports import Store, Wake, Walks
    from syncline.gateway.services.posting import Sender
    from syncline.gateway.services.reconciling import Reconciliation
    from syncline.gateway.services.rehearsals import Rehearsals
    from syncline.gateway.services.retention import ReadLog, Retention
    from syncline.gateway.services.tenants import Tenants
    from syncline.gateway.services.upkeep import Upkeep
    from syncline.gateway.services.watching import Watch
    from syncline.gateway.store.keyring import KeyRing
    from syncline.gateway.store.logs import SqlLogs
    from syncline.gateway.store.upkeep import SqlUpkeep
    from syncline.gateway.web.limits import InFlight
    from syncline.scimserver.application import ScimApplication
    from syncline.scimserver.store import Exchange
    from syncline.settings import Settings
    from syncline.sql.reader import Reader
    from syncline.sql.writer import Writer
    from syncline.telemetry.metrics import Metrics

PLANS_AT_ONCE = 2
LOOKS_AT_ONCE = 4
"""Processes that make plans, and that decide people again, at a time: each takes a hundred megabytes or so."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """A gateway put together: its operations, the application that answers HTTP, and what they work with."""

    operations: Mapping[str, Operation]
    application: Any
    store: Store
    drain: Drain
    upkeep: Upkeep
    clock: Clock
    watch: Watch
    sender: Sender
    unanswered: Callable[[], int]
    """How many reads and writes are under way: without any, and without a call to HubSpot, the gateway is at rest."""


@dataclass(frozen=True, slots=True)
class _Ground:
    """What everything in a gateway stands on."""

    settings: Settings
    address: Callable[[], str]
    clock: Clock
    engine: Engine
    ring: KeyRing
    writer: Writer
    reader: Reader
    store: Store
    logs: SqlLogs
    metrics: Metrics
    session: Any
    """The HTTP session to reach HubSpot with."""

    @property
    def fingerprint(self) -> Callable[[str], bytes]:
        """How tokens are kept."""
        from syncline.gateway.store.keyring import TOKENS

        return partial(self.ring.sealer.fingerprint, TOKENS)

    def scim_base_url(self) -> str:
        """Return where identity providers find their users."""
        return f"{self.address()}/scim/v2"


@dataclass(frozen=True, slots=True)
class _Delivery:
    """What brings the rows to HubSpot."""

    links: HubSpotLinks
    authority: HubSpotAuthority
    reconciliation: Reconciliation
    drain: Drain
    wake: Wake


@dataclass(frozen=True, slots=True)
class _Rooms:
    """The services that more than one part of the gateway works with."""

    tenants: Tenants
    connections: Connections
    authorizing: Authorizing


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
    here: Callable[[], str] | None = None,
) -> AsyncIterator[Gateway]:
    """Open the gateway on its database; `address` gives the public address, `deliver` starts the dispatcher.

    `here` gives the address at which this very server is reached from this machine: the public one, left out.

    `serving` starts what a server does by the way: it writes the log of reads and purges old logs; where it also
    delivers, it watches connections and sends notices. `forget_key` lets a database open whose key is lost. `session`
    is the HTTP session to reach HubSpot with; left out, one is opened, and closed at the end.

    At the end what was opened last is closed first: notices, the dispatcher with its drains, the ways to HubSpot, the
    keeping of logs, the session, and the database when nobody writes to it any more.

    Raises the errors of `syncline.sql` for a database or a key that cannot be used.
    """
    from syncline.bootstrap.beside import Beside

    async with AsyncExitStack() as stack:
        ground = _open_ground(settings, address, clock, session, stack, forget_key=forget_key)
        read_log = await _log_keeping(ground, stack) if serving else None
        plans = Beside(ground.store.backlog, settings.database, PLANS_AT_ONCE)
        looks = Beside(ground.store.backlog, settings.database, LOOKS_AT_ONCE)
        delivery = _delivery(ground, looks, stack, deliver=deliver)
        rooms = _rooms(ground, delivery)
        noticed = await _notices(ground, delivery, stack, watches=serving and deliver)
        operations = _operations(ground, delivery, rooms, noticed, plans, serving=serving)
        rehearsals = _rehearsals(ground, operations, here or address, stack)
        yield Gateway(
            operations,
            _application(ground, delivery, rooms, operations, rehearsals, read_log, serving=serving),
            ground.store,
            delivery.drain,
            _upkeep(ground),
            ground.clock,
            noticed.watch,
            noticed.sender,
            lambda: sum(each.unanswered for each in (ground.writer, ground.reader, plans, looks)),
        )


def _open_ground(
    settings: Settings,
    address: Callable[[], str],
    clock: Clock | None,
    session: Any,
    stack: AsyncExitStack,
    *,
    forget_key: bool,
) -> _Ground:
    """Open the database, and the session to HubSpot unless one is given."""
    from syncline.clock import SystemClock
    from syncline.gateway.hubspot.client import open_session
    from syncline.gateway.store.logs import SqlLogs
    from syncline.gateway.store.store import sql_store
    from syncline.telemetry.metrics import Metrics

    engine, ring, writer, reader = _open_database(settings, stack, forget_key=forget_key)
    if session is None:
        session = open_session()
        stack.push_async_callback(session.close)
    return _Ground(
        settings,
        address,
        clock or SystemClock(),
        engine,
        ring,
        writer,
        reader,
        sql_store(writer, reader, ring.sealer),
        SqlLogs(writer, reader),
        Metrics(),
        session,
    )


def _rooms(ground: _Ground, delivery: _Delivery) -> _Rooms:
    from syncline.gateway.services.authorizing import Authorizing
    from syncline.gateway.services.connections import Connections
    from syncline.gateway.services.tenants import Tenants
    from syncline.gateway.web.callback import CALLBACK_PATH

    store, clock, wake = ground.store, ground.clock, delivery.wake
    links, authority = delivery.links, delivery.authority
    tenants = Tenants(store, clock, ground.scim_base_url, wake)
    connections = Connections(store, tenants, links, authority, clock, wake, delivery.reconciliation)
    authorizing = Authorizing(
        store,
        tenants,
        connections,
        links,
        authority,
        clock,
        lambda: ground.address() + CALLBACK_PATH,
        wake,
    )
    return _Rooms(tenants, connections, authorizing)


def _operations(
    ground: _Ground,
    delivery: _Delivery,
    rooms: _Rooms,
    noticed: _Notices,
    plans: Walks,
    *,
    serving: bool,
) -> Mapping[str, Operation]:
    """Return every operation by name."""
    from syncline.gateway.services.maintenance import maintenance
    from syncline.gateway.services.operations import operations
    from syncline.gateway.web.visits import HttpVisitor

    store, clock, links = ground.store, ground.clock, delivery.links
    table = operations(
        store,
        plans,
        clock,
        fingerprint=ground.fingerprint,
        scim_base_url=ground.scim_base_url,
        wake=delivery.wake,
        links=links,
        connections=rooms.connections,
        authorizing=rooms.authorizing,
        address=ground.address,
        check_notice_address=noticed.check_address,
    )
    upkept = maintenance(
        store,
        links,
        ground.logs,
        _upkeep(ground),
        HttpVisitor(ground.session, clock),
        clock,
        folder=ground.settings.data,
        address=ground.address,
        serving=serving,
    )
    return {**table, **upkept, **noticed.operations}


def _upkeep(ground: _Ground) -> SqlUpkeep:
    from syncline.gateway.store.store import MIGRATIONS
    from syncline.gateway.store.upkeep import SqlUpkeep

    return SqlUpkeep(
        ground.engine, ground.writer, ground.reader, ground.ring, ground.settings.data, MIGRATIONS
    )


async def _log_keeping(ground: _Ground, stack: AsyncExitStack) -> ReadLog:
    """Start what keeps the logs beside a server: reads are written, and what is old is purged."""
    from syncline.gateway.services.retention import ReadLog

    read_log = ReadLog(ground.logs, ground.clock, ground.metrics.read_log)
    await stack.enter_async_context(_beside(read_log.run()))
    await stack.enter_async_context(_beside(_retention(ground).run()))
    return read_log


def _delivery(ground: _Ground, looks: Walks, stack: AsyncExitStack, *, deliver: bool) -> _Delivery:
    """Put the drain together and what wakes it; `deliver` starts the dispatcher, and readings on schedule."""
    from syncline.gateway.delivery.dispatcher import LocalDispatcher
    from syncline.gateway.delivery.drain import Drain
    from syncline.gateway.delivery.schedule import Schedule
    from syncline.gateway.services.reconciling import Reconciliation

    store, clock = ground.store, ground.clock
    links, authority = _hubspot(ground)
    stack.push_async_callback(links.close)
    reconciliation = Reconciliation(store, clock)
    every = ground.settings.reconcile_hours * 3_600_000
    schedule = Schedule(reconciliation, clock, every) if deliver else None
    drain = Drain(store, links, clock, ground.metrics.delivery, schedule, reconciliation, looks)
    if not deliver:
        return _Delivery(links, authority, reconciliation, drain, _nobody_delivers)
    dispatcher = LocalDispatcher(drain, drain.due_tenants, clock)
    dispatcher.start()
    stack.push_async_callback(dispatcher.close)
    return _Delivery(links, authority, reconciliation, drain, dispatcher.wake)


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


def _hubspot(ground: _Ground) -> tuple[HubSpotLinks, HubSpotAuthority]:
    """Put together the ways to HubSpot: its channels, and its OAuth server; private addresses only if allowed."""
    from syncline.gateway.hubspot.addresses import check_authorize_url, check_base_url
    from syncline.gateway.hubspot.authority import HubSpotAuthority
    from syncline.gateway.hubspot.link import HubSpotLinks

    settings, store, clock = ground.settings, ground.store, ground.clock
    private, allowed = not settings.is_public, settings.allow_private_hubspot
    app = _hubspot_app(settings)
    links = HubSpotLinks(
        store.setup,
        store.grants,
        store.backlog,
        ground.session,
        clock,
        partial(check_base_url, allow_private=private, allowed_hosts=allowed),
        ground.metrics.hubspot_call,
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


def _hubspot_app(settings: Settings) -> OAuthApp | None:
    """Return the app of the settings; None unless both its id and its secret are set."""
    from syncline.gateway.domain.grant import OAuthApp

    if settings.hubspot_client_id is None or settings.hubspot_client_secret is None:
        return None
    return OAuthApp(settings.hubspot_client_id, settings.hubspot_client_secret)


def _application(
    ground: _Ground,
    delivery: _Delivery,
    rooms: _Rooms,
    operations: Mapping[str, Operation],
    rehearsals: Rehearsals,
    read_log: ReadLog | None,
    *,
    serving: bool,
) -> Any:
    """Put together what answers HTTP; only a server has the console and the admin API."""
    from syncline.bootstrap.console import api_application, callback_rendering, console_application
    from syncline.gateway.web.application import create_application
    from syncline.gateway.web.callback import callback_page
    from syncline.gateway.web.health import Health
    from syncline.gateway.web.limits import InFlight
    from syncline.gateway.web.measures import metrics_page
    from syncline.telemetry.metrics import MEDIA_TYPE

    settings, metrics = ground.settings, ground.metrics
    in_flight = InFlight(
        total=settings.total_in_flight,
        per_tenant=settings.tenant_in_flight,
        seconds=settings.request_seconds,
        refused=metrics.refused,
    )
    metrics.in_flight(lambda: in_flight.running)
    parts = _console_parts(ground, delivery, rooms, operations, rehearsals) if serving else None
    return create_application(
        scim=_scim(ground, delivery.wake, in_flight, read_log),
        health=Health({"database": partial(_database_answers, ground.reader)}, ground.clock),
        metrics=metrics_page(metrics.text, MEDIA_TYPE),
        in_flight=in_flight,
        address=ground.address,
        callback=callback_page(rooms.authorizing.answer, callback_rendering() if serving else None),
        trusted_proxies=settings.trusted_proxies,
        console=None if parts is None else console_application(parts),
        api=None if parts is None else api_application(parts),
    )


def _scim(ground: _Ground, wake: Wake, in_flight: InFlight, read_log: ReadLog | None) -> ScimApplication:
    """Put the SCIM endpoints together; every request is measured, and every read written down where logs are kept.

    The share of a tenant that the authenticator claims for a request is given back when the request is over.
    """
    from syncline.gateway.web.application import SCIM_PREFIX
    from syncline.gateway.web.bearer import BearerAuthenticator
    from syncline.scimserver.application import ScimApplication

    store = ground.store
    authenticate = BearerAuthenticator(
        store.setup, store.directory, ground.fingerprint, ground.clock, wake, claim=in_flight.claim
    )

    def observe(exchange: Exchange, status: int, duration_us: int, operation: str) -> None:
        if exchange.opened is not None:
            in_flight.release(exchange.opened)
        ground.metrics.scim_request(operation, status, duration_us)
        if read_log is not None:
            read_log.note(exchange, status, duration_us, operation)

    return ScimApplication(authenticate, base_url=lambda: ground.address() + SCIM_PREFIX, observe=observe)


async def _database_answers(reader: Reader) -> None:
    from sqlalchemy import text

    await reader.scan(lambda connection: connection.execute(text("SELECT 1")).scalar())


def _console_parts(
    ground: _Ground,
    delivery: _Delivery,
    rooms: _Rooms,
    operations: Mapping[str, Operation],
    rehearsals: Rehearsals,
) -> Parts:
    from syncline.bootstrap.console import Parts

    fingerprint = ground.fingerprint
    return Parts(
        ground.settings,
        ground.store,
        rooms.tenants,
        operations,
        fingerprint,
        ground.clock,
        ground.address,
        delivery.links.pace,
        fingerprint("csrf tokens of the console"),
        delivery.wake,
        rehearsals,
    )


def _rehearsals(
    ground: _Ground, operations: Mapping[str, Operation], here: Callable[[], str], stack: AsyncExitStack
) -> Rehearsals:
    """Put rehearsals together; at the end those under way are broken off."""
    from syncline.bootstrap.rehearsing import RehearsalProcess
    from syncline.gateway.services.rehearsals import Rehearsals
    from syncline.gateway.web.application import SCIM_PREFIX

    player = RehearsalProcess(lambda: here() + SCIM_PREFIX)
    rehearsals = Rehearsals(ground.store, operations, player, ground.clock)
    stack.push_async_callback(rehearsals.close)
    return rehearsals


@dataclass(frozen=True, slots=True)
class _Notices:
    operations: Mapping[str, Operation]
    watch: Watch
    sender: Sender
    check_address: CheckAddress


async def _notices(ground: _Ground, delivery: _Delivery, stack: AsyncExitStack, *, watches: bool) -> _Notices:
    """Put together what notices come from and go out by; `watches` has both at work until the stack closes."""
    from syncline.gateway.notifying.addresses import Doors
    from syncline.gateway.notifying.mail import MailChannel
    from syncline.gateway.notifying.webhooks import WebhookChannel, open_webhook_session
    from syncline.gateway.services.noticing import Noticing
    from syncline.gateway.services.ports.notices import ChannelKind, NoticeChannel
    from syncline.gateway.services.posting import Sender
    from syncline.gateway.services.tenants import Tenants
    from syncline.gateway.services.watching import Watch

    settings, store, clock, address = ground.settings, ground.store, ground.clock, ground.address
    doors = Doors(allow_private=not settings.is_public, allowed_hosts=settings.allow_private_webhooks)
    session = open_webhook_session(doors)
    stack.push_async_callback(session.close)
    channels: dict[ChannelKind, NoticeChannel] = {
        ChannelKind.EMAIL: MailChannel(_mail_server(settings)),
        ChannelKind.WEBHOOK: WebhookChannel(session, doors, clock),
    }
    wake = delivery.wake
    watch = Watch(store, delivery.links, ground.logs, clock, wake, address, ground.metrics.conditions)
    sender = Sender(store, channels, clock, ground.metrics.notice_message)
    if watches:
        await stack.enter_async_context(_beside(watch.run()))
        await stack.enter_async_context(_beside(sender.run()))
    noticing = Noticing(store, Tenants(store, clock, address, wake), channels, clock, address)
    return _Notices(
        {
            "notice.list": noticing.list,
            "notice.subscribe": noticing.subscribe,
            "notice.unsubscribe": noticing.unsubscribe,
            "notice.test": noticing.test,
        },
        watch,
        sender,
        noticing.check_address,
    )


def _mail_server(settings: Settings) -> MailServer | None:
    """Return the mail server of the settings; None while none is set."""
    from syncline.gateway.notifying.mail import MailServer

    if settings.smtp_host is None:
        return None
    return MailServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        security=settings.smtp_security,
        user=settings.smtp_user,
        password=settings.smtp_password,
        sender=settings.mail_from or f"syncline@{settings.smtp_host}",
    )


def _retention(ground: _Ground) -> Retention:
    from syncline.gateway.services.retention import Retention
    from syncline.gateway.services.upkeep import LogKind

    settings, store = ground.settings, ground.store
    days = {
        LogKind.EVENTS: settings.event_days,
        LogKind.CALLS: settings.call_days,
        LogKind.READS: settings.read_log_days,
    }
    return Retention(store.setup, ground.logs, ground.clock, days, store.removal)


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


def _nobody_delivers(_tenant_id: object) -> None:
    """Take a wake where no dispatcher runs: the server that does delivers by what the rows say."""
