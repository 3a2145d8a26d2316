"""Joiners, movers and re-joiners: the change for a person the identity provider says is active."""

from __future__ import annotations

from collections.abc import Collection

from syncline.gateway.domain.account import Account, AccountUser
from syncline.gateway.domain.change import Change, ChangeKind, Difference
from syncline.gateway.domain.delivery import Access, Delivery, Origin, is_ours
from syncline.gateway.domain.differences import compare, same_address
from syncline.gateway.domain.person import Person
from syncline.gateway.domain.placement import Placement
from syncline.gateway.domain.tenant import Policy


def keeps_his_own(delivery: Delivery, known: AccountUser | None) -> bool:
    """Tell whether a person without a matching rule keeps his permission set: we neither created nor stripped him.

    Whom we stripped has nothing of his own left to keep, so the default role is for him as for somebody new.
    """
    if known is None or delivery.access is Access.STRIPPED:
        return False
    return not (is_ours(delivery) and delivery.origin is Origin.CREATED)


def present_change(
    person: Person,
    delivery: Delivery,
    known: AccountUser | None,
    placement: Placement,
    policy: Policy,
    account: Account,
    left: Collection[str] = (),
) -> Change:
    """Return the least that gives an active person what he should have; kind NONE when nothing differs.

    Where nothing differs but our last word on his access was another, it is an UPDATE without differences: it
    costs no call and sets the word right. Otherwise his next leaving would pass for done already.

    Who may be reactivated, adopted or renamed is not decided here but at the gate. The fields in `left` stay as HubSpot
    has them (`drift`).
    """
    if person.email is None:
        return Change(kind=ChangeKind.NONE, access_after=delivery.access, origin_after=delivery.origin)
    email = known.email if known and "email" in left else person.email
    renamed_from = known.email if known and not same_address(known.email, email) else None
    comparison = compare(person, placement, known, account, left)
    kind = _kind(delivery, known, renamed=renamed_from is not None, differs=bool(comparison.differences))
    return Change(
        kind=kind,
        email=email,
        hubspot_id=known.hubspot_id if known else delivery.hubspot_id,
        scim_id=delivery.scim_id,
        renamed_from=renamed_from,
        first_name=comparison.first_name,
        last_name=comparison.last_name,
        permission_set_id=comparison.permission_set_id,
        primary_team_id=comparison.primary_team_id,
        secondary_team_ids=comparison.secondary_team_ids,
        seat_names=comparison.seat_names,
        crm_attributes=comparison.crm_attributes,
        send_welcome_email=kind is ChangeKind.CREATE and policy.welcome_email,
        differences=(*_standing(kind, email, renamed_from), *comparison.differences),
        access_after=Access.ACTIVE,
        origin_after=_origin_after(kind, delivery),
    )


def _origin_after(kind: ChangeKind, delivery: Delivery) -> Origin | None:
    if kind is ChangeKind.CREATE:
        return Origin.CREATED
    return delivery.origin if is_ours(delivery) else Origin.ADOPTED


def _kind(delivery: Delivery, known: AccountUser | None, *, renamed: bool, differs: bool) -> ChangeKind:
    if _is_deactivated(delivery, known):
        return ChangeKind.REACTIVATE
    if known is None:
        return ChangeKind.CREATE
    if renamed:
        return ChangeKind.RENAME
    if not is_ours(delivery):
        return ChangeKind.ADOPT
    return ChangeKind.UPDATE if differs or delivery.access is not Access.ACTIVE else ChangeKind.NONE


def _is_deactivated(delivery: Delivery, known: AccountUser | None) -> bool:
    """Tell whether HubSpot has the person deactivated; where its lists are silent, what we last did counts."""
    if known is None or known.active is None:
        return delivery.access is Access.DEACTIVATED
    return not known.active


def _standing(kind: ChangeKind, email: str, renamed_from: str | None) -> tuple[Difference, ...]:
    """Return the differences that are not about a field of the profile."""
    if kind is ChangeKind.CREATE:
        return (Difference("email", None, email),)
    reactivated = (Difference("access", "deactivated", "active"),) if kind is ChangeKind.REACTIVATE else ()
    renamed = (Difference("email", renamed_from, email),) if renamed_from is not None else ()
    return (*reactivated, *renamed)
