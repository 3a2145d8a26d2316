"""A delivery on its way: what its decision needs, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from msgspec import Struct

from syncline.clock import Milliseconds
from syncline.gateway.domain.account import AccountUser
from syncline.gateway.domain.agreement import Agreement
from syncline.gateway.domain.delivery import Access, Delivery, Origin
from syncline.gateway.domain.person import Person
from syncline.gateway.domain.tenant import TenantMode


class WorkItem(Struct, frozen=True, kw_only=True):
    """One delivery with all that its decision needs."""

    delivery: Delivery
    person: Person | None
    known: AccountUser | None
    """The HubSpot user of this delivery, as last read or answered."""
    occupant: AccountUser | None
    """Another HubSpot user who has the e-mail this person should get."""
    correlation_id: str
    uncertain: str | None = None
    """The channel by which a change was sent whose outcome is not known."""
    epoch: int = 0
    """The placement epoch the delivery was last decided on."""
    outdated: bool = False
    """A reading has found something new at HubSpot since the delivery was last decided."""
    create_unsettled: bool = False
    """A create for this e-mail was sent and what came of it never written down: a user found there now is ours.

    Its answer never came, or it came and the server ended before the delivery was settled.
    """


@dataclass(frozen=True, slots=True)
class Basis:
    """What a decision about one delivery rests on: when any of it differs, it is to be decided anew."""

    mode: TenantMode
    epoch: int
    revision: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What a person now has at HubSpot, confirmed by an answer or by reading the account."""

    hubspot_id: str | None
    scim_id: str | None
    origin: Origin | None
    access: Access
    email: str | None
    user: AccountUser | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What came of looking at one delivery.

    `revision` and `epoch` are what was decided on; a newer intent stays due. With `hold_reason`
    nothing leaves until it is released, or until `retry_at` where the hold has an end; `retry_at` alone is another try;
    with neither the row is in step. `standing` is given when
    HubSpot answered; with a `retry_at` beside it something is still to be sent.
    """

    key: str
    revision: int
    epoch: int
    kind: str
    summary: str
    standing: Standing | None = None
    hold_reason: str | None = None
    hold_detail: str | None = None
    retry_at: Milliseconds | None = None
    attempts: int = 0
    last_error: str | None = None
    scim_id: str | None = None
    """The person's SCIM user, when an attempt that failed found it out."""
    looked: bool = False
    """The person was read at HubSpot, because an earlier outcome was not known."""
    agreement: Agreement | None = None
    """What is to be remembered of the comparison with HubSpot; None leaves it as it is."""
    outdated: bool = True
    """The decision was made on a row marked as outdated, so it takes the mark away."""
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Redecided:
    """What deciding again about one delivery came to, and what of its row it was decided on.

    Without a settlement, and with nothing to send, it came to the same as before.
    """

    key: str
    renamed_from: str | None
    revision: int
    epoch: int
    due_at: Milliseconds | None
    settlement: Settlement | None = None
    to_send: bool = False
