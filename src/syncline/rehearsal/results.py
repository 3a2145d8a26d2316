"""What a rehearsal hands back: the connection test, how far a cycle is, and what a cycle did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from syncline.clock import Milliseconds
from syncline.rehearsal.failures import ProvisioningFailure
from syncline.rehearsal.log import Counts, Entry
from syncline.rehearsal.objects import ObjectKind


@dataclass(frozen=True, slots=True)
class ConnectionTest:
    """The provider's test of the credentials: whether provisioning can start, and if not, why and what to do."""

    ok: bool
    sentence: str
    fix: str = ""
    code: str = ""

    @classmethod
    def failed(cls, failure: ProvisioningFailure) -> ConnectionTest:
        """Return the test that met this failure."""
        return cls(False, failure.reason, failure.advice, failure.code)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a cycle is: `phase` is users, groups or references."""

    phase: str
    done: int
    total: int


ReportProgress = Callable[[Progress], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleResult:
    """What a cycle did. `quarantine` says why it was broken off, or why the job now runs once a day only."""

    cycle: str
    kind: str
    started_at: Milliseconds
    finished_at: Milliseconds
    requests: int
    entries: tuple[Entry, ...]
    quarantine: str = ""

    @property
    def counts(self) -> Counts:
        """Outcomes of users, groups and references together."""
        return Counts.of(self.entries)

    @property
    def users(self) -> Counts:
        """Outcomes of users, references apart."""
        return self._counts(ObjectKind.USER)

    @property
    def groups(self) -> Counts:
        """Outcomes of groups, references apart."""
        return self._counts(ObjectKind.GROUP)

    @property
    def references(self) -> Counts:
        """Outcomes of the second pass: managers of users and members of groups."""
        return Counts.of(entry for entry in self.entries if entry.reference)

    @property
    def failures(self) -> tuple[Entry, ...]:
        """The entries that failed."""
        return tuple(entry for entry in self.entries if entry.failed)

    @property
    def ok(self) -> bool:
        """Whether no object failed and nothing was broken off."""
        return not self.failures and not self.quarantine

    @property
    def duration(self) -> Milliseconds:
        """How long the cycle took."""
        return self.finished_at - self.started_at

    def _counts(self, kind: ObjectKind) -> Counts:
        return Counts.of(e for e in self.entries if e.source.kind is kind and not e.reference)
