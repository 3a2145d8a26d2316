"""A delivery: the unit of order, one row per e-mail address of a tenant, and the states it goes through."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum, StrEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from syncline.clock import Milliseconds
from syncline.gateway.domain.agreement import UNAGREED, Agreement
from syncline.gateway.domain.holds import HoldReason
from syncline.gateway.domain.states import Transition, follow

LEAVE: Final = "leave"
"""The approval that lets a staged leaver go."""
GRANT: Final = "grant"
ENFORCE: Final = "enforce"


def grant_of(permission_set_id: str) -> str:
    """Return the approval that gives exactly this permission set, bound to its id."""
    return f"{GRANT}:{permission_set_id}"


def enforce_of(field: str, value: str) -> str:
    """Return the approval that delivers a field again which somebody changed at HubSpot to exactly this value."""
    return f"{ENFORCE}:{field}:{value}"


class Access(StrEnum):
    """What we last confirmed at HubSpot by our own doing."""

    NONE = "none"
    ACTIVE = "active"
    DEACTIVATED = "deactivated"
    REMOVED = "removed"
    STRIPPED = "stripped"

    @property
    def revoked(self) -> bool:
        """True only where the person can no longer sign in; never for STRIPPED."""
        return self in (Access.DEACTIVATED, Access.REMOVED)


class Origin(StrEnum):
    """How the HubSpot user came under our care; no origin means he is not ours."""

    CREATED = "created"
    ADOPTED = "adopted"


class Urgency(IntEnum):
    """The order of the backlog: smaller goes first."""

    URGENT = 0
    NORMAL = 1


class Intent(StrEnum):
    """What the identity provider last said about the person behind the address."""

    PRESENT = "present"
    DEACTIVATED = "deactivated"
    DELETED = "deleted"
    RELEASED = "released"
    """The person moved to another address and took the HubSpot user along: nobody stands here any more."""


class Delivery(Struct, frozen=True, kw_only=True):
    """One row of the backlog. It survives the SCIM user's deletion, so nothing can overtake it."""

    key: str
    """The normalised e-mail, or `scim:<id>` for a person without a deliverable one (see `delivery_key`)."""
    email: str | None = None
    user_id: str | None = None
    intent: Intent = Intent.PRESENT
    desired_revision: int = 1
    delivered_revision: int = 0
    urgency: Urgency = Urgency.NORMAL
    due_at: Milliseconds | None = None
    """When its turn comes; None while nothing is owed, and while held unless what holds it has an end."""
    attempts: int = 0
    hubspot_id: str | None = None
    scim_id: str | None = None
    origin: Origin | None = None
    access: Access = Access.NONE
    renamed_from: str | None = None
    """The old address while a rename is not yet at HubSpot."""
    hold_reason: HoldReason | None = None
    hold_detail: str = ""
    last_error: str | None = None
    claimed_by: str | None = None
    """Who holds the address the person wants (a SCIM user's id, or a HubSpot user in words)."""
    may_reactivate: bool = False
    """An operator has released a person whom somebody else deactivated at HubSpot."""
    approvals: frozenset[str] = frozenset()
    """What an operator has approved for this person: `LEAVE`, `grant_of(…)`, `enforce_of(…)`, `approval_of(change)`."""
    approvals_end: Mapping[str, Milliseconds] = {}
    """When each of the approvals ends unused; one that is not named does not end."""
    gone_at: Milliseconds | None = None
    """When he last lost access by us, where that may still count against the deletion threshold."""
    kept_until: Milliseconds | None = None
    """The end of an exception: although the identity provider says he has left, the person has access until then."""
    agreement: Agreement = UNAGREED
    """What HubSpot last confirmed of what is wanted, and what somebody has changed there since."""


def as_of(delivery: Delivery, at: Milliseconds) -> Delivery:
    """Return the delivery as it is at that moment: without the approvals and the exception that have ended by then."""
    if not delivery.approvals_end and delivery.kept_until is None:
        return delivery
    ended = {what for what, end in delivery.approvals_end.items() if end <= at}
    over = delivery.kept_until is not None and delivery.kept_until <= at
    if not over and ended.isdisjoint(delivery.approvals):
        return delivery
    kept_until = None if over else delivery.kept_until
    return replace(delivery, approvals=delivery.approvals - ended, kept_until=kept_until)


