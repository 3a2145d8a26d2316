"""The one pure decision, the same for the drain, the plan and `users show`: place, then gate."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from syncline.gateway.domain.account import AccountUser
from syncline.gateway.domain.agreement import Agreement
from syncline.gateway.domain.change import Change, ChangeKind
from syncline.gateway.domain.delivery import Access, Delivery, Intent, as_of
from syncline.gateway.domain.deprovision import GONE, leaver_change
from syncline.gateway.domain.drift import DriftField, Judgement, judge, let_in_again, wanted_values
from syncline.gateway.domain.gate import Case, Hold, HoldReason, Send, Verdict, ends_at, gate_twice
from syncline.gateway.domain.person import Person
from syncline.gateway.domain.placement import Placement
from syncline.gateway.domain.presence import keeps_his_own, present_change
from syncline.gateway.domain.setup import Setup

__all__ = ["Decision", "Hold", "HoldReason", "Send", "Setup", "Verdict", "decide"]


class Decision(Struct, frozen=True):
    """What is wanted, what would be done about it, and whether it may be."""

    placement: Placement | None
    """None for somebody who leaves, and while the account is unread."""
    change: Change
    verdict: Verdict
    would_hold: Hold | None
    """What would still hold in live mode with the plan approved; None when that would send it."""
    wanted: Mapping[str, str] = {}
    """What the identity provider wants, in raw values (`drift.wanted_values`); empty for somebody who leaves."""
    agreement: Agreement | None = None
    """What is to be remembered of the comparison with HubSpot; None when nothing was compared."""


def decide(
    person: Person | None,
    delivery: Delivery,
    known: AccountUser | None,
    setup: Setup,
    *,
    occupant: AccountUser | None = None,
) -> Decision:
    """Decide about one person: total and deterministic, no argument is refused.

    `known` is the HubSpot user of this delivery (by its id, its address, or the address it is renamed from);
    None when a complete reading has no such user. `occupant` is the HubSpot user who has the address a person is
    renamed to, when that is another than `known`.
    """
    delivery = as_of(delivery, setup.at)
    if person is not None and _gets_back(delivery):
        person = replace(person, active=True)
    if person is None and delivery.intent is Intent.RELEASED:
        return Decision(None, _unchanged(delivery), Send(), None)
    present = person is not None and person.active
    delivery, known = _identify(delivery, known, occupant if present else None)
    placement, change, policy = None, None, None
    wanted: Mapping[str, str] = {}
    judgement: Judgement | None = None
    if person is None or not person.active:
        policy = setup.policy.leaver_policy(deleted=person is None)
        if setup.account is not None:
            change = leaver_change(policy, delivery, known, setup.policy.strip_to, setup.account)
            judgement = Judgement(agreement=let_in_again(delivery, known))
    elif setup.account is not None and setup.placements is not None:
        placement = setup.placements.of(person, existing=keeps_his_own(delivery, known))
        wanted = wanted_values(person, placement, setup.account, known)
        judgement = judge(wanted, known, delivery, setup.policy, setup.account)
        change = present_change(
            person, delivery, known, placement, setup.policy, setup.account, judgement.left
        )
        if DriftField.PRESENCE in judgement.agreement.accepted:
            change = None
    change = _unchanged(delivery) if change is None else change
    case = Case(
        person=person,
        delivery=delivery,
        known=known,
        occupant=occupant,
        setup=setup,
        placement=placement,
        change=change,
        policy=policy,
        left=frozenset() if judgement is None else judgement.left,
    )
    verdict, would_hold = gate_twice(case)
    if isinstance(verdict, Hold) and (until := ends_at(case)) is not None:
        verdict = dataclasses.replace(verdict, until=until)
    agreement = None if judgement is None else judgement.agreement
    return Decision(placement, change, verdict, would_hold, wanted, agreement)


def _gets_back(delivery: Delivery) -> bool:
    """Tell whether an exception gives back what leaving has taken; once that is done, it keeps what is there."""
    return delivery.kept_until is not None and delivery.access in GONE


def _unchanged(delivery: Delivery) -> Change:
    return Change(kind=ChangeKind.NONE, access_after=delivery.access, origin_after=delivery.origin)


def _identify(
    delivery: Delivery, known: AccountUser | None, occupant: AccountUser | None
) -> tuple[Delivery, AccountUser | None]:
    """Settle whose HubSpot user this is, so that what we did to one never counts as done to another.

    Somebody who has never been delivered and waits for another's address has no HubSpot user: whoever is found
    there is the other's. A person whose old user is gone is the one who already has the new address.
    """
    if delivery.claimed_by is not None and delivery.origin is None and delivery.hubspot_id is None:
        return replace(delivery, access=Access.NONE), None
    known = known if known is not None else occupant
    if known is not None and delivery.hubspot_id not in (None, known.hubspot_id):
        stranger = replace(delivery, hubspot_id=None, scim_id=None, origin=None, access=Access.NONE)
        return stranger, known
    return delivery, known
