"""One person's way to the application as Google goes it: looked up, created, updated, suspended, deleted.

Whoever has the application off, is suspended or deleted is suspended at the application after the delay the
administrator chose; whoever has it off or is deleted may be deleted there later. Who returns in time stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from syncline.clock import Milliseconds
from syncline.rehearsal.directory import Directory
from syncline.rehearsal.google_client import GoogleClient
from syncline.rehearsal.google_documents import outgoing, patch_body, user_body
from syncline.rehearsal.job import JobState, Link
from syncline.rehearsal.log import Action, Entry
from syncline.rehearsal.mapping import Outgoing
from syncline.rehearsal.objects import DirectoryUser, ObjectKind
from syncline.rehearsal.operations import Operation, differences
from syncline.rehearsal.paths import Resource
from syncline.rehearsal.run import NO_CHANGE, NOT_ENTITLED, Attempt, Outcome, Run, settle, skipped

DAY: Milliseconds = 24 * 3_600_000


class GoogleUpdates(StrEnum):
    """How an application wants its updates."""

    PATCH = "patch"
    PUT = "put"


@dataclass(frozen=True, slots=True)
class Deprovisioning:
    """What happens to a leaver at the application, and how long after; `delete_after` None deletes nobody.

    Raises ValueError for a delay below zero. The console offers none, one, seven and thirty days.
    """

    suspend_after: Milliseconds = 0
    delete_after: Milliseconds | None = None

    def __post_init__(self) -> None:
        if self.suspend_after < 0 or (self.delete_after or 0) < 0:
            raise ValueError("A delay cannot be below zero.")

    def due(self, gone: Milliseconds, link: Link, *, deletes: bool) -> Action | None:
        """Return what is due for somebody who has been gone that long, deletion before suspension."""
        if deletes and self.delete_after is not None and gone >= self.delete_after:
            return Action.DELETE
        return Action.DISABLE if link.managed and gone >= self.suspend_after else None


@dataclass(slots=True, kw_only=True)
class GoogleRun(Run):
    """A run of Google's under way."""

    client: GoogleClient
    updates: GoogleUpdates
    deprovisioning: Deprovisioning


def due(
    directory: Directory, state: JobState, rules: Deprovisioning, object_id: str, now: Milliseconds
) -> Action | None:
    """Return what is due for somebody who left, if anything; the delays count from when it was first noticed.

    A suspended person is only ever suspended; whoever lost the application or the account can be deleted.
    """
    link, since = state.links.get(object_id), state.departed.get(object_id)
    if link is None or since is None:
        return None
    user = directory.users.get(object_id)
    deletes = user is None or user.deleted_at is not None or not directory.is_assigned(object_id)
    return rules.due(now - since, link, deletes=deletes)


async def provision_user(run: GoogleRun, object_id: str) -> Entry | None:
    """Bring one person in line at the application and log the outcome; a failure is retried in the next run."""
    attempt = Attempt()
    work = _provision(run, object_id, attempt)
    return await settle(run, object_id, ObjectKind.USER, attempt, work)


async def _provision(run: GoogleRun, object_id: str, attempt: Attempt) -> Outcome | None:
    user, link = run.directory.users.get(object_id), run.state.links.get(object_id)
    if user is None or not user.active or not run.directory.is_assigned(object_id):
        return await _leave(run, object_id, link, attempt)
    run.state.departed.pop(object_id, None)
    values = outgoing(user)
    if link is not None:
        attempt.target_id = link.target_id
        target = await run.client.read(ObjectKind.USER, link.target_id)
        if target is not None:
            return await _update(run, link, target, values, attempt)
        run.state.forget(object_id)
    found = await run.client.find(user.known_principal_name)
    if found is None:
        return await _create(run, user, values, attempt)
    link = run.link(object_id, ObjectKind.USER, found["id"], user.display_name)
    return await _update(run, link, found, values, attempt)


async def _create(run: GoogleRun, user: DirectoryUser, values: Outgoing, attempt: Attempt) -> Outcome:
    modified = tuple(Operation("Add", path, value) for path, value in values.items())
    attempt.action, attempt.modified = Action.CREATE, modified
    created = await run.client.create(ObjectKind.USER, user_body(values))
    link = run.link(user.object_id, ObjectKind.USER, created["id"], user.display_name)
    return Outcome(Action.CREATE, target_id=link.target_id, modified=modified)


async def _update(
    run: GoogleRun, link: Link, target: Resource, values: Outgoing, attempt: Attempt
) -> Outcome:
    operations = differences(values, target)
    attempt.action, attempt.modified = Action.UPDATE, tuple(operations)
    if not operations:
        link.managed = True
        return skipped(NO_CHANGE, "The application holds all of it already.", link.target_id)
    if run.updates is GoogleUpdates.PATCH:
        await run.client.change("PATCH", ObjectKind.USER, link.target_id, patch_body(operations))
    else:
        body = user_body(values, link.target_id)
        await run.client.change("PUT", ObjectKind.USER, link.target_id, body)
    link.managed = True
    return Outcome(Action.UPDATE, target_id=link.target_id, modified=attempt.modified)


async def _leave(run: GoogleRun, object_id: str, link: Link | None, attempt: Attempt) -> Outcome | None:
    if link is None:
        if object_id not in run.directory.users:
            return None
        return skipped(NOT_ENTITLED, "The application is not on for the person, or the account is suspended.")
    run.state.departed.setdefault(object_id, run.clock.now())
    attempt.target_id = link.target_id
    action = due(run.directory, run.state, run.deprovisioning, object_id, run.clock.now())
    if action is None:
        return skipped(
            NOT_ENTITLED, "The person has left; what is to happen is done or waits.", link.target_id
        )
    attempt.action = action
    if action is Action.DELETE:
        await run.client.delete(ObjectKind.USER, link.target_id)
        run.state.release(object_id)
        return Outcome(action, target_id=link.target_id)
    operation = Operation("Replace", "active", False, True)
    attempt.modified = (operation,)
    await run.client.change("PATCH", ObjectKind.USER, link.target_id, patch_body([operation]))
    link.managed = False
    return Outcome(action, target_id=link.target_id, modified=attempt.modified)
