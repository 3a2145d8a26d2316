"""One group's way to the application: created without members, matched by displayName, deleted out of scope."""

from __future__ import annotations

from syncline.rehearsal.entra_run import EntraRun
from syncline.rehearsal.log import Action, Entry
from syncline.rehearsal.mapping import group_body, group_outgoing
from syncline.rehearsal.objects import DirectoryGroup, ObjectKind
from syncline.rehearsal.operations import Operation, differences
from syncline.rehearsal.paths import Resource
from syncline.rehearsal.run import NO_CHANGE, NOT_ENTITLED, Attempt, Outcome, settle, skipped


async def provision_group(run: EntraRun, object_id: str) -> Entry | None:
    """Bring one group, members apart, in line at the application and log the outcome."""
    attempt = Attempt()
    work = _provision(run, object_id, attempt)
    return await settle(run, object_id, ObjectKind.GROUP, attempt, work)


async def _provision(run: EntraRun, object_id: str, attempt: Attempt) -> Outcome | None:
    group = run.directory.groups.get(object_id)
    if group is None or object_id not in run.directory.assigned_groups:
        return await _delete(run, object_id, attempt, known=group is not None)
    target = await _match(run, group, attempt)
    if target is None:
        return await _create(run, group, attempt)
    return await _update(run, group, target, attempt)


async def _match(run: EntraRun, group: DirectoryGroup, attempt: Attempt) -> Resource | None:
    if (link := run.state.links.get(group.object_id)) is not None:
        attempt.target_id = link.target_id
        if (target := await run.client.read(ObjectKind.GROUP, link.target_id)) is not None:
            return target
        run.state.forget(group.object_id)
    target = await run.client.find(ObjectKind.GROUP, "displayName", group.display_name)
    if target is not None:
        run.link(group.object_id, ObjectKind.GROUP, target["id"], group.display_name)
        attempt.target_id = target["id"]
    return target


async def _create(run: EntraRun, group: DirectoryGroup, attempt: Attempt) -> Outcome:
    outgoing = group_outgoing(group)
    attempt.action = Action.CREATE
    attempt.modified = tuple(Operation("Add", path, value) for path, value in outgoing.items())
    created = await run.client.create(ObjectKind.GROUP, group_body(outgoing, run.dialect))
    run.link(group.object_id, ObjectKind.GROUP, created["id"], group.display_name)
    return Outcome(Action.CREATE, target_id=created["id"], modified=attempt.modified)


async def _update(run: EntraRun, group: DirectoryGroup, target: Resource, attempt: Attempt) -> Outcome:
    operations = differences(group_outgoing(group), target)
    attempt.action, attempt.modified = Action.UPDATE, tuple(operations)
    if not operations:
        return skipped(NO_CHANGE, "The application holds all of it already.", target["id"])
    await run.client.patch(ObjectKind.GROUP, target["id"], operations)
    run.state.links[group.object_id].name = group.display_name
    return Outcome(Action.UPDATE, target_id=target["id"], modified=tuple(operations))


async def _delete(run: EntraRun, object_id: str, attempt: Attempt, *, known: bool) -> Outcome | None:
    """Delete a group that left the scope: groups have no `active`, so there is nothing milder."""
    link = run.state.links.get(object_id)
    if link is None:
        reason = "The group is not assigned to the application."
        return skipped(NOT_ENTITLED, reason) if known else None
    attempt.action, attempt.target_id = Action.DELETE, link.target_id
    run.stage_deletion(object_id, ObjectKind.GROUP)
    await run.client.delete(ObjectKind.GROUP, link.target_id)
    run.state.release(object_id)
    return Outcome(Action.DELETE, target_id=link.target_id)
