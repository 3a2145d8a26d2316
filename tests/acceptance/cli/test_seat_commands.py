"""`syncline seats list` asks for its operation and says how many are free and how many people wait."""

from __future__ import annotations

import json
from typing import Any

from tests.acceptance.cli.conftest import Run
from tests.support.operations import Operations

SEATS: dict[str, Any] = {
    "seats": [
        {"name": "Core", "description": "Edit access", "remaining": None, "rules": []},
        {"name": "Sales Hub", "description": "", "remaining": 3, "rules": ["r1"]},
    ],
    "waiting": 2,
}


def test_seats_are_listed_with_how_many_are_free_and_how_many_people_wait(
    alone: Run, operations: Operations
) -> None:
    operations.results = {"seats.list": SEATS}

    said, machine = alone("seats", "list", "acme"), alone("seats", "list", "acme", "--json")

    assert 0 == said.exit_code, said.output
    assert ("seats.list", {"tenant": "acme"}, "cli:anna") == operations.asked[0]
    assert "any number" in said.stdout
    assert "People waiting for a seat: 2." in said.stdout
    assert SEATS == json.loads(machine.stdout)


def test_an_account_without_seats_says_so_and_nobody_waits(alone: Run, operations: Operations) -> None:
    operations.results = {"seats.list": {"seats": [], "waiting": 0}}

    said = alone("seats", "list", "acme")

    assert "The account has no seats." in said.stdout
    assert "waiting" not in said.stdout
