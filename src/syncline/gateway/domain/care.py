"""Whose a HubSpot user is: read off delivery and account, with every way from one state to another as a table."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from syncline.gateway.domain.account import AccountUser
from syncline.gateway.domain.delivery import Access, Delivery, Origin, is_ours
from syncline.gateway.domain.states import Transition


class Care(StrEnum):
    """Whose the HubSpot user of an e-mail is, as people read it."""

    ABSENT = "absent"
    """Nobody at HubSpot has this e-mail."""
    FOUND = "found"
    """Somebody was there before us: nothing is changed until a plan is approved."""
    CREATED = "created"
    """We created the user; the default role is for these."""
    ADOPTED = "adopted"
    """The user was there before us and is under our care now."""
    REMOVED = "removed"
    """We removed the user, or HubSpot no longer has him."""


class CareEvent(StrEnum):
    """What moves a HubSpot user from one state to another."""

    CREATED = "HubSpot confirms a create"
    MET = "a create or a reading meets somebody"
    ADOPTED = "the plan is approved and HubSpot confirms a change"
    REMOVED = "we remove the user, or a call finds nobody"
    VANISHED = "a reading no longer shows the user"
    ACCOUNT_LEFT = "another HubSpot account is connected"


_ABSENT, _FOUND, _CREATED = Care.ABSENT, Care.FOUND, Care.CREATED
_ADOPTED, _REMOVED = Care.ADOPTED, Care.REMOVED
_Event = CareEvent

TRANSITIONS: Final = (
    Transition(_ABSENT, _Event.CREATED, _CREATED, "ours from the beginning"),
    Transition(_ABSENT, _Event.MET, _FOUND, "decided again, as an adoption"),
    Transition(_FOUND, _Event.ADOPTED, _ADOPTED, "keeps what no rule sets"),
    Transition(_FOUND, _Event.VANISHED, _ABSENT, "somebody removed the user at HubSpot"),
    Transition(_FOUND, _Event.REMOVED, _REMOVED, "the leaver policy, once a plan is approved"),
    Transition(_CREATED, _Event.REMOVED, _REMOVED, "by the leaver policy, or at HubSpot"),
    Transition(_ADOPTED, _Event.REMOVED, _REMOVED, "by the leaver policy, or at HubSpot"),
    Transition(_REMOVED, _Event.CREATED, _CREATED, "HubSpot gives the same id again"),
    Transition(_REMOVED, _Event.MET, _FOUND, "somebody else put the user back"),
    Transition(_FOUND, _Event.ACCOUNT_LEFT, _ABSENT, "ids of one account mean nothing in another"),
    Transition(_CREATED, _Event.ACCOUNT_LEFT, _ABSENT, "ids of one account mean nothing in another"),
    Transition(_ADOPTED, _Event.ACCOUNT_LEFT, _ABSENT, "ids of one account mean nothing in another"),
    Transition(_REMOVED, _Event.ACCOUNT_LEFT, _ABSENT, "ids of one account mean nothing in another"),
)
"""Every way a HubSpot user can come under our care, and leave it; what is not listed cannot happen."""


def care_of(delivery: Delivery, known: AccountUser | None) -> Care:
    """Read off whose the user is; `known` is the HubSpot user as last read or answered."""
    if is_ours(delivery):
        return Care.CREATED if delivery.origin is Origin.CREATED else Care.ADOPTED
    if known is not None:
        return Care.FOUND
    return Care.REMOVED if delivery.access is Access.REMOVED else Care.ABSENT
