"""Leavers: what the tenant's policy makes of a person who is deactivated or deleted."""

from __future__ import annotations

from typing import Final

from syncline.gateway.domain.account import Account, AccountUser
from syncline.gateway.domain.change import NO_TEAM, Change, ChangeKind, Difference
from syncline.gateway.domain.delivery import Access, Delivery, Origin, Urgency, is_ours
from syncline.gateway.domain.differences import (
    permission_sets_text,
    primary_team_text,
    seats_text,
    teams_text,
)
from syncline.gateway.domain.tenant import LeaverPolicy

LEFT_AS: Final = {
    LeaverPolicy.STRIP: Access.STRIPPED,
    LeaverPolicy.DEACTIVATE: Access.DEACTIVATED,
    LeaverPolicy.REMOVE: Access.REMOVED,
}
"""What each policy leaves behind, the weakest first: a stronger one that was applied is never weakened."""

GONE: Final = frozenset(LEFT_AS.values())
"""What somebody has who has lost access by leaving."""

_KINDS: Final = {
    LeaverPolicy.STRIP: ChangeKind.STRIP,
    LeaverPolicy.DEACTIVATE: ChangeKind.DEACTIVATE,
    LeaverPolicy.REMOVE: ChangeKind.REMOVE,
}
_STRENGTH: Final = {access: rank for rank, access in enumerate(LEFT_AS.values(), start=1)}
_FINAL: Final = frozenset({Access.STRIPPED, Access.DEACTIVATED})


def stands_at_hubspot(delivery: Delivery, known: AccountUser | None) -> bool:
    """Tell whether there is anything at HubSpot to take away.

    A user we have delivered and no list shows still counts: lists lag, and a leaver must not slip through.
    """
    return known is not None or delivery.access not in (Access.NONE, Access.REMOVED)


def leaver_change(
    policy: LeaverPolicy | None,
    delivery: Delivery,
    known: AccountUser | None,
    strip_to: str | None,
    account: Account,
) -> Change:
    """Return what the policy still has to do; kind NONE when it is done, or when there is nothing to do it to.

    What HubSpot shows outranks what we once did: whoever was let in again behind our back leaves again. What is
    still in place is final until something new is asked for: a policy chosen later does not reach back to people
    who left long ago. Without a policy nothing is done; the gate holds whoever still stands at HubSpot.
    """
    unchanged = Change(
        kind=ChangeKind.NONE,
        urgency=Urgency.URGENT,
        access_after=delivery.access,
        origin_after=delivery.origin,
    )
    if policy is None or not stands_at_hubspot(delivery, known):
        return unchanged
    access = _access_now(delivery, known)
    if _STRENGTH.get(access, 0) >= _STRENGTH[LEFT_AS[policy]]:
        return unchanged
    if access in _FINAL and delivery.delivered_revision == delivery.desired_revision:
        return unchanged
    if policy is LeaverPolicy.DEACTIVATE and known is not None and known.active is False:
        return unchanged
    if policy is LeaverPolicy.STRIP:
        return _strip(delivery, known, strip_to, account)
    after = LEFT_AS[policy]
    before = "deactivated" if access is Access.DEACTIVATED else "active"
    return _leave(policy, delivery, known, (Difference("access", before, after.value),))


def _access_now(delivery: Delivery, known: AccountUser | None) -> Access:
    """Return what we last did, unless HubSpot shows that it no longer holds.

    A removal takes the user off what we know of HubSpot, so one who is on it was seen after that.
    """
    undone = {
        Access.DEACTIVATED: known is not None and known.active is True,
        Access.REMOVED: known is not None,
    }
    return Access.ACTIVE if undone.get(delivery.access, False) else delivery.access


def _leave(
    policy: LeaverPolicy,
    delivery: Delivery,
    known: AccountUser | None,
    differences: tuple[Difference, ...],
    *,
    permission_set_id: str | None = None,
    primary_team_id: str | None = None,
    secondary_team_ids: tuple[str, ...] | None = None,
    seat_names: tuple[str, ...] | None = None,
) -> Change:
    return Change(
        kind=_KINDS[policy],
        email=known.email if known else delivery.renamed_from or delivery.email,
        hubspot_id=known.hubspot_id if known else delivery.hubspot_id,
        scim_id=delivery.scim_id,
        permission_set_id=permission_set_id,
        primary_team_id=primary_team_id,
        secondary_team_ids=secondary_team_ids,
        seat_names=seat_names,
        differences=differences,
        urgency=Urgency.URGENT,
        access_after=LEFT_AS[policy],
        origin_after=delivery.origin if is_ours(delivery) else Origin.ADOPTED,
    )


def _strip(delivery: Delivery, known: AccountUser | None, strip_to: str | None, account: Account) -> Change:
    """Take everything away but the login: no difference in `access` is claimed, the person can still sign in."""
    has_set = known is not None and strip_to is not None and known.permission_set_ids == (strip_to,)
    has_primary = known is None or known.primary_team_id is not None
    has_secondary = known is None or bool(known.secondary_team_ids)
    has_seats = known is not None and bool(known.seat_names)
    differences: list[Difference] = []
    if not has_set:
        after = account.permission_set_name(strip_to) if strip_to is not None else None
        differences.append(Difference("permission_set", permission_sets_text(known, account), after))
    if has_primary:
        differences.append(Difference("primary_team", primary_team_text(known, account), None))
    if has_secondary:
        before = teams_text(known.secondary_team_ids, account) if known else None
        differences.append(Difference("secondary_teams", before, None))
    if has_seats:
        differences.append(Difference("seats", seats_text(known), None))
    return _leave(
        LeaverPolicy.STRIP,
        delivery,
        known,
        tuple(differences),
        permission_set_id=None if has_set else strip_to,
        primary_team_id=NO_TEAM if has_primary else None,
        secondary_team_ids=() if has_secondary else None,
        seat_names=() if has_seats else None,
    )
