"""The bounds the product promises, held against what was found."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from bench.operations import GATEWAY, member_operation
from bench.results import Backlog, Claim, Deactivations, Planned, Results, Start, Sync, Visited, Writes

CREATES, FILTERS = 0.35, 0.5
BIG, SMALL = 10_000, 10
SAME_COST = 1.5
"""What still counts as the same cost: rounds differ by a fifth on a busy machine."""
OVERHEAD_CALLS = 10
USED = 0.95
REFUSED = 0.001
MEGABYTES = 110
START_SECONDS = 1.5
SYNC_MINUTES = {190: 10.3, 110: 17.7}
"""For 10,000 people, at that many calls in ten seconds."""
DEACTIVATED_SECONDS, DEACTIVATED_P99 = 2.0, 5.0
PLAN_SECONDS, PLAN_PEOPLE = 10.0, 100_000
DATABASES = 0.7
BESIDE = 1.5
BESIDE_CONSOLE = 1.2
ENOUGH_PEOPLE = 1_000
"""Over fewer people a plan costs what its first query costs."""


def claims(results: Results) -> list[Claim]:
    """Return every claim the figures speak about, in the order of the promises."""
    found = [*_speed(results), *_groups(results)]
    if results.sync is not None:
        found += _sync(results.sync)
    if results.plan is not None and results.plan.people >= ENOUGH_PEOPLE:
        found += _plan(results.plan)
    if results.visited is not None:
        found.append(_visited(results.visited))
    for backlog in results.backlogs:
        found += _backlog(backlog)
    if results.deactivations is not None:
        found += _deactivations(results.deactivations)
    found += [_writes(each) for each in results.writes]
    if results.start is not None:
        found += _start(results.start)
    return found


def _speed(results: Results) -> Iterator[Claim]:
    for operation, words, bound in (
        ("create", "creates", CREATES),
        ("filter", "userName eq filters", FILTERS),
    ):
        for users in results.sizes():
            share = results.of_the_floor(operation, users)
            if share is not None:
                promise = f"{words} ≥ {bound} of the floor, per second of server CPU, {users:,} users"
                yield Claim(promise, f"{share:.2f}", share >= bound)


def _groups(results: Results) -> Iterator[Claim]:
    users = min(results.sizes(), default=0)
    big = results.cost(GATEWAY, member_operation(BIG).name, users)
    small = results.cost(GATEWAY, member_operation(SMALL).name, users)
    if big is not None and small is not None:
        times = big.microseconds / small.microseconds
        promise = f"one member into a group of {BIG:,} costs what it costs into one of {SMALL}"
        yield Claim(promise, f"{times:.2f} times", times <= SAME_COST)


def _sync(sync: Sync) -> Iterator[Claim]:
    most = sync.people + math.ceil(sync.account / 100) + OVERHEAD_CALLS
    promise = f"initial sync of {sync.people:,} people, {sync.account:,} at HubSpot: at most {most:,} calls"
    yield Claim(promise, f"{sync.calls:,} calls", sync.calls <= most)
    promise = f"{sync.unchanged_writes:,} unchanged writes cost no call"
    yield Claim(promise, f"{sync.unchanged_calls:,} calls", sync.unchanged_calls == 0)
    promise = f"≥ {USED:.0%} of the allowance used while there is a backlog"
    found = f"{sync.used:.1%} over {sync.backlog_seconds:.0f} s"
    yield Claim(promise, found, sync.used >= USED)
    share = sync.rate_limited / sync.calls
    yield Claim(f"429s ≤ {REFUSED:.1%} of the calls", f"{sync.rate_limited:,}", share <= REFUSED)


def _backlog(backlog: Backlog) -> Iterator[Claim]:
    most = SYNC_MINUTES[backlog.limit] * backlog.people / 10_000
    promise = f"{backlog.people:,} people at HubSpot in ≤ {most:.1f} min at {backlog.limit} calls per 10 s"
    found = f"{backlog.minutes:.1f} min, {backlog.wrong} wrong"
    yield Claim(promise, found, backlog.minutes <= most and not backlog.wrong)


def _deactivations(left: Deactivations) -> Iterator[Claim]:
    middle, most = percentile(left.seconds, 0.5), percentile(left.seconds, 0.99)
    promise = (
        f"a deactivation is at HubSpot within {DEACTIVATED_SECONDS:.0f} s (p99 {DEACTIVATED_P99:.0f} s) while "
        f"{left.people:,} wait"
    )
    found = f"{middle:.1f} s, p99 {most:.1f} s, {left.missed} missed"
    holds = middle <= DEACTIVATED_SECONDS and most <= DEACTIVATED_P99 and not left.missed
    yield Claim(promise, found, holds and left.still_waiting > 0)


def percentile(values: Iterable[float], share: float) -> float:
    """Return the value that share of the values do not exceed; infinity when there is none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else math.inf


def _plan(plan: Planned) -> Iterator[Claim]:
    most = PLAN_SECONDS * plan.people / PLAN_PEOPLE
    promise = f"a plan over {plan.people:,} people takes ≤ {most:g} s of CPU"
    yield Claim(promise, f"{plan.plan_seconds:.2f} s", plan.plan_seconds <= most)
    for what, times in (("a plan", plan.beside_plan), ("a change of the rules", plan.beside_rule)):
        promise = (
            f"a SCIM write beside {what} for {plan.people:,} people: p99 ≤ {BESIDE} times that of one alone"
        )
        yield Claim(promise, f"{times:.2f} times {plan.write_ms:.1f} ms", times <= BESIDE)


def _visited(visited: Visited) -> Claim:
    promise = (
        f"a SCIM write beside {visited.users} users of the console, {visited.people:,} people: "
        f"p99 ≤ {BESIDE_CONSOLE} times that of one alone"
    )
    found = f"{visited.times:.2f} times {visited.alone_ms:.1f} ms"
    return Claim(promise, found, visited.times <= BESIDE_CONSOLE)


def _writes(writes: Writes) -> Claim:
    promise = (
        f"durable creates on PostgreSQL ≥ {DATABASES} of SQLite's, {writes.connections} clients at a time"
    )
    found = f"{writes.share:.2f}: {writes.postgresql:,.0f}/s against {writes.sqlite:,.0f}/s"
    return Claim(promise, found, writes.share >= DATABASES)


def _start(start: Start) -> Iterator[Claim]:
    promise = f"an empty server takes ≤ {MEGABYTES} MB"
    yield Claim(promise, f"{start.megabytes:.0f} MB", start.megabytes <= MEGABYTES)
    promise = f"start to first answer ≤ {START_SECONDS} s of CPU"
    yield Claim(promise, f"{start.cpu_seconds:.2f} s", start.cpu_seconds <= START_SECONDS)
