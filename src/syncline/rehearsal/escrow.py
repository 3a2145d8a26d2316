"""Escrow: objects that failed, and when each is tried again.

Documented by Microsoft: in the next cycle first, then after 6, 12 and 24 hours, then daily, for 28 days. An
object given up is tried again only when it changes in the directory, or after a restart of the job.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from syncline.clock import Milliseconds
from syncline.rehearsal.objects import ObjectKind

HOUR: Milliseconds = 3_600_000
GAPS: tuple[Milliseconds, ...] = (0, 6 * HOUR, 12 * HOUR, 24 * HOUR)
"""The wait after the first, second, third and every further failure; 0 is the next cycle."""

KEPT: Milliseconds = 28 * 24 * HOUR
"""How long after its first failure an object is tried."""


@dataclass(slots=True)
class Waiting:
    """One object in escrow: how often it failed so far, since when, and when it is due."""

    kind: ObjectKind
    first_failed_at: Milliseconds
    due_at: Milliseconds
    failures: int = 1


class Escrow:
    """The failed objects of one job by object id. `given_up` counts those that failed for 28 days."""

    def __init__(self, waiting: dict[str, Waiting] | None = None, given_up: int = 0) -> None:
        self.waiting: dict[str, Waiting] = dict(waiting or {})
        self.given_up = given_up

    def __len__(self) -> int:
        return len(self.waiting)

    def __iter__(self) -> Iterator[str]:
        return iter(self.waiting)

    def failed(self, object_id: str, kind: ObjectKind, now: Milliseconds) -> None:
        """Note a failure; the next attempt is due after the gap, or never once it would come after 28 days."""
        held = self.waiting.get(object_id)
        if held is None:
            self.waiting[object_id] = Waiting(kind, now, now + GAPS[0])
            return
        held.failures += 1
        held.due_at = now + GAPS[min(held.failures, len(GAPS)) - 1]
        if held.due_at > held.first_failed_at + KEPT:
            del self.waiting[object_id]
            self.given_up += 1

    def settled(self, object_id: str) -> None:
        """Let an object go that failed no longer, or that is gone."""
        self.waiting.pop(object_id, None)

    def due(self, now: Milliseconds) -> dict[str, ObjectKind]:
        """Return the objects whose next attempt is due; they stay in escrow until one succeeds."""
        return {object_id: held.kind for object_id, held in self.waiting.items() if held.due_at <= now}

    def clear(self) -> None:
        """Forget every failure, as a restart of the job does."""
        self.waiting.clear()
        self.given_up = 0
