"""What every simulated provider has in common: one directory, one application, a memory, a log and its cycles."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable
from typing import ClassVar, TypedDict

from syncline.clock import Clock, Milliseconds, SystemClock
from syncline.rehearsal.directory import Directory
from syncline.rehearsal.job import JobState
from syncline.rehearsal.log import Entry, ProvisioningLog
from syncline.rehearsal.objects import ObjectKind
from syncline.rehearsal.results import ConnectionTest, CycleResult, Progress, ReportProgress
from syncline.rehearsal.run import Run
from syncline.rehearsal.wire import CONCURRENCY, TIMEOUT_SECONDS, check_address

Work = Callable[[str], Awaitable[Entry | None]]


class Means(TypedDict, total=False):
    """What every simulator takes besides whom it provisions where: see `Simulator`."""

    concurrency: int
    timeout_seconds: float
    state: JobState | None


class Simulator(ABC):
    """One provider's provisioning of one application. Cycles must not overlap.

    At most `concurrency` requests are under way at once, each given up after `timeout_seconds`; `state` is what an
    earlier run remembered.
    Raises AddressError (a ValueError) at once for an address or token that cannot be used.
    """

    provider: ClassVar[str]
    """The provider's name, as a state file and a person know it."""

    def __init__(
        self,
        directory: Directory,
        base_url: str,
        token: str,
        clock: Clock | None = None,
        *,
        concurrency: int = CONCURRENCY,
        timeout_seconds: float = TIMEOUT_SECONDS,
        state: JobState | None = None,
    ) -> None:
        self.directory = directory
        self.base_url = check_address(base_url, token)
        self.state = state or JobState()
        self.log = ProvisioningLog()
        self._token = token
        self._clock = clock or SystemClock()
        self._concurrency = concurrency
        self._timeout_seconds = timeout_seconds

    @abstractmethod
    async def test_connection(self) -> ConnectionTest:
        """Test the credentials as the provider does when an administrator saves them."""

    @abstractmethod
    async def initial_cycle(self, progress: ReportProgress | None = None) -> CycleResult:
        """Provision everybody in scope. A second one is a restart: what was cached is dropped."""

    @abstractmethod
    async def incremental_cycle(self, progress: ReportProgress | None = None) -> CycleResult:
        """Provision what changed since the last cycle, and try again what is due."""

    def _assigned(self) -> list[str]:
        return [u.object_id for u in self.directory.people() if self.directory.is_assigned(u.object_id)]

    def _taken_up(self) -> dict[str, ObjectKind]:
        """Return what waits for this cycle and what changed since the last one; nothing waits any more."""
        taken = dict(self.state.pending)
        taken.update({c.object_id: c.kind for c in self.directory.changed_since(self.state.watermark)})
        self.state.pending.clear()
        return taken

    def _close(
        self, run: Run, kind: str, started: Milliseconds, requests: int, quarantine: str = ""
    ) -> CycleResult:
        """Write the cycle down and return what it did."""
        for entry in run.entries:
            self.log.append(entry)
        self.state.cycles += 1
        self.state.finished_at = self._clock.now()
        return CycleResult(
            cycle=run.cycle,
            kind=kind,
            started_at=started,
            finished_at=self.state.finished_at,
            requests=requests,
            entries=tuple(run.entries),
            quarantine=quarantine or (run.stopped.reason if run.stopped else ""),
        )

    async def _each(
        self,
        run: Run,
        phase: str,
        object_ids: Iterable[str],
        work: Work,
        progress: ReportProgress | None,
    ) -> None:
        """Do the work for every object, `concurrency` at a time; start no more once the run was stopped."""
        waiting = list(object_ids)
        total, done = len(waiting), 0
        waiting.reverse()

        async def worker() -> None:
            nonlocal done
            while waiting and run.stopped is None:
                await work(waiting.pop())
                done += 1
                if progress is not None:
                    progress(Progress(phase, done, total))

        if progress is not None:
            progress(Progress(phase, 0, total))
        async with asyncio.TaskGroup() as group:
            for _ in range(min(self._concurrency, total)):
                group.create_task(worker())


def of_kind(objects: dict[str, ObjectKind], kind: ObjectKind) -> list[str]:
    """Return the ids of the objects of one kind."""
    return [object_id for object_id, found in objects.items() if found is kind]
