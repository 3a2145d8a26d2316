"""Looking for the records of domains: when somebody asks, and by itself while a portal runs."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

from syncline.clock import Clock
from syncline.portal.dns.resolver import TxtResolver
from syncline.portal.domain.verification import DomainClaim, Look, Reading, places_to_look, read_looks
from syncline.portal.store import domain_reads
from syncline.portal.store.commands.domains import RecordLook
from syncline.portal.store.store import Store
from syncline.sql.errors import StoreError

ROUND = 15_000
"""Milliseconds between two rounds: how late a look that is due may be."""

_log = logging.getLogger(__name__)


async def look_for(claim: DomainClaim, resolver: TxtResolver) -> list[Look]:
    """Return what the DNS says of a claim: its host, and unless that proves it, where records go by mistake."""
    looks = [await resolver.look(claim.host)]
    if read_looks(claim, looks) is not Reading.PROVEN:
        looks += await asyncio.gather(*map(resolver.look, places_to_look(claim)))
    return looks


async def check(
    store: Store, clock: Clock, resolver: TxtResolver, claim: DomainClaim, *, again: bool = False
) -> DomainClaim | None:
    """Look for the record of a claim, write what was found and return the claim, None if it is gone.

    `again` when a person asks: a wait that was over begins anew.
    """
    looks = await look_for(claim, resolver)
    return await store.writer.submit(
        RecordLook(portal_id=claim.portal_id, domain=claim.domain, looks=looks, now=clock.now(), again=again)
    )


async def check_due(store: Store, clock: Clock, resolver: TxtResolver) -> int:
    """Look for every record that is due and return how many there were."""
    due = await store.reader.scan(lambda connection: domain_reads.due(connection, clock.now()))
    await asyncio.gather(*(check(store, clock, resolver, claim) for claim in due))
    return len(due)


@contextlib.asynccontextmanager
async def watching(store: Store, clock: Clock, resolver: TxtResolver) -> AsyncIterator[None]:
    """Look for what is due, round after round, while the block runs."""

    async def rounds() -> None:
        while True:
            try:
                await check_due(store, clock, resolver)
            except StoreError:
                _log.warning("the portal's database is busy; domains are looked for in the next round")
            except Exception:
                _log.exception("looking for domains failed; the next round tries again")
            await clock.sleep(ROUND)

    task = asyncio.create_task(rounds(), name="domains")
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
