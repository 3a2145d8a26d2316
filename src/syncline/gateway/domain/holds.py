"""Why something is not sent: every reason once, with what an admin reads and what releases it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from syncline.clock import Milliseconds
from syncline.gateway.domain.remedies import Remedy


class HoldReason(StrEnum):
    """A reason to hold, as stored and as shown. The order is that of the reference page."""

    COLLECTING = "collecting"
    ACCOUNT_UNREAD = "account-unread"
    SCIM_USER_MISSING = "scim-user-missing"
    NO_DELIVERABLE_EMAIL = "no-deliverable-email"
    EMAIL_CLAIMED = "email-claimed"
    OUTSIDE_DOMAINS = "outside-domains"
    LAST_SUPER_ADMIN = "last-super-admin"
    SUPER_ADMIN = "super-admin"
    GRANT_HOLDER = "grant-holder"
    PROTECTED = "protected"
    DEACTIVATED_AT_HUBSPOT = "deactivated-at-hubspot"
    REMOVED_AT_HUBSPOT = "removed-at-hubspot"
    KEPT_BY_EXCEPTION = "kept-by-exception"
    STAGED_DELETION = "staged-deletion"
    NO_LEAVER_POLICY = "no-leaver-policy"
    NO_STRIP_SET = "no-strip-set"
    PERMISSION_SET_MISSING = "permission-set-missing"
    PERMISSION_SET_AMBIGUOUS = "permission-set-ambiguous"
    TEAM_MISSING = "team-missing"
    SEAT_MISSING = "seat-missing"
    MINIMAL_NEEDS_DEFAULT = "minimal-needs-default"
    EMAIL_TAKEN = "email-taken"
    EMAIL_CHANGE_NEEDS_SCIM_CHANNEL = "email-change-needs-scim-channel"
    LEAVER_NEEDS_SCIM_CHANNEL = "leaver-needs-scim-channel"
    REACTIVATION_NEEDS_SCIM_CHANNEL = "reactivation-needs-scim-channel"
    ACTION_OFF = "action-off"
    ADOPTION_NOT_APPROVED = "adoption-not-approved"
    PRIVILEGED_GRANT = "privileged-grant"
    NO_SEAT_FREE = "no-seat-free"
    PLAN_MODE = "plan-mode"
    REFUSED_BY_HUBSPOT = "refused-by-hubspot"
    CONNECTION_TROUBLE = "connection-trouble"
    UNASKED_PERMISSION_CHANGE = "unasked-permission-change"
    RETRIES_EXHAUSTED = "retries-exhausted"


@dataclass(frozen=True, slots=True)
class HoldText:
    """What the table says of one reason."""

    sentence: str
    """For an admin: what is the matter. The hold's detail names the case."""
    release: Remedy
    """What makes it go out after all."""
    retried_on_epoch_change: bool
    """Decided again whenever the tenant's set-up or HubSpot's lists change (a new placement epoch)."""
    decided_by_gate: bool = True
    """False for a reason that only an attempt at HubSpot can bring."""
    brought_by_attempt: bool = False
    """True for a reason of the gate that an attempt can bring too."""

    @property
    def may_be_of_attempt(self) -> bool:
        """Whether it may stand although the gate would let the change through."""
        return self.brought_by_attempt or not self.decided_by_gate


@dataclass(frozen=True, slots=True)
class Hold:
    """Nothing is sent, and this is why. `detail` names the case: the set, the address, the other person."""

    reason: HoldReason
    detail: str = ""
    until: Milliseconds | None = None
    """When it is decided again by itself; None where only somebody's doing releases it."""

    @property
    def sentence(self) -> str:
        """The reason and its case, for an admin to read."""
        return f"{HOLDS[self.reason].sentence} {self.detail}".rstrip()

    @property
    def release(self) -> str:
        """What would release it, as the command line says it."""
        return HOLDS[self.reason].release.in_commands


@dataclass(frozen=True, slots=True)
class Send:
    """Nothing stands against it. A change of kind NONE that may be sent costs no call."""


Verdict = Send | Hold

