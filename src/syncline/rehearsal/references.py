"""The second pass: managers and members, once the objects they point to have ids at the application.

Entra reads groups without their members, so it cannot compare; it remembers what it sent. A reference to
somebody who is not at the application is left out until they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from syncline.rehearsal.entra_run import EntraRun
from syncline.rehearsal.failures import ProvisioningFailure
from syncline.rehearsal.job import Link
from syncline.rehearsal.log import Action, Entry
from syncline.rehearsal.mapping import MANAGER
from syncline.rehearsal.objects import ObjectKind
from syncline.rehearsal.operations import Operation, add_members, remove_members
from syncline.rehearsal.run import Attempt, Outcome, settle

MEMBERS_PER_PATCH = 100
"""Members named in one operation. Entra's own figure is not published."""


async def provision_references(run: EntraRun, object_id: str, kind: ObjectKind) -> Entry | None:
    """Bring the references of one object in line and log what was sent; nothing to send says nothing."""
    attempt = Attempt(Action.UPDATE)
    work = _manager(run, object_id, attempt) if kind is ObjectKind.USER else _members(run, object_id, attempt)
    return await settle(run, object_id, kind, attempt, work, reference=True)


async def _manager(run: EntraRun, object_id: str, attempt: Attempt) -> Outcome | None:
    user, link = run.directory.users.get(object_id), run.state.links.get(object_id)
    if user is None or link is None or not link.managed:
        return None
    wanted = _target_id(run, user.manager)
    if wanted == link.manager or (wanted is None and user.manager is not None):
        return None
    operation = Operation("Remove", MANAGER, None, link.manager)
    if wanted is not None:
        operation = Operation("Add" if link.manager is None else "Replace", MANAGER, wanted, link.manager)
    await _patch(run, object_id, link, [operation], attempt)
    link.manager = wanted
    return Outcome(Action.UPDATE, target_id=link.target_id, modified=(operation,))


async def _members(run: EntraRun, object_id: str, attempt: Attempt) -> Outcome | None:
    group, link = run.directory.groups.get(object_id), run.state.links.get(object_id)
    if group is None or link is None or object_id not in run.directory.assigned_groups:
        return None
    wanted = [member for member in group.members if member in run.state.links]
    sent: list[Operation] = []
    for part in _parts(member for member in wanted if member not in link.members):
        sent.append(add_members(run.state.links[member].target_id for member in part))
        await _patch(run, object_id, link, sent[-1:], attempt)
        link.members.update(dict.fromkeys(part))
    for part in _parts([member for member in link.members if member not in group.members]):
        known = [member for member in part if member in run.state.links]
        if known:
            sent.append(remove_members(run.state.links[member].target_id for member in known))
            await _patch(run, object_id, link, sent[-1:], attempt)
        for member in part:
            link.members.pop(member, None)
    return Outcome(Action.UPDATE, target_id=link.target_id, modified=tuple(sent)) if sent else None


async def _patch(
    run: EntraRun, object_id: str, link: Link, operations: list[Operation], attempt: Attempt
) -> None:
    attempt.target_id, attempt.modified = link.target_id, tuple(operations)
    try:
        await run.client.patch(link.kind, link.target_id, operations)
    except ProvisioningFailure as failure:
        if failure.status == 404:
            # The object itself must come back first, so it takes part in the next cycle as a whole.
            run.state.pending[object_id] = link.kind
        raise


def _target_id(run: EntraRun, object_id: str | None) -> str | None:
    link = run.state.links.get(object_id) if object_id is not None else None
    return link.target_id if link is not None else None


def _parts(members: Iterable[str]) -> Iterator[list[str]]:
    """Cut into operations of bounded size; the source is read to its end first, since sending changes it."""
    rest = iter(list(members))
    while part := list(islice(rest, MEMBERS_PER_PATCH)):
        yield part
