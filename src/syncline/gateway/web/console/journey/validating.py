"""The checklist at the end: it ticks itself, by what HubSpot has confirmed and nothing else.

A check is ticked by an event written when HubSpot answered that the change was made. What was only received, decided or
sent ticks nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from starlette.responses import Response

from syncline.gateway.domain.placement import NOTHING_MATCHES
from syncline.gateway.services.ports import Event
from syncline.gateway.web.console.journey.steps import show_step, stand_of
from syncline.gateway.web.console.visit import Visit

PAGE: Final = 500
MOST: Final = 2_000
"""How far back the checklist looks: the page stays as quick with a million events as with ten."""


@dataclass(frozen=True, slots=True)
class Done:
    """A change HubSpot has confirmed: the kind of its event, the fields it changed, whether a rule gave the set."""

    kind: str
    fields: frozenset[str]
    by_rule: bool


Confirms = Callable[[Done], bool]
"""Whether a confirmed change is what a check waits for."""

_CHANGES: Final = frozenset({"delivery.update", "delivery.rename", "delivery.adopt"})
_PLACES: Final = _CHANGES | {"delivery.create", "delivery.reactivate"}

CHECKLIST: Final[tuple[tuple[str, str, str, Confirms], ...]] = (
    (
        "create",
        "A new person was created",
        "Create somebody in your directory and assign the application.",
        lambda done: done.kind == "delivery.create",
    ),
    (
        "update",
        "A change arrived",
        "Change the name or department of somebody a rule gives a team, or whose name HubSpot shows.",
        lambda done: done.kind in _CHANGES and bool(done.fields),
    ),
    (
        "role",
        "A rule gave somebody a permission set",
        "Give somebody a role or group that a rule maps.",
        lambda done: done.kind in _PLACES and "permission_set" in done.fields and done.by_rule,
    ),
    (
        "deactivate",
        "Somebody who left lost access",
        "Block or unassign a test person in your directory.",
        lambda done: done.kind in ("delivery.deactivate", "delivery.remove", "delivery.strip"),
    ),
)
"""Key, what is checked, how to bring it about, and what confirms it."""


async def checklist(visit: Visit) -> Response:
    """Show which checks HubSpot has confirmed, and how to bring the others about."""
    found = await confirmed_lately(visit)
    stand = await stand_of(visit, found)
    return await show_step(
        visit,
        "checklist",
        stand=stand,
        checks=[(sentence, found.get(key), how) for key, sentence, how, _ in CHECKLIST],
        all_confirmed=len(found) == len(CHECKLIST),
    )


async def confirmed_lately(visit: Visit) -> Mapping[str, Event]:
    """Return the latest event that confirms each check, among the last `MOST` of the tenant."""
    found: dict[str, Event] = {}
    before = None
    for _ in range(MOST // PAGE):
        events = await visit.console.store.journal.events(
            visit.here.id, subject=None, kind=None, before=before, limit=PAGE
        )
        for event in events:
            for key in confirmed_by(event):
                found.setdefault(key, event)
        if len(found) == len(CHECKLIST) or len(events) < PAGE:
            break
        before = events[-1].seq
    return found


def confirmed_by(event: Event) -> list[str]:
    """Return the keys of the checks an event confirms; none for what HubSpot has not answered to be done."""
    if not event.kind.startswith("delivery."):
        return []
    change: Mapping[str, Any] = event.detail.get("change") or {}
    fields = frozenset(each["field"] for each in change.get("differences", ()))
    by_rule = not any(each.startswith(NOTHING_MATCHES) for each in event.detail.get("reasons", ()))
    done = Done(event.kind, fields, by_rule)
    return [key for key, _, _, confirms in CHECKLIST if confirms(done)]
