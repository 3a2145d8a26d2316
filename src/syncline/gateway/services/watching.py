"""The watch: what becomes so by the passing of time, noticed once a minute, and told once.

Nothing is remembered between two looks but what the store keeps, so a restart repeats nothing and forgets nothing.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

from syncline.clock import Clock, Milliseconds
from syncline.gateway.domain.health import PROBE_EVERY, SCIM_TROUBLE, Health, HealthEvent, has_persisted
from syncline.gateway.domain.notices import DAY, Notice, notices_due
from syncline.gateway.domain.silence import usual_interval
from syncline.gateway.domain.tenant import TenantMode
from syncline.gateway.services.conditions import RENAMES_TOLD, Known, conditions_of, named_ids
from syncline.gateway.services.ports import Cause, Connection, Links, Store, Tenant, Wake
from syncline.gateway.services.recovering import recover
from syncline.gateway.services.telling import message_to, notice_body
from syncline.gateway.services.upkeep import LogKeeping

LOOK_EVERY: Final[Milliseconds] = 60_000
HABIT_LASTS: Final[Milliseconds] = 3_600_000
"""How long what was learnt of an identity provider's habits is believed."""
SILENT_WITHOUT_HABIT: Final[Milliseconds] = 7 * DAY
"""A provider that speaks only when something changes is silent over a holiday."""
READS_LOOKED_AT: Final = 2_000
EVENTS_LOOKED_AT: Final = 50
KEPT: Final[Milliseconds] = 90 * DAY
_WATCHED = (Health.DEGRADED, Health.QUARANTINED)

_log = logging.getLogger(__name__)


class Watch:
    """Looks at every tenant: tries connections in trouble, quarantines them, and raises and ends notices."""

    def __init__(
        self,
        store: Store,
        links: Links,
        logs: LogKeeping,
        clock: Clock,
        wake: Wake,
        address: Callable[[], str],
        measure: Callable[[Mapping[str, int], int], None] = lambda _healths, _notices: None,
    ) -> None:
        self._store = store
        self._links = links
        self._logs = logs
        self._clock = clock
        self._wake = wake
        self._address = address
        self._measure = measure
        self._habits: dict[str, tuple[Milliseconds, Milliseconds]] = {}
        self._forgot_at: Milliseconds = 0

    async def run(self) -> None:
        """Look now and every minute from now on, for ever."""
        while True:
            try:
                await self.look()
            except Exception:
                _log.exception("The watch could not look; it looks again in a minute")
            await self._clock.sleep(LOOK_EVERY)

    async def look(self) -> None:
        """Look at every tenant once; one that cannot be looked at keeps nobody from the others."""
        healths: Counter[str] = Counter()
        standing = 0
        forgets = self._clock.now() - self._forgot_at >= DAY
        for tenant in await self._store.setup.tenants():
            try:
                connection = await self._look_at_connection(tenant)
                standing += await self._tell(tenant, connection)
                if connection is not None:
                    healths[connection.health.value] += 1
                if forgets:
                    await self._store.notices.forget(tenant.id, self._clock.now() - KEPT)
            except Exception:
                _log.exception("The watch could not look at tenant %s", tenant.id)
        if forgets:
            self._forgot_at = self._clock.now()
        self._measure(healths, standing)

    async def _look_at_connection(self, tenant: Tenant) -> Connection | None:
        """Return the connection, after it was tried if that was due, and quarantined if it has failed for a day."""
        connection = await self._store.setup.connection(tenant.id)
        if connection is None or connection.health not in _WATCHED:
            return connection
        now = self._clock.now()
        if connection.probe_at is not None and connection.probe_at <= now:
            await self._try(tenant, connection)
            connection = await self._store.setup.connection(tenant.id)
        if connection is None or connection.health_since is None:
            return connection
        if has_persisted(connection.health, connection.trouble, connection.health_since, now):
            says = f"It has failed for a day without one success. {connection.trouble_detail or ''}".rstrip()
            await self._store.setup.note_health(
                tenant.id, HealthEvent.PERSISTED, connection.trouble, says, self._cause()
            )
            return await self._store.setup.connection(tenant.id)
        return connection

    async def _try(self, tenant: Tenant, connection: Connection) -> None:
        """Have a connection in trouble tried: by the drain when it has something to send, else by harmless reads.

        Reads may work where writes do not, so they prove nothing while there is something to write.
        """
        next_due = await self._store.backlog.next_due(tenant.id)
        has_work = next_due is not None and next_due <= self._clock.now() + 2 * PROBE_EVERY
        if has_work and connection.trouble != SCIM_TROUBLE and tenant.mode is TenantMode.LIVE:
            self._wake(tenant.id)
            return
        link = await self._links.open(tenant.id)
        if link is None:
            return
        report = await link.check(self._cause())
        if all(channel["ok"] for channel in report["channels"]):
            await recover(self._store, tenant.id, self._cause())
            self._wake(tenant.id)
            return
        await self._store.setup.note_trouble(
            tenant.id, connection.trouble, connection.trouble_detail, self._cause()
        )

    async def _tell(self, tenant: Tenant, connection: Connection | None) -> int:
        """Raise, repeat and end the tenant's notices; returns how many stand."""
        now = self._clock.now()
        kept = await self._store.notices.notices(tenant.id)
        known = await self._known(tenant, connection, kept, now)
        conditions = conditions_of(known, now)
        due = notices_due(kept, conditions, now)
        if due:
            subscriptions = await self._store.notices.subscriptions(tenant.id)
            bodies = [notice_body(each, tenant, self._address(), now) for each in due if each.is_told]
            messages = [message_to(each, body, now) for body in bodies for each in subscriptions]
            notices = [each.notice for each in due]
            await self._store.notices.keep(tenant.id, notices, messages, self._cause())
        return len(conditions)

    async def _known(
        self, tenant: Tenant, connection: Connection | None, kept: list[Notice], now: Milliseconds
    ) -> Known:
        totals = await self._store.backlog.totals(tenant.id)
        renames = await self._store.journal.events(
            tenant.id, subject=None, kind="account.", before=None, limit=EVENTS_LOOKED_AT
        )
        renames = [each for each in renames if now - each.at < RENAMES_TOLD]
        rules = await self._store.setup.rules(tenant.id) if renames else []
        return Known(
            tenant=tenant.name,
            connection=connection,
            totals=totals,
            tokens=await self._store.setup.tokens(tenant.id),
            renames=renames,
            named=named_ids(rules, tenant.policy),
            silence_allowed=await self._silence_allowed(tenant, now),
            told=frozenset(each.kind for each in kept if each.ended_at is None),
        )

    async def _silence_allowed(self, tenant: Tenant, now: Milliseconds) -> Milliseconds:
        """Return how long the identity provider may be silent, learnt anew from the log of reads every hour."""
        learnt = self._habits.get(tenant.id)
        if learnt is not None and now - learnt[0] < HABIT_LASTS:
            return learnt[1]
        reads = await self._logs.reads(tenant.id, before=None, limit=READS_LOOKED_AT)
        usual = usual_interval([read.at for read in reads])
        allowed = SILENT_WITHOUT_HABIT if usual is None else 2 * usual
        self._habits[tenant.id] = (now, allowed)
        return allowed

    def _cause(self) -> Cause:
        return Cause.new(self._clock.now())
