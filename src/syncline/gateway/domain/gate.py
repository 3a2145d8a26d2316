"""The gate: the one place where a change is sent or held, as an ordered table of reasons.

The most fundamental reason comes first and the first that holds is the verdict. Whatever else can hold a change
is one more row here, never a check elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from msgspec import Struct

from syncline.clock import Milliseconds
from syncline.gateway.domain.account import AccountUser
from syncline.gateway.domain.change import Change, ChangeKind, approval_of
from syncline.gateway.domain.delivery import LEAVE, Access, Delivery, Intent, grant_of, is_ours
from syncline.gateway.domain.deprovision import stands_at_hubspot
from syncline.gateway.domain.drift import DriftField
from syncline.gateway.domain.holds import HOLDS, Hold, HoldReason, HoldText, Send, Verdict
from syncline.gateway.domain.missing import missing_permission_sets, missing_teams
from syncline.gateway.domain.person import Person, email_domain, email_key
from syncline.gateway.domain.placement import MINIMAL, Output, Placement
from syncline.gateway.domain.privileged import privileged_because
from syncline.gateway.domain.seats import missing_seat, seat_taken
from syncline.gateway.domain.setup import Setup
from syncline.gateway.domain.tenant import LeaverPolicy, TenantMode

__all__ = [
    "GATE",
    "HOLDS",
    "Case",
    "Hold",
    "HoldReason",
    "HoldText",
    "Row",
    "Send",
    "Verdict",
    "gate",
    "gate_twice",
]


class Case(Struct, frozen=True, kw_only=True):
    """Everything the gate may look at."""

    person: Person | None
    delivery: Delivery
    known: AccountUser | None
    occupant: AccountUser | None
    setup: Setup
    placement: Placement | None
    change: Change
    policy: LeaverPolicy | None = None
    """What leaving means for this person; None when nobody has said, and for somebody present."""
    left: frozenset[str] = frozenset()
    """The fields that stay as somebody left them at HubSpot (`drift`)."""

    @property
    def present(self) -> bool:
        """The identity provider wants the person to have access."""
        return self.person is not None and self.person.active

    @property
    def acts(self) -> bool:
        """The change would do something at HubSpot, or begin to manage somebody there."""
        return self.change.kind is not ChangeKind.NONE

    @property
    def change_approved(self) -> bool:
        """An operator has approved exactly this change of this person, whatever the plan as a whole."""
        return bool(self.delivery.approvals) and approval_of(self.change) in self.delivery.approvals

    @property
    def address(self) -> str:
        """The address people know the person by."""
        if self.person is not None and self.person.email is not None:
            return self.person.email
        return (self.known.email if self.known else None) or self.delivery.email or self.delivery.key

    @property
    def keys(self) -> frozenset[str]:
        """Every address of the person, old and new, in the form in which addresses are compared."""
        person = self.person.email if self.person else None
        known = self.known.email if self.known else None
        addresses = (person, known, self.delivery.email, self.delivery.renamed_from, self.change.email)
        return frozenset(email_key(each) for each in addresses if each is not None)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the gate: the reason, and a test that returns the detail when it holds, None when not."""

    reason: HoldReason
    test: Callable[[Case], str | None]
    lifted_by_approval: bool = False
    """Approving the plan and going live does away with it."""


def gate(case: Case, *, approved: bool = False) -> Verdict:
    """Return the first reason that holds, or Send. `approved` asks as if the plan were approved and live."""
    for row in GATE:
        if approved and row.lifted_by_approval:
            continue
        detail = row.test(case)
        if detail is not None:
            return Hold(row.reason, detail)
    return Send()


def gate_twice(case: Case) -> tuple[Verdict, Hold | None]:
    """Return the verdict, and what would still hold once approved: `gate` asked both ways, in one pass."""
    verdict: Verdict | None = None
    for row in GATE:
        if verdict is not None and row.lifted_by_approval:
            continue
        detail = row.test(case)
        if detail is None:
            continue
        hold = Hold(row.reason, detail)
        verdict = verdict or hold
        if not row.lifted_by_approval:
            return verdict, hold
    return verdict or Send(), None


