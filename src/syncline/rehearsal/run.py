"""One cycle in progress: what every step of it needs, and how an object's outcome reaches the log."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any

from syncline.clock import Clock
from syncline.rehearsal.directory import Directory
from syncline.rehearsal.entra import EntraClient
from syncline.rehearsal.failures import CredentialsRefused, ProvisioningFailure
from syncline.rehearsal.job import JobState, Link
from syncline.rehearsal.log import Action, Entry, Source, Status, failure_entry
from syncline.rehearsal.mapping import AttributeMapping
from syncline.rehearsal.objects import ObjectKind
from syncline.rehearsal.operations import Operation

NOT_ENTITLED = "NotEffectivelyEntitled"
NO_CHANGE = "EntrySynchronizationSkipped"


@dataclass(slots=True)
class Run:
    """A cycle under way. `entries` are its outcomes so far; `refused` is set once the token was."""

    directory: Directory
    client: EntraClient
    state: JobState
    mapping: AttributeMapping
    clock: Clock
    cycle: str
    entries: list[Entry] = field(default_factory=list)
    refused: CredentialsRefused | None = None

    def source(self, object_id: str, kind: ObjectKind) -> Source:
        """Return whom an entry is about, also when the directory holds them no longer."""
        if kind is ObjectKind.USER and (user := self.directory.users.get(object_id)) is not None:
            return Source(object_id, kind, user.display_name, user.user_principal_name)
        if kind is ObjectKind.GROUP and (group := self.directory.groups.get(object_id)) is not None:
            return Source(object_id, kind, group.display_name)
        link = self.state.links.get(object_id)
        return Source(object_id, kind, link.name if link is not None else object_id)

    def link(self, object_id: str, kind: ObjectKind, target_id: str, name: str) -> Link:
        """Cache the id of an object that was created or matched, and queue the references that wait for it."""
        link = Link(kind, target_id, name)
        self.state.links[object_id] = link
        self.state.references[object_id] = kind
        if kind is ObjectKind.USER:
            self.state.references.update(dict.fromkeys(self.directory.reports_of(object_id), ObjectKind.USER))
            self.state.references.update(dict.fromkeys(self.directory.groups_of(object_id), ObjectKind.GROUP))
        return link


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened to one object, before it is written down."""

    action: Action
    status: Status = Status.SUCCESS
    target_id: str | None = None
    modified: tuple[Operation, ...] = ()
    code: str = ""
    reason: str = ""


def skipped(code: str, reason: str, target_id: str | None = None) -> Outcome:
    """Return the outcome of an object that needed, or was entitled to, nothing."""
    return Outcome(Action.OTHER, Status.SKIPPED, target_id, code=code, reason=reason)


@dataclass(slots=True)
class Attempt:
    """What is being tried on an object, so that a failure can say it too."""

    action: Action = Action.OTHER
    target_id: str | None = None
    modified: tuple[Operation, ...] = ()


async def settle(
    run: Run,
    object_id: str,
    kind: ObjectKind,
    attempt: Attempt,
    work: Awaitable[Outcome | None],
    *,
    reference: bool = False,
) -> Entry | None:
    """Await the work on one object, or on its references, and log the outcome; a failure is retried next cycle.

    Returns None for work that had nothing to do and nothing to say.
    """
    started = run.clock.now()
    source = run.source(object_id, kind)
    common: dict[str, Any] = {"at": started, "cycle": run.cycle, "source": source, "reference": reference}
    try:
        outcome = await work
    except ProvisioningFailure as failure:
        if isinstance(failure, CredentialsRefused):
            run.refused = failure
        waiting = run.state.references if reference else run.state.retry
        waiting[object_id] = kind
        common |= {"action": attempt.action, "target_id": attempt.target_id, "modified": attempt.modified}
        entry = failure_entry(failure, duration=run.clock.now() - started, **common)
        run.entries.append(entry)
        return entry
    if outcome is None:
        return None
    entry = Entry(
        action=outcome.action,
        status=outcome.status,
        target_id=outcome.target_id,
        modified=outcome.modified,
        code=outcome.code,
        reason=outcome.reason,
        duration=run.clock.now() - started,
        **common,
    )
    run.entries.append(entry)
    return entry
