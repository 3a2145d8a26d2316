"""Reconciliation: reading a tenant's HubSpot account on schedule and on demand, so that what changed there is found.

A reading is a row and pages beside it: it goes on where it was after a restart. Its calls are one at a time and not
urgent, so deliveries keep the budget to themselves but for one place in the queue. Nothing is concluded before every
list has been read to its end.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any, Final

from syncline.clock import Clock, Milliseconds
from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.services.ports import (
    AccountActivity,
    AccountReading,
    Cause,
    Failed,
    Link,
    Reading,
    ReadingStep,
    Store,
    Trouble,
)

Progress = Callable[[Mapping[str, Any]], None]

STALE: Final[Milliseconds] = 60 * 60_000
"""A reading begun longer ago than this is begun anew: its first pages say nothing of today."""
STALE_IF_ASKED: Final[Milliseconds] = 5 * 60_000
"""The same, where somebody asks for how things are now."""
LONGEST_REST: Final[Milliseconds] = 60_000
"""When HubSpot asks for a longer rest than this, the reading is left to be gone on with later."""
TRIES: Final = 6
"""How often one page is asked for before the reading is left to be gone on with later."""
_BREATH: Final[Milliseconds] = 10
"""Between two chunks, so that the one writer is free for others most of the time."""
_FIRST_REST: Final[Milliseconds] = 1_000
_UNSEEN: Final[Milliseconds] = 3_600_000
"""How much further back than the last reading the activity log is read: clocks differ, and logs lag."""
SCHEDULE: Final = "schedule"
"""Who asked for a reading nobody asked for."""


class Reconciliation:
    """Reads accounts, one reading per tenant at a time."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._turns: defaultdict[TenantId, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def read(
        self,
        tenant_id: TenantId,
        link: Link,
        asked_by: str = SCHEDULE,
        progress: Progress | None = None,
        *,
        seats: bool = False,
        crm: bool = False,
    ) -> Reading | Failed:
        """Read the account whole, going on with a reading that was interrupted; returns why it could not be read.

        With `seats` they are read from now on; else where a rule sets one, or somebody has looked at them before. With
        `crm` the CRM records are read this once; else where an attribute of theirs is kept in line.
        """
        async with self._turns[tenant_id]:
            return await self._read(tenant_id, link, asked_by, progress, seats=seats, crm=crm)

    async def read_first(self, tenant_id: TenantId, link: Link) -> Failed | None:
        """Read an account nothing is known of, unless somebody else has by now; returns why it could not be read."""
        async with self._turns[tenant_id]:
            connection = await self._store.setup.connection(tenant_id)
            if connection is None or connection.account is not None:
                return None
            reading = await self._read(tenant_id, link, SCHEDULE, None)
            return reading if isinstance(reading, Failed) else None

    async def _read(
        self,
        tenant_id: TenantId,
        link: Link,
        asked_by: str,
        progress: Progress | None,
        *,
        seats: bool = False,
        crm: bool = False,
    ) -> Reading | Failed:
        reading = await self._store.readings.reading(tenant_id)
        stale = STALE if asked_by == SCHEDULE else STALE_IF_ASKED
        crm = crm or await keeps_crm_attributes(self._store, tenant_id)
        if reading is None or seats or not _may_go_on(reading, self._clock.now() - stale, crm=crm):
            cause = Cause.new(self._clock.now())
            reading = await self._store.readings.begin(tenant_id, uuid.uuid4().hex, cause, asked_by)
        watched = seats or await watches_seats(self._store, tenant_id)
        return await _Course(self._store, self._clock, link, progress, seats=watched, crm=crm).run(reading)

    async def keep(self, tenant_id: TenantId, read: AccountReading, cause: Cause) -> None:
        """Keep a reading that is there whole already, begun at the cause's moment, by the same small steps."""
        readings = self._store.readings
        async with self._turns[tenant_id]:
            reading: Reading | None = await readings.begin(tenant_id, uuid.uuid4().hex, cause, "connection")
            reading = reading and await readings.keep_lists(reading, read.account, read.missing)
            reading = reading and await readings.keep_users(reading, read.users, None)
            if reading is not None and reading.step is ReadingStep.RECORDS:
                reading = await readings.keep_records(reading, (), None)
            reading = reading and await readings.keep_deactivated(reading, None, None)
            while reading is not None and reading.is_open:
                reading = await readings.merge(reading, AccountActivity({}), cause.at)
                await self._clock.sleep(_BREATH)
            while reading is not None and await readings.clear(tenant_id, reading.id):
                await self._clock.sleep(_BREATH)

    async def due(self, before: Milliseconds) -> list[TenantId]:
        """Return the tenants whose account was last read at that moment or earlier."""
        return await self._store.readings.due(before)

    async def refresh_lists(self, tenant_id: TenantId, link: Link) -> Failed | None:
        """Read the account's permission sets, teams and seats alone; returns why they could not be read."""
        cause = Cause.new(self._clock.now())
        lists = await link.read_lists(
            cause,
            seats=await watches_seats(self._store, tenant_id),
            crm=await keeps_crm_attributes(self._store, tenant_id),
        )
        if isinstance(lists, Failed):
            return lists
        await self._store.readings.refresh_lists(tenant_id, lists.account, cause)
        return None


async def watches_seats(store: Store, tenant_id: TenantId) -> bool:
    """Tell whether the account's seats are read: once somebody has looked at them, and where a rule gives one."""
    connection = await store.setup.connection(tenant_id)
    if connection is not None and connection.account is not None and connection.account.seats is not None:
        return True
    return any(rule.seat is not None for rule in await store.setup.rules(tenant_id))


