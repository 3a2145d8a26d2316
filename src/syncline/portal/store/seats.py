"""Counting seats as users come, change and go."""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from syncline.clock import Milliseconds
from syncline.portal.domain.errors import SetupError
from syncline.portal.domain.seats import Seat, counted, no_seat
from syncline.portal.domain.user import AccountUser
from syncline.portal.store.mapping import AnyRow, account_from
from syncline.portal.store.tables import accounts, permission_sets, seats
from syncline.sql.rows import Row, Rows


def seat_from(row: AnyRow) -> Seat:
    """Return the kind of seat a row holds."""
    return Seat(
        row["name"], row["description"], row["purchased"], row["used"], tuple(orjson.loads(row["releasing"]))
    )


def seat_row(portal_id: int, seat: Seat) -> Row:
    """Return the row of `seats` that holds a kind of seat."""
    return {
        "portal_id": portal_id,
        "name": seat.name,
        "description": seat.description,
        "purchased": seat.purchased,
        "used": seat.used,
        "releasing": orjson.dumps(seat.releasing).decode(),
    }


def set_purchased(rows: Rows, portal_id: int, purchased: Mapping[str, int | None]) -> None:
    """Write how many seats of some kinds are bought; `SetupError` names a kind that nobody sells."""
    for name, number in purchased.items():
        if rows.get(seats, portal_id, name) is None:
            sold = ", ".join(row["name"] for row in rows.find(seats, portal_id=portal_id))
            raise SetupError(f"There is no seat {name!r}; there are {sold}.")
        rows.update(seats, (portal_id, name), purchased=number)


def count_seats(rows: Rows, before: AccountUser | None, after: AccountUser, now: Milliseconds) -> None:
    """Move the counts from what the user held to what the user holds; `ValidationError` when none is left."""
    if before is not None and _says_the_same(before, after):
        return
    if not _may_hold(before) and not _may_hold(after):
        return
    portal_id = after.portal_id
    (row,) = rows.find(accounts, portal_id=portal_id)
    account = account_from(row)
    carried = {} if account.seats_pricing else seats_of_sets(rows, portal_id)
    had, has = counted(before, carried), counted(after, carried)
    if had == has:
        return
    lag = account.flags.seat_release_seconds * 1000
    found = {row["name"]: seat_from(row) for row in rows.find(seats, portal_id=portal_id)}
    missing = [name for name in has - had if name in found and found[name].remaining(now, lag) == 0]
    if missing:
        raise no_seat(missing)
    for name in sorted((had ^ has) & found.keys()):
        _write(rows, portal_id, found[name], name in has, now, lag)


def seats_of_sets(rows: Rows, portal_id: int) -> dict[str, str]:
    """Return the seat of each permission set that has one, by the set's id."""
    found = rows.find(permission_sets, portal_id=portal_id)
    return {row["id"]: row["seat"] for row in found if row["seat"] is not None}


def _write(rows: Rows, portal_id: int, seat: Seat, taken: bool, now: Milliseconds, lag: int) -> None:
    releasing = seat.still_releasing(now, lag)
    if not taken and lag:
        releasing = (*releasing, now)
    rows.update(
        seats,
        (portal_id, seat.name),
        used=seat.used + (1 if taken else -1),
        releasing=orjson.dumps(releasing).decode(),
    )


def _says_the_same(before: AccountUser, after: AccountUser) -> bool:
    return (before.active, before.permission_set_ids, before.seat_names) == (
        after.active,
        after.permission_set_ids,
        after.seat_names,
    )


def _may_hold(user: AccountUser | None) -> bool:
    return user is not None and user.active and bool(user.permission_set_ids or user.seat_names)
