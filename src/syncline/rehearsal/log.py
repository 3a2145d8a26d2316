"""The provisioning log: every outcome of every object, in the words and the JSON form of Entra's own log.

The form is Microsoft Graph's `provisioningObjectSummary`, as far as a rehearsal can fill it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from syncline.clock import Milliseconds
from syncline.rehearsal.failures import ProvisioningFailure
from syncline.rehearsal.objects import ObjectKind
from syncline.rehearsal.operations import Operation


class Action(StrEnum):
    """What was done, or tried, at the application."""

    CREATE = "create"
    UPDATE = "update"
    DISABLE = "disable"
    DELETE = "delete"
    STAGED_DELETE = "stagedDelete"
    OTHER = "other"


class Status(StrEnum):
    """How it ended."""

    SUCCESS = "success"
    FAILURE = "failure"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Source:
    """Whom an entry is about, as the directory knew them at that moment."""

    object_id: str
    kind: ObjectKind
    display_name: str
    user_principal_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the log.

    `code` and `reason` explain a failure or a skip, `advice` is the way out of a failure; `reference` marks the
    second pass (manager, members).
    """

    at: Milliseconds
    cycle: str
    source: Source
    action: Action
    status: Status
    target_id: str | None = None
    modified: tuple[Operation, ...] = ()
    code: str = ""
    reason: str = ""
    advice: str = ""
    duration: Milliseconds = 0
    reference: bool = False

    @property
    def failed(self) -> bool:
        """Whether the object failed."""
        return self.status is Status.FAILURE

    @property
    def modified_properties(self) -> list[dict[str, Any]]:
        """The values that were sent, or were to be sent, each with what the application held before."""
        return [{"displayName": op.path, "oldValue": op.old, "newValue": op.value} for op in self.modified]

    def row(self) -> tuple[str, str, str, str, str, str]:
        """Return time, action, status, identity, target id and explanation, as one line of a table."""
        identity = self.source.user_principal_name or self.source.display_name
        why = f"{self.code}: {self.reason}" if self.code else ", ".join(op.path for op in self.modified)
        return (moment(self.at), self.action, self.status, identity, self.target_id or "", why)

    def to_json(self) -> dict[str, Any]:
        """Return the entry in the form of Graph's provisioningObjectSummary."""
        status: dict[str, Any] = {"status": self.status.value}
        if self.code:
            status["errorInformation"] = {
                "errorCode": self.code,
                "reason": self.reason,
                "recommendedAction": self.advice or None,
            }
        return {
            "activityDateTime": moment(self.at),
            "cycleId": self.cycle,
            "durationInMilliseconds": self.duration,
            "provisioningAction": self.action.value,
            "provisioningStatusInfo": status,
            "sourceIdentity": {
                "id": self.source.object_id,
                "displayName": self.source.display_name,
                "identityType": self.source.kind.value,
                "details": {"UserPrincipalName": self.source.user_principal_name or None},
            },
            "targetIdentity": {"id": self.target_id, "identityType": self.source.kind.value},
            "modifiedProperties": self.modified_properties,
        }


class ProvisioningLog:
    """The entries of all cycles so far, oldest first."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []

    def append(self, entry: Entry) -> Entry:
        """Add an entry and return it."""
        self._entries.append(entry)
        return entry

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def about(self, object_id: str) -> tuple[Entry, ...]:
        """Return everything that ever happened to one object."""
        return tuple(entry for entry in self._entries if entry.source.object_id == object_id)

    def rows(self) -> list[tuple[str, str, str, str, str, str]]:
        """Return the log as the rows of a table."""
        return [entry.row() for entry in self._entries]

    def to_json(self) -> list[dict[str, Any]]:
        """Return the log in the form of Graph's list of provisioningObjectSummary."""
        return [entry.to_json() for entry in self._entries]


@dataclass(frozen=True, slots=True)
class Counts:
    """How many objects met which outcome."""

    created: int = 0
    updated: int = 0
    disabled: int = 0
    deleted: int = 0
    skipped: int = 0
    failed: int = 0

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Counts:
        """Count the outcomes of these entries."""
        seen: Counter[str] = Counter()
        for entry in entries:
            seen[entry.action if entry.status is Status.SUCCESS else entry.status] += 1
        return cls(
            created=seen[Action.CREATE],
            updated=seen[Action.UPDATE],
            disabled=seen[Action.DISABLE],
            deleted=seen[Action.DELETE],
            skipped=seen[Status.SKIPPED] + seen[Action.OTHER],
            failed=seen[Status.FAILURE],
        )


def failure_entry(failure: ProvisioningFailure, **known: Any) -> Entry:
    """Return the entry of an object that failed."""
    return Entry(
        status=Status.FAILURE, code=failure.code, reason=failure.reason, advice=failure.advice, **known
    )


def moment(at: Milliseconds) -> str:
    """Return the moment as RFC 3339 text in UTC."""
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
