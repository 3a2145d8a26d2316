"""Okta's provisioning of one application: credentials test, assignments, group push, import.

    okta = OktaSimulator(company, base_url, token, clock, style=OktaStyle.CUSTOM)
    await okta.test_connection()
    await okta.initial_cycle()

Okta acts on events, not in cycles; a cycle here is what happened in the directory since the last one. The
directory's words stand for Okta's so: blocked is suspended, soft-deleted is deactivated, purged is deleted.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import ClassVar, Unpack

from syncline.clock import Clock
from syncline.rehearsal.directory import Directory, GroupRef, UserRef
from syncline.rehearsal.failures import ProvisioningFailure
from syncline.rehearsal.log import Entry
from syncline.rehearsal.objects import ObjectKind
from syncline.rehearsal.okta_client import PAGE, OktaClient, TellWait
from syncline.rehearsal.okta_groups import push_group, unlink_group
from syncline.rehearsal.okta_import import ImportResult, import_users
from syncline.rehearsal.okta_run import OktaRun, OktaStyle
from syncline.rehearsal.okta_users import provision_user, push_password
from syncline.rehearsal.results import ConnectionTest, CycleResult, ReportProgress
from syncline.rehearsal.simulator import Means, Simulator, of_kind
from syncline.rehearsal.wire import AddressError


class OktaSimulator(Simulator):
    """Okta, provisioning one application of the given style. `groups=False` pushes none."""

    provider: ClassVar[str] = "Okta"

    def __init__(
        self,
        directory: Directory,
        base_url: str,
        token: str,
        clock: Clock | None = None,
        *,
        style: OktaStyle = OktaStyle.CATALOGUE,
        groups: bool = True,
        tell_wait: TellWait | None = None,
        **means: Unpack[Means],
    ) -> None:
        super().__init__(directory, base_url, token, clock, **means)
        if "_" in base_url:
            raise AddressError("Okta takes no base URL with an underscore. Serve SCIM under another address.")
        self.style = style
        self._groups = groups
        self._tell_wait = tell_wait

    async def test_connection(self) -> ConnectionTest:
        """Read two users, then a page of groups: lists with counts prove the credentials."""
        async with self._client() as client:
            try:
                await client.page(ObjectKind.USER, 1, 2)
                if self._groups:
                    await client.page(ObjectKind.GROUP, 1, PAGE)
            except ProvisioningFailure as failure:
                return ConnectionTest.failed(failure)
        return ConnectionTest(True, "The application was verified successfully.")

    async def initial_cycle(self, progress: ReportProgress | None = None) -> CycleResult:
        """Assign everybody in scope and push their groups; what was cached is dropped, everybody looked up anew."""
        self.state.restart()
        objects = dict.fromkeys(self._assigned(), ObjectKind.USER)
        objects.update(dict.fromkeys(self.directory.assigned_groups, ObjectKind.GROUP))
        return await self._cycle("initial", objects, progress)

    async def incremental_cycle(self, progress: ReportProgress | None = None) -> CycleResult:
        """Send what changed since the last cycle, and retry every failed task."""
        return await self._cycle("incremental", self._taken_up(), progress)

    async def push_now(self, group: GroupRef) -> Entry | None:
        """Replace the name and all members of a pushed group, and link it again if it was unlinked.

        Raises DirectoryError for an unknown group.
        """
        object_id = self.directory.find_group(group).object_id
        return await self._alone("push-now", lambda run: push_group(run, object_id, whole=True))

    async def unlink(self, group: GroupRef, *, delete: bool = True) -> Entry | None:
        """End the push of a group, and delete it at the application or leave it; raises as `push_now`."""
        object_id = self.directory.find_group(group).object_id
        return await self._alone("unlink", lambda run: unlink_group(run, object_id, delete=delete))

    async def push_password(self, user: UserRef, password: str) -> Entry | None:
        """Send a person's new password, as password sync does. Raises DirectoryError for an unknown person."""
        object_id = self.directory.find(user).object_id
        return await self._alone("password", lambda run: push_password(run, object_id, password))

    async def import_users(self) -> ImportResult:
        """Read all users of the application by pages of 100 and adopt those with a login of the directory.

        Raises ProvisioningFailure for an answer Okta cannot use.
        """
        async with self._client() as client:
            return await import_users(self._run(client, "import"))

    async def _alone(self, cycle: str, work: Callable[[OktaRun], Awaitable[Entry | None]]) -> Entry | None:
        async with self._client() as client:
            run = self._run(client, cycle)
            entry = await work(run)
        for each in run.entries:
            self.log.append(each)
        return entry

    async def _cycle(
        self, kind: str, objects: dict[str, ObjectKind], progress: ReportProgress | None
    ) -> CycleResult:
        started, watermark = self._clock.now(), self.directory.watermark
        async with self._client() as client:
            run = self._run(client, f"{kind}-{self.state.cycles + 1}")
            users = of_kind(objects, ObjectKind.USER)
            await self._each(run, "users", users, lambda i: provision_user(run, i), progress)
            references, self.state.references = self.state.references, {}
            groups = of_kind(objects | references, ObjectKind.GROUP)
            if self._groups:
                await self._each(run, "groups", groups, lambda i: push_group(run, i), progress)
        self.state.watermark = watermark
        # A pushed group waits for nobody: everyone who could be a member has been seen.
        self.state.references = {}
        if run.stopped is not None:
            waiting = dict.fromkeys(groups, ObjectKind.GROUP)
            self.state.pending = {**objects, **waiting, **self.state.pending}
        return self._close(run, kind, started, client.requests)

    def _run(self, client: OktaClient, cycle: str) -> OktaRun:
        return OktaRun(
            directory=self.directory,
            state=self.state,
            clock=self._clock,
            cycle=cycle,
            client=client,
            style=self.style,
        )

    def _client(self) -> OktaClient:
        return OktaClient(
            self.base_url,
            self._token,
            self._clock,
            tell_wait=self._tell_wait,
            concurrency=self._concurrency,
            timeout_seconds=self._timeout_seconds,
        )
