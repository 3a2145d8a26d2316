"""One cycle in progress: what every step of it needs, and how an object's outcome reaches the log."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any

from syncline.clock import Clock
from syncline.rehearsal.directory import Directory
from syncline.rehearsal.failures import CredentialsRefused, ProvisioningFailure
from syncline.rehearsal.job import JobState, Link
from syncline.rehearsal.log import Action, Entry, Source, Status, failure_entry
from syncline.rehearsal.objects import ObjectKind
from syncline.rehearsal.operations import Operation

NOT_ENTITLED = "NotEffectivelyEntitled"
NO_CHANGE = "EntrySynchronizationSkipped"


class DeletionStaged(Exception):
    """Raised instead of a deletion that has to wait until the cycle knows how many there are."""


@dataclass(slots=True)
class Run:
    """A cycle under way. `entries` are its outcomes so far; `stopped` is set once going on makes no sense."""

    directory: Directory
    state: JobState
    clock: Clock
    cycle: str
    entries: list[Entry] = field(default_factory=list)
    stopped: ProvisioningFailure | None = None

    def failed(
        self, object_id: str, kind: ObjectKind, failure: ProvisioningFailure, *, reference: bool
    ) -> None:
        """Remember that an object failed; unless a provider has a plan of its own, the next cycle tries again."""
        if isinstance(failure, CredentialsRefused):
            self.stopped = failure
        waiting = self.state.references if reference else self.state.pending
        waiting[object_id] = kind

    def settled(self, object_id: str, *, reference: bool) -> None:
        """Remember that an object did not fail."""

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
    """Await the work on one object, or on its references, and log the outcome, also a failure.

    Returns None for work that had nothing to do and nothing to say, or that was staged.
    """
    started = run.clock.now()
    source = run.source(object_id, kind)
    common: dict[str, Any] = {"at": started, "cycle": run.cycle, "source": source, "reference": reference}
    try:
        outcome = await work
    except DeletionStaged:
        return None
    except ProvisioningFailure as failure:
        run.failed(object_id, kind, failure, reference=reference)
        common |= {"action": attempt.action, "target_id": attempt.target_id, "modified": attempt.modified}
        entry = failure_entry(failure, duration=run.clock.now() - started, **common)
        run.entries.append(entry)
        return entry
    run.settled(object_id, reference=reference)
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