def is_ours(delivery: Delivery) -> bool:
    """Tell whether the HubSpot user is under our care: created or adopted by us, and not removed since."""
    return delivery.origin is not None and delivery.access is not Access.REMOVED


def delivery_key(email_key: str | None, user_id: str) -> str:
    """Return the key of a person's row: his normalised e-mail, else one from his SCIM id.

    The two cannot meet: an e-mail has an @, an id from us has none.
    """
    return email_key if email_key is not None else f"scim:{user_id}"


class DeliveryState(StrEnum):
    """Where a delivery stands, as people read it."""

    IN_STEP = "in-step"
    """HubSpot has what was wanted, or nothing is wanted of it."""
    WAITING = "waiting"
    """Its turn has come or will come; nothing has failed."""
    RETRYING = "retrying"
    """The last attempt failed; the next one has its moment."""
    HELD = "held"
    """Nothing is tried until the reason is gone."""


FAILING_FROM: Final = 15
"""Who has been tried so often in vain, which takes about three hours, keeps failing."""


class DeliveryEvent(StrEnum):
    """What moves a delivery from one state to another."""

    MARKED = "marked"
    DELIVERED = "delivered"
    OVERTAKEN = "overtaken"
    FAILED = "failed"
    HELD = "held"
    TURN_CAME = "turn came"


_WAITING, _IN_STEP = DeliveryState.WAITING, DeliveryState.IN_STEP
_RETRYING, _HELD = DeliveryState.RETRYING, DeliveryState.HELD

TRANSITIONS: Final = (
    Transition(_IN_STEP, DeliveryEvent.MARKED, _WAITING, "the person or the set-up changed"),
    Transition(_WAITING, DeliveryEvent.MARKED, _WAITING, "only the newest state will be sent"),
    Transition(_WAITING, DeliveryEvent.DELIVERED, _IN_STEP, "HubSpot confirmed it, or nothing differed"),
    Transition(
        _WAITING, DeliveryEvent.OVERTAKEN, _WAITING, "confirmed, but something newer is wanted by now"
    ),
    Transition(_WAITING, DeliveryEvent.FAILED, _RETRYING, "HubSpot failed; the next moment is in the row"),
    Transition(_WAITING, DeliveryEvent.HELD, _HELD, "the gate or HubSpot says no, and why"),
    Transition(_RETRYING, DeliveryEvent.TURN_CAME, _WAITING, "the moment of the next attempt is here"),
    Transition(_RETRYING, DeliveryEvent.MARKED, _WAITING, "a new intent starts afresh, at once"),
    Transition(_HELD, DeliveryEvent.MARKED, _WAITING, "a new intent, or what held it is gone"),
    Transition(_HELD, DeliveryEvent.TURN_CAME, _WAITING, "what held it had an end, and that is here"),
)
"""Every way a delivery can go; what is not listed cannot happen."""


def next_state(state: DeliveryState, event: DeliveryEvent) -> DeliveryState | None:
    """Return where the event leads, None when it cannot happen in that state."""
    return follow(TRANSITIONS, state, event)


def state_of(delivery: Delivery, now: Milliseconds) -> DeliveryState:
    """Derive the state from the row. What is owed without being held or due counts as waiting, never as done.

    What is held until a moment is held as long as that is to come.
    """
    if delivery.due_at is None:
        if delivery.hold_reason is not None:
            return DeliveryState.HELD
        owed = delivery.delivered_revision < delivery.desired_revision
        return DeliveryState.WAITING if owed else DeliveryState.IN_STEP
    if delivery.due_at > now:
        if delivery.hold_reason is not None:
            return DeliveryState.HELD
        if delivery.attempts > 0:
            return DeliveryState.RETRYING
    return DeliveryState.WAITING