async def keeps_crm_attributes(store: Store, tenant_id: TenantId) -> bool:
    """Tell whether anything of people's CRM records is kept in line, so that they are read."""
    tenant = await store.setup.tenant(tenant_id)
    return tenant is not None and bool(tenant.policy.crm_attributes)


def _may_go_on(reading: Reading, since: Milliseconds, *, crm: bool) -> bool:
    """Tell whether a reading is worth going on with: begun since then, and asking for CRM records where they count."""
    account = reading.account
    unasked = crm and account is not None and account.crm_users is None
    return reading.is_open and reading.begun_at >= since and not unasked


class _Course:
    """One reading on its way to the end."""

    def __init__(
        self, store: Store, clock: Clock, link: Link, progress: Progress | None, *, seats: bool, crm: bool
    ) -> None:
        self._seats = seats
        self._crm = crm
        self._store = store
        self._clock = clock
        self._link = link
        self._tell = progress or (lambda _told: None)
        self._activity: AccountActivity | None = None
        self._merged = 0

    async def run(self, reading: Reading) -> Reading | Failed:
        while await self._store.readings.clear(reading.tenant_id, reading.id):
            await self._clock.sleep(_BREATH)
        steps = {
            ReadingStep.LISTS: self._lists,
            ReadingStep.USERS: self._users,
            ReadingStep.RECORDS: self._records,
            ReadingStep.DEACTIVATED: self._deactivated,
            ReadingStep.MERGING: self._merge,
        }
        while reading.is_open:
            advanced = await self._patiently(lambda of=reading: steps[of.step](of))  # type: ignore[misc]
            if isinstance(advanced, Failed):
                return await self._failed(reading, advanced)
            if advanced is None:  # another reading has begun: what counts is that one
                return await self._store.readings.reading(reading.tenant_id) or reading
            reading = advanced
            self._tell({"stage": _SAID[reading.step], "done": self._merged or reading.users})
        return reading

    async def _patiently(self, step: Callable[[], Any]) -> Reading | Failed | None:
        """Take one step, again and again while HubSpot fails in a way that passes."""
        for attempt in range(TRIES):
            advanced: Reading | Failed | None = await step()
            if not isinstance(advanced, Failed) or advanced.trouble is not Trouble.LATER:
                return advanced
            rest = advanced.retry_after or _FIRST_REST << attempt
            if attempt == TRIES - 1 or rest > LONGEST_REST:
                break
            await self._clock.sleep(rest)
        return advanced

    async def _failed(self, reading: Reading, failed: Failed) -> Failed:
        """Leave the reading to be gone on with, unless HubSpot refuses to: an outdated cursor never works again."""
        if failed.trouble not in (Trouble.LATER, Trouble.CONNECTION, Trouble.TENANT):
            await self._store.readings.abandon(reading)
        return failed

    async def _lists(self, reading: Reading) -> Reading | Failed | None:
        lists = await self._link.read_lists(self._cause(reading), seats=self._seats, crm=self._crm)
        if isinstance(lists, Failed):
            return lists
        return await self._store.readings.keep_lists(reading, lists.account, lists.missing)

    async def _users(self, reading: Reading) -> Reading | Failed | None:
        seats = reading.account is not None and reading.account.seats is not None
        page = await self._link.read_users(reading.cursor, self._cause(reading), seats=seats)
        if isinstance(page, Failed):
            return page
        if page.after is not None and page.after == reading.cursor:  # a list that leads back to itself
            await self._store.readings.abandon(reading)
            return None
        return await self._store.readings.keep_users(reading, page.users, page.after)

    async def _records(self, reading: Reading) -> Reading | Failed | None:
        page = await self._link.read_records(reading.cursor, self._cause(reading))
        if isinstance(page, Failed):
            return page
        if page.after is not None and page.after == reading.cursor:  # a list that leads back to itself
            await self._store.readings.abandon(reading)
            return None
        return await self._store.readings.keep_records(reading, page.records, page.after)

    async def _deactivated(self, reading: Reading) -> Reading | Failed | None:
        page = await self._link.read_deactivated(reading.cursor, self._cause(reading))
        if isinstance(page, Failed):
            return page
        if page is None:
            return await self._store.readings.keep_deactivated(reading, None, None)
        if page.after is not None and page.after == reading.cursor:  # a list that leads back to itself
            await self._store.readings.abandon(reading)
            return None
        return await self._store.readings.keep_deactivated(reading, page.hubspot_ids, page.after)

    async def _merge(self, reading: Reading) -> Reading | Failed | None:
        if self._activity is None:
            activity = await self._link.read_activity(await self._since(reading), self._cause(reading))
            if isinstance(activity, Failed):
                # Who did it is worth a try, not the reading.
                activity = AccountActivity({}, f"HubSpot does not say who: {activity.sentence}")
            self._activity = activity
        advanced = await self._store.readings.merge(reading, self._activity, self._clock.now())
        self._merged += 1
        await self._clock.sleep(_BREATH)
        return advanced

    async def _since(self, reading: Reading) -> Milliseconds:
        connection = await self._store.setup.connection(reading.tenant_id)
        before = None if connection is None else connection.account_read_at
        return max(0, (reading.begun_at if before is None else before) - _UNSEEN)

    def _cause(self, reading: Reading) -> Cause:
        return Cause(self._clock.now(), reading.correlation_id)


_SAID: Final = {
    ReadingStep.LISTS: "Permission sets and teams",
    ReadingStep.USERS: "Users read",
    ReadingStep.RECORDS: "CRM records",
    ReadingStep.DEACTIVATED: "Who is deactivated",
    ReadingStep.MERGING: "Compared",
    ReadingStep.DONE: "Compared",
    ReadingStep.ABANDONED: "Given up",
}
