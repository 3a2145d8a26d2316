"""What one run knows of its connection: whether it works, is only being tried, or has ended the run."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from syncline.clock import Clock
from syncline.gateway.domain.grant import OAuthGrant
from syncline.gateway.domain.health import HELD_TENANT, SCIM_TROUBLE, Health
from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.services.ports import (
    Arrived,
    Cause,
    Connection,
    Failed,
    Link,
    Links,
    Outcome,
    Store,
    Trouble,
)
from syncline.gateway.services.recovering import recover

_STOPS = {Trouble.CONNECTION: 1, Trouble.TENANT: 2}
"""What ends a run; of two the higher is what is remembered."""


class Watch:
    """The connection of one run, which began with it in hand."""

    def __init__(self, store: Store, links: Links, clock: Clock, link: Link, connection: Connection) -> None:
        self._store = store
        self._links = links
        self._clock = clock
        self._link = link
        self._connection = connection
        self._tenant_id = connection.tenant_id
        self._scim_trouble = connection.trouble == SCIM_TROUBLE
        self.probing = is_stopped(connection)
        """The connection is in trouble: one call finds out whether it still is."""
        self.stopped: Failed | None = None
        self.called_off = asyncio.Event()
        """What waits for the budget, perhaps for hours, is let go once this is set; what was sent is waited for."""

    async def is_current(self) -> bool:
        """Tell whether the tenant still has the connection this run began with."""
        return await self._links.open(self._tenant_id) is self._link

    async def is_same_account(self) -> bool:
        """Tell whether an answer is of the account the rows are about; a renewed credential makes no other one."""
        if await self.is_current():
            return True
        now = await self._store.setup.connection(self._tenant_id)
        then = self._connection
        return now is not None and (now.portal_id, now.base_url) == (then.portal_id, then.base_url)

    async def stop_for(self, outcome: Outcome) -> None:
        """End the run for a connection that does not work, and note why; a graver stop is never forgotten."""
        if not isinstance(outcome, Failed) or not stops(outcome):
            return
        before = self.stopped
        if before is not None and _STOPS.get(before.trouble, 0) >= _STOPS[outcome.trouble]:
            return
        self._stop(outcome)
        if await self.is_current() and self.stopped is outcome:
            await note_failure(self._store, self._tenant_id, outcome, Cause.new(self._clock.now()))

    def stop_unnoted(self, failed: Failed) -> None:
        """End the run, unless it has ended, for what whoever began it takes note of."""
        if self.stopped is None:
            self._stop(failed)

    async def heed(self, outcome: Outcome, out: Collection[str]) -> None:
        """Note when the connection works again, or one channel does not; `out` are those about whom a call is out."""
        if isinstance(outcome, Failed) and outcome.trouble is Trouble.CHANNEL:
            # Somebody is tried again by himself; a trouble of the whole connection must stay the one noted.
            if not self.probing and not self._scim_trouble:
                self._scim_trouble = True
                cause = Cause.new(self._clock.now())
                await self._store.setup.note_trouble(self._tenant_id, SCIM_TROUBLE, outcome.sentence, cause)
        elif self.probing and not isinstance(outcome, Failed):
            self.probing = False
            await self._recover(out)
        elif self._scim_trouble and isinstance(outcome, Arrived) and outcome.over_scim:
            self._scim_trouble = False
            await self._recover(out)

    def _stop(self, failed: Failed) -> None:
        self.stopped = failed
        self.called_off.set()

    async def _recover(self, out: Collection[str]) -> None:
        await recover(self._store, self._tenant_id, Cause.new(self._clock.now()), out)


def stops(outcome: Outcome) -> bool:
    """Tell whether an outcome ends the run."""
    return isinstance(outcome, Failed) and outcome.trouble in _STOPS


def is_stopped(connection: Connection) -> bool:
    """Tell whether a connection in trouble is only tried now and then: not for its SCIM channel alone."""
    return connection.health is not Health.HEALTHY and connection.trouble != SCIM_TROUBLE


def has_ended(connection: Connection) -> bool:
    """Tell whether only a new grant can help: such a connection is not tried at all."""
    return isinstance(connection.credential, OAuthGrant) and connection.credential.ended


async def note_failure(store: Store, tenant_id: TenantId, failed: Failed, cause: Cause) -> None:
    """Remember why nothing reaches this tenant's HubSpot account."""
    trouble = HELD_TENANT if failed.trouble is Trouble.TENANT else failed.code
    await store.setup.note_trouble(tenant_id, trouble, failed.sentence, cause)
