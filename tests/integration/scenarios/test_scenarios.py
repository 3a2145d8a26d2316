"""Every scenario holds, and says so with its exit code."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from syncline.demo.checks import Check
from syncline.scenarios import outage
from syncline.scenarios.cli import SCENARIOS, rehearse
from syncline.scenarios.stage import Stage


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_holds_with_real_servers_and_compressed_time(name: str) -> None:
    result = CliRunner().invoke(rehearse, ["scenario", name, "--json"])

    told = json.loads(result.output)
    assert [] == [check for check in told["scenarios"][name] if not check["holds"]]
    assert 0 == result.exit_code


def test_a_scenario_that_does_not_hold_ends_with_one(monkeypatch: pytest.MonkeyPatch) -> None:
    async def play(stage: Stage) -> list[Check]:
        return [Check("people at HubSpot", 0, len(await stage.seen()))]

    monkeypatch.setattr(outage, "play", play)
    monkeypatch.setattr(outage, "PEOPLE", 2)

    result = CliRunner().invoke(rehearse, ["scenario", "outage", "--json"])

    assert [{"check": "people at HubSpot", "expected": 0, "found": 3, "holds": False}] == json.loads(
        result.output
    )["scenarios"]["outage"]
    assert 1 == result.exit_code
