from __future__ import annotations

from typing import Any

from syncline.gateway.domain.account import Account, PermissionSet, Team
from syncline.gateway.domain.rules import Rule, RuleKind
from syncline.gateway.domain.scopes import CHOICES, FEATURES, asked_scopes, missing_scopes
from syncline.gateway.domain.setup import Setup
from syncline.gateway.domain.tenant import Policy, TenantId, TenantMode

ALWAYS_OPTIONAL = ("crm.objects.owners.read",)
TEAMS, BILLING = "settings.users.teams.read", "settings.billing.write"
ACTIVITY = "account-info.security.read"
ACCOUNT = Account(
    portal_id=1,
    permission_sets=(PermissionSet("1", "Plain"), PermissionSet("2", "Paid", requires_billing_write=True)),
)


def setup(**changes: Any) -> Setup:
    return Setup(**{"tenant_id": TenantId("t"), "mode": TenantMode.PLAN, "account": ACCOUNT, **changes})


def rule(**sets: Any) -> Rule:
    return Rule(id="r", position=1, kind=RuleKind.ROLE, match="Manager", **sets)


def test_a_tenant_without_rules_is_asked_for_the_least() -> None:
    asked = asked_scopes(setup())

    assert ("oauth", "settings.users.read", "settings.users.write") == asked.required
    assert ALWAYS_OPTIONAL == asked.optional


def test_teams_are_asked_for_once_a_rule_sets_one() -> None:
    assert TEAMS in asked_scopes(setup(rules=(rule(primary_team_id="5"),))).optional
    assert TEAMS in asked_scopes(setup(rules=(rule(secondary_team_ids=("5",)),))).optional


def test_teams_are_asked_for_before_there_is_an_account_whose_teams_a_rule_could_name() -> None:
    assert TEAMS in asked_scopes(setup(account=None)).optional


def test_a_new_grant_goes_on_with_the_teams_that_could_be_read_before() -> None:
    with_teams = Account(portal_id=1, permission_sets=(), teams=(Team("5", "North"),))

    assert TEAMS in asked_scopes(setup(account=with_teams)).optional


def test_paid_seats_are_asked_for_only_where_a_paid_set_can_be_given() -> None:
    paid = [
        setup(rules=(rule(permission_set_id="2"),)),
        setup(policy=Policy(default_permission_set="2")),
        setup(policy=Policy(match_role_names=True)),
    ]
    unpaid = [setup(rules=(rule(permission_set_id="1"),)), setup(account=None)]

    assert [True] * 3 == [BILLING in asked_scopes(each).optional for each in paid]
    assert [False] * 2 == [BILLING in asked_scopes(each).optional for each in unpaid]


def test_an_operator_may_ask_ahead_of_use() -> None:
    crm = ("crm.objects.users.read", "crm.objects.users.write")
    asked = asked_scopes(setup(), CHOICES).optional

    assert {TEAMS, BILLING, ACTIVITY, *crm, *ALWAYS_OPTIONAL} == set(asked)


def test_crm_records_are_asked_for_only_where_an_attribute_is_kept_in_line() -> None:
    kept = setup(policy=Policy(crm_attributes=("phone",)))
    granted = {"oauth", "settings.users.read", "settings.users.write", *ALWAYS_OPTIONAL}

    assert "crm.objects.users.write" in asked_scopes(kept).optional
    assert "crm.objects.users.write" not in asked_scopes(setup()).optional
    assert ["crm.objects.users.read", "crm.objects.users.write"] == [
        each.scope for each in missing_scopes(granted, kept)
    ]


def test_either_scope_of_a_feature_will_do() -> None:
    granted = {"oauth", "crm.objects.users.read", "crm.objects.users.write", "crm.objects.owners.read"}

    assert () == missing_scopes(granted, setup())


def test_what_is_missing_is_named_with_what_it_blocks() -> None:
    missing = missing_scopes({"oauth", "settings.users.read", "settings.users.write"}, setup())

    assert [ALWAYS_OPTIONAL[0]] == [each.scope for each in missing]
    assert (
        "The grant lacks the scope crm.objects.owners.read: whoever was deactivated at HubSpot looks active, "
        "and may be given access again by a change." == missing[0].sentence
    )


def test_what_nobody_uses_is_not_missed() -> None:
    assert {TEAMS, BILLING}.isdisjoint(each.scope for each in missing_scopes((), setup()))


def test_every_feature_has_a_word_of_its_own() -> None:
    assert len(FEATURES) == len({feature.key for feature in FEATURES})
