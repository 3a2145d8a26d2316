"""The account is read by itself, beside the deliveries, which go first."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from syncline.gateway.delivery.drain import Drain
from syncline.gateway.delivery.schedule import AGAIN_AFTER, LISTS_EVERY, Schedule
from tests.support.faults import Fault, TroubledWorld, refuse, troubled_world
from tests.support.world import TENANT

HOUR = 3_600_000
EVERY = 6 * HOUR
USERS = "/settings/users/2026-03"
ADA = "ada@acme.example"


@pytest.fixture
async def acme(tmp_path: Path) -> AsyncIterator[TroubledWorld]:
    async with troubled_world(tmp_path) as made:
        schedule(made)
        await made.go_live()
        yield made


def schedule(acme: TroubledWorld) -> Drain:
    """Have the gateway's drain read the account every six hours."""
    drain = acme.gateway.drain
    drain.schedule = Schedule(drain.reconciliation, acme.clock, EVERY)
    return drain


def lists_of(acme: TroubledWorld, path: str) -> int:
    return acme.front.calls.count(f"GET {USERS}{path}")


async def test_users_are_read_every_few_hours_and_lists_every_hour(acme: TroubledWorld) -> None:
    await acme.drain()
    acme.front.calls.clear()
    seen = []
    for _ in range(6):
        acme.clock.leap(HOUR + 60_000)
        await acme.drain()
        seen.append((lists_of(acme, ""), lists_of(acme, "/roles")))

    assert [(0, 1), (0, 2), (0, 3), (0, 4), (0, 5), (1, 6)] == seen


async def test_the_drain_says_when_the_next_reading_is_due(acme: TroubledWorld) -> None:
    due = await acme.drain()

    assert due is not None
    assert 0 < due - acme.clock.now() <= LISTS_EVERY


async def test_a_tenant_whose_account_is_old_is_found_though_nothing_else_is_due(acme: TroubledWorld) -> None:
    drain = acme.gateway.drain
    await drain(acme.tenant_id)
    assert set() == await drain.due_tenants()
    acme.clock.leap(EVERY)

    assert {acme.tenant_id} == await drain.due_tenants()
    assert {acme.tenant_id} == await schedule(acme).due_tenants()


async def test_what_was_changed_by_hand_is_found_without_anybody_asking(acme: TroubledWorld) -> None:
    await acme.add_user(ADA, name={"givenName": "Ada", "familyName": "Vance"})
    await acme.drain()
    await acme.hubspot.call("PUT", f"{USERS}/{ADA}", {"firstName": "Augusta"}, idProperty="EMAIL")
    acme.clock.leap(EVERY)

    await acme.drain()

    (found,) = (await acme.run("drift.list", tenant=TENANT))["drift"]
    assert ("first_name", "Augusta") == (found["field"], found["at_hubspot"])
    assert "schedule" == (await acme.run("reconcile.show", tenant=TENANT))["asked_by"]


async def test_whoever_leaves_does_not_wait_for_the_reading(acme: TroubledWorld) -> None:
    ada = await acme.add_user(ADA)
    await acme.drain()
    for number in range(350):
        body = {"email": f"user{number}@acme.example", "sendWelcomeEmail": False}
        await acme.hubspot.call("POST", USERS, body)
    acme.clock.leap(EVERY)
    acme.front.calls.clear()

    await acme.set_user(ada.id, "active", False)
    await acme.drain()

    left = next(at for at, call in enumerate(acme.front.calls) if "/scim/v2/" in call)
    last_page = max(at for at, call in enumerate(acme.front.calls) if call == f"GET {USERS}")
    assert 4 == lists_of(acme, "")
    assert left < last_page
    assert (await acme.hubspot.scim("GET", f'/Users?filter=userName%20eq%20"{ADA}"'))["Resources"][0][
        "active"
    ] is False


async def test_an_attribute_nobody_has_asked_for_before_is_read_at_once(acme: TroubledWorld) -> None:
    ada = await acme.add_user(ADA, title="Countess")
    await acme.drain()
    acme.front.calls.clear()
    acme.clock.leap(60_000)

    await acme.run("policy.set", tenant=TENANT, crm_attributes={"job_title": True})
    await acme.drain()
    await acme.drain()

    assert (1, 1) == (lists_of(acme, ""), lists_of(acme, "/roles"))
    shown = await acme.run("users.show", tenant=TENANT, user=ada.id)
    assert {"job_title": "Countess"} == shown["hubspot"]["crm_attributes"]


async def test_a_reading_that_leaves_out_what_is_wanted_by_now_is_begun_anew(acme: TroubledWorld) -> None:
    ada = await acme.add_user(ADA, title="Countess")
    await acme.drain()
    acme.clock.leap(EVERY)
    acme.front.faults = [Fault(r"GET /crm/v3/owners/", refuse(503))]
    await acme.drain()
    halfway = await acme.run("reconcile.show", tenant=TENANT)
    acme.front.faults = []
    acme.clock.leap(AGAIN_AFTER)

    await acme.run("policy.set", tenant=TENANT, crm_attributes={"job_title": True})
    await acme.drain()
    await acme.drain()

    told = await acme.run("reconcile.show", tenant=TENANT)
    assert ("deactivated", "done") == (halfway["step"], told["step"])
    assert halfway["begun_at"] != told["begun_at"]
    shown = await acme.run("users.show", tenant=TENANT, user=ada.id)
    assert {"job_title": "Countess"} == shown["hubspot"]["crm_attributes"]


async def test_a_reading_that_fails_is_gone_on_with_soon_and_after_a_restart(acme: TroubledWorld) -> None:
    await acme.drain()
    acme.clock.leap(EVERY)
    acme.front.faults = [Fault(r"GET /crm/v3/owners/", refuse(503))]
    await acme.drain()
    halfway = await acme.run("reconcile.show", tenant=TENANT)
    acme.front.faults = []
    await acme.restart()
    schedule(acme)
    acme.front.calls.clear()
    acme.clock.leap(AGAIN_AFTER)

    await acme.drain()

    told = await acme.run("reconcile.show", tenant=TENANT)
    assert ("deactivated", "done") == (halfway["step"], told["step"])
    assert halfway["begun_at"] == told["begun_at"]
    assert 0 == lists_of(acme, "")


async def test_a_credential_that_no_longer_works_is_noted_by_the_reading(acme: TroubledWorld) -> None:
    await acme.drain()
    acme.clock.leap(EVERY)
    body = {"status": "error", "message": "no", "category": "INVALID_AUTHENTICATION"}
    acme.front.faults = [Fault(r"GET .*", refuse(401, body))]

    await acme.drain()

    connection = await acme.gateway.store.setup.connection(acme.tenant_id)
    assert connection is not None
    assert connection.trouble is not None
