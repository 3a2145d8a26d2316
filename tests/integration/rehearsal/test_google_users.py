"""People as Google Workspace provisions them, request by request."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from syncline.rehearsal import (
    Action,
    Deprovisioning,
    Directory,
    GoogleSimulator,
    GoogleUpdates,
    Leaving,
)
from syncline.rehearsal.google_users import DAY
from tests.integration.rehearsal.watched_store import WatchedStore, refusal
from tests.support.clock import LeapingClock
from tests.support.scim import TOKEN


async def provisioned(
    store: WatchedStore,
    company: Directory,
    clock: LeapingClock,
    rules: Deprovisioning | None = None,
    updates: GoogleUpdates = GoogleUpdates.PATCH,
) -> GoogleSimulator:
    """Return a Google that has just provisioned everybody, its requests forgotten."""
    google = GoogleSimulator(
        company, store.base_url, TOKEN, clock, updates=updates, deprovisioning=rules, concurrency=1
    )
    assert (await google.initial_cycle()).ok
    store.requests.clear()
    return google


async def test_the_probe_asks_for_one_user(store: WatchedStore, company: Directory) -> None:
    result = await GoogleSimulator(company, store.base_url, TOKEN).test_connection()

    assert result.ok
    assert ["GET /Users?count=1"] == list(map(str, store.requests))


async def test_a_refused_probe_is_told_with_the_fix(store: WatchedStore, company: Directory) -> None:
    result = await GoogleSimulator(company, store.base_url, "wrong").test_connection()

    assert (False, "Unauthorized") == (result.ok, result.code)
    assert "new token" in result.fix


async def test_people_are_looked_up_and_created_and_groups_are_not_touched(
    store: WatchedStore, company: Directory, clock: LeapingClock
) -> None:
    google = GoogleSimulator(company, store.base_url, TOKEN, clock, concurrency=1)
    await google.initial_cycle()
    login = quote(company.people()[0].user_principal_name, safe="")

    assert [f"GET /Users?filter=userName%20eq%20%22{login}%22", "POST /Users"] == list(
        map(str, store.requests[:2])
    )
    assert 12 == len(await store.users())
    assert [] == [seen for seen in store.requests if "Groups" in seen.target]


async def test_a_move_is_read_and_patched(
    store: WatchedStore, company: Directory, clock: LeapingClock
) -> None:
    google = await provisioned(store, company, clock)
    company.move(company.people()[10], job_title="Gardener")
    await google.incremental_cycle()

    assert ["GET", "PATCH"] == [seen.method for seen in store.requests]
    assert [{"op": "replace", "path": "title", "value": "Gardener"}] == store.requests[1].body["Operations"]


async def test_a_move_is_put_where_the_application_wants_it_so(
    store: WatchedStore, company: Directory, clock: LeapingClock
) -> None:
    google = await provisioned(store, company, clock, updates=GoogleUpdates.PUT)
    user = company.move(company.people()[10], job_title="Gardener")
    await google.incremental_cycle()

    assert ["GET", "PUT"] == [seen.method for seen in store.requests]
    assert "Gardener" == (await store.users())[user.user_principal_name]["title"]


@pytest.mark.parametrize("leaving", Leaving)
async def test_a_leaver_is_suspended_at_once_unless_told_otherwise(
    store: WatchedStore, company: Directory, clock: LeapingClock, leaving: Leaving
) -> None:
    google = await provisioned(store, company, clock)
    company.leave(company.people()[10], leaving)
    result = await google.incremental_cycle()
    clock.leap(365 * DAY)
    later = await google.incremental_cycle()

    assert [Action.DISABLE] == [entry.action for entry in result.entries]
    assert [[{"op": "replace", "path": "active", "value": False}]] == [
        seen.body["Operations"] for seen in store.requests
    ]
    assert () == later.entries


async def test_a_leaver_is_suspended_and_deleted_when_the_delays_have_passed(
    store: WatchedStore, company: Directory, clock: LeapingClock
) -> None:
    rules = Deprovisioning(suspend_after=1 * DAY, delete_after=7 * DAY)
    google = await provisioned(store, company, clock, rules)
    user = company.unassign(company.people()[10])
    seen: list[tuple[int, str]] = []
    for day in range(9):
        result = await google.incremental_cycle()
        seen += [(day, entry.action) for entry in result.entries if entry.action is not Action.OTHER]
        clock.leap(DAY)

    assert [(1, Action.DISABLE), (7, Action.DELETE)] == seen
    assert user.user_principal_name not in await store.users()
    assert {} == google.state.departed


async def test_a_suspended_person_is_never_deleted(
    store: WatchedStore, company: Directory, clock: LeapingClock
) -> None:
    google = await provisioned(store, company, clock, Deprovisioning(delete_after=0))
    company.leave(company.people()[10], Leaving.BLOCK)
    await google.incremental_cycle()
    clock.leap(100 * DAY)
    await google.incremental_cycle()

    assert [] == store.of("DELETE")
    assert 12 == len(await store.users())


async def test_who_returns_in_time_is_neither_suspended_nor_deleted(
    store: WatchedStore, company: Directory, clock: LeapingClock
) -> None:
    rules = Deprovisioning(suspend_after=7 * DAY, delete_after=7 * DAY)
    google = await provisioned(store, company, clock, rules)
    user = company.leave(company.people()[10])
    await google.incremental_cycle()
    clock.leap(6 * DAY)
    company.restore(user)
    await google.incremental_cycle()
    clock.leap(6 * DAY)
    await google.incremental_cycle()

    assert [] == [*store.of("PATCH"), *store.of("DELETE")]


async def test_who_leaves_a_second_time_has_the_whole_delay_again(
    store: WatchedStore, company: Directory, clock: LeapingClock
) -> None:
    google = await provisioned(store, company, clock, Deprovisioning(delete_after=7 * DAY))
    user = company.leave(company.people()[10])
    await google.incremental_cycle()
    company.restore(user)
    await google.incremental_cycle()
    clock.leap(30 * DAY)
    company.leave(user)
    await google.incremental_cycle()

    assert [] == store.of("DELETE")


async def test_who_returns_after_the_deletion_is_created_anew(
    store: WatchedStore, company: Directory, clock: LeapingClock
) -> None:
    google = await provisioned(store, company, clock, Deprovisioning(delete_after=0))
    user = company.unassign(company.people()[10])
    await google.incremental_cycle()
    company.assign_role(user, "User")
    result = await google.incremental_cycle()

    assert 1 == result.users.created
    assert (await store.users())[user.user_principal_name]["active"] is True


async def test_a_failed_deletion_is_tried_again(
    store: WatchedStore, company: Directory, clock: LeapingClock
) -> None:
    google = await provisioned(store, company, clock, Deprovisioning(delete_after=0))
    store.trouble = lambda seen: refusal(503) if seen.method == "DELETE" else None
    company.leave(company.people()[10])
    first = await google.incremental_cycle()
    store.trouble = None
    second = await google.incremental_cycle()

    assert 1 == len(first.failures)
    assert 1 == second.users.deleted


async def test_a_token_refused_in_between_loses_nobody(
    store: WatchedStore, company: Directory, clock: LeapingClock
) -> None:
    google = GoogleSimulator(company, store.base_url, TOKEN, clock, concurrency=1)
    store.trouble = lambda _: refusal(401) if len(store.requests) > 7 else None
    broken = await google.initial_cycle()
    store.trouble = None
    mended = await google.incremental_cycle()

    assert "401" in broken.quarantine
    assert mended.ok
    assert 12 == len(await store.users())