def ends_at(case: Case) -> Milliseconds | None:
    """Return the moment at which the person is to be decided again by himself: an exception or a protection ends."""
    kept_until, protections = case.delivery.kept_until, case.setup.protection_ends
    ends = [] if kept_until is None else [kept_until]
    if protections:
        ends += [protections[key] for key in case.keys if key in protections]
    return min(ends, default=None)


def _collecting(case: Case) -> str | None:
    return "" if case.setup.mode is TenantMode.COLLECTING else None


def _account_unread(case: Case) -> str | None:
    return "" if case.setup.account is None else None


def _scim_user_missing(case: Case) -> str | None:
    if case.person is None and case.delivery.intent is not Intent.DELETED:
        return f"The delivery of {case.address} stands still."
    return None


def _no_deliverable_email(case: Case) -> str | None:
    if case.person is None or not case.person.active or case.person.email is not None:
        return None
    return case.person.email_problem or ""


def _email_claimed(case: Case) -> str | None:
    if not case.present or case.delivery.claimed_by is None:
        return None
    return f"{case.address} is held by {case.delivery.claimed_by}."


def _outside_domains(case: Case) -> str | None:
    """Fence in who is let in and changed; whoever came under our care still leaves, fence or no fence."""
    domains = case.setup.policy.domains
    ours_leaves = not case.present and case.delivery.origin is not None
    if not domains or ours_leaves or not (case.present or case.acts):
        return None
    domain = email_domain(case.address)
    if any(domain == email_key(each.removeprefix("@")) for each in domains):
        return None
    return f"{case.address} is not in {', '.join(domains)}."


def _last_super_admin(case: Case) -> str | None:
    account = case.setup.account
    if case.acts and case.known and case.known.super_admin and account and account.super_admin_count <= 1:
        return f"{case.known.email} stays as it is."
    return None


def _super_admin(case: Case) -> str | None:
    if case.acts and case.known is not None and case.known.super_admin:
        return f"{case.known.email} stays as it is."
    return None


def _grant_holder(case: Case) -> str | None:
    holder = case.setup.grant_holder
    return f"{case.address} stays as it is." if case.acts and holder and holder in case.keys else None


def _protected(case: Case) -> str | None:
    if case.acts and case.setup.protected and not case.setup.protected.isdisjoint(case.keys):
        return f"{case.address} stays as it is."
    return None


def _deactivated_at_hubspot(case: Case) -> str | None:
    if not case.acts or case.known is None or case.known.active is not False:
        return None
    ours = case.delivery.access is Access.DEACTIVATED
    return None if ours or case.delivery.may_reactivate else f"{case.known.email} stays deactivated."


def _kept_by_exception(case: Case) -> str | None:
    """Whatever leaving would mean now, and whatever else would hold it."""
    if case.present or case.delivery.kept_until is None:
        return None
    if not stands_at_hubspot(case.delivery, case.known):
        return None
    until = datetime.fromtimestamp(case.delivery.kept_until / 1000, UTC)
    return f"{case.address} keeps what is there until {until:%Y-%m-%d %H:%M} UTC."


def _removed_at_hubspot(case: Case) -> str | None:
    if case.change.kind is ChangeKind.CREATE and DriftField.PRESENCE in case.left:
        return f"{case.address} is not created again."
    return None


def _no_leaver_policy(case: Case) -> str | None:
    if case.present or case.policy is not None or not stands_at_hubspot(case.delivery, case.known):
        return None
    return f"{case.address} still stands at HubSpot."


def _no_strip_set(case: Case) -> str | None:
    if case.change.kind is ChangeKind.STRIP and case.setup.policy.strip_to is None:
        return f"{case.address} keeps what is there."
    return None


