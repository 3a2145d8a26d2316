"""Permission sets and teams are recognised by id."""

from __future__ import annotations

from dataclasses import replace

from syncline.gateway.domain.account import Account, PermissionSet, Team
from syncline.gateway.domain.account_lists import list_changes

BEFORE = Account(
    portal_id=7,
    permission_sets=(PermissionSet("1", "Sales"), PermissionSet("2", "Standard")),
    teams=(Team("5", "North"), Team("6", "South")),
)


def test_the_same_lists_have_not_changed() -> None:
    assert () == list_changes(BEFORE, BEFORE)


def test_a_renamed_set_is_told_with_both_names_and_its_id() -> None:
    after = replace(
        BEFORE, permission_sets=(PermissionSet("1", "Account Executive"), PermissionSet("2", "Standard"))
    )

    (change,) = list_changes(BEFORE, after)

    assert "account.permission-set-renamed" == change.kind
    assert (
        "The permission set 'Sales' (1) is now called 'Account Executive'; it is the same one"
        == change.summary
    )


def test_a_namesake_with_another_id_is_a_deletion_and_never_a_guess() -> None:
    after = replace(BEFORE, teams=(Team("5", "North"), Team("9", "South")))

    (change,) = list_changes(BEFORE, after)

    assert ("account.team-deleted", "6", "South", None) == (
        change.kind,
        change.id,
        change.before,
        change.after,
    )


def test_a_list_that_cannot_be_read_any_more_tells_of_no_deletion() -> None:
    assert () == list_changes(BEFORE, replace(BEFORE, teams=()))


def test_another_account_is_not_compared() -> None:
    assert () == list_changes(BEFORE, replace(BEFORE, portal_id=8, teams=(), permission_sets=()))
    assert () == list_changes(None, BEFORE)
