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
    from syncline.gateway.services.calling import Operation
    from syncline.gateway.services.noticing import CheckAddress
    from syncline.gateway.services.ports import Store, Wake, Walks
    from syncline.gateway.services.posting import Sender
    from syncline.gateway.services.reconciling import Reconciliation
    from syncline.gateway.services.retention import ReadLog, Retention
    from syncline.gateway.services.upkeep import LogKeeping, Upkeep
    from syncline.gateway.services.watching import Watch
    from syncline.gateway.store.keyring import KeyRing
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

    `serving` starts what a server does by the way: it writes the log of reads and purges old logs; where it also
    delivers, it watches connections and sends notices. `forget_key` lets a database open whose key is lost. `session`
    is the HTTP session to reach HubSpot with; left out, one is opened, and closed at the end.

    Raises the errors of `syncline.sql` for a database or a key that cannot be used.
    """
    from syncline.bootstrap.beside import Beside
    from syncline.bootstrap.console import Parts, callback_rendering
    from syncline.clock import SystemClock
    from syncline.gateway.hubspot.client import open_session
    from syncline.gateway.services.authorizing import Authorizing
    from syncline.gateway.services.connections import Connections
    from syncline.gateway.services.maintenance import maintenance
    from syncline.gateway.services.operations import operations
    from syncline.gateway.services.reconciling import Reconciliation
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
        read_log = await _log_keeping(settings, stack, store, logs, clock, metrics) if serving else None
        links, authority = _hubspot(settings, store, session, clock, metrics)
        stack.push_async_callback(links.close)
        reconciliation = Reconciliation(store, clock)
        plans = Beside(store.backlog, settings.database, PLANS_AT_ONCE)
        looks = Beside(store.backlog, settings.database, LOOKS_AT_ONCE)
        drain, wake = _delivery(
            settings, stack, store, links, clock, metrics, reconciliation, looks, deliver=deliver
        )
        fingerprint = partial(sealer.fingerprint, TOKENS)
        tenants = Tenants(store, clock, lambda: f"{address()}/scim/v2", wake)
        connections = Connections(store, tenants, links, authority, clock, wake, reconciliation)
        authorizing = Authorizing(
            store,
            tenants,
            connections,
            links,
            authority,
            clock,
            lambda: address() + CALLBACK_PATH,
            wake,
        )
        noticed = await _notices(
            settings, stack, store, links, logs, clock, wake, address, metrics, watches=serving and deliver
        )
        table = operations(
            store,
            plans,
            clock,
            fingerprint=fingerprint,
            scim_base_url=lambda: f"{address()}/scim/v2",
            wake=wake,
            links=links,
            connections=connections,
            authorizing=authorizing,
            address=address,
            check_notice_address=noticed.check_address,
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
        everything = {**table, **upkept, **noticed.operations}
        console = Parts(
            settings,
            store,
            tenants,
            everything,
            fingerprint,
            clock,
            address,
            links.pace,
            fingerprint("csrf tokens of the console"),
            wake,
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
            callback_page(authorizing.answer, callback_rendering() if serving else None),
            console if serving else None,
        )
        yield Gateway(
            everything,
            application,
            store,
            drain,
            upkeep,
            clock,
            noticed.watch,
            noticed.sender,
            lambda: sum(each.unanswered for each in (writer, reader, plans, looks)),
        )


async def _log_keeping(
    settings: Settings, stack: AsyncExitStack, store: Store, logs: LogKeeping, clock: Clock, metrics: Metrics
) -> ReadLog:
    """Start what keeps the logs beside a server: reads are written, and what is old is purged."""
    from syncline.gateway.services.retention import ReadLog

    read_log = ReadLog(logs, clock, metrics.read_log)
    await stack.enter_async_context(_beside(read_log.run()))
    await stack.enter_async_context(_beside(_retention(settings, store, logs, clock).run()))
    return read_log


def _delivery(
    settings: Settings,
    stack: AsyncExitStack,
    store: Store,
    links: HubSpotLinks,
    clock: Clock,
    metrics: Metrics,
    reconciliation: Reconciliation,
    looks: Walks,
    *,
    deliver: bool,
) -> tuple[Drain, Wake]:
    """Put the drain together and what wakes it; `deliver` starts the dispatcher, and readings on schedule."""
    from syncline.gateway.delivery.dispatcher import LocalDispatcher
    from syncline.gateway.delivery.drain import Drain
    from syncline.gateway.delivery.schedule import Schedule

    schedule = Schedule(reconciliation, clock, settings.reconcile_hours * 3_600_000) if deliver else None
    drain = Drain(store, links, clock, metrics.delivery, schedule, reconciliation, looks)
    if not deliver:
        return drain, _nobody_delivers
    dispatcher = LocalDispatcher(drain, drain.due_tenants, clock)
    dispatcher.start()
    stack.push_async_callback(dispatcher.close)
    return drain, dispatcher.wake


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


def _hubspot_app(settings: Settings) -> OAuthApp | None:
    """Return the app of the settings; None unless both its id and its secret are set."""
    from syncline.gateway.domain.grant import OAuthApp

    if settings.hubspot_client_id is None or settings.hubspot_client_secret is None:
        return None
    return OAuthApp(settings.hubspot_client_id, settings.hubspot_client_secret)


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
    parts: Parts | None,
) -> Any:
    from sqlalchemy import text

    from syncline.bootstrap.console import api_application, console_application
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
        console=None if parts is None else console_application(parts),
        api=None if parts is None else api_application(parts),
    )


@dataclass(frozen=True, slots=True)
class _Notices:
    operations: Mapping[str, Operation]
    watch: Watch
    sender: Sender
    check_address: CheckAddress


async def _notices(
    settings: Settings,
    stack: AsyncExitStack,
    store: Store,
    links: HubSpotLinks,
    logs: LogKeeping,
    clock: Clock,
    wake: Wake,
    address: Callable[[], str],
    metrics: Metrics,
    *,
    watches: bool,
) -> _Notices:
    """Put together what notices come from and go out by; `watches` has both at work until the stack closes."""
    from syncline.gateway.notifying.addresses import Doors
    from syncline.gateway.notifying.mail import MailChannel
    from syncline.gateway.notifying.webhooks import WebhookChannel, open_webhook_session
    from syncline.gateway.services.noticing import Noticing
    from syncline.gateway.services.ports.notices import ChannelKind, NoticeChannel
    from syncline.gateway.services.posting import Sender
    from syncline.gateway.services.tenants import Tenants
    from syncline.gateway.services.watching import Watch

    doors = Doors(allow_private=not settings.is_public, allowed_hosts=settings.allow_private_webhooks)
    session = open_webhook_session(doors)
    stack.push_async_callback(session.close)
    channels: dict[ChannelKind, NoticeChannel] = {
        ChannelKind.EMAIL: MailChannel(_mail_server(settings)),
        ChannelKind.WEBHOOK: WebhookChannel(session, doors, clock),
    }
    watch = Watch(store, links, logs, clock, wake, address, metrics.conditions)
    sender = Sender(store, channels, clock, metrics.notice_message)
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


def _retention(settings: Settings, store: Store, logs: LogKeeping, clock: Clock) -> Retention:
    from syncline.gateway.services.retention import Retention
    from syncline.gateway.services.upkeep import LogKind

    days = {
        LogKind.EVENTS: settings.event_days,
        LogKind.CALLS: settings.call_days,
        LogKind.READS: settings.read_log_days,
    }
    return Retention(store.setup, logs, clock, days, store.removal)


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
