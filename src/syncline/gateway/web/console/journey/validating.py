"""The checklist at the end: it ticks itself, by what HubSpot has confirmed and nothing else."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from syncline.gateway.domain.validation import Check
from syncline.gateway.web.console.journey.steps import show_step, stand_of
from syncline.gateway.web.console.visit import Visit

CHECKLIST: Final = (
    (
        Check.CREATE,
        "A new person was created",
        "Create somebody in your directory and assign the application.",
    ),
    (
        Check.UPDATE,
        "A change arrived",
        "Change the name or department of somebody a rule gives a team, or whose name HubSpot shows.",
    ),
    (
        Check.ROLE,
        "A rule gave somebody a permission set",
        "Give somebody a role or group that a rule maps.",
    ),
    (
        Check.DEACTIVATE,
        "Somebody who left lost access",
        "Block or unassign a test person in your directory.",
    ),
)
"""What is checked, and how to bring it about."""


async def checklist(visit: Visit) -> Response:
    """Show which checks HubSpot has confirmed, however long ago, and how to bring the others about."""
    journal = visit.console.store.journal
    found = await journal.confirmations(visit.here.id)
    logged = {each.seq for each in found.values() if await journal.event(visit.here.id, each.seq)}
    return await show_step(
        visit,
        "checklist",
        stand=await stand_of(visit, found),
        checks=[(sentence, found.get(check), how) for check, sentence, how in CHECKLIST],
        logged=logged,
        all_confirmed=len(found) == len(CHECKLIST),
    )
