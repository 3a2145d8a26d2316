"""The provisioning job: connection test, initial and incremental cycles, and the on-demand run."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from syncline.clock import Clock, Milliseconds, SystemClock
from syncline.rehearsal import ondemand
from syncline.rehearsal.directory import Directory, UserRef
from syncline.rehearsal.entra import CONCURRENCY, TIMEOUT_SECONDS, EntraClient, check_address
from syncline.rehearsal.failures import ProvisioningFailure
from syncline.rehearsal.groups import provision_group
from syncline.rehearsal.job import JobState
from syncline.rehearsal.log import Counts, Entry, ProvisioningLog, Status
from syncline.rehearsal.mapping import AttributeMapping
from syncline.rehearsal.objects import ObjectKind
from syncline.rehearsal.ondemand import OnDemandResult
from syncline.rehearsal.references import provision_references
from syncline.rehearsal.run import Run
from syncline.rehearsal.users import provision_user


@dataclass(frozen=True, slots=True)
class ConnectionTest:
    """Entra's "Test Connection": whether the credentials authorise provisioning, and if not, why and what to do."""

    ok: bool
    sentence: str
    fix: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a cycle is: `phase` is users, groups or references."""

    phase: str
    done: int
    total: int


ReportProgress = Callable[[Progress], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleResult:
    """What a cycle did. `quarantine` says why it was broken off; the rest then waits for the next cycle."""

    cycle: str
    kind: str
    started_at: Milliseconds
    finished_at: Milliseconds
    requests: int
    entries: tuple[Entry, ...]
    quarantine: str = ""

    @property
    def counts(self) -> Counts:
        """Outcomes of users, groups and references together."""
        return Counts.of(self.entries)

    @property
    def users(self) -> Counts:
        """Outcomes of users, references apart."""
        return self._counts(ObjectKind.USER)

    @property
    def groups(self) -> Counts:
        """Outcomes of groups, references apart."""
        return self._counts(ObjectKind.GROUP)

    @property
    def references(self) -> Counts:
        """Outcomes of the second pass: managers of users and members of groups."""
        return Counts.of(entry for entry in self.entries if entry.reference)

    @property
    def failures(self) -> tuple[Entry, ...]:
        """The entries that failed."""
        return tuple(entry for entry in self.entries if entry.status is Status.FAILURE)

    @property
    def ok(self) -> bool:
        """Whether no object failed and nothing was broken off."""
        return not self.failures and not self.quarantine

    @property
    def duration(self) -> Milliseconds:
        """How long the cycle took."""
        return self.finished_at - self.started_at

    def _counts(self, kind: ObjectKind) -> Counts:
        return Counts.of(e for e in self.entries if e.source.kind is kind and not e.reference)


class EntraSimulator:
    """Entra's provisioning service for one application: one directory, one tenant URL, one secret token.

    Raises AddressError (a ValueError) at once for a URL or token that cannot be used. Cycles must not overlap.
    `groups=False` switches the group mapping off, as an administrator does for an application without groups.
    """

    def __init__(
        self,
        directory: Directory,
        base_url: str,
        token: str,
        clock: Clock | None = None,
        *,
        mapping: AttributeMapping | None = None,
        groups: bool = True,
        concurrency: int = CONCURRENCY,
        timeout_seconds: float = TIMEOUT_SECONDS,
        state: JobState | None = None,
    ) -> None:
        self.directory = directory
        self.base_url = check_address(base_url, token)
        self.mapping = mapping or AttributeMapping()
        self.state = state or JobState()
        self.log = ProvisioningLog()
        self._token = token
        self._clock = clock or SystemClock()
        self._groups = groups
        self._concurrency = concurrency
        self._timeout_seconds = timeout_seconds

    async def test_connection(self) -> ConnectionTest:
        """Ask for users (and groups) named after a random GUID; only empty lists prove the connection."""
        async with self._client() as client:
            try:
                await ondemand.probe(client, ObjectKind.USER)
                if self._groups:
                    await ondemand.probe(client, ObjectKind.GROUP)
            except ProvisioningFailure as failure:
                return ConnectionTest(False, failure.reason, failure.advice, failure.code)
        return ConnectionTest(True, "The supplied credentials are authorized to enable provisioning.")

    async def initial_cycle(self, progress: ReportProgress | None = None) -> CycleResult:
        """Provision everybody in scope. A second one is a restart: cached ids are dropped, everybody is matched anew.

        People who left while nothing was cached of them stay as they are at the application, as with Entra.
        """
        self.state.restart()
        assigned = [u.object_id for u in self.directory.people() if self.directory.is_assigned(u.object_id)]
        return await self._cycle("initial", assigned, list(self.directory.assigned_groups), progress)

    async def incremental_cycle(self, progress: ReportProgress | None = None) -> CycleResult:
        """Provision what changed since the last cycle, and try again what failed in it."""
        waiting = dict(self.state.retry)
        waiting.update({c.object_id: c.kind for c in self.directory.changed_since(self.state.watermark)})
        self.state.retry.clear()
        self.state.references.update(waiting)
        users = [object_id for object_id, kind in waiting.items() if kind is ObjectKind.USER]
        groups = [object_id for object_id, kind in waiting.items() if kind is ObjectKind.GROUP]
        return await self._cycle("incremental", users, groups, progress)

    async def on_demand(self, user: UserRef) -> OnDemandResult:
        """Provision one person now and explain each of Entra's five steps.

        Raises DirectoryError for somebody Entra's search does not offer: unknown, blocked or deleted.
        """
        chosen = ondemand.choose(self.directory, user)
        async with self._client() as client:
            run = self._run(client, "on-demand")
            result = await ondemand.provision(run, chosen)
        for entry in run.entries:
            self.log.append(entry)
        return result

    async def _cycle(
        self, kind: str, users: list[str], groups: list[str], progress: ReportProgress | None
    ) -> CycleResult:
        started, watermark = self._clock.now(), self.directory.watermark
        async with self._client() as client:
            run = self._run(client, f"{kind}-{self.state.cycles + 1}")
            await self._each(run, "users", users, lambda i: provision_user(run, i), progress)
            if self._groups:
                await self._each(run, "groups", groups, lambda i: provision_group(run, i), progress)
            references, self.state.references = self.state.references, {}
            if run.refused is None:
                await self._each(
                    run,
                    "references",
                    [i for i in references if self._groups or references[i] is ObjectKind.USER],
                    lambda i: provision_references(run, i, references[i]),
                    progress,
                )
        self._remember(
            run,
            watermark,
            {**dict.fromkeys(users, ObjectKind.USER), **dict.fromkeys(groups, ObjectKind.GROUP)},
            references,
        )
        return CycleResult(
            cycle=run.cycle,
            kind=kind,
            started_at=started,
            finished_at=self._clock.now(),
            requests=client.requests,
            entries=tuple(run.entries),
            quarantine=run.refused.reason if run.refused else "",
        )

    def _remember(
        self, run: Run, watermark: int, objects: dict[str, ObjectKind], references: dict[str, ObjectKind]
    ) -> None:
        """Advance the watermark; after a cycle that was broken off, all of it has to come again."""
        for entry in run.entries:
            self.log.append(entry)
        self.state.cycles += 1
        self.state.watermark = watermark
        if run.refused is not None:
            self.state.retry = {**objects, **self.state.retry}
            self.state.references = {**references, **self.state.references}

    async def _each(
        self,
        run: Run,
        phase: str,
        object_ids: Iterable[str],
        work: Callable[[str], Awaitable[Entry | None]],
        progress: ReportProgress | None,
    ) -> None:
        """Do the work for every object, `concurrency` at a time; stop starting more once the token was refused."""
        waiting = list(object_ids)
        total, done = len(waiting), 0
        waiting.reverse()

        async def worker() -> None:
            nonlocal done
            while waiting and run.refused is None:
                await work(waiting.pop())
                done += 1
                if progress is not None:
                    progress(Progress(phase, done, total))

        if progress is not None:
            progress(Progress(phase, 0, total))
        async with asyncio.TaskGroup() as group:
            for _ in range(min(self._concurrency, total)):
                group.create_task(worker())

    def _run(self, client: EntraClient, cycle: str) -> Run:
        return Run(self.directory, client, self.state, self.mapping, self._clock, cycle)

    def _client(self) -> EntraClient:
        return EntraClient(
            self.base_url, self._token, concurrency=self._concurrency, timeout_seconds=self._timeout_seconds
        )
