"""A run of Okta's provisioning under way, and the two kinds of applications it knows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from syncline.rehearsal.failures import ProvisioningFailure
from syncline.rehearsal.objects import ObjectKind
from syncline.rehearsal.okta_client import OktaClient
from syncline.rehearsal.run import Run


class OktaStyle(StrEnum):
    """How an application was made: from the catalogue, or in the App Integration Wizard.

    A catalogue application is sent profiles by PUT, `active` and passwords by a PATCH without a path, groups by
    PATCH; a custom one everything by PUT. Okta never falls back from one to the other.
    """

    CATALOGUE = "catalogue"
    CUSTOM = "custom"


@dataclass(slots=True, kw_only=True)
class OktaRun(Run):
    """A run of Okta's. A failed task waits until an administrator has it retried: here, for the next run."""

    client: OktaClient
    style: OktaStyle

    def failed(
        self, object_id: str, kind: ObjectKind, failure: ProvisioningFailure, *, reference: bool
    ) -> None:
        """Have the task retried in the next run; an id the application no longer knows is forgotten."""
        Run.failed(self, object_id, kind, failure, reference=reference)
        if failure.status == 404:
            self.state.forget(object_id)

    def members_change(self, object_id: str) -> None:
        """Have the groups of this person pushed in this run: who is active at the application, changed."""
        for group in self.directory.groups_of(object_id):
            self.state.references[group] = ObjectKind.GROUP
