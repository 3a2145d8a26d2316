"""What a cycle of Entra's has besides: the mapping, escrow, what stops a job, and deletions that are staged."""

from __future__ import annotations

from dataclasses import dataclass, field

from syncline.rehearsal.dialect import Dialect
from syncline.rehearsal.entra import EntraClient
from syncline.rehearsal.failures import CredentialsRefused, Incompatible, ProvisioningFailure
from syncline.rehearsal.log import Action, Entry, Status
from syncline.rehearsal.mapping import AttributeMapping
from syncline.rehearsal.objects import ObjectKind
from syncline.rehearsal.quarantine import Cause
from syncline.rehearsal.run import DeletionStaged, Run

STAGED = "DeletionThresholdExceeded"


@dataclass(slots=True, kw_only=True)
class EntraRun(Run):
    """A cycle of Entra's under way.

    While `stages_deletions` is set, whoever is to be disabled or deleted is put into `staged` and nothing is sent.
    """

    client: EntraClient
    mapping: AttributeMapping
    stages_deletions: bool = False
    staged: dict[str, ObjectKind] = field(default_factory=dict)

    @property
    def dialect(self) -> Dialect:
        """The dialect of this cycle's PATCH requests."""
        return self.client.dialect

    @property
    def cause(self) -> Cause | None:
        """Why the cycle was stopped: refused credentials or answers that are no SCIM."""
        if self.stopped is None:
            return None
        return Cause.CREDENTIALS if isinstance(self.stopped, CredentialsRefused) else Cause.COMPLIANCE

    def failed(
        self, object_id: str, kind: ObjectKind, failure: ProvisioningFailure, *, reference: bool
    ) -> None:
        """Put the object into escrow, or stop the job for a failure every other object would meet too."""
        if not isinstance(failure, CredentialsRefused | Incompatible):
            escrow = self.state.reference_escrow if reference else self.state.escrow
            escrow.failed(object_id, kind, self.clock.now())
            return
        self.stopped = self.stopped or failure
        waiting = self.state.references if reference else self.state.pending
        waiting[object_id] = kind

    def settled(self, object_id: str, *, reference: bool) -> None:
        """Let the object out of escrow."""
        (self.state.reference_escrow if reference else self.state.escrow).settled(object_id)

    def stage_deletion(self, object_id: str, kind: ObjectKind) -> None:
        """Raise DeletionStaged while deletions are only counted; otherwise let the deletion happen."""
        if self.stages_deletions:
            self.staged[object_id] = kind
            raise DeletionStaged

    def log_staged(self, threshold: int) -> None:
        """Log every deletion that is held back until an administrator allows or rejects it."""
        reason = (
            f"{len(self.staged)} deletions are more than the threshold of {threshold} in one cycle; "
            "nothing was deleted."
        )
        for object_id, kind in self.staged.items():
            link = self.state.links.get(object_id)
            self.entries.append(
                Entry(
                    at=self.clock.now(),
                    cycle=self.cycle,
                    source=self.source(object_id, kind),
                    action=Action.STAGED_DELETE,
                    status=Status.SKIPPED,
                    target_id=link.target_id if link is not None else None,
                    code=STAGED,
                    reason=reason,
                    advice="Allow the deletions, or reject them and put the people back into the scope.",
                )
            )