HOLDS: Final[Mapping[HoldReason, HoldText]] = MappingProxyType(
    {
        HoldReason.COLLECTING: HoldText(
            "The tenant is collecting: it is not connected to a HubSpot account yet.",
            Remedy("{connect:Connect the tenant to HubSpot}."),
            retried_on_epoch_change=True,
        ),
        HoldReason.ACCOUNT_UNREAD: HoldText(
            "The HubSpot account has not been read completely yet.",
            Remedy(
                "By itself with the next complete reading; {check:check the connection} to hear what stands in its "
                "way."
            ),
            retried_on_epoch_change=True,
        ),
        HoldReason.SCIM_USER_MISSING: HoldText(
            "The SCIM user behind this address is gone, but no deletion of it was recorded.",
            Remedy("The identity provider provisions the person again, or deletes the user."),
            retried_on_epoch_change=False,
        ),
        HoldReason.NO_DELIVERABLE_EMAIL: HoldText(
            "The person has no e-mail address that HubSpot could use.",
            Remedy(
                "The identity provider sends a proper address, or {email_from:another address is chosen}."
            ),
            retried_on_epoch_change=True,
        ),
        HoldReason.EMAIL_CLAIMED: HoldText(
            "Another person already holds this e-mail address.",
            Remedy("The other one gives the address up, or the identity provider gives this person another."),
            retried_on_epoch_change=False,
        ),
        HoldReason.OUTSIDE_DOMAINS: HoldText(
            "Ignored by domain: the address is outside the domains of the tenant.",
            Remedy("{domains:Add the domain}, or take the person out of the assignment."),
            retried_on_epoch_change=True,
        ),
        HoldReason.LAST_SUPER_ADMIN: HoldText(
            "This is the last super admin of the HubSpot account, who is never touched.",
            Remedy("Make somebody else super admin in HubSpot first; super admins stay protected even then."),
            retried_on_epoch_change=True,
        ),
        HoldReason.SUPER_ADMIN: HoldText(
            "Super admins of the HubSpot account are protected.",
            Remedy("Take super admin away from the person in HubSpot, or make the change there by hand."),
            retried_on_epoch_change=True,
        ),
        HoldReason.GRANT_HOLDER: HoldText(
            "Syncline reaches HubSpot by this person's grant and would cut itself off.",
            Remedy("{connect:Renew the connection} as somebody else."),
            retried_on_epoch_change=True,
        ),
        HoldReason.PROTECTED: HoldText(
            "An operator has protected this person.",
            Remedy("By itself where the protection has an end; else {unprotect:take it away}."),
            retried_on_epoch_change=True,
        ),
        HoldReason.DEACTIVATED_AT_HUBSPOT: HoldText(
            "Somebody deactivated this person at HubSpot, and that stands.",
            Remedy("{let_back_in:Let the person back in}, or have somebody reactivate him at HubSpot."),
            retried_on_epoch_change=True,
        ),
        HoldReason.REMOVED_AT_HUBSPOT: HoldText(
            "This person was at HubSpot and no list there shows him any more: somebody removed him, and that stands.",
            Remedy("{let_back_in:Let the person back in}, or {presence:everybody whom others remove}."),
            retried_on_epoch_change=True,
        ),
        HoldReason.KEPT_BY_EXCEPTION: HoldText(
            "The person has left, but an operator keeps him until a date.",
            Remedy(
                "By itself on that date: then he leaves like anybody else. Or {end_exception:end it now}."
            ),
            retried_on_epoch_change=True,
        ),
        HoldReason.NO_LEAVER_POLICY: HoldText(
            "The person has left, and no leaver policy says what that means at HubSpot.",
            Remedy("{leaver_policy:Choose one}."),
            retried_on_epoch_change=True,
        ),
        HoldReason.NO_STRIP_SET: HoldText(
            "The leaver policy is strip, but no permission set to strip to is chosen.",
            Remedy("{strip_to:Choose an empty permission set}."),
            retried_on_epoch_change=True,
        ),
        HoldReason.PERMISSION_SET_MISSING: HoldText(
            "A permission set the person should get is no longer in the HubSpot account.",
            Remedy(
                "Point {rules:the rule}, the default role or strip-to at a set that exists; a namesake is never "
                "guessed."
            ),
            retried_on_epoch_change=True,
        ),
        HoldReason.PERMISSION_SET_AMBIGUOUS: HoldText(
            "The person's role is the name of more than one permission set.",
            Remedy("Rename one of the sets in HubSpot, or {add_rule:add a rule} for the role."),
            retried_on_epoch_change=True,
        ),
        HoldReason.TEAM_MISSING: HoldText(
            "A team the person should be in is no longer in the HubSpot account.",
            Remedy("Point {rules:the rule} at a team that exists; a namesake is never guessed."),
            retried_on_epoch_change=True,
        ),
        HoldReason.SEAT_MISSING: HoldText(
            "The seat the person should get is not in the HubSpot account, or the seats cannot be read.",
            Remedy(
                "{seats:Look which seats there are}, then point the rule at one of them, or give the credential the "
                "scope settings.billing.write."
            ),
            retried_on_epoch_change=True,
        ),
        HoldReason.MINIMAL_NEEDS_DEFAULT: HoldText(
            "Nothing gives this person a permission set any more, and HubSpot can only replace one.",
            Remedy(
                "{default_role:Choose a default role}, {add_rule:add a rule}, or assign a role in the directory."
            ),
            retried_on_epoch_change=True,
        ),
        HoldReason.EMAIL_TAKEN: HoldText(
            "The new e-mail address already belongs to another HubSpot user.",
            Remedy(
                "Free the address at HubSpot (rename or remove the other user), or undo the change in the directory."
            ),
            retried_on_epoch_change=True,
        ),
        HoldReason.EMAIL_CHANGE_NEEDS_SCIM_CHANNEL: HoldText(
            "HubSpot's users API cannot change an e-mail address.",
            Remedy(
                "{connect_scim:Connect the SCIM channel}, or change the address by hand: in HubSpot open Settings, "
                "Users & Teams, choose the person, edit the e-mail address and let the person confirm it; the next "
                "reading of the account sees it."
            ),
            retried_on_epoch_change=True,
        ),
        HoldReason.LEAVER_NEEDS_SCIM_CHANNEL: HoldText(
            "Only HubSpot's SCIM channel can deactivate, and the tenant has none.",
            Remedy("{connect_scim:Connect the SCIM channel}, or {leaver_policy:choose another policy}."),
            retried_on_epoch_change=True,
        ),
        HoldReason.REACTIVATION_NEEDS_SCIM_CHANNEL: HoldText(
            "Only HubSpot's SCIM channel can reactivate, and the tenant has none.",
            Remedy("{connect_scim:Connect the SCIM channel}, or reactivate the person in HubSpot."),
            retried_on_epoch_change=True,
        ),
        HoldReason.ACTION_OFF: HoldText(
            "The tenant does not let this kind of action through.",
            Remedy("{allow_actions:Let it through}."),
            retried_on_epoch_change=True,
        ),
        HoldReason.ADOPTION_NOT_APPROVED: HoldText(
            "The HubSpot user was there before Syncline, and no plan that adopts him is approved.",
            Remedy(
                "{plan:Look at the plan}, then {approve_plan:approve it}, whole or for this person alone."
            ),
            retried_on_epoch_change=True,
        ),
        HoldReason.PRIVILEGED_GRANT: HoldText(
            "The person would get a privileged permission set.",
            Remedy("{grants:Approve it}, for that set and that person alone."),
            retried_on_epoch_change=True,
        ),
        HoldReason.NO_SEAT_FREE: HoldText(
            "No seat is free for this person. Syncline never buys one.",
            Remedy(
                "Free or buy a seat in HubSpot: by itself with the next reading of the account, or at once when "
                "{seats:the seats are read}."
            ),
            retried_on_epoch_change=True,
            brought_by_attempt=True,
        ),
        HoldReason.STAGED_DELETION: HoldText(
            "More people leave than the deletion threshold lets through in a day: staged, still with access.",
            Remedy("{leavers:Let them go}, {keep:keep one}, or take the change back in the directory."),
            retried_on_epoch_change=True,
        ),
        HoldReason.PLAN_MODE: HoldText(
            "The tenant is in plan mode: everything is decided, nothing is sent.",
            Remedy("{go_live:Go live}, or {deliver:deliver this person alone}."),
            retried_on_epoch_change=True,
        ),
        HoldReason.REFUSED_BY_HUBSPOT: HoldText(
            "HubSpot refused the change.",
            Remedy(
                "Remove the cause HubSpot names; the next change of the person or of the set-up tries again."
            ),
            retried_on_epoch_change=True,
            decided_by_gate=False,
        ),
        HoldReason.CONNECTION_TROUBLE: HoldText(
            "HubSpot does not accept the tenant's credential, or the credential lacks a scope.",
            Remedy("{connect:Renew the connection}; {check:check it} to hear what is missing."),
            retried_on_epoch_change=True,
            decided_by_gate=False,
        ),
        HoldReason.UNASKED_PERMISSION_CHANGE: HoldText(
            "HubSpot changed a permission set that nobody had asked it to change.",
            Remedy("Compare the person in HubSpot with {person:what should be}, then {resume:let it go on}."),
            retried_on_epoch_change=False,
            decided_by_gate=False,
        ),
        HoldReason.RETRIES_EXHAUSTED: HoldText(
            "HubSpot has failed on this person for more than a week.",
            Remedy("The next change of the person or of the set-up tries again."),
            retried_on_epoch_change=True,
            decided_by_gate=False,
        ),
    }
)
"""The table behind the reference page `docs/reference/holds.md`."""


