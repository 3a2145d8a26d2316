"""Changes of a live tenant's set-up are looked at before they are saved, by people and by scripts."""

from __future__ import annotations

from typing import Any

from tests.acceptance.cli.conftest import Run
from tests.acceptance.cli.results import PLAN, PREVIEW, RULE
from tests.support.operations import Operations

ADD = ("rule", "add", "acme", "--role", "Manager", "--permission-set", "Manager")


def asked(operations: Operations) -> dict[str, Any]:
    return operations.asked[-1][1]


def test_a_script_is_refused_with_the_fingerprint_it_may_save_under(
    alone: Run, operations: Operations
) -> None:
    operations.results["plan.change"] = {"saved": None, "preview": PREVIEW}

    result = alone(*ADD, "--json")

    assert 1 == result.exit_code
    assert "" == result.stdout
    assert "would change 14 people, 1 to a privileged set; nothing was saved" in result.stderr
    assert "--expect 7-0123456789abcdef, or --yes" in result.stderr


def test_yes_and_expect_reach_the_operation(alone: Run, operations: Operations) -> None:
    operations.results["plan.change"] = {"saved": RULE, "preview": None}

    alone(*ADD, "--yes")
    assert asked(operations)["confirmed"] is True

    alone(*ADD, "--expect", "7-0123456789abcdef")
    assert "7-0123456789abcdef" == asked(operations)["expect"]


def test_csv_is_safe_to_open_in_a_spreadsheet(alone: Run, operations: Operations) -> None:
    person = {**PLAN["people"][0], "user_name": "=HYPERLINK(1)", "email": "@anna"}
    operations.results["plan.people"] = {"people": [person], "next": None}

    heading, line = alone("plan", "show", "acme", "--csv").stdout.splitlines()

    assert heading.startswith("email,user_name,user_id,change")
    assert line.startswith("'@anna,'=HYPERLINK(1),u1,adopt")


def test_csv_goes_through_every_page(alone: Run, operations: Operations) -> None:
    pages = iter([{"people": PLAN["people"], "next": "anna@example.com"}, {"people": [], "next": None}])

    class Paged(dict[str, Any]):
        def get(self, key: str, default: Any = None) -> Any:
            return next(pages)

    operations.results = Paged()

    printed = alone("plan", "show", "acme", "--csv").stdout

    assert 2 == len(printed.splitlines())
    assert [None, "anna@example.com"] == [each[1].get("after") for each in operations.asked]
