"""The bench measures what it says it measures. What it finds is no matter for a test: machines differ."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from bench import page
from bench.claims import claims
from bench.curves import Line, chart
from bench.machine import cpu_seconds
from bench.operations import FLOOR, GATEWAY, SCIM2, operations
from bench.results import Cost, Planned, Results, Start, Sync, Visited
from bench.scale import SMALLEST
from bench.table import rows

ROOT = Path(__file__).parents[2]
TITLES = {operation.name: operation.title for operation in operations((10, 10_000))}
SYNC = Sync(
    people=600,
    account=111,
    calls=608,
    unchanged_writes=600,
    unchanged_calls=0,
    allowance_per_second=17.1,
    backlog_seconds=30.0,
    backlog_calls=500,
    rate_limited=0,
)


def cost(server: str, operation: str, microseconds: float, members: int | None = None) -> Cost:
    return Cost(server, operation, members, 1_000, microseconds, middle_ms=1.0, requests=100)


def found(**parts: Any) -> Results:
    results = Results("quick", {"date": "2026-11-21"}, **parts)
    results.claims = claims(results)
    return results


@pytest.fixture(scope="module")
def smallest() -> dict[str, Any]:
    """What the smallest bench prints; it ends with 1 where a promise does not hold on this machine."""
    command = [sys.executable, "-m", "bench", "--smallest", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return dict(json.loads(done.stdout))


def test_every_server_is_measured_at_every_operation_it_knows(smallest: dict[str, Any]) -> None:
    measured = {(each["server"], each["operation"]) for each in smallest["costs"]}

    names = [operation.name for operation in operations(SMALLEST.members)]
    expected = {(server, name) for server in (GATEWAY, SCIM2) for name in names}
    assert expected | {(FLOOR, "create"), (FLOOR, "filter")} == measured


def test_every_figure_is_of_requests_that_were_answered(smallest: dict[str, Any]) -> None:
    assert all(each["requests"] > 0 and each["microseconds"] > 0 for each in smallest["costs"])


def test_an_initial_sync_spends_a_call_for_everybody_and_none_for_what_is_unchanged(
    smallest: dict[str, Any],
) -> None:
    sync = smallest["sync"]

    assert SMALLEST.sync_users <= sync["calls"]
    assert SMALLEST.sync_users == sync["unchanged_writes"]
    assert 0 == sync["unchanged_calls"]
    assert 0 == sync["rate_limited"]


def test_the_empty_server_was_found(smallest: dict[str, Any]) -> None:
    assert smallest["start"]["cpu_seconds"] > 0
    assert smallest["start"]["megabytes"] > 0


def test_writes_beside_the_console_are_measured_and_held_against_their_bound(
    smallest: dict[str, Any],
) -> None:
    assert SMALLEST.plan_people == smallest["visited"]["people"]
    assert smallest["visited"]["beside_ms"] > 0

    enough, too_much = (Visited(20_000, 10, 2_400, 1.0, 2.5, beside) for beside in (3.0, 3.1))
    assert [True] == [claim.holds for claim in found(visited=enough).claims]
    assert [False] == [claim.holds for claim in found(visited=too_much).claims]


def test_a_plan_is_measured_and_held_against_its_bound(smallest: dict[str, Any]) -> None:
    assert SMALLEST.plan_people == smallest["plan"]["people"]
    assert smallest["plan"]["plan_seconds"] > 0

    enough, too_much = (Planned(50_000, seconds, 9.0, 100.0, 1.0, 1.0, 1.0, 9) for seconds in (5.0, 5.1))
    assert [True, True, True] == [claim.holds for claim in found(plan=enough).claims]
    assert [False, True, True] == [claim.holds for claim in found(plan=too_much).claims]


def test_a_write_may_take_half_as_long_again_beside_a_plan_or_a_change_of_rules() -> None:
    slow = Planned(50_000, 5.0, 9.0, 100.0, 1.0, beside_plan=1.6, beside_rule=1.5, decided=9)

    assert [True, False, True] == [claim.holds for claim in found(plan=slow).claims]


def test_the_gateway_may_cost_what_the_bound_allows_and_no_more() -> None:
    enough = found(costs=[cost(FLOOR, "create", 35.0), cost(GATEWAY, "create", 100.0)])
    too_much = found(costs=[cost(FLOOR, "create", 34.0), cost(GATEWAY, "create", 100.0)])

    assert [True] == [claim.holds for claim in enough.claims]
    assert [False] == [claim.holds for claim in too_much.claims]


def test_a_big_group_may_not_cost_much_more_than_a_small_one() -> None:
    big = cost(GATEWAY, "member_10000", 200.0, 10_000)

    assert [True] == [
        claim.holds for claim in found(costs=[cost(GATEWAY, "member_10", 150.0, 10), big]).claims
    ]
    assert [False] == [
        claim.holds for claim in found(costs=[cost(GATEWAY, "member_10", 100.0, 10), big]).claims
    ]


def test_an_initial_sync_is_held_against_every_bound() -> None:
    assert [True] * 4 == [claim.holds for claim in found(sync=SYNC).claims]
    assert 500 / (17.1 * 30) == SYNC.used


def test_a_server_that_is_too_big_or_too_slow_breaks_its_promise() -> None:
    assert [True, True] == [claim.holds for claim in found(start=Start(1.5, 110.0)).claims]
    assert [False, False] == [claim.holds for claim in found(start=Start(1.51, 110.1)).claims]


def test_a_row_shows_each_server_and_the_ratios() -> None:
    results = found(
        costs=[cost(FLOOR, "create", 50.0), cost(GATEWAY, "create", 100.0), cost(SCIM2, "create", 2_000.0)]
    )

    expected = (
        "1,000",
        "create a user",
        "50 (20,000/s)",
        "100 (10,000/s)",
        "2,000 (500/s)",
        "0.50 ×",
        "20 ×",
    )
    assert [expected] == rows(results, TITLES)


def test_the_page_names_what_does_not_hold_and_shows_its_pictures(tmp_path: Path) -> None:
    results = found(
        costs=[
            cost(GATEWAY, "member_10", 100.0, 10),
            cost(GATEWAY, "member_10000", 200.0, 10_000),
        ],
        sync=SYNC,
    )

    written = page.write(results, TITLES, tmp_path)

    assert ["performance.md", "images/cost-by-members.svg"] == [
        path.relative_to(tmp_path).as_posix() for path in written
    ]
    text = written[0].read_text(encoding="utf-8")
    assert 1 == text.count("**does not hold**")
    assert "images/cost-by-members.svg" in text


def test_a_chart_is_well_formed_and_names_every_curve_and_point() -> None:
    picture = ElementTree.fromstring(chart("A & B", "x", "y", [Line("one", [(1, 10), (100, 20)])]))

    texts = [element.text for element in picture.iter() if element.text]
    assert "A & B" in texts
    assert "one" in texts
    assert "one: 20 at 100" in texts


def test_the_cpu_time_of_a_process_only_grows() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        before = cpu_seconds(process.pid)
        after = cpu_seconds(process.pid)
        process.communicate(b"\n")

    assert 0 <= before <= after
