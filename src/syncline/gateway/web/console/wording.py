"""What helps, said for somebody who reads it on a page: where the command line names a command, a page names a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from syncline.gateway.domain.holds import HoldReason

_ON_A_PAGE: Final[Mapping[str, str]] = {
    HoldReason.STAGED_DELETION: "Let them go under Approvals, or take the change back in the directory.",
    HoldReason.PRIVILEGED_GRANT: "Approve it under Approvals, for that set and that person alone.",
    HoldReason.ADOPTION_NOT_APPROVED: "Approve it under Approvals, or approve the whole plan.",
    HoldReason.PLAN_MODE: "Set the tenant live in its settings, or deliver this person alone from the person's page.",
}

SECOND = "Noted. It counts once a second person has approved it, too."


def helps(reason: str, release: str) -> str:
    """Return what releases people held for a reason; `release` is what the command line says."""
    return _ON_A_PAGE.get(reason, release)
