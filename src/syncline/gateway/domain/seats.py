"""Seats: what a person should hold, which free seat a change would take, and who of those who wait is next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from syncline.gateway.domain.account import Account, AccountUser
from syncline.gateway.domain.change import Change, ChangeKind
from syncline.gateway.domain.near_misses import nearest
from syncline.gateway.domain.placement import Placement


def wanted_seats(placement: Placement, known: AccountUser | None, account: Account) -> tuple[str, ...] | None:
    """Return all seats the person should hold, in order; None when nobody has a say in them, or they are not known.

    Seats that no rule names were given by hand and stay.
    """
    seat, held = placement.seat, known.seat_names if known else ()
    if seat is None or held is None or account.seats is None:
        return None
    if seat and account.seat(seat) is None:
        return None
    by_hand = set(held) - placement.ruled_seats
    return tuple(sorted(by_hand | ({seat} if seat else set())))


def seat_taken(placement: Placement | None, change: Change, known: AccountUser | None) -> str | None:
    """Return the seat that the change would take from those that are free, None for none.

    Whoever is deactivated keeps a seat that does not count, so coming back takes one too.
    """
    seat = None if placement is None else placement.seat
    comes_back = change.kind is ChangeKind.REACTIVATE
    if not seat or change.kind.is_leaving or (change.seat_names is None and not comes_back):
        return None
    held = known is not None and seat in (known.seat_names or ())
    return None if held and not comes_back else seat


def missing_seat(placement: Placement | None, known: AccountUser | None, account: Account) -> str | None:
    """Say why the seat the person should get cannot be given, None when it can be or is there already."""
    seat = None if placement is None else placement.seat
    if not seat or (known is not None and seat in (known.seat_names or ())):
        return None
    if account.seats is None:
        return f"The seat {seat!r}: the account's seats are not read."
    if account.seat(seat) is None:
        near = nearest(seat, tuple(each.name for each in account.seats))
        there = ", ".join(repr(each.name) for each in account.seats) or "none"
        meant = f"the nearest by name is {near!r}" if near is not None else f"it has {there}"
        return f"Missing: the seat {seat!r}; {meant}."
    if known is not None and known.seat_names is None:
        return f"Which seats {known.email} holds is not read yet."
    return None


def free_seats(account: Account | None) -> dict[str, int]:
    """Return how many of each seat are free, of those with a number and at least one."""
    seats = () if account is None else account.seats or ()
    return {each.name: each.remaining for each in seats if each.remaining}


def more_are_free(before: Mapping[str, int], after: Mapping[str, int]) -> bool:
    """Tell whether of any seat more are free than before."""
    return any(number > before.get(name, 0) for name, number in after.items())


def with_seat_taken(account: Account, name: str, count: int = 1) -> Account:
    """Return the account with so many seats fewer free, or more for a negative count; never fewer than none."""
    seats = tuple(
        replace(each, remaining=max(0, each.remaining - count))
        if each.name == name and each.remaining is not None
        else each
        for each in account.seats or ()
    )
    return account if account.seats is None else replace(account, seats=seats)


def same_but_for_remaining(one: Account, other: Account) -> bool:
    """Tell whether nothing but the numbers of free seats differs: nothing that a decision about everybody rests on."""
    return _uncounted(one) == _uncounted(other)


def _uncounted(account: Account) -> Account:
    if account.seats is None:
        return account
    return replace(account, seats=tuple(replace(each, remaining=None) for each in account.seats))