def holds_page() -> str:
    """Return the reference page `docs/reference/holds.md`."""
    return (
        "# Reasons to hold\n\n"
        "What Syncline does not send, it holds, and says why. The gate looks at the reasons in this order, the most\n"
        "fundamental first; the first that holds is the one shown. The last four come from an attempt at HubSpot, and\n"
        "`no-seat-free` may.\n"
        "A reason that is decided again goes out by itself once a change of rules, policy, mode, approval, connection\n"
        "or of HubSpot's own lists has done away with it. Every reason is decided again when the identity provider\n"
        "changes the person.\n\n"
        f"{holds_table()}"
    )


def holds_table() -> str:
    """Return the table as Markdown, one row per reason in the order of `HoldReason`."""
    lines = [
        "| Reason | What it says | What releases it | Decided again when the set-up changes | Decided by |",
        "| --- | --- | --- | --- | --- |",
    ]
    for reason in HoldReason:
        text = HOLDS[reason]
        again = "yes" if text.retried_on_epoch_change else "no"
        by = "the gate" if text.decided_by_gate else "an attempt"
        by += ", or an attempt" if text.brought_by_attempt else ""
        sentence, release = (cell.replace("|", "\\|") for cell in (text.sentence, text.release.in_commands))
        lines.append(f"| `{reason}` | {sentence} | {release} | {again} | {by} |")
    return "\n".join(lines) + "\n"
