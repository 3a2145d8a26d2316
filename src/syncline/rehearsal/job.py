"""What a provisioning service remembers of one application between cycles: cached ids, watermark, retries."""

from __future__ import annotations

from dataclasses import dataclass, field

from syncline.clock import Milliseconds
from syncline.rehearsal.escrow import Escrow
from syncline.rehearsal.objects import ObjectKind
from syncline.rehearsal.quarantine import Quarantine


class JobError(Exception):
    """Something the job cannot do as it stands; the message says why and what would help."""


@dataclass(slots=True)
class Link:
    """The cached id of an object at the application, and the references last sent with it.

    `managed` is false once the provider takes no more care of the object: in Entra after an unassignment, in Okta
    and Google while a person is deactivated. `manager` is a target id; `members` are object ids in Entra, target
    ids in Okta. `name` is the last display name, for the log of a purge.
    """

    kind: ObjectKind
    target_id: str
    name: str = ""
    managed: bool = True
    manager: str | None = None
    members: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True)
class JobState:
    """The memory of a provisioning job; losing it means matching everybody anew.

    `pending` are objects the next cycle takes up whether they changed or not, `references` those whose second
    pass waits. `staged` are deletions held back by the threshold; `departed` says since when somebody whom
    Google still has to suspend or delete has been gone.
    """

    links: dict[str, Link] = field(default_factory=dict)
    watermark: int = 0
    cycles: int = 0
    finished_at: Milliseconds | None = None
    pending: dict[str, ObjectKind] = field(default_factory=dict)
    references: dict[str, ObjectKind] = field(default_factory=dict)
    escrow: Escrow = field(default_factory=Escrow)
    reference_escrow: Escrow = field(default_factory=Escrow)
    quarantine: Quarantine | None = None
    staged: dict[str, ObjectKind] = field(default_factory=dict)
    deletions_allowed: bool = False
    departed: dict[str, Milliseconds] = field(default_factory=dict)

    def restart(self) -> None:
        """Drop everything cached, escrow and quarantine included, as restarting the job does."""
        self.links.clear()
        self.pending.clear()
        self.references.clear()
        self.escrow.clear()
        self.reference_escrow.clear()
        self.staged.clear()
        self.departed.clear()
        self.quarantine = None
        self.deletions_allowed = False

    def forget(self, object_id: str) -> None:
        """Drop a cached id that led nowhere, and that it was sent as a member: its successor will have to be."""
        if self.links.pop(object_id, None) is None:
            return
        for other in self.links.values():
            other.members.pop(object_id, None)

    def release(self, object_id: str) -> None:
        """Drop all memory of an object that was deleted for good."""
        self.links.pop(object_id, None)
        self.pending.pop(object_id, None)
        self.references.pop(object_id, None)
        self.escrow.settled(object_id)
        self.reference_escrow.settled(object_id)
        self.departed.pop(object_id, None)
