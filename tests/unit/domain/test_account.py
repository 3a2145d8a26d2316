from __future__ import annotations

import pytest

from syncline.gateway.domain.account import FORMER_KEPT, Account, PermissionSet, Team
from syncline.gateway.domain.missing import missing_permission_sets

from .builders import ACCOUNT, NORTH, SALES


def test_sets_and_teams_are_found_by_id_and_by_exact_name() -> None:
    assert PermissionSet(SALES, "Sales User") == ACCOUNT.permission_set(SALES)
    assert (PermissionSet(SALES, "Sales User"),) == ACCOUNT.permission_sets_named("Sales User")
    assert ACCOUNT.permission_sets_named("sales user") == ()
    assert Team(NORTH, "North") == ACCOUNT.team(NORTH)
    assert (Team(NORTH, "North"),) == ACCOUNT.teams_named("North")


def test_what_is_gone_is_shown_by_its_id() -> None:
    assert (ACCOUNT.permission_set("x"), ACCOUNT.team("y")) == (None, None)
    assert (ACCOUNT.permission_set_name("x"), ACCOUNT.team_name("y")) == ("x", "y")


def test_what_was_there_at_an_earlier_reading_keeps_its_name() -> None:
    first = Account(
        portal_id=1,
        permission_sets=(PermissionSet("a", "Boss"), PermissionSet("b", "Seller")),
        teams=(Team("t", "North"),),
    )
    second = Account(portal_id=1, permission_sets=(PermissionSet("b", "Salesperson"),)).after(first)
    third = Account(portal_id=1).after(second)

    assert ("Boss (gone, id a)", "Salesperson", "North (gone, id t)") == (
        second.permission_set_name("a"),
        second.permission_set_name("b"),
        second.team_name("t"),
    )
    assert {"Boss", "Salesperson"} == {each.name for each in third.former_permission_sets}
    assert third.permission_set("a") is None


def test_another_account_remembers_nothing_and_nobody_remembers_without_end() -> None:
    many = Account(portal_id=1, teams=tuple(Team(str(number), "x") for number in range(FORMER_KEPT + 5)))

    assert Account(portal_id=2) == Account(portal_id=2).after(many)
    assert FORMER_KEPT == len(Account(portal_id=1).after(many).former_teams)


@pytest.mark.parametrize(
    ("present", "said"),
    [
        ((), "'Manager' with the id 1"),
        ((PermissionSet("2", "Managers"),), "'Manager' with the id 1; the nearest by name is 'Managers'"),
        ((PermissionSet("2", "Manager"),), "'Manager' with the id 1; another of that name has the id 2"),
    ],
)
def test_a_set_that_is_gone_is_named_with_what_comes_nearest(
    present: tuple[PermissionSet, ...], said: str
) -> None:
    before = Account(portal_id=1, permission_sets=(PermissionSet("1", "Manager"),))
    account = Account(portal_id=1, permission_sets=present).after(before)

    assert f"Missing: the permission set {said}, with the id 7." == missing_permission_sets(
        ("1", "7"), account
    )


def test_namesakes_are_all_found_and_named_once() -> None:
    twins = (PermissionSet("a", "Twin"), PermissionSet("b", "Twin"))
    account = Account(portal_id=1, permission_sets=twins)

    assert twins == account.permission_sets_named("Twin")
    assert account.permission_set_names() == ("Twin",)


def test_two_equal_readings_are_equal() -> None:
    first, second = (Account(portal_id=1, teams=(Team("a", "A"),)) for _ in range(2))

    assert first == second