def _permission_set_missing(case: Case) -> str | None:
    missing = case.placement.missing if case.placement else ()
    strip_to, account = case.setup.policy.strip_to, case.setup.account
    if case.change.kind is ChangeKind.STRIP and strip_to and account and not account.permission_set(strip_to):
        missing = (strip_to,)
    return missing_permission_sets(missing, account) if missing and account else None


def _permission_set_ambiguous(case: Case) -> str | None:
    ambiguous = case.placement.ambiguous if case.placement else ()
    return f"The role is {', '.join(map(repr, ambiguous))}." if ambiguous else None


def _team_missing(case: Case) -> str | None:
    missing, account = case.placement.missing_teams if case.placement else (), case.setup.account
    return missing_teams(missing, account) if missing and account else None


def _seat_missing(case: Case) -> str | None:
    account = case.setup.account
    return None if account is None else missing_seat(case.placement, case.known, account)


def _minimal_needs_default(case: Case) -> str | None:
    """Only where the set came from our rules: sets that people gave by hand are theirs."""
    if case.placement is None or case.known is None or not case.known.permission_set_ids:
        return None
    if case.placement.source_of(Output.PERMISSION_SET) != MINIMAL:
        return None
    policy = case.setup.policy
    held = [each for each in case.known.permission_set_ids if each != policy.strip_to]
    given = {rule.permission_set_id for rule in case.setup.rules}
    left = [each for each in held if policy.match_role_names or each in given]
    account = case.setup.account
    if not left or account is None:
        return None
    return f"{case.address} still has {', '.join(repr(account.permission_set_name(each)) for each in left)}."


def _email_taken(case: Case) -> str | None:
    occupant = case.occupant
    if case.change.renamed_from is None or occupant is None or occupant.hubspot_id == case.change.hubspot_id:
        return None
    return f"{case.change.renamed_from} cannot become {occupant.email}: HubSpot user {occupant.hubspot_id} has it."


def _email_change_needs_scim_channel(case: Case) -> str | None:
    if case.change.renamed_from is None or case.setup.scim_channel:
        return None
    return f"{case.change.renamed_from} should become {case.change.email}."


def _leaver_needs_scim_channel(case: Case) -> str | None:
    if case.change.kind is not ChangeKind.DEACTIVATE or case.setup.scim_channel:
        return None
    return f"{case.address} can still sign in."


def _reactivation_needs_scim_channel(case: Case) -> str | None:
    if case.change.kind is not ChangeKind.REACTIVATE or case.setup.scim_channel:
        return None
    return f"{case.address} stays deactivated."


def _action_off(case: Case) -> str | None:
    kind, policy = case.change.kind, case.setup.policy
    if kind is ChangeKind.NONE:
        return None
    if kind is ChangeKind.CREATE:
        return None if policy.create_users else "Creating users is off."
    if kind.is_leaving:
        return None if policy.deactivate_users else "Taking access away from users is off."
    return None if policy.update_users else "Updating users is off."


def _adoption_not_approved(case: Case) -> str | None:
    if not case.acts or case.known is None or is_ours(case.delivery) or case.setup.plan_approved:
        return None
    if case.change_approved:
        return None
    return f"{case.known.email} is HubSpot user {case.known.hubspot_id}."


def _privileged_grant(case: Case) -> str | None:
    account, permission_set_id = case.setup.account, case.change.permission_set_id
    if account is None or permission_set_id is None or case.change.kind.is_leaving:
        return None
    permission_set = account.permission_set(permission_set_id)
    reason = None if permission_set is None else privileged_because(permission_set, case.setup.privileged)
    if permission_set is None or reason is None or grant_of(permission_set_id) in case.delivery.approvals:
        return None
    return f"{case.address} would get {permission_set.name!r}: {reason}."


