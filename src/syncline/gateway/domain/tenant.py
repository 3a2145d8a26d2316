"""A tenant, its mode, and the choices its operator has made for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, NewType

from syncline.gateway.domain.errors import Refused

TenantId = NewType("TenantId", str)
"""The customer boundary: one SCIM namespace, one connection. Born only where a token is checked."""


class TenantMode(StrEnum):
    """How far a tenant's decisions go."""

    COLLECTING = "collecting"
    """No connection yet: people are stored, nothing is decided."""
    PLAN = "plan"
    """Everything is decided and shown, nothing is sent."""
    LIVE = "live"


class LeaverPolicy(StrEnum):
    """What leaving means at HubSpot."""

    DEACTIVATE = "deactivate"
    """Access gone, data kept. Only the SCIM channel can do it."""
    REMOVE = "remove"
    """The profile is gone; HubSpot says this cannot be fully undone."""
    STRIP = "strip"
    """A named empty permission set and no teams. The person can still sign in."""


class EmailSource(StrEnum):
    """Which SCIM attribute is the e-mail address at HubSpot."""

    USER_NAME = "userName"
    WORK = "work"


class IdentityProvider(StrEnum):
    """Whose directory a tenant's people come from. It changes what an operator is told, and nothing else."""

    ENTRA = "entra"
    OKTA = "okta"
    GOOGLE = "google"
    OTHER = "other"


class DriftPolicy(StrEnum):
    """What becomes of a value that somebody changed at HubSpot (`drift`)."""

    REPORT = "report"
    """HubSpot's value stays and is listed until somebody decides."""
    ENFORCE = "enforce"
    """What the identity provider wants is delivered again, as far as the gate lets it through."""
    ACCEPT = "accept"
    """HubSpot's value stays until the identity provider wants something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The choices of one tenant. Permission sets are held by id: names may change at HubSpot."""

    deactivated: LeaverPolicy | None = None
    deleted: LeaverPolicy | None = None
    strip_to: str | None = None
    email_from: EmailSource = EmailSource.USER_NAME
    welcome_email: bool = False
    match_role_names: bool = False
    default_permission_set: str | None = None
    domains: tuple[str, ...] = ()
    """Domains whose people are ours to provision; empty means every domain."""
    create_users: bool = True
    update_users: bool = True
    deactivate_users: bool = True
    deletion_threshold: int | None = None
    """How many people may lose access in a day before the rest is staged; None for the default (`threshold`)."""
    identity_provider: IdentityProvider | None = None
    """Which guide the set-up shows; None until somebody said it."""
    drift: Mapping[str, DriftPolicy] = field(default_factory=dict)
    """What becomes of each field (`drift.DriftField`) that was changed at HubSpot; reported where nothing is said."""
    crm_attributes: tuple[str, ...] = ()
    """What of people's CRM records is kept in line (`crm.CrmAttribute`), in the order of the table."""

    def drift_policy(self, name: str) -> DriftPolicy:
        """Return what becomes of that field when it was changed at HubSpot."""
        return self.drift.get(name, DriftPolicy.REPORT)

    approval_days: int = 30
    """After how many days an approval that nothing came of ends."""
    four_eyes: bool = False
    """What is approved counts only once a second person has approved it, too."""

    def leaver_policy(self, *, deleted: bool) -> LeaverPolicy | None:
        """Return the policy for a deletion or a deactivation; deletion falls back on deactivation's."""
        if deleted and self.deleted is not None:
            return self.deleted
        return self.deactivated


def with_choices(policy: Policy, changes: Mapping[str, Any], *, has_people: bool) -> Policy:
    """Return the policy with these fields changed.

    Raises `Refused` for one that cannot be carried out, and for another source of e-mails once there are people: their
    deliveries are kept under the e-mail chosen before.
    """
    changed = replace(policy, **changes)
    if LeaverPolicy.STRIP in (changed.deactivated, changed.deleted) and changed.strip_to is None:
        raise Refused("To strip leavers, name the permission set they are left with: --strip-to SET.")
    if changed.email_from is not policy.email_from and has_people:
        raise Refused(
            "Where e-mails come from is chosen before the first user arrives: "
            "create a new tenant with the other choice and point the identity provider at it."
        )
    return changed
