from __future__ import annotations

from typing import Any

import pytest

from syncline.gateway.domain.account import Account, PermissionSet
from syncline.gateway.domain.near_misses import NearMiss
from syncline.gateway.domain.person import GroupRef, Person
from syncline.gateway.domain.placement import Output, Placement, Reason, place
from syncline.gateway.domain.rules import Rule
from syncline.gateway.domain.tenant import Policy

from .builders import (
    ACCOUNT,
    DEALS,
    MANAGER,
    NORTH,
    SALES,
    SOUTH,
    STANDARD,
    attribute_rule,
    group_rule,
    make_person,
    role_rule,
)


def placed(
    person: Person, *rules: Rule, existing: bool = False, account: Account = ACCOUNT, **policy: Any
) -> Placement:
    return place(person, rules, Policy(**policy), account, existing=existing)


def test_a_role_rule_gives_its_permission_set() -> None:
    found = placed(make_person(roles=("seller",)), role_rule("seller", permission_set_id=SALES))

    assert found.permission_set_id == SALES
    assert Reason(Output.PERMISSION_SET, "rule:r1", "role = seller sets 'Sales User'") == found.reasons[0]


def test_a_group_rule_looks_at_the_groups_id_and_not_at_its_name() -> None:
    rule = group_rule("g1", permission_set_id=SALES)

    assert placed(make_person(groups=(GroupRef("g1", "Sellers"),)), rule).permission_set_id == SALES
    assert placed(make_person(groups=(GroupRef("g2", "g1"),)), rule).permission_set_id is None


def test_a_department_leads_to_a_team() -> None:
    found = placed(
        make_person(department="Sales"), attribute_rule("department", "Sales", primary_team_id=NORTH)
    )

    assert found.primary_team_id == NORTH


@pytest.mark.parametrize("department", ["sales", "Sales ", "Sales2", None])
def test_an_attribute_that_is_not_exactly_equal_does_not_match(department: str | None) -> None:
    rule = attribute_rule("department", "Sales", primary_team_id=NORTH)

    assert placed(make_person(department=department), rule).primary_team_id is None


def test_the_first_rule_by_position_that_sets_an_output_wins_and_the_loser_is_named() -> None:
    late = role_rule("seller", rule_id="late", position=2, permission_set_id=SALES)
    early = role_rule("lead", rule_id="early", position=1, permission_set_id=MANAGER)

    found = placed(make_person(roles=("seller", "lead")), late, early)

    assert found.permission_set_id == MANAGER
    told = [(each.source, each.won) for each in found.reasons if each.output is Output.PERMISSION_SET]
    assert told == [("rule:early", True), ("rule:late", False)]
    assert found.reasons[1].text == "role = seller would set 'Sales User', but an earlier rule decided"


def test_rules_at_the_same_position_are_tried_in_the_order_of_their_ids() -> None:
    rules = [
        role_rule("x", rule_id=each, permission_set_id=to) for each, to in (("b", SALES), ("a", MANAGER))
    ]

    assert placed(make_person(roles=("x",)), *rules).permission_set_id == MANAGER


def test_each_output_comes_from_the_first_rule_that_sets_it() -> None:
    team_only = role_rule("x", rule_id="a", position=1, primary_team_id=NORTH)
    both = role_rule("x", rule_id="b", position=2, primary_team_id=SOUTH, permission_set_id=SALES)

    found = placed(make_person(roles=("x",)), team_only, both)

    assert (found.permission_set_id, found.primary_team_id) == (SALES, NORTH)


def test_secondary_teams_are_the_union_of_all_matching_rules_each_once() -> None:
    found = placed(
        make_person(roles=("x", "y")),
        role_rule("x", rule_id="a", position=1, secondary_team_ids=(NORTH, DEALS)),
        role_rule("y", rule_id="b", position=2, secondary_team_ids=(DEALS, SOUTH)),
        role_rule("z", rule_id="c", position=3, secondary_team_ids=("team-of-others",)),
    )

    assert found.secondary_team_ids == (NORTH, DEALS, SOUTH)
    assert found.missing_teams == ()


def test_secondary_teams_are_left_alone_when_no_rule_ever_sets_them() -> None:
    assert placed(make_person(), role_rule("x", primary_team_id=NORTH)).secondary_team_ids is None


def test_a_person_we_created_loses_the_secondary_teams_that_no_rule_gives_any_more() -> None:
    assert placed(make_person(), role_rule("x", secondary_team_ids=(NORTH,))).secondary_team_ids == ()


def test_a_person_who_was_there_before_keeps_his_secondary_teams_without_a_match() -> None:
    found = placed(make_person(), role_rule("x", secondary_team_ids=(NORTH,)), existing=True)

    assert found.secondary_team_ids is None


def test_a_role_that_is_a_permission_sets_name_gives_it_when_role_names_are_matched() -> None:
    found = placed(make_person(roles=("Sales User",)), match_role_names=True, default_permission_set=STANDARD)

    assert found.permission_set_id == SALES
    assert found.source_of(Output.PERMISSION_SET) == "role-name"


