"""Entra's provisioning job: connection test, initial and incremental cycles, the on-demand run, and its schedule."""

from __future__ import annotations

from typing import ClassVar, Unpack

from syncline.clock import Clock, Milliseconds
from syncline.rehearsal import ondemand
from syncline.rehearsal.dialect import Dialect, chosen
from syncline.rehearsal.directory import Directory, UserRef
from syncline.rehearsal.entra import EntraClient
from syncline.rehearsal.entra_run import EntraRun
from syncline.rehearsal.failures import ProvisioningFailure
from syncline.rehearsal.groups import provision_group
from syncline.rehearsal.job import JobError
from syncline.rehearsal.mapping import AttributeMapping
from syncline.rehearsal.objects import ObjectKind
from syncline.rehearsal.ondemand import OnDemandResult
from syncline.rehearsal.quarantine import (
    CYCLE_GAP,
    QUARANTINE_GAP,
    Cause,
    Failing,
    Quarantine,
    too_many,
)
from syncline.rehearsal.references import provision_references
from syncline.rehearsal.results import ConnectionTest, CycleResult, ReportProgress
from syncline.rehearsal.simulator import Means, Simulator, of_kind
from syncline.rehearsal.users import provision_user

Objects = dict[str, ObjectKind]


class EntraSimulator(Simulator):
    """Entra's provisioning service for one application: one directory, one tenant URL, one secret token.

    The dialect is the one given, else that of the tenant URL's flag, else the default. `groups=False` switches
    the group mapping off, as an administrator does for an application without groups. With a
    `deletion_threshold`, a cycle that would disable or delete more objects than that deletes none of them.
    """

    provider: ClassVar[str] = "Entra"

    def __init__(
        self,
        directory: Directory,
        base_url: str,
        token: str,
        clock: Clock | None = None,
        *,
        mapping: AttributeMapping | None = None,
        groups: bool = True,
        dialect: Dialect | None = None,
        deletion_threshold: int | None = None,
        **means: Unpack[Means],
    ) -> None:
        address, self.dialect = chosen(base_url, dialect)
        super().__init__(directory, address, token, clock, **means)
        self.mapping = mapping or AttributeMapping()
        self.deletion_threshold = deletion_threshold
        self._groups = groups

    async def test_connection(self) -> ConnectionTest:
        """Ask for users (and groups) named after a random GUID; only empty lists prove the connection."""
        async with self._client() as client:
            try:
                await ondemand.probe(client, ObjectKind.USER)
                if self._groups:
                    await ondemand.probe(client, ObjectKind.GROUP)
            except ProvisioningFailure as failure:
                return ConnectionTest.failed(failure)
        return ConnectionTest(True, "The supplied credentials are authorized to enable provisioning.")

    async def initial_cycle(self, progress: ReportProgress | None = None) -> CycleResult:
        """Provision everybody in scope. A second one is a restart: cached ids are dropped, everybody is matched anew.

        People who left while nothing was cached of them stay as they are at the application, as with Entra.
        """
        self.state.restart()
        objects: Objects = dict.fromkeys(self._assigned(), ObjectKind.USER)
        objects.update(dict.fromkeys(self.directory.assigned_groups, ObjectKind.GROUP))
        return await self._cycle("initial", objects, progress)

    async def incremental_cycle(self, progress: ReportProgress | None = None) -> CycleResult:
        """Provision what changed since the last cycle, what waits for it, and what is due in escrow.

        Runs when called, also in quarantine, which only slows the schedule down. Raises JobError once the job
        was disabled.
        """
        now, state = self._clock.now(), self.state
        if self.disabled:
            raise JobError(
                "The job was four weeks in quarantine and is disabled. Mend the cause, then restart it with an "
                "initial cycle."
            )
        objects = state.escrow.due(now) | self._taken_up()
        state.references.update(state.reference_escrow.due(now) | objects)
        return await self._cycle("incremental", objects, progress)

    async def on_demand(self, user: UserRef) -> OnDemandResult:
        """Provision one person now and explain each of Entra's five steps; always in the default dialect.

        Raises DirectoryError for somebody Entra's search does not offer: unknown, blocked or deleted.
        """
        chosen_user = ondemand.choose(self.directory, user)
        async with self._client(Dialect.DEFAULT) as client:
            run = self._run(client, "on-demand")
            result = await ondemand.provision(run, chosen_user)
        for entry in run.entries:
            self.log.append(entry)
        return result

    @property
    def disabled(self) -> bool:
        """Whether four weeks of quarantine have ended the job."""
        quarantine = self.state.quarantine
        return quarantine is not None and self._clock.now() >= quarantine.ends_at

    @property
    def next_cycle_at(self) -> Milliseconds | None:
        """The moment Entra's scheduler starts the next cycle, None for a disabled job."""
        if self.disabled:
            return None
        if self.state.finished_at is None:
            return self._clock.now()
        return self.state.finished_at + (QUARANTINE_GAP if self.state.quarantine else CYCLE_GAP)

    async def run_until(
        self, moment: Milliseconds, progress: ReportProgress | None = None
    ) -> list[CycleResult]:
        """Run the cycles Entra's scheduler would start up to that moment; a disabled job starts none."""
        results: list[CycleResult] = []
        while (at := self.next_cycle_at) is not None and at <= moment:
            await self._clock.sleep(at - self._clock.now())
            if self.disabled:
                break
            run = self.incremental_cycle if self.state.cycles else self.initial_cycle
            results.append(await run(progress))
        return results

    def allow_deletions(self) -> int:
        """Let the next cycle carry out the deletions held back; returns how many there are.

        Raises JobError when none are held back.
        """
        held = self._held_back()
        self.state.deletions_allowed = True
        return held

    def reject_deletions(self) -> int:
        """Drop the deletions held back: these objects stay as they are until they change; returns how many.

        Raises JobError when none are held back.
        """
        held = self._held_back()
        for object_id in self.state.staged:
            self.state.pending.pop(object_id, None)
        self.state.staged = {}
        return held

    def _held_back(self) -> int:
        if not self.state.staged:
            raise JobError("No deletions are held back: there is nothing to allow or reject.")
        if self.state.quarantine is not None and self.state.quarantine.cause is Cause.DELETIONS:
            self.state.quarantine = None
        return len(self.state.staged)

    async def _cycle(self, kind: str, objects: Objects, progress: ReportProgress | None) -> CycleResult:
        started, watermark = self._clock.now(), self.directory.watermark
        async with self._client() as client:
            run = self._run(client, f"{kind}-{self.state.cycles + 1}")
            run.stages_deletions = self.deletion_threshold is not None and not self.state.deletions_allowed
            await self._objects(run, objects, progress)
            await self._staged(run, progress)
            references, self.state.references = self.state.references, {}
            if run.stopped is None:
                await self._references(run, references, progress)
        self._remember(run, watermark, objects, references)
        reason = self.state.quarantine.reason if self.state.quarantine else ""
        return self._close(run, kind, started, client.requests, reason)

    async def _objects(self, run: EntraRun, objects: Objects, progress: ReportProgress | None) -> None:
        users, groups = of_kind(objects, ObjectKind.USER), of_kind(objects, ObjectKind.GROUP)
        await self._each(run, "users", users, lambda i: provision_user(run, i), progress)
        if self._groups:
            await self._each(run, "groups", groups, lambda i: provision_group(run, i), progress)

    async def _staged(self, run: EntraRun, progress: ReportProgress | None) -> None:
        """Carry out the deletions that were counted so far, unless they are more than the threshold."""
        if self.deletion_threshold is None or run.stopped is not None:
            return
        if len(run.staged) > self.deletion_threshold:
            run.log_staged(self.deletion_threshold)
            self.state.pending.update(run.staged)
            self.state.staged = run.staged
            return
        self.state.staged = {}
        run.stages_deletions = False
        if run.staged:
            await self._objects(run, run.staged, progress)

    async def _references(self, run: EntraRun, references: Objects, progress: ReportProgress | None) -> None:
        wanted = [i for i in references if self._groups or references[i] is ObjectKind.USER]
        await self._each(
            run, "references", wanted, lambda i: provision_references(run, i, references[i]), progress
        )

    def _remember(self, run: EntraRun, watermark: int, objects: Objects, references: Objects) -> None:
        """Advance the watermark; after a cycle that was broken off, all of it has to come again."""
        state = self.state
        state.watermark = watermark
        if run.stopped is not None:
            state.pending = {**objects, **state.pending}
            state.references = {**references, **state.references}
        else:
            state.deletions_allowed = False
        found = self._trouble(run)
        if found is None:
            state.quarantine = None
        else:
            since = state.quarantine.since if state.quarantine else self._clock.now()
            state.quarantine = Quarantine(found[0], found[1], since)

    def _trouble(self, run: EntraRun) -> tuple[Cause, str] | None:
        """Return the cause and the reason for which the job belongs in quarantine, if it does."""
        state = self.state
        if run.stopped is not None and run.cause is not None:
            return run.cause, run.stopped.reason
        known = len(state.links.keys() | set(state.escrow))
        if reason := too_many(Failing(len(state.escrow), len(state.reference_escrow), known)):
            return Cause.FAILURES, reason
        if state.staged:
            return Cause.DELETIONS, (
                f"{len(state.staged)} deletions are more than the threshold of {self.deletion_threshold}. "
                "Allow or reject them."
            )
        return None

    def _run(self, client: EntraClient, cycle: str) -> EntraRun:
        return EntraRun(
            directory=self.directory,
            state=self.state,
            clock=self._clock,
            cycle=cycle,
            client=client,
            mapping=self.mapping,
        )

    def _client(self, dialect: Dialect | None = None) -> EntraClient:
        return EntraClient(
            self.base_url,
            self._token,
            dialect=dialect or self.dialect,
            concurrency=self._concurrency,
            timeout_seconds=self._timeout_seconds,
        )
