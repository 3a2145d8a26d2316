"""Entra's job over weeks: escrow, quarantine, the schedule, and deletions that wait for an administrator."""

from __future__ import annotations

from itertools import pairwise

import pytest
from aiohttp import web

from syncline.rehearsal import Action, Directory, EntraSimulator, JobError, quarantine
from syncline.rehearsal.escrow import HOUR
from syncline.rehearsal.quarantine import CYCLE_GAP, Cause
from tests.integration.rehearsal.recording_server import TOKEN, Application, Request, Trouble, error
from tests.support.clock import LeapingClock

DAY = 24 * HOUR


@pytest.fixture
def entra(application: Application, company: Directory, clock: LeapingClock) -> EntraSimulator:
    return EntraSimulator(company, application.base_url, TOKEN, clock)


def refusing(user_name: str) -> Trouble:
    def trouble(request: Request) -> web.Response | None:
        refused = request.method == "POST" and request.body.get("userName") == user_name
        return error(400, "I do not like that name.") if refused else None

    return trouble


async def test_a_failing_object_is_tried_at_growing_gaps_and_given_up_after_28_days(
    application: Application, entra: EntraSimulator, company: Directory, clock: LeapingClock
) -> None:
    unlucky = company.people()[10].user_principal_name
    application.trouble = refusing(unlucky)
    start = clock.now()
    tried: list[int] = []
    for result in await entra.run_until(start + 40 * DAY):
        tried += [entry.at - start for entry in result.failures]
    gaps = [(later - earlier) // HOUR for earlier, later in pairwise(tried[1:])]

    assert (0, CYCLE_GAP) == (tried[0], tried[1])
    assert ([6, 12], {24}) == (gaps[:2], set(gaps[2:]))
    assert 27 * DAY < tried[-1] <= 28 * DAY
    assert (0, 1) == (len(entra.state.escrow), entra.state.escrow.given_up)


async def test_a_change_brings_an_object_out_of_escrow_at_once(
    application: Application, entra: EntraSimulator, company: Directory
) -> None:
    unlucky = company.people()[10]
    application.trouble = refusing(unlucky.user_principal_name)
    await entra.initial_cycle()
    await entra.incremental_cycle()
    application.trouble = None
    quiet = await entra.incremental_cycle()
    company.edit(unlucky)
    result = await entra.incremental_cycle()

    assert () == quiet.entries
    assert [Action.CREATE] == [
        e.action for e in result.entries if not e.reference and e.source.kind == "User"
    ]
    assert 0 == len(entra.state.escrow)


async def test_a_job_that_is_well_runs_every_forty_minutes(
    entra: EntraSimulator, clock: LeapingClock
) -> None:
    start = clock.now()
    results = await entra.run_until(start + 2 * HOUR)

    assert [0, 40, 80, 120] == [(result.started_at - start) // 60_000 for result in results]
    assert ["initial", "incremental"] == [result.kind for result in results[:2]]


async def test_a_refused_token_means_quarantine_at_once_and_one_cycle_a_day(
    application: Application, entra: EntraSimulator, clock: LeapingClock
) -> None:
    application.trouble = lambda _: error(401, "Expired.")
    start = clock.now()
    results = await entra.run_until(start + 3 * DAY)

    assert [0, 1, 2, 3] == [(result.started_at - start) // DAY for result in results]
    assert entra.state.quarantine is not None
    assert (Cause.CREDENTIALS, start) == (entra.state.quarantine.cause, entra.state.quarantine.since)
    assert 0 == len(entra.state.escrow)


async def test_answers_that_are_no_scim_mean_quarantine_at_once(
    application: Application, entra: EntraSimulator
) -> None:
    application.trouble = lambda _: error(404, "Nobody of that name.")
    result = await entra.initial_cycle()

    assert entra.state.quarantine is not None
    assert Cause.COMPLIANCE is entra.state.quarantine.cause
    assert "an empty match is 200" in result.quarantine


async def test_the_first_cycle_without_the_cause_ends_the_quarantine_and_catches_up(
    application: Application, entra: EntraSimulator, clock: LeapingClock
) -> None:
    application.trouble = lambda _: error(401, "Expired.")
    await entra.run_until(clock.now() + DAY)
    application.trouble = None
    (mended,) = await entra.run_until(clock.now() + DAY)

    assert (True, "", None) == (mended.ok, mended.quarantine, entra.state.quarantine)
    assert 12 == len(application.users)


async def test_four_weeks_of_quarantine_disable_the_job_until_it_is_restarted(
    application: Application, entra: EntraSimulator, clock: LeapingClock
) -> None:
    application.trouble = lambda _: error(401, "Expired.")
    results = await entra.run_until(clock.now() + 60 * DAY)
    disabled = entra.disabled
    clock.leap(4 * 7 * DAY)
    with pytest.raises(JobError, match="restart it"):
        await entra.incremental_cycle()
    application.trouble = None
    restarted = await entra.initial_cycle()

    assert 28 == len(results)
    assert disabled
    assert restarted.ok
    assert not entra.disabled


async def test_many_failures_mean_quarantine_and_few_do_not(
    application: Application, entra: EntraSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quarantine, "FEWEST_FAILURES", 5)
    application.trouble = lambda r: error(400, "No.") if r.method == "POST" and "name" in r.body else None
    result = await entra.initial_cycle()

    assert entra.state.quarantine is not None
    assert Cause.FAILURES is entra.state.quarantine.cause
    assert result.quarantine == "12 of 17 objects fail, more than 40 %."


async def test_a_cycle_at_the_threshold_deletes(
    application: Application, company: Directory, clock: LeapingClock
) -> None:
    entra = EntraSimulator(company, application.base_url, TOKEN, clock, deletion_threshold=2)
    await entra.initial_cycle()
    company.unassign(company.people()[10])
    company.leave(company.people()[11])
    result = await entra.incremental_cycle()

    assert result.ok
    assert 2 == result.users.disabled


async def deletions_held(application: Application, company: Directory, clock: LeapingClock) -> EntraSimulator:
    """Return a job whose last cycle would have deleted three, one more than the threshold."""
    entra = EntraSimulator(company, application.base_url, TOKEN, clock, deletion_threshold=2)
    await entra.initial_cycle()
    for user in company.people()[9:]:
        company.unassign(user)
    company.move(company.people()[5], job_title="Gardener")
    application.forget_requests()
    return entra


async def test_more_deletions_than_the_threshold_are_all_held_back(
    application: Application, company: Directory, clock: LeapingClock
) -> None:
    entra = await deletions_held(application, company, clock)
    result = await entra.incremental_cycle()

    assert 12 == sum(user["active"] for user in application.users.values())
    assert 3 == [entry.action for entry in result.entries].count(Action.STAGED_DELETE)
    assert (0, 1) == (result.users.disabled, result.users.updated)
    assert entra.state.quarantine is not None
    assert Cause.DELETIONS is entra.state.quarantine.cause
    assert "Allow or reject" in result.quarantine


async def test_allowed_deletions_are_carried_out_in_the_next_cycle(
    application: Application, company: Directory, clock: LeapingClock
) -> None:
    entra = await deletions_held(application, company, clock)
    await entra.incremental_cycle()
    allowed = entra.allow_deletions()
    result = await entra.incremental_cycle()

    assert (3, 3, "") == (allowed, result.users.disabled, result.quarantine)
    assert 9 == sum(user["active"] for user in application.users.values())


async def test_an_allowance_is_good_for_one_cycle(
    application: Application, company: Directory, clock: LeapingClock
) -> None:
    entra = await deletions_held(application, company, clock)
    await entra.incremental_cycle()
    entra.allow_deletions()
    await entra.incremental_cycle()
    for user in company.people()[5:9]:
        company.unassign(user)
    result = await entra.incremental_cycle()

    assert (0, 4) == (result.users.disabled, len(entra.state.staged))


async def test_rejected_deletions_are_dropped_until_the_people_change(
    application: Application, company: Directory, clock: LeapingClock
) -> None:
    entra = await deletions_held(application, company, clock)
    await entra.incremental_cycle()
    rejected = entra.reject_deletions()
    quiet = await entra.incremental_cycle()
    company.edit(company.people()[9])
    changed = await entra.incremental_cycle()

    assert (3, 0, "") == (rejected, quiet.users.disabled, quiet.quarantine)
    assert 1 == changed.users.disabled


async def test_people_put_back_into_the_scope_end_the_hold_by_themselves(
    application: Application, company: Directory, clock: LeapingClock
) -> None:
    entra = await deletions_held(application, company, clock)
    await entra.incremental_cycle()
    for user in company.people()[9:]:
        company.assign_role(user)
    result = await entra.incremental_cycle()

    assert ("", 0, None) == (result.quarantine, result.users.disabled, entra.state.quarantine)
    with pytest.raises(JobError, match="nothing to allow"):
        entra.allow_deletions()
