"""The commands of reconciliation ask for their operation and show what it says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.acceptance.cli.conftest import Run
from tests.support.operations import Operations

READING = {
    "step": "done",
    "users": 3,
    "changed": 1,
    "missing": ["Teams cannot be read."],
    "begun_at": "2026-11-21T08:00:00Z",
    "finished_at": "2026-11-21T08:00:09Z",
    "asked_by": "cli:anna",
    "correlation_id": "c1",
}
DRIFT = {
    "email": "anna@example.com",
    "field": "permission_set",
    "wanted": "Sales User",
    "at_hubspot": "Manager",
    "policy": "report",
    "by": {"actor": "eve@example.com", "at": "2026-11-21T07:00:00Z", "how": "audit log"},
}
ORPHAN = {
    "hubspot_id": "7",
    "email": "cyd@example.com",
    "first_name": "Cyd",
    "last_name": "X",
    "permission_sets": ["Sales User"],
}
ANNA = "anna@example.com"
CALLS: list[tuple[list[str], str, dict[str, Any], dict[str, Any], str]] = [
    (["reconcile", "acme"], "reconcile.run", {}, READING, "`drift list acme` shows what differs"),
    (["reconcile", "acme", "--status"], "reconcile.show", {}, READING, "Teams cannot be read."),
    (
        ["drift", "list", "acme", "--field", "permission_set"],
        "drift.list",
        {"field": "permission_set", "limit": 50},
        {"drift": [DRIFT], "next": ANNA},
        "eve@example.com",
    ),
    (
        ["drift", "enforce", "acme", ANNA, "--field", "email"],
        "drift.enforce",
        {"user": ANNA, "fields": ["email"]},
        {"email": ANNA, "fields": ["email"], "enforced": True},
        "anna@example.com: email will be delivered again.",
    ),
    (
        ["drift", "accept", "acme", ANNA],
        "drift.accept",
        {"user": ANNA, "fields": []},
        {"email": ANNA, "fields": ["email"], "accepted": True},
        "anna@example.com: email stays as HubSpot has it.",
    ),
    (
        ["orphans", "list", "acme"],
        "orphans.list",
        {"limit": 50},
        {"orphans": [ORPHAN], "outside_domains": 2, "protected": 1, "next": None},
        "Not listed: 1 protected, 2 outside the tenant's domains.",
    ),
    (
        ["users", "release", "acme", ANNA],
        "users.release",
        {"user": ANNA},
        {"email": ANNA, "released": True},
        "anna@example.com is released.",
    ),
]


@pytest.mark.parametrize(
    ("command", "operation", "arguments", "result", "shown"), CALLS, ids=[" ".join(each[0]) for each in CALLS]
)
def test_a_command_asks_for_its_operation_and_shows_the_result(
    alone: Run,
    operations: Operations,
    command: list[str],
    operation: str,
    arguments: dict[str, Any],
    result: dict[str, Any],
    shown: str,
) -> None:
    operations.results = {operation: result}

    said, machine = alone(*command), alone(*command, "--json")

    assert 0 == said.exit_code, said.output
    assert (operation, {"tenant": "acme", **arguments}, "cli:anna") == operations.asked[0]
    assert shown in said.stdout
    assert result == json.loads(machine.stdout)


def test_a_drift_policy_is_given_field_by_field(alone: Run, operations: Operations) -> None:
    operations.results = {"plan.change": {"saved": {}, "preview": None}}

    alone("policy", "set", "acme", "--drift", "permission-set=enforce", "--drift", "email=accept")

    asked = json.dumps(operations.asked[0][1])
    assert '"drift": {"permission_set": "enforce", "email": "accept"}' in asked


def test_crm_attributes_are_switched_one_by_one(alone: Run, operations: Operations) -> None:
    operations.results = {
        "plan.change": {"saved": {"crm_attributes": {"job_title": True, "time_zone": False}}, "preview": None}
    }

    said = alone(
        "policy", "set", "acme", "--crm-attribute", "job-title=on", "--crm-attribute", "time_zone=off"
    )

    assert 0 == said.exit_code, said.output
    asked = json.dumps(operations.asked[0][1])
    assert '"crm_attributes": {"job_title": true, "time_zone": false}' in asked
    assert "job_title=on, time_zone=off" in said.stdout


@pytest.mark.parametrize("given", ["job_title", "job_title=", "job_title=yes"])
def test_a_crm_attribute_is_on_or_off(alone: Run, given: str) -> None:
    refused = alone("policy", "set", "acme", "--crm-attribute", given)

    assert 2 == refused.exit_code
    assert "--crm-attribute takes NAME=on or NAME=off" in refused.stderr


def test_a_drift_policy_without_a_choice_is_refused(alone: Run) -> None:
    refused = alone("policy", "set", "acme", "--drift", "email")

    assert 2 == refused.exit_code
    assert "FIELD=report" in refused.output
