"""What helps, said for somebody who reads it on a page: where the command line names a command, a page names a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from syncline.gateway.domain.health import Health
from syncline.gateway.domain.holds import HoldReason

_ON_A_PAGE: Final[Mapping[str, str]] = {
    HoldReason.ACCOUNT_UNREAD: (
        "By itself with the next complete reading; “Check it now” under Settings, Connection says "
        "what stands in its way."
    ),
    HoldReason.NO_DELIVERABLE_EMAIL: (
        "The identity provider sends a proper address, or another one is chosen under Set-up, Match "
        "people by."
    ),
    HoldReason.OUTSIDE_DOMAINS: (
        "Add the domain under Settings, Policy, or take the person out of the assignment."
    ),
    HoldReason.PROTECTED: (
        "By itself where the protection has an end; else take it away on the person's page."
    ),
    HoldReason.REMOVED_AT_HUBSPOT: "Let the person back in on the person's page.",
    HoldReason.KEPT_BY_EXCEPTION: (
        "By itself on that date: then he leaves like anybody else. The person's page ends it now."
    ),
    HoldReason.NO_LEAVER_POLICY: "Choose one under Set-up, When someone leaves.",
    HoldReason.NO_STRIP_SET: "Name an empty permission set under Set-up, When someone leaves.",
    HoldReason.SEAT_MISSING: (
        "Read the seats under Set-up, Rules, then have the rule give one that exists, or give the "
        "credential the scope settings.billing.write."
    ),
    HoldReason.MINIMAL_NEEDS_DEFAULT: (
        "Choose a default role or add a rule under Set-up, or assign a role in the directory."
    ),
    HoldReason.LEAVER_NEEDS_SCIM_CHANNEL: (
        "Connect the SCIM channel under Set-up, Connect HubSpot, or choose another way under When "
        "someone leaves."
    ),
    HoldReason.ACTION_OFF: "Tick it under Set-up, Rules, What may be done at HubSpot.",
    HoldReason.STAGED_DELETION: (
        "Let them go under Approvals, keep one on the person's page, or take the change back in the directory."
    ),
    HoldReason.PRIVILEGED_GRANT: "Approve it under Approvals, for that set and that person alone.",
    HoldReason.ADOPTION_NOT_APPROVED: "Approve it under Approvals, or approve the whole plan.",
    HoldReason.NO_SEAT_FREE: (
        "Free or buy a seat in HubSpot: by itself with the next reading of the account, or at once "
        "with “Read the seats” under Set-up, Rules."
    ),
    HoldReason.PLAN_MODE: (
        "Set the tenant live in its settings, or deliver this person alone from the person's page."
    ),
    HoldReason.CONNECTION_TROUBLE: (
        "Connect anew under Set-up, Connect HubSpot; “Check it now” under Settings, Connection says "
        "what is missing."
    ),
    HoldReason.UNASKED_PERMISSION_CHANGE: (
        "Compare the person at HubSpot with the person's page, then let the connection go on under "
        "Settings, Connection."
    ),
}

MENDS: Final[Mapping[Health, str]] = {
    Health.DEGRADED: "Nothing is lost: what is asked for is kept and sent when HubSpot answers.",
    Health.QUARANTINED: (
        "Put right what the cause names, then let it go on; it is also tried by itself every hour. "
        "Nothing is lost meanwhile."
    ),
    Health.HELD: "Compare the person at HubSpot with the directory, put it right there, then let it go on.",
    Health.RECONNECT_NEEDED: "Have a super admin grant anew. Nothing is lost meanwhile.",
}
"""What can be done about a connection in trouble."""

SECOND = "Noted. It counts once a second person has approved it, too."


def helps(reason: str, release: str) -> str:
    """Return what releases people held for a reason; `release` is what the command line says."""
    return _ON_A_PAGE.get(reason, release)