def _no_seat_free(case: Case) -> str | None:
    account, name = case.setup.account, seat_taken(case.placement, case.change, case.known)
    seat = account.seat(name) if account is not None and name is not None else None
    return (
        None if seat is None or seat.remaining != 0 else f"{case.address} waits for the seat {seat.name!r}."
    )


def _staged_deletion(case: Case) -> str | None:
    """Past the threshold, and for whoever was staged before: a free window alone lets nobody go.

    It comes before what may pass by itself, such as a channel that is missing: that must not make it forgotten.
    """
    threshold, delivery = case.setup.threshold, case.delivery
    if threshold is None or not case.change.kind.is_leaving or LEAVE in delivery.approvals:
        return None
    if threshold.lets_through(delivery.gone_at, case.setup.at):
        staged = delivery.hold_reason is HoldReason.STAGED_DELETION
        return f"{case.address} was staged before, and nobody staged goes by himself." if staged else None
    gone, limit = threshold.told, threshold.limit
    return f"{case.address}: {gone} have lost access within a day, the threshold is {limit}."


def _plan_mode(case: Case) -> str | None:
    if not case.acts or case.setup.mode is not TenantMode.PLAN or case.change_approved:
        return None
    return ""


GATE: Final = (
    Row(HoldReason.COLLECTING, _collecting, lifted_by_approval=True),
    Row(HoldReason.ACCOUNT_UNREAD, _account_unread),
    Row(HoldReason.SCIM_USER_MISSING, _scim_user_missing),
    Row(HoldReason.NO_DELIVERABLE_EMAIL, _no_deliverable_email),
    Row(HoldReason.EMAIL_CLAIMED, _email_claimed),
    Row(HoldReason.OUTSIDE_DOMAINS, _outside_domains),
    Row(HoldReason.LAST_SUPER_ADMIN, _last_super_admin),
    Row(HoldReason.SUPER_ADMIN, _super_admin),
    Row(HoldReason.GRANT_HOLDER, _grant_holder),
    Row(HoldReason.PROTECTED, _protected),
    Row(HoldReason.DEACTIVATED_AT_HUBSPOT, _deactivated_at_hubspot),
    Row(HoldReason.REMOVED_AT_HUBSPOT, _removed_at_hubspot),
    Row(HoldReason.KEPT_BY_EXCEPTION, _kept_by_exception),
    Row(HoldReason.STAGED_DELETION, _staged_deletion),
    Row(HoldReason.NO_LEAVER_POLICY, _no_leaver_policy),
    Row(HoldReason.NO_STRIP_SET, _no_strip_set),
    Row(HoldReason.PERMISSION_SET_MISSING, _permission_set_missing),
    Row(HoldReason.PERMISSION_SET_AMBIGUOUS, _permission_set_ambiguous),
    Row(HoldReason.TEAM_MISSING, _team_missing),
    Row(HoldReason.SEAT_MISSING, _seat_missing),
    Row(HoldReason.MINIMAL_NEEDS_DEFAULT, _minimal_needs_default),
    Row(HoldReason.EMAIL_TAKEN, _email_taken),
    Row(HoldReason.EMAIL_CHANGE_NEEDS_SCIM_CHANNEL, _email_change_needs_scim_channel),
    Row(HoldReason.LEAVER_NEEDS_SCIM_CHANNEL, _leaver_needs_scim_channel),
    Row(HoldReason.REACTIVATION_NEEDS_SCIM_CHANNEL, _reactivation_needs_scim_channel),
    Row(HoldReason.ACTION_OFF, _action_off),
    Row(HoldReason.ADOPTION_NOT_APPROVED, _adoption_not_approved, lifted_by_approval=True),
    Row(HoldReason.PRIVILEGED_GRANT, _privileged_grant),
    Row(HoldReason.NO_SEAT_FREE, _no_seat_free),
    Row(HoldReason.PLAN_MODE, _plan_mode, lifted_by_approval=True),
)
"""The order is the promise: what an admin must settle first is what he reads."""
