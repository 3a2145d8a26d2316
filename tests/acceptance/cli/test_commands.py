"""What each command asks for, and what it prints for people."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.acceptance.cli.conftest import Run
from tests.acceptance.cli.results import RESULTS
from tests.support.operations import Operations

CALLS: list[tuple[list[str], str, dict[str, Any], str]] = [
    (
        ["tenant", "create", "acme"],
        "tenant.create",
        {"name": "acme"},
        "\n\nNext: syncline token create acme\n",
    ),
    (["tenant", "list"], "tenant.list", {}, "acme"),
    (["tenant", "show", "acme"], "tenant.show", {"tenant": "acme"}, "The plan is not approved yet."),
    (["tenant", "show", "acme"], "tenant.show", {"tenant": "acme"}, "quarantined since 2026-11-20"),
    (["tenant", "mode", "acme", "live"], "tenant.mode", {"tenant": "acme", "mode": "live"}, "acme is live."),
    (
        ["token", "create", "acme", "--description", "Entra", "--expires-in-days", "90"],
        "token.create",
        {"tenant": "acme", "description": "Entra", "expires_in_days": 90},
        "syncline_abcdefghij_secret",
    ),
    (["token", "list", "acme"], "token.list", {"tenant": "acme"}, "abcdefghij"),
    (
        ["token", "revoke", "acme", "abcdefghij"],
        "token.revoke",
        {"tenant": "acme", "token_id": "abcdefghij"},
        "Token abcdefghij is revoked.",
    ),
    (
        ["connection", "set", "acme", "--base-url", "https://api.hubapi.com", "--access-token", "T"],
        "connection.set",
        {"tenant": "acme", "base_url": "https://api.hubapi.com", "access_token": "T"},
        "The scope settings.users.write is missing.",
    ),
    (
        ["connection", "check", "acme"],
        "connection.check",
        {"tenant": "acme"},
        "190 in 10 s, of which Syncline uses 171",
    ),
    (["connection", "show", "acme"], "connection.show", {"tenant": "acme"}, "https://api.hubapi.com"),
    (["connection", "resume", "acme"], "connection.resume", {"tenant": "acme"}, "For a day."),
    (["notice", "list", "acme"], "notice.list", {"tenant": "acme"}, "given up"),
    (
        ["notice", "subscribe", "acme", "--webhook", "https://hooks.example.com/"],
        "notice.subscribe",
        {"tenant": "acme", "webhook": "https://hooks.example.com/"},
        "whsec_c2VjcmV0",
    ),
    (
        ["notice", "unsubscribe", "acme", "s1"],
        "notice.unsubscribe",
        {"tenant": "acme", "subscription": "s1"},
        "it@example.com is told nothing any more.",
    ),
    (["notice", "test", "acme"], "notice.test", {"tenant": "acme"}, "arrived"),
    (
        ["policy", "set", "acme", "--deactivated", "strip", "--strip-to", "Empty", "--welcome-email", "off"],
        "policy.set",
        {"tenant": "acme", "deactivated": "strip", "strip_to": "Empty", "welcome_email": False},
        "as deactivated",
    ),
    (
        [
            "policy",
            "set",
            "acme",
            "--domain",
            "a.example",
            "--domain",
            "b.example",
            "--match-role-names",
            "on",
        ],
        "policy.set",
        {"tenant": "acme", "domains": ["a.example", "b.example"], "match_role_names": True},
        "match role names",
    ),
    (["policy", "set", "acme", "--any-domain"], "policy.set", {"tenant": "acme", "domains": []}, "any"),
    (["policy", "show", "acme"], "policy.show", {"tenant": "acme"}, "userName"),
    (
        [
            "rule",
            "add",
            "acme",
            "--role",
            "Manager",
            "--permission-set",
            "Manager",
            "--secondary-team",
            "North",
            "--seat",
            "Core",
        ],
        "rule.add",
        {
            "tenant": "acme",
            "role": "Manager",
            "permission_set": "Manager",
            "secondary_teams": ["North"],
            "seat": "Core",
        },
        "North, South",
    ),
    (
        ["rule", "add", "acme", "--attribute", "department", "--equals", "Sales", "--primary-team", "Sales"],
        "rule.add",
        {
            "tenant": "acme",
            "attribute": "department",
            "equals": "Sales",
            "primary_team": "Sales",
            "secondary_teams": [],
        },
        "group = Sales",
    ),
    (["rule", "list", "acme"], "rule.list", {"tenant": "acme"}, "group = Sales (01a2)"),
    (
        ["rule", "move", "acme", "r1", "2"],
        "rule.move",
        {"tenant": "acme", "rule_id": "r1", "position": 2},
        "position 2",
    ),
    (["rule", "remove", "acme", "r1"], "rule.remove", {"tenant": "acme", "rule_id": "r1"}, "removed"),
    (
        ["role", "default", "acme", "Sales User"],
        "role.default",
        {"tenant": "acme", "name": "Sales User"},
        "Sales User",
    ),
    (
        ["protect", "add", "acme", "boss@example.com", "--reason", "owner"],
        "protect.add",
        {"tenant": "acme", "email": "boss@example.com", "reason": "owner"},
        "boss@example.com is protected.",
    ),
    (["protect", "list", "acme"], "protect.list", {"tenant": "acme"}, "owner"),
    (
        ["protect", "remove", "acme", "boss@example.com"],
        "protect.remove",
        {"tenant": "acme", "email": "boss@example.com"},
        "no longer protected",
    ),
    (["plan", "show", "acme"], "plan.show", {"tenant": "acme", "limit": 50}, "primary_team: none → =Sales()"),
    (["plan", "approve", "acme"], "plan.approve", {"tenant": "acme"}, "Approved by cli:anna"),
    (
        ["plan", "show", "acme", "--after", "anna@example.com", "--kind", "adopt"],
        "plan.people",
        {"tenant": "acme", "limit": 50, "after": "anna@example.com", "kinds": ["adopt"]},
        "anna@example.com",
    ),
    (
        ["plan", "approve", "acme", "--only", "adopt", "--only", "bob", "--because", "pilot"],
        "plan.approve",
        {"tenant": "acme", "only": ["adopt", "bob"], "because": "pilot"},
        "Approved by cli:anna",
    ),
    (
        ["plan", "deliver", "acme", "anna@example.com"],
        "plan.deliver",
        {"tenant": "acme", "user": "anna@example.com", "wait_seconds": 10},
        "HubSpot has it.",
    ),
    (["roles", "seen", "acme"], "roles.seen", {"tenant": "acme", "limit": 50}, "0 roles received"),
    (["roles", "attributes", "acme"], "roles.attributes", {"tenant": "acme"}, "Legal"),
    (
        ["roles", "seen", "acme", "--search", "sal"],
        "roles.seen",
        {"tenant": "acme", "limit": 50, "search": "sal"},
        "Sales",
    ),
    (
        ["roles", "seen", "acme", "--all", "--after", "manager"],
        "roles.seen",
        {"tenant": "acme", "limit": 50, "everything": True, "after": "manager"},
        "add --after 'manager'",
    ),
    (
        ["rule", "remove", "acme", "r1", "--preview"],
        "plan.preview",
        {"tenant": "acme", "change": "rule.remove", "arguments": {"rule_id": "r1"}},
        "would change 14 people, 1 to a privileged set",
    ),
    (
        ["users", "list", "acme", "--state", "held", "--limit", "1"],
        "users.list",
        {"tenant": "acme", "state": "held", "limit": 1},
        "There is more: add --after cursor2",
    ),
    (
        ["users", "show", "acme", "anna@example.com"],
        "users.show",
        {"tenant": "acme", "user": "anna@example.com"},
        "rule r1",
    ),
    (["groups", "list", "acme"], "groups.list", {"tenant": "acme", "limit": 50}, "Sales"),
    (["groups", "show", "acme", "g1"], "groups.show", {"tenant": "acme", "group": "g1"}, "Anna"),
    (
        ["events", "list", "acme", "--user", "anna@example.com", "--kind", "scim.create"],
        "events.list",
        {"tenant": "acme", "user": "anna@example.com", "kind": "scim.create", "limit": 50},
        "scim.create",
    ),
    (
        ["events", "list", "acme", "--after", "8"],
        "events.list",
        {"tenant": "acme", "limit": 50, "after": 8},
        "",
    ),
    (["events", "show", "acme", "9"], "events.show", {"tenant": "acme", "seq": 9}, '"r1"'),
]


CHANGES = {"policy.set", "rule.add", "rule.move", "rule.remove", "role.default"}


def asked_for(operation: str, arguments: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return what the gateway is asked: changes of the set-up are looked at before they are saved."""
    if operation not in CHANGES:
        return operation, arguments
    given = {name: value for name, value in arguments.items() if name != "tenant"}
    about = {"tenant": arguments["tenant"], "change": operation, "arguments": given}
    return "plan.change", {**about, "limit": 20}


