"""Group push: a group made at the application, then every change of its name and members sent after it.

Catalogue: look-up by displayName, POST without members, then PATCH; each membership update also sends the name.
Custom: the whole group by PUT. Only people who are active users of the application are members there.
"""

from __future__ import annotations

from collections.abc import Sequence

from syncline.rehearsal.job import Link
from syncline.rehearsal.log import Action, Entry
from syncline.rehearsal.objects import DirectoryGroup, ObjectKind
from syncline.rehearsal.okta_documents import group_body, member_of, patch, without_path
from syncline.rehearsal.okta_run import OktaRun, OktaStyle
from syncline.rehearsal.operations import Operation
from syncline.rehearsal.paths import Resource
from syncline.rehearsal.run import NO_CHANGE, NOT_ENTITLED, Attempt, Outcome, settle, skipped

MEMBERS_PER_PATCH = 100
"""Members named in one request. Okta's own figure is not published."""

UNLINKED = "The group is unlinked; “Push now” links it again."


async def push_group(run: OktaRun, object_id: str, *, whole: bool = False) -> Entry | None:
    """Bring one pushed group in line and log the outcome; `whole` replaces all members, as “Push now” does."""
    attempt = Attempt()
    work = _push(run, object_id, attempt, whole=whole)
    return await settle(run, object_id, ObjectKind.GROUP, attempt, work)


async def unlink_group(run: OktaRun, object_id: str, *, delete: bool) -> Entry | None:
    """End the push of a group, and delete it at the application or leave it there."""
    attempt = Attempt()
    work = _unlink(run, object_id, attempt, delete=delete)
    return await settle(run, object_id, ObjectKind.GROUP, attempt, work)


async def _push(run: OktaRun, object_id: str, attempt: Attempt, *, whole: bool) -> Outcome | None:
    group, link = run.directory.groups.get(object_id), run.state.links.get(object_id)
    if group is None or object_id not in run.directory.assigned_groups:
        return await _end(run, object_id, attempt, known=group is not None)
    if link is not None and not link.managed and not whole:
        return skipped(NOT_ENTITLED, UNLINKED, link.target_id)
    if link is None or not link.managed:
        found = await run.client.find(ObjectKind.GROUP, "displayName", group.display_name)
        if found is None:
            return await _create(run, group, attempt)
        link, whole = run.link(object_id, ObjectKind.GROUP, found["id"], group.display_name), True
    return await _update(run, group, link, attempt, whole=whole)


async def _create(run: OktaRun, group: DirectoryGroup, attempt: Attempt) -> Outcome:
    attempt.action = Action.CREATE
    attempt.modified = (Operation("Add", "displayName", group.display_name),)
    created = await run.client.create(ObjectKind.GROUP, group_body(group.display_name, []))
    link = run.link(group.object_id, ObjectKind.GROUP, created["id"], group.display_name)
    attempt.target_id = link.target_id
    if wanted := _wanted(run, group):
        await _send_changes(run, group, link, wanted)
    link.members = dict.fromkeys(wanted)
    return Outcome(Action.CREATE, target_id=link.target_id, modified=attempt.modified)


async def _update(
    run: OktaRun, group: DirectoryGroup, link: Link, attempt: Attempt, *, whole: bool
) -> Outcome:
    wanted = _wanted(run, group)
    added = [target_id for target_id in wanted if target_id not in link.members]
    removed = [target_id for target_id in link.members if target_id not in wanted]
    renamed = link.name != group.display_name
    attempt.action, attempt.target_id = Action.UPDATE, link.target_id
    modified = [Operation("Replace", "displayName", group.display_name, link.name)] if renamed else []
    modified += [Operation("Add", "members", added)] if added else []
    modified += [Operation("Remove", "members", removed)] if removed else []
    attempt.modified = tuple(modified)
    if not modified and not whole:
        return skipped(NO_CHANGE, "The application holds all of it already.", link.target_id)
    if whole:
        await _send_whole(run, group, link, wanted)
    else:
        await _send_changes(run, group, link, wanted)
    link.members, link.name = dict.fromkeys(wanted), group.display_name
    return Outcome(Action.UPDATE, target_id=link.target_id, modified=tuple(modified))


def _wanted(run: OktaRun, group: DirectoryGroup) -> dict[str, Resource]:
    """Return the members by target id: people who are active users of the application."""
    members: dict[str, Resource] = {}
    for object_id in group.members:
        link, user = run.state.links.get(object_id), run.directory.users.get(object_id)
        if link is not None and user is not None and link.managed:
            members[link.target_id] = member_of(link.target_id, user.known_principal_name)
    return members


async def _send_changes(run: OktaRun, group: DirectoryGroup, link: Link, wanted: dict[str, Resource]) -> None:
    """Send the name, then who comes and goes; a custom application gets the whole group instead."""
    if run.style is OktaStyle.CUSTOM:
        await _send_whole(run, group, link, wanted)
        return
    name = {"id": link.target_id, "displayName": group.display_name}
    await run.client.change("PATCH", ObjectKind.GROUP, link.target_id, without_path(name))
    gone = [target_id for target_id in link.members if target_id not in wanted]
    new = [member for target_id, member in wanted.items() if target_id not in link.members]
    operations: list[Resource] = [
        {"op": "remove", "path": f'members[value eq "{target_id}"]'} for target_id in gone
    ]
    operations += [{"op": "add", "path": "members", "value": part} for part in _parts(new)]
    for part in _parts(operations):
        await run.client.change("PATCH", ObjectKind.GROUP, link.target_id, patch(part))


async def _send_whole(run: OktaRun, group: DirectoryGroup, link: Link, wanted: dict[str, Resource]) -> None:
    members = list(wanted.values())
    if run.style is OktaStyle.CUSTOM:
        body = group_body(group.display_name, members, link.target_id)
        await run.client.change("PUT", ObjectKind.GROUP, link.target_id, body)
        return
    name = {"id": link.target_id, "displayName": group.display_name}
    await run.client.change("PATCH", ObjectKind.GROUP, link.target_id, without_path(name))
    replaced = [{"op": "replace", "path": "members", "value": members}]
    await run.client.change("PATCH", ObjectKind.GROUP, link.target_id, patch(replaced))


async def _end(run: OktaRun, object_id: str, attempt: Attempt, *, known: bool) -> Outcome | None:
    """Unlink and delete a group that is pushed no more; one unlinked before stays at the application."""
    link = run.state.links.get(object_id)
    if link is None:
        return skipped(NOT_ENTITLED, "The group is not pushed.") if known else None
    outcome = await _unlink(run, object_id, attempt, delete=True) if link.managed else None
    run.state.release(object_id)
    return outcome


async def _unlink(run: OktaRun, object_id: str, attempt: Attempt, *, delete: bool) -> Outcome:
    link = run.state.links.get(object_id)
    if link is None or not link.managed:
        return skipped(NOT_ENTITLED, UNLINKED if link is not None else "The group is not pushed.")
    attempt.action, attempt.target_id = Action.DELETE if delete else Action.OTHER, link.target_id
    if delete:
        await run.client.delete(ObjectKind.GROUP, link.target_id)
    link.managed = False
    return Outcome(attempt.action, target_id=link.target_id)


def _parts(items: Sequence[Resource]) -> list[list[Resource]]:
    return [
        list(items[start : start + MEMBERS_PER_PATCH]) for start in range(0, len(items), MEMBERS_PER_PATCH)
    ]
