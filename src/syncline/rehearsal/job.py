"""What the provisioning service remembers of one application between cycles: cached ids, watermark, retries."""

from __future__ import annotations

from dataclasses import dataclass, field

from syncline.rehearsal.objects import ObjectKind


@dataclass(slots=True)
class Link:
    """The cached id of an object at the application, and the references last sent with it.

    `managed` is false after an unassignment: Entra then leaves the object alone for good, deletion included.
    `manager` is a target id; `members` are object ids. `name` is the last display name, for the log of a purge.
    """

    kind: ObjectKind
    target_id: str
    name: str = ""
    managed: bool = True
    manager: str | None = None
    members: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True)
class JobState:
    """The memory of a provisioning job; losing it means matching everybody anew."""

    links: dict[str, Link] = field(default_factory=dict)
    watermark: int = 0
    cycles: int = 0
    retry: dict[str, ObjectKind] = field(default_factory=dict)
    references: dict[str, ObjectKind] = field(default_factory=dict)

    def restart(self) -> None:
        """Drop everything cached, as restarting the job in Entra does."""
        self.links.clear()
        self.retry.clear()
        self.references.clear()

    def forget(self, object_id: str) -> None:
        """Drop a cached id that led nowhere, and that it was sent as a member: its successor will have to be."""
        if self.links.pop(object_id, None) is None:
            return
        for other in self.links.values():
            other.members.pop(object_id, None)

    def release(self, object_id: str) -> None:
        """Drop all memory of an object that was deleted for good."""
        self.links.pop(object_id, None)
        self.retry.pop(object_id, None)
        self.references.pop(object_id, None)
