"""What would be done at HubSpot for one person: the least that brings HubSpot in line."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from typing import Final

from msgspec import Struct

from syncline.gateway.domain.delivery import Access, Origin, Urgency

NO_TEAM: Final = ""
"""As `Change.primary_team_id`: take the primary team away (None leaves it as it is)."""


class ChangeKind(StrEnum):
    """The one thing a change does, in the order an operator thinks of them."""

    NONE = "none"
    LOOK = "look"
    """Read the person: an earlier change was sent and nobody knows what came of it. Changes nothing."""
    CREATE = "create"
    ADOPT = "adopt"
    """Begin to manage a HubSpot user who was there before us; with no differences it costs no call."""
    UPDATE = "update"
    """With no differences it costs no call: somebody at HubSpot has undone what we had done, and it fits."""
    RENAME = "rename"
    REACTIVATE = "reactivate"
    DEACTIVATE = "deactivate"
    REMOVE = "remove"
    STRIP = "strip"

    @property
    def is_leaving(self) -> bool:
        """True for the three leaver policies."""
        return self in _LEAVING


_LEAVING = frozenset({ChangeKind.DEACTIVATE, ChangeKind.REMOVE, ChangeKind.STRIP})


@dataclass(frozen=True, slots=True)
class Difference:
    """One field as people read it: permission sets and teams by name, None for nothing there."""

    field: str
    before: str | None
    after: str | None


class Change(Struct, frozen=True, kw_only=True):
    """A change to one HubSpot user. Every None means: leave as it is."""

    kind: ChangeKind
    email: str | None = None
    """The address at HubSpot once the change is done."""
    hubspot_id: str | None = None
    scim_id: str | None = None
    renamed_from: str | None = None
    """The address at HubSpot before, when it changes (RENAME, or REACTIVATE under a new address)."""
    first_name: str | None = None
    last_name: str | None = None
    permission_set_id: str | None = None
    primary_team_id: str | None = None
    """A team's id, `NO_TEAM` to take it away, None to leave it."""
    secondary_team_ids: tuple[str, ...] | None = None
    """The whole list; empty takes all away, None leaves them."""
    seat_names: tuple[str, ...] | None = None
    """The whole list, seats given by hand included; empty takes all away, None leaves them."""
    crm_attributes: tuple[tuple[str, str], ...] = ()
    """What is written to the CRM record (`crm.CrmAttribute`) and its value; what is not named stays."""
    send_welcome_email: bool = False
    differences: tuple[Difference, ...] = ()
    urgency: Urgency = Urgency.NORMAL
    access_after: Access = Access.NONE
    """The access that stands at HubSpot once this is done; for NONE, the access that stands already."""
    origin_after: Origin | None = None
    """How the HubSpot user is ours once this is done; None while he is not."""


CHANGE_APPROVED: Final = "change:"
"""How the approval of one change of one person begins."""


def content_of(change: Change) -> tuple[object, ...]:
    """Return what the change would make of the HubSpot user, and of which one; equal for the same effect."""
    return (
        change.kind.value,
        change.hubspot_id,
        change.email,
        change.renamed_from,
        change.first_name,
        change.last_name,
        change.permission_set_id,
        change.primary_team_id,
        change.secondary_team_ids,
        change.seat_names,
        change.send_welcome_email,
        *change.crm_attributes,
    )


def approval_of(change: Change) -> str:
    """Return the approval of exactly this change: any other set, team, name or address would be another one."""
    digest = blake2b(repr(content_of(change)).encode(), digest_size=12).hexdigest()
    return f"{CHANGE_APPROVED}{digest}"