@pytest.mark.parametrize(
    ("command", "operation", "arguments", "shown"), CALLS, ids=[" ".join(call[0]) for call in CALLS]
)
def test_a_command_asks_for_its_operation_and_shows_the_result(
    alone: Run,
    operations: Operations,
    command: list[str],
    operation: str,
    arguments: dict[str, Any],
    shown: str,
) -> None:
    operations.results = dict(RESULTS)
    operations.results["plan.change"] = {"saved": RESULTS.get(operation), "preview": None}

    result = alone(*command)

    assert 0 == result.exit_code, result.output
    assert [(*asked_for(operation, arguments), "cli:anna")] == operations.asked
    assert shown in result.stdout
    assert "" == result.stderr


@pytest.mark.parametrize(
    ("command", "operation"),
    [call[:2] for call in CALLS],
    ids=[" ".join(call[0]) for call in CALLS],
)
def test_json_prints_the_result_and_nothing_else(
    alone: Run, operations: Operations, command: list[str], operation: str
) -> None:
    operations.results = {**RESULTS, "plan.change": {"saved": RESULTS[operation], "preview": None}}

    result = alone(*command, "--json")

    assert RESULTS[operation] == json.loads(result.stdout)


@pytest.mark.parametrize(
    "command",
    [
        ["rule", "add", "acme", "--permission-set", "Manager"],
        ["rule", "add", "acme", "--role", "a", "--group", "b"],
        ["rule", "add", "acme", "--attribute", "department"],
        ["rule", "add", "acme", "--role", "a", "--equals", "b"],
        ["policy", "set", "acme", "--domain", "a.example", "--any-domain"],
        ["policy", "set", "acme", "--welcome-email", "perhaps"],
        ["tenant", "mode", "acme", "collecting"],
        ["users", "list", "acme", "--limit", "0"],
    ],
)
def test_a_command_that_contradicts_itself_asks_for_nothing(
    alone: Run, operations: Operations, command: list[str]
) -> None:
    result = alone(*command)

    assert 2 == result.exit_code
    assert "Error: " in result.stderr
    assert [] == operations.asked


