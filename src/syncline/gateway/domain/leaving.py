"""How far somebody has left: read off the delivery, with every way from one state to another as a table."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from syncline.gateway.domain.delivery import LEAVE, Delivery, Intent
from syncline.gateway.domain.holds import HoldReason
from syncline.gateway.domain.states import Transition


class Leaving(StrEnum):
    """How far somebody has left, as people read it."""

    STAYS = "stays"
    """The directory wants the person to have access."""
    LEAVES = "leaves"
    """On the way out, or held for another reason than the deletion threshold."""
    KEPT = "kept"
    """Has left, but an operator keeps him until a date."""
    STAGED = "staged"
    """Past the deletion threshold: still has access until an operator says so."""
    RELEASED = "released"
    """An operator has said so; goes out next."""
    LEFT = "left"
    """The leaver policy is applied at HubSpot, or there was nothing to take away."""


class LeavingEvent(StrEnum):
    """What moves a leaver from one state to another."""

    LEFT_THE_DIRECTORY = "deactivated or deleted in the directory"
    THRESHOLD_REACHED = "the deletion threshold is reached"
    RELEASED = "an operator releases"
    KEPT = "an operator keeps him"
    KEPT_TILL_NOW = "the exception ends"
    CONFIRMED = "HubSpot confirms"
    CAME_BACK = "active in the directory again"


_STAYS, _LEAVES, _STAGED = Leaving.STAYS, Leaving.LEAVES, Leaving.STAGED
_RELEASED, _LEFT = Leaving.RELEASED, Leaving.LEFT
_KEPT = Leaving.KEPT
_Event = LeavingEvent

TRANSITIONS: Final = (
    Transition(_STAYS, _Event.LEFT_THE_DIRECTORY, _LEAVES, "goes before everybody who stays"),
    Transition(_LEAVES, _Event.CONFIRMED, _LEFT, "within the threshold"),
    Transition(_LEAVES, _Event.THRESHOLD_REACHED, _STAGED, "shown at once; never expires"),
    Transition(_LEAVES, _Event.CAME_BACK, _STAYS, "nothing was sent"),
    Transition(_STAGED, _Event.RELEASED, _RELEASED, "counted, whatever the threshold"),
    Transition(_STAGED, _Event.CAME_BACK, _STAYS, "nothing was sent"),
    Transition(_LEAVES, _Event.KEPT, _KEPT, "keeps what is there"),
    Transition(_RELEASED, _Event.KEPT, _KEPT, "the word is forgotten"),
    Transition(_STAGED, _Event.KEPT, _KEPT, "keeps what is there, with an owner and an end"),
    Transition(_LEFT, _Event.KEPT, _KEPT, "gets back what leaving has taken, as far as it can be"),
    Transition(_KEPT, _Event.KEPT_TILL_NOW, _LEAVES, "decided like anybody else, and counted"),
    Transition(_KEPT, _Event.CAME_BACK, _STAYS, "the exception is over"),
    Transition(_RELEASED, _Event.CONFIRMED, _LEFT, "the word is used up"),
    Transition(_RELEASED, _Event.CAME_BACK, _STAYS, "the word is forgotten"),
    Transition(_LEFT, _Event.CAME_BACK, _STAYS, "gets access again"),
)
"""Every way a leaver can go; what is not listed cannot happen."""


def leaving_of(delivery: Delivery) -> Leaving:
    """Read off the delivery, as it is now (`delivery.as_of`), how far its person has left."""
    if delivery.intent not in (Intent.DEACTIVATED, Intent.DELETED):
        return Leaving.STAYS
    if delivery.kept_until is not None:
        return Leaving.KEPT
    is_settled = delivery.due_at is None and delivery.hold_reason is None
    if is_settled and delivery.delivered_revision >= delivery.desired_revision:
        return Leaving.LEFT
    if LEAVE in delivery.approvals:
        return Leaving.RELEASED
    staged = delivery.hold_reason is HoldReason.STAGED_DELETION
    return Leaving.STAGED if staged else Leaving.LEAVES
