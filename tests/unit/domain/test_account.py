from __future__ import annotations

from syncline.gateway.domain.account import Account, PermissionSet, Team

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


def test_namesakes_are_all_found_and_named_once() -> None:
    twins = (PermissionSet("a", "Twin"), PermissionSet("b", "Twin"))
    account = Account(portal_id=1, permission_sets=twins)

    assert twins == account.permission_sets_named("Twin")
    assert account.permission_set_names() == ("Twin",)


def test_two_equal_readings_are_equal() -> None:
    first, second = (Account(portal_id=1, teams=(Team("a", "A"),)) for _ in range(2))

    assert first == second
