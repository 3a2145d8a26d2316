"""Seats: what an account has bought, who sits, and what happens when there is none left.

Source: HubSpot's 2026-09-beta guide (`seatNames`, `remainingSeats`); that a seat freed by a removal may be
reported taken for a while, and the subcategory of that refusal, were seen at a real account.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from syncline.clock import Milliseconds
from syncline.portal.domain.account import PermissionSet, SetUp
from syncline.portal.domain.errors import Detail, ValidationError
from syncline.portal.domain.user import AccountUser


@dataclass(frozen=True, slots=True)
class Seat:
    """A kind of seat: `purchased` is None for as many as needed, `used` counts active users who hold one.

    `releasing` are the moments at which others were freed, while they may still be reported taken.
    """

    name: str
    description: str
    purchased: int | None = None
    used: int = 0
    releasing: tuple[Milliseconds, ...] = ()

    def remaining(self, now: Milliseconds, lag: int) -> int | None:
        """Return how many can be assigned now, or None for any number; `lag` is in milliseconds."""
        if self.purchased is None:
            return None
        return max(0, self.purchased - self.used - len(self.still_releasing(now, lag)))

    def still_releasing(self, now: Milliseconds, lag: int) -> tuple[Milliseconds, ...]:
        """Return the releases that are not yet settled."""
        return tuple(at for at in self.releasing if at > now - lag)


def held(user: AccountUser, seats_of_sets: Mapping[str, str]) -> frozenset[str]:
    """Return the seats a user holds: those assigned, and those the permission sets carry."""
    carried = {seats_of_sets[set_id] for set_id in user.permission_set_ids if set_id in seats_of_sets}
    return frozenset({*user.seat_names, *carried})


def counted(user: AccountUser | None, seats_of_sets: Mapping[str, str]) -> frozenset[str]:
    """Return the seats of a user that count; a deactivated user keeps seats that do not."""
    return held(user, seats_of_sets) if user is not None and user.active else frozenset()


def set_without_seat(before: AccountUser, after: AccountUser, setup: SetUp) -> PermissionSet | None:
    """Return a paid set that is newly given to somebody who lacks its seat; None where the set brings the seat.

    Under seats-based pricing a user's seat must be set before the permissions (HubSpot's SCIM guide).
    """
    if not setup.account.seats_pricing:
        return None
    fresh = [
        setup.permission_set(one) for one in after.permission_set_ids if one not in before.permission_set_ids
    ]
    lacking = (one for one in fresh if one is not None and one.seat and one.seat not in after.seat_names)
    return next(lacking, None)


def seat_first(wanted: PermissionSet) -> str:
    """Return what to tell somebody who gives a paid set to a user without its seat."""
    return (
        f"The permission set {wanted.name!r} needs the seat {wanted.seat!r}, and this account is on seats-based "
        "pricing, where permission sets bring no seat. Set the user's seat in HubSpot first, then assign the "
        "permission set. Somebody who is not in HubSpot yet is provisioned without the role first."
    )


def no_seat(names: Iterable[str]) -> ValidationError:
    """Refuse to assign a seat when none is left."""
    return ValidationError(
        f"There is no seat available for this combination of roles: {', '.join(sorted(names))}.",
        Detail("Buy more seats, or free one.", code="NO_SEAT_AVAILABLE", where="seatNames"),
        sub_category="AppUserErrors.NO_SEAT_AVAILABLE_FOR_ROLE_COMBINATION",
    )
