"""One person's way to the application: import, scope, match, action, as Entra decides them.

Assigned and active → create or update. Blocked or soft-deleted → update with `active` False and whatever else
changed, the mangled principal name included. Unassigned → `active` False alone, and never touched again.
Purged → DELETE. Somebody who is not to be active is never created.
"""

from __future__ import annotations

from dataclasses import dataclass

from syncline.rehearsal import paths, roles
from syncline.rehearsal.directory import Directory
from syncline.rehearsal.entra_run import EntraRun
from syncline.rehearsal.job import Link
from syncline.rehearsal.log import Action, Entry
from syncline.rehearsal.mapping import MANAGER, Outgoing, user_body
from syncline.rehearsal.objects import AppRole, DirectoryUser, ObjectKind
from syncline.rehearsal.operations import Operation, differences
from syncline.rehearsal.paths import Resource
from syncline.rehearsal.run import NO_CHANGE, NOT_ENTITLED, Attempt, Outcome, settle, skipped

MATCHING = ("userName", "externalId")
"""The matching attributes, in the order Entra tries them."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The scoping conditions of one person, as the on-demand page shows them."""

    active: bool
    assigned: bool

    @property
    def holds(self) -> bool:
        """Whether the application should have this person as an active user."""
        return self.active and self.assigned

    @property
    def reason(self) -> str:
        """Why the person is not in scope; empty for somebody who is."""
        if not self.assigned:
            return "The person is not assigned to the application."
        return "" if self.active else "The person is blocked or deleted in the directory."


def scope_of(directory: Directory, user: DirectoryUser) -> Scope:
    """Evaluate the scoping conditions of a person."""
    return Scope(user.active, directory.is_assigned(user.object_id))


class UserStep:
    """The steps of one person, in order: `match` must precede `act`. The on-demand run shows each of them."""

    def __init__(self, run: EntraRun, user: DirectoryUser, attempt: Attempt) -> None:
        self.run = run
        self.user = user
        self.scope = scope_of(run.directory, user)
        self.roles: tuple[AppRole, ...] = run.directory.app_roles(user.object_id)
        self.outgoing: Outgoing = run.mapping.outgoing(user, active=self.scope.holds)
        self.target: Resource | None = None
        self.matched_by = ""
        self._attempt = attempt

    @property
    def link(self) -> Link | None:
        """The cached id of the person, if there is one."""
        return self.run.state.links.get(self.user.object_id)

    @property
    def concerns_the_application(self) -> bool:
        """Whether there is anything to do: somebody to create or update, or a managed user to deactivate."""
        return self.scope.holds or (self.link is not None and (self.link.managed or self.scope.assigned))

    async def match(self) -> None:
        """Find the person at the application: by the cached id, else by each matching attribute in turn."""
        if (link := self.link) is not None:
            self._attempt.target_id = link.target_id
            self.target = await self.run.client.read(ObjectKind.USER, link.target_id)
            self.matched_by = "cached id"
            if self.target is not None:
                return
            self.run.state.forget(self.user.object_id)
        self.matched_by = ""
        if not self.scope.holds:
            return
        for attribute in MATCHING:
            value = self.outgoing.get(attribute)
            if value is None:
                continue
            self.target = await self.run.client.find(ObjectKind.USER, attribute, str(value))
            if self.target is not None:
                self.matched_by = attribute
                self._adopt(self.target)
                return

    async def act(self) -> Outcome:
        """Create, update or deactivate the person, whichever the match left to do."""
        if self.target is None:
            if self.scope.holds:
                return await self._create()
            return skipped(
                NOT_ENTITLED, "The application has no such user any more; there is nothing to deactivate."
            )
        return await self._update(self.target)

    def _adopt(self, target: Resource) -> None:
        link = self.run.link(self.user.object_id, ObjectKind.USER, target["id"], self.user.display_name)
        link.manager = _manager_of(target)
        self._attempt.target_id = link.target_id

    async def _create(self) -> Outcome:
        body = user_body(self.outgoing, roles.creation(self.run.mapping.roles, self.roles))
        modified = [Operation("Add", path, value) for path, value in self.outgoing.items()]
        modified += roles.operations(self.run.mapping.roles, self.roles, {}, self.run.dialect)
        self._attempt.action, self._attempt.modified = Action.CREATE, tuple(modified)
        created = await self.run.client.create(ObjectKind.USER, body)
        link = self.run.link(self.user.object_id, ObjectKind.USER, created["id"], self.user.display_name)
        return Outcome(Action.CREATE, target_id=link.target_id, modified=tuple(modified))

    async def _update(self, target: Resource) -> Outcome:
        operations = self._operations(target)
        target_id = str(target["id"])
        disables = any(op.path == "active" and op.value is False for op in operations)
        self._attempt.action = Action.DISABLE if disables else Action.UPDATE
        self._attempt.modified = tuple(operations)
        if disables:
            self.run.stage_deletion(self.user.object_id, ObjectKind.USER)
        if operations:
            await self.run.client.patch(ObjectKind.USER, target_id, operations)
        if (link := self.link) is not None:
            link.managed, link.name = self.scope.assigned, self.user.display_name
        if not operations:
            return skipped(NO_CHANGE, "The application holds all of it already.", target_id)
        return Outcome(self._attempt.action, target_id=target_id, modified=tuple(operations))

    def _operations(self, target: Resource) -> list[Operation]:
        if not self.scope.assigned:
            return differences({"active": False}, target)
        return differences(self.outgoing, target) + roles.operations(
            self.run.mapping.roles, self.roles, target, self.run.dialect
        )


async def provision_user(run: EntraRun, object_id: str) -> Entry | None:
    """Bring one person in line at the application and log the outcome; a failure goes to escrow."""
    attempt = Attempt()
    work = _provision(run, object_id, attempt)
    return await settle(run, object_id, ObjectKind.USER, attempt, work)


async def _provision(run: EntraRun, object_id: str, attempt: Attempt) -> Outcome | None:
    user = run.directory.users.get(object_id)
    if user is None:
        return await _delete(run, object_id, attempt)
    step = UserStep(run, user, attempt)
    if not step.concerns_the_application:
        return skipped(NOT_ENTITLED, step.scope.reason)
    await step.match()
    return await step.act()


async def _delete(run: EntraRun, object_id: str, attempt: Attempt) -> Outcome | None:
    """Delete a purged person; of somebody never provisioned, or unassigned before, nothing is said."""
    link = run.state.links.get(object_id)
    if link is None:
        return None
    if not link.managed:
        run.state.release(object_id)
        return skipped(NOT_ENTITLED, "The person was unassigned before; Entra no longer manages the user.")
    attempt.action, attempt.target_id = Action.DELETE, link.target_id
    run.stage_deletion(object_id, ObjectKind.USER)
    await run.client.delete(ObjectKind.USER, link.target_id)
    run.state.release(object_id)
    return Outcome(Action.DELETE, target_id=link.target_id)


def _manager_of(target: Resource) -> str | None:
    manager = paths.read(target, MANAGER)
    value = paths.member(manager, "value") if isinstance(manager, dict) else manager
    return value if isinstance(value, str) else None
