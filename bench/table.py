"""The figures as rows of text, for the terminal and for the page alike."""

from __future__ import annotations

from bench.operations import FLOOR, GATEWAY, SCIM2, SERVERS
from bench.results import Cost, Results

HEADINGS = ("users", "operation", "floor", "gateway", "scim2-server", "of the floor", "of scim2-server")
UNITS = "CPU microseconds of the server per request; in brackets what a second of CPU does"


def rows(results: Results, titles: dict[str, str]) -> list[tuple[str, ...]]:
    """Return one row per number of users and operation."""
    keys = dict.fromkeys((cost.users, cost.operation) for cost in results.costs)
    order = {name: place for place, name in enumerate(titles)}
    found = []
    for users, operation in sorted(keys, key=lambda key: (key[0], order[key[1]])):
        costs = {server: results.cost(server, operation, users) for server in SERVERS}
        ratios = (_ratio(costs[FLOOR], costs[GATEWAY], 2), _ratio(costs[SCIM2], costs[GATEWAY], 0))
        shown = tuple(_shown(costs[server]) for server in SERVERS)
        found.append((f"{users:,}", titles[operation], *shown, *ratios))
    return found


def _shown(cost: Cost | None) -> str:
    if cost is None:
        return "–"
    return f"{cost.microseconds:,.0f} ({cost.per_second:,.0f}/s)"


def _ratio(other: Cost | None, ours: Cost | None, places: int) -> str:
    if other is None or ours is None:
        return "–"
    return f"{other.microseconds / ours.microseconds:.{places}f} ×"