@pytest.mark.parametrize("role", ["sales user", "Sales  User", "Sales User ", " Sales User", "SalesUser"])
def test_a_role_name_matches_with_case_and_spaces_or_not_at_all(role: str) -> None:
    found = placed(make_person(roles=(role,)), match_role_names=True, default_permission_set=STANDARD)

    assert found.permission_set_id == STANDARD
    assert (NearMiss(role, "Sales User", "Sales User", "role-name"),) == found.near_misses


def test_role_names_are_not_matched_unless_the_tenant_says_so() -> None:
    found = placed(make_person(roles=("Sales User",)), default_permission_set=STANDARD)

    assert found.permission_set_id == STANDARD


def test_a_rule_goes_before_a_role_name_which_is_named_as_the_loser() -> None:
    found = placed(
        make_person(roles=("Sales User",)),
        role_rule("Sales User", permission_set_id=MANAGER),
        match_role_names=True,
    )

    assert found.permission_set_id == MANAGER
    assert [each.won for each in found.reasons if each.output is Output.PERMISSION_SET] == [True, False]


def test_of_two_roles_that_name_permission_sets_the_clients_first_wins() -> None:
    found = placed(make_person(roles=("Manager", "Sales User")), match_role_names=True)

    assert found.permission_set_id == MANAGER
    assert [(r.source, r.won) for r in found.reasons[:2]] == [("role-name", True), ("role-name", False)]


def test_the_default_role_is_for_people_we_create() -> None:
    found = placed(make_person(), default_permission_set=STANDARD)

    assert (found.permission_set_id, found.source_of(Output.PERMISSION_SET)) == (STANDARD, "default")


def test_a_person_who_was_there_before_keeps_his_permission_set_without_a_match() -> None:
    found = placed(make_person(), existing=True, default_permission_set=STANDARD)

    assert found.permission_set_id is None
    assert found.source_of(Output.PERMISSION_SET) == "kept"


def test_without_match_and_default_a_new_person_gets_hubspots_minimum() -> None:
    found = placed(make_person())

    assert found.permission_set_id is None
    assert found.source_of(Output.PERMISSION_SET) == "minimal"


def test_a_permission_set_that_is_gone_is_missing_by_id_and_never_replaced_by_a_namesake() -> None:
    namesake = Account(portal_id=1, permission_sets=(PermissionSet("ps-new", "Sales User"),))

    found = placed(
        make_person(roles=("seller",)),
        role_rule("seller", rule_id="a", permission_set_id=SALES),
        role_rule("seller", rule_id="b", position=2, permission_set_id="ps-new"),
        account=namesake,
        default_permission_set="ps-new",
    )

    assert found.missing == (SALES,)
    assert found.permission_set_id == SALES


def test_a_default_role_that_is_gone_is_missing() -> None:
    assert placed(make_person(), default_permission_set="ps-gone").missing == ("ps-gone",)


def test_a_set_of_a_rule_that_does_not_match_is_not_missed() -> None:
    assert placed(make_person(), role_rule("x", permission_set_id="ps-gone")).missing == ()


def test_teams_that_are_gone_are_missing_by_id_each_once() -> None:
    rule = role_rule("x", primary_team_id="t-gone", secondary_team_ids=("t-gone", NORTH, "t-lost"))

    assert placed(make_person(roles=("x",)), rule).missing_teams == ("t-gone", "t-lost")


def test_a_role_that_names_two_permission_sets_is_ambiguous_and_gives_neither() -> None:
    twins = Account(portal_id=1, permission_sets=(PermissionSet("a", "Twin"), PermissionSet("b", "Twin")))

    found = placed(make_person(roles=("Twin",)), match_role_names=True, account=twins)

    assert (found.permission_set_id, found.ambiguous) == (None, ("Twin",))


def test_an_ambiguous_role_does_not_matter_when_a_rule_decides() -> None:
    twins = Account(portal_id=1, permission_sets=(PermissionSet("a", "Twin"), PermissionSet("b", "Twin")))

    found = placed(
        make_person(roles=("Twin",)),
        role_rule("Twin", permission_set_id="b"),
        match_role_names=True,
        account=twins,
    )

    assert (found.permission_set_id, found.ambiguous) == ("b", ())


def test_a_role_that_is_almost_a_rules_role_is_reported_with_what_it_would_have_given() -> None:
    found = placed(make_person(roles=("seler",)), role_rule("seller", permission_set_id=SALES))

    assert (NearMiss("seler", "seller", "Sales User", "rule:r1"),) == found.near_misses


def test_a_near_miss_of_a_rule_that_gives_only_a_team_names_no_permission_set() -> None:
    found = placed(make_person(roles=("SELLER",)), role_rule("seller", primary_team_id=NORTH))

    assert (NearMiss("SELLER", "seller", "", "rule:r1"),) == found.near_misses


def test_a_role_that_matches_is_no_near_miss_of_another() -> None:
    rules = [role_rule(each, rule_id=each, permission_set_id=SALES) for each in ("seller", "seler")]

    assert placed(make_person(roles=("seler",)), *rules).near_misses == ()


def test_permission_set_names_are_no_candidates_while_role_names_are_not_matched() -> None:
    assert placed(make_person(roles=("sales user",))).near_misses == ()
