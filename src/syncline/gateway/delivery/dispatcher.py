"""Who is drained when: the dispatcher of a single process, on its event loop.

A wake is a hint and may be lost; the rows are the truth. What a lost wake leaves behind, the sweep finds.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextvars import Context
from dataclasses import dataclass

from syncline.clock import Clock, Milliseconds
from syncline.gateway.domain.tenant import TenantId

Drain = Callable[[TenantId], Awaitable[Milliseconds | None]]
"""Does what is due for a tenant and returns the moment it next has something due, None for nothing in sight."""
DueTenants = Callable[[], Awaitable[Iterable[TenantId]]]
"""Returns the tenants that have something due now."""

SWEEP_EVERY: Milliseconds = 30_000
GRACE: Milliseconds = 10_000
_SHORTEST_WAIT: Milliseconds = 100
_FIRST_REST: Milliseconds = 1_000
_LONGEST_REST: Milliseconds = 60_000

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Timer:
    task: asyncio.Task[None]
    resting: bool


class LocalDispatcher:
    """Runs `drain` for each tenant that was woken, has come due, or is found by the sweep.

    At most one drain of a tenant runs at a time, drains of different tenants run side by side. Wakes of a waiting
    tenant are one; a wake during a drain causes one more after it. A drain that raises is logged and the tenant rests
    for 1 s, then 2 s, up to a minute, whatever wakes come; the others do not notice. Call it from the event loop only.
    """

    def __init__(
        self, drain: Drain, due_tenants: DueTenants, clock: Clock, *, sweep_every: Milliseconds = SWEEP_EVERY
    ) -> None:
        self._drain = drain
        self._due_tenants = due_tenants
        self._clock = clock
        self._sweep_every = sweep_every
        self._sweeper: asyncio.Task[None] | None = None
        self._running: dict[TenantId, asyncio.Task[None]] = {}
        self._woken: set[TenantId] = set()
        self._timers: dict[TenantId, _Timer] = {}
        self._crashes: dict[TenantId, int] = {}
        self._closing = False

    def start(self) -> None:
        """Sweep now and every 30 s from now on."""
        self._sweeper = asyncio.create_task(self._sweep_for_ever(), name="sweep")

    def wake(self, tenant_id: TenantId) -> None:
        """See to it that a drain of this tenant begins after this moment; does nothing once closing."""
        if self._closing:
            return
        if tenant_id in self._running:
            self._woken.add(tenant_id)
            return
        timer = self._timers.get(tenant_id)
        if timer is not None and timer.resting:
            return
        if timer is not None:
            timer.task.cancel()
            del self._timers[tenant_id]
        self._begin(tenant_id)

    async def close(self, grace: Milliseconds = GRACE) -> None:
        """Begin nothing more, let running drains finish for as long as `grace`, then cancel them."""
        self._closing = True
        waiting = [timer.task for timer in self._timers.values()]
        self._timers.clear()
        if self._sweeper is not None:
            waiting.append(self._sweeper)
        await _cancel(waiting)
        running = list(self._running.values())
        if running:
            patience = asyncio.create_task(self._clock.sleep(grace))
            ended = asyncio.create_task(_wait_for(running))
            await asyncio.wait({patience, ended}, return_when=asyncio.FIRST_COMPLETED)
            await _cancel([patience, ended, *running])

    def _begin(self, tenant_id: TenantId) -> None:
        # In a context of its own: it is no part of the request that woke it, nor in that one's hurry.
        self._running[tenant_id] = asyncio.create_task(
            self._run(tenant_id), name=f"drain {tenant_id}", context=Context()
        )

    async def _run(self, tenant_id: TenantId) -> None:
        due, resting = None, False
        try:
            while not self._closing:
                self._woken.discard(tenant_id)
                due, resting = await self._drain_once(tenant_id)
                if resting or tenant_id not in self._woken:
                    break
        finally:
            del self._running[tenant_id]
            self._woken.discard(tenant_id)
        if due is not None and not self._closing:
            task = asyncio.create_task(self._wake_at(tenant_id, due), name=f"timer {tenant_id}")
            self._timers[tenant_id] = _Timer(task, resting)

    async def _drain_once(self, tenant_id: TenantId) -> tuple[Milliseconds | None, bool]:
        """Return when to drain again, and whether the tenant must be left alone until then."""
        try:
            due = await self._drain(tenant_id)
        except Exception:
            crashes = self._crashes[tenant_id] = self._crashes.get(tenant_id, 0) + 1
            rest = min(_LONGEST_REST, _FIRST_REST << min(crashes - 1, 10))
            _log.exception("The drain of tenant %s broke; it begins again in %d ms", tenant_id, rest)
            return self._clock.now() + rest, True
        self._crashes.pop(tenant_id, None)
        return due, False

    async def _wake_at(self, tenant_id: TenantId, moment: Milliseconds) -> None:
        # A drain that names a moment already past must not become a busy loop.
        await self._clock.sleep(max(_SHORTEST_WAIT, moment - self._clock.now()))
        del self._timers[tenant_id]
        if not self._closing:
            self._begin(tenant_id)

    async def _sweep_for_ever(self) -> None:
        while True:
            try:
                for tenant_id in await self._due_tenants():
                    self.wake(tenant_id)
            except Exception:
                _log.exception("The sweep for due tenants broke; the next is in %d ms", self._sweep_every)
            await self._clock.sleep(self._sweep_every)


async def _wait_for(tasks: list[asyncio.Task[None]]) -> None:
    await asyncio.wait(tasks)


async def _cancel(tasks: Iterable[asyncio.Task[None]]) -> None:
    tasks = list(tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