def test_tokens_can_come_from_standard_input(alone: Run, operations: Operations) -> None:
    operations.results = RESULTS
    options = ["--base-url", "https://api.hubapi.com", "--access-token", "-", "--scim-token", "-"]

    alone("connection", "set", "acme", *options, stdin="first\nsecond\n")

    assert ("first", "second") == (
        operations.asked[0][1]["access_token"],
        operations.asked[0][1]["scim_token"],
    )


def test_a_token_that_does_not_come_is_asked_for_by_name(alone: Run, operations: Operations) -> None:
    result = alone("connection", "set", "acme", "--base-url", "https://api.hubapi.com", "--access-token", "-")

    assert 2 == result.exit_code
    assert "Access token should come from standard input" in result.stderr
    assert [] == operations.asked


def test_names_from_outside_cannot_move_the_cursor_or_be_read_as_markup(
    alone: Run, operations: Operations
) -> None:
    hostile = "[red]Anna[/red]\x1b[2J\u202egnp.exe"
    operations.results["groups.list"] = {
        "groups": [{"id": "g", "display_name": hostile, "members": 1}],
        "next": None,
    }

    shown = alone("groups", "list", "acme").stdout

    assert "[red]Anna[/red]\\x1b[2J\\u202egnp.exe" in shown


def test_a_wide_table_is_not_folded_when_it_goes_into_a_file(alone: Run, operations: Operations) -> None:
    name = "a very long name " * 10
    operations.results["groups.list"] = {
        "groups": [{"id": "g", "display_name": name, "members": 1}],
        "next": None,
    }

    assert name.strip() in alone("groups", "list", "acme").stdout


@pytest.mark.parametrize(
    ("command", "empty", "sentence"),
    [
        (["tenant", "list"], {"tenants": []}, "There is no tenant yet."),
        (["token", "list", "acme"], {"tokens": []}, "This tenant has no token yet."),
        (
            ["groups", "list", "acme"],
            {"groups": [], "next": None},
            "The identity provider has sent no groups.",
        ),
        (["events", "list", "acme"], {"events": [], "next": None}, "There is no such event."),
    ],
)
def test_an_empty_list_is_a_sentence(
    alone: Run, operations: Operations, command: list[str], empty: dict[str, Any], sentence: str
) -> None:
    operations.results[".".join(command[:2])] = empty

    assert alone(*command).stdout.startswith(sentence)
