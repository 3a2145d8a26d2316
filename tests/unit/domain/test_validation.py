"""What ticks the checklist."""

from __future__ import annotations

import pytest

from syncline.gateway.domain.validation import confirmed_by


@pytest.mark.parametrize(
    ("kind", "field", "reason", "checks"),
    [
        ("delivery.create", "permission_set", "role = Manager sets 'Manager'", ["create", "role"]),
        ("delivery.create", "permission_set", "nothing matches: the default role 'User'", ["create"]),
        ("delivery.update", "primary_team", "department = Sales sets 'Sales'", ["update"]),
        ("delivery.update", "permission_set", "role = Manager sets 'Manager'", ["update", "role"]),
        ("delivery.deactivate", "access", "", ["deactivate"]),
        ("delivery.held", "permission_set", "role = Manager sets 'Manager'", []),
        ("delivery.retry", "permission_set", "role = Manager sets 'Manager'", []),
        ("delivery.looked", "permission_set", "role = Manager sets 'Manager'", []),
        ("user.created", "permission_set", "", []),
    ],
)
def test_a_check_is_ticked_by_what_hubspot_confirmed_alone(
    kind: str, field: str, reason: str, checks: list[str]
) -> None:
    change = {"kind": "", "differences": [{"field": field, "before": None, "after": "x"}]}

    assert set(checks) == confirmed_by(kind, {"change": change, "reasons": [reason]})


def test_what_says_nothing_of_a_change_confirms_what_its_kind_alone_tells() -> None:
    assert {"create"} == confirmed_by("delivery.create", {"reasons": ["nothing matches"]})
    assert set() == confirmed_by("delivery.update", {})
