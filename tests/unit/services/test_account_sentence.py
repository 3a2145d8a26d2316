"""What the admin who has just connected an account reads about it."""

from __future__ import annotations

import pytest

from syncline.gateway.domain.account import Account, PermissionSet, Seat
from syncline.gateway.services.connections import account_sentence

SETS = (PermissionSet(id="1", name="Manager"), PermissionSet(id="2", name="User"))


@pytest.mark.parametrize(
    ("seats", "expected"),
    [
        (
            None,
            "Acme · Enterprise (inferred) · 212 users · 2 permission sets · 0 teams. Nothing has been changed.",
        ),
        (
            (Seat("Sales Hub", remaining=12), Seat("Core", remaining=2), Seat("View-only")),
            "Acme · Enterprise (inferred) · 212 users · 2 permission sets · 0 teams · 14 seats free. "
            "Nothing has been changed.",
        ),
    ],
)
def test_an_account_is_told_in_one_line_with_its_free_seats_where_they_were_read(
    seats: tuple[Seat, ...] | None, expected: str
) -> None:
    account = Account(portal_id=1, account_type="STANDARD", permission_sets=SETS, teams=(), seats=seats)

    assert expected == account_sentence("Acme", account, 212)
