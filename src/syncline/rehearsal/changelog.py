"""The change log a provisioning cycle reads from a watermark on, as a directory's delta query answers it."""

from __future__ import annotations

from syncline.rehearsal.objects import Change, ObjectKind


class ChangeLog:
    """Which objects changed after which watermark; only the latest change of each object is kept."""

    def __init__(self, changes: list[Change] | None = None) -> None:
        self._latest: dict[str, Change] = {change.object_id: change for change in changes or ()}
        self.watermark = max((change.sequence for change in self._latest.values()), default=0)

    def note(self, object_id: str, kind: ObjectKind) -> None:
        """Record that this object changed just now."""
        self.watermark += 1
        self._latest.pop(object_id, None)
        self._latest[object_id] = Change(self.watermark, object_id, kind)

    def since(self, watermark: int) -> list[Change]:
        """Return the changes after the watermark, oldest first; costs what it returns, not what is kept."""
        found: list[Change] = []
        for change in reversed(self._latest.values()):
            if change.sequence <= watermark:
                break
            found.append(change)
        return found[::-1]
