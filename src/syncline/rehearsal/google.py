"""Google Workspace's automated provisioning of one catalogue application: users only, no groups, no roles.

The directory's words stand for Google's so: assigned is “on for the person”, blocked is suspended.
"""

from __future__ import annotations

from typing import ClassVar, Unpack

from syncline.clock import Clock
from syncline.rehearsal.directory import Directory
from syncline.rehearsal.failures import ProvisioningFailure
from syncline.rehearsal.google_client import GoogleClient
from syncline.rehearsal.google_users import Deprovisioning, GoogleRun, GoogleUpdates, due, provision_user
from syncline.rehearsal.objects import ObjectKind
from syncline.rehearsal.results import ConnectionTest, CycleResult, ReportProgress
from syncline.rehearsal.simulator import Means, Simulator, of_kind


class GoogleSimulator(Simulator):
    """Google Workspace, provisioning one application; `deprovisioning` is what the administrator chose."""

    provider: ClassVar[str] = "Google Workspace"

    def __init__(
        self,
        directory: Directory,
        base_url: str,
        token: str,
        clock: Clock | None = None,
        *,
        updates: GoogleUpdates = GoogleUpdates.PATCH,
        deprovisioning: Deprovisioning | None = None,
        **means: Unpack[Means],
    ) -> None:
        super().__init__(directory, base_url, token, clock, **means)
        self.updates = updates
        self.deprovisioning = deprovisioning or Deprovisioning()

    async def test_connection(self) -> ConnectionTest:
        """Ask for one user; a list proves the connection."""
        async with self._client() as client:
            try:
                await client.probe()
            except ProvisioningFailure as failure:
                return ConnectionTest.failed(failure)
        return ConnectionTest(True, "The application answers and accepts the token.")

    async def initial_cycle(self, progress: ReportProgress | None = None) -> CycleResult:
        """Provision everybody for whom the application is on; what was cached is dropped."""
        self.state.restart()
        return await self._cycle("initial", self._assigned(), progress)

    async def incremental_cycle(self, progress: ReportProgress | None = None) -> CycleResult:
        """Provision who changed, retry who failed, and suspend or delete whose delay has passed."""
        users = dict.fromkeys(of_kind(self._taken_up(), ObjectKind.USER))
        now, state = self._clock.now(), self.state
        leavers = [i for i in state.departed if due(self.directory, state, self.deprovisioning, i, now)]
        users.update(dict.fromkeys(leavers))
        return await self._cycle("incremental", list(users), progress)

    async def _cycle(self, kind: str, users: list[str], progress: ReportProgress | None) -> CycleResult:
        started, watermark = self._clock.now(), self.directory.watermark
        async with self._client() as client:
            run = self._run(client, f"{kind}-{self.state.cycles + 1}")
            await self._each(run, "users", users, lambda i: provision_user(run, i), progress)
        self.state.watermark = watermark
        self.state.references = {}
        if run.stopped is not None:
            self.state.pending = {**dict.fromkeys(users, ObjectKind.USER), **self.state.pending}
        return self._close(run, kind, started, client.requests)

    def _run(self, client: GoogleClient, cycle: str) -> GoogleRun:
        return GoogleRun(
            directory=self.directory,
            state=self.state,
            clock=self._clock,
            cycle=cycle,
            client=client,
            updates=self.updates,
            deprovisioning=self.deprovisioning,
        )

    def _client(self) -> GoogleClient:
        return GoogleClient(
            self.base_url,
            self._token,
            concurrency=self._concurrency,
            timeout_seconds=self._timeout_seconds,
        )
