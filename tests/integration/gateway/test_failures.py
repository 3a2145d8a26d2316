"""Trouble at HubSpot: what was asked arrives all the same, once in effect, or is held with what to do about it."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from syncline.gateway.hubspot.client import TOTAL_SECONDS
from syncline.gateway.services.ports import Cause
from tests.support.faults import Fault, TroubledWorld, keep_silent, lose, rate_limit, refuse, troubled_world
from tests.support.world import TENANT

CREATE = r"POST /settings/users/2026-03"
WAYS_TO_LOSE = ["502", pytest.param("silence", marks=pytest.mark.silent), "broken"]
UPDATE = r"PUT /settings/users/2026-03/.+"
ANY = r".*"
EXPIRED = refuse(
    401,
    {
        "status": "error",
        "message": "The OAuth token used to make this call expired.",
        "category": "EXPIRED_AUTHENTICATION",
        "correlationId": "11111111-2222-4333-8444-555555555555",
    },
)


@pytest.fixture
async def acme(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[TroubledWorld]:
    """Only where HubSpot keeps silent is a call given up soon: elsewhere a slow machine must not look like that."""
    silent = request.node.get_closest_marker("silent") is not None
    async with troubled_world(tmp_path, patience_seconds=2 if silent else TOTAL_SECONDS) as made:
        yield made


async def add_people(acme: TroubledWorld, count: int) -> set[str]:
    """Create that many SCIM users and return their e-mails."""
    names = {f"user{number:02}@acme.example" for number in range(count)}
    for name in sorted(names):
        await acme.add_user(name, name={"givenName": "User", "familyName": name[4:6]})
    return names


async def people(acme: TroubledWorld) -> set[str]:
    """Return whom HubSpot has, the admin left out."""
    acme.front.faults.clear()
    return set(await acme.hubspot.users()) - {"admin@acme.example"}


def in_portal(folder: Path, statement: str) -> Any:
    with closing(sqlite3.connect(folder / "portal" / "portal.db")) as database, database:
        return database.execute(statement).fetchall()


@pytest.mark.parametrize(
    ("policy", "wait"), [("SECONDLY", 1_000), ("TEN_SECONDLY_ROLLING", 10_000), ("DAILY", None)]
)
async def test_a_rate_limit_is_obeyed_by_its_policy(
    acme: TroubledWorld, policy: str, wait: int | None
) -> None:
    await acme.go_live()
    names = await add_people(acme, 3)
    before = len(await acme.calls())
    acme.front.faults = [Fault(CREATE, rate_limit(policy), times=1)]

    await acme.rest()

    moments = (await acme.calls())[before:]
    assert names == await people(acme)
    if wait is None:
        first, last = (datetime.fromtimestamp(each / 1000, UTC).date() for each in (moments[0], moments[-1]))
        assert first < last
        wait = 3_600_000
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert max(gaps) >= wait, gaps
    assert 4 == len(moments)


async def test_an_outage_of_hours_delays_and_loses_nothing(acme: TroubledWorld) -> None:
    await acme.go_live()
    names = await add_people(acme, 20)
    acme.front.faults = [Fault(ANY, refuse(503), times=120)]
    begun = acme.clock.now()

    await acme.rest()

    assert names == await people(acme)
    assert acme.clock.now() - begun < 6 * 3_600_000
    assert {} == await acme.held()
    shown = await acme.run("tenant.show", tenant=TENANT)
    assert {"in_step": 20, "waiting": 0, "retrying": 0, "held": 0} == shown["deliveries"]


@pytest.mark.silent
async def test_calls_hubspot_never_answers_are_repeated(acme: TroubledWorld) -> None:
    await acme.go_live()
    names = await add_people(acme, 3)
    acme.front.faults = [Fault(CREATE, keep_silent(), times=2)]

    await acme.rest()

    assert names == await people(acme)
    assert {"created"} == {(await acme.delivery(name))["origin"] for name in names}


@pytest.mark.parametrize("how", WAYS_TO_LOSE)
@pytest.mark.parametrize("restarted", [False, True])
async def test_a_user_whose_creation_was_never_answered_is_ours_and_no_adoption(
    acme: TroubledWorld, how: str, restarted: bool
) -> None:
    await acme.run("role.default", tenant=TENANT, name="Sales User")
    await acme.go_live(approve=False)
    names = await add_people(acme, 3)
    acme.front.faults = [Fault(CREATE, lose(how), times=2)]
    await acme.drain()
    if restarted:
        await acme.restart()

    await acme.rest()

    assert {} == await acme.held()
    assert names == await people(acme)
    found = [await acme.delivery(name) for name in names]
    assert [("created", "active")] * 3 == [(each["origin"], each["access"]) for each in found]
    assert {"Sales User"} == {
        each["permission_set"]
        for email, each in (await acme.hubspot.users()).items()
        if email.startswith("user")
    }
    events = (await acme.run("events.list", tenant=TENANT, kind="delivery.adopt"))["events"]
    assert [] == events


@pytest.mark.parametrize("how", WAYS_TO_LOSE)
async def test_an_update_whose_answer_was_lost_is_done_once_in_effect(acme: TroubledWorld, how: str) -> None:
    await acme.run("rule.add", tenant=TENANT, role="Boss", permission_set="Manager")
    await acme.go_live()
    ada = await acme.add_user("ada@acme.example")
    await acme.rest()
    acme.front.faults = [Fault(UPDATE, lose(how), times=2)]

    await acme.set_user(ada.id, "roles", [{"value": "Boss", "primary": True}])
    await acme.rest()

    acme.front.faults.clear()
    assert "Manager" == (await acme.hubspot.users())["ada@acme.example"]["permission_set"]
    assert {} == await acme.held()


@pytest.mark.parametrize("how", WAYS_TO_LOSE)
async def test_a_deactivation_whose_answer_was_lost_ends_deactivated(acme: TroubledWorld, how: str) -> None:
    await acme.go_live()
    ada = await acme.add_user("ada@acme.example")
    await acme.rest()
    acme.front.faults = [Fault(r"(POST|PATCH|PUT) /scim/v2/Users.*", lose(how), times=3)]

    await acme.set_user(ada.id, "active", False)
    await acme.rest()

    acme.front.faults.clear()
    assert (await acme.hubspot.users())["ada@acme.example"]["active"] is False
    assert "deactivated" == (await acme.delivery("ada@acme.example"))["access"]
    assert {} == await acme.held()


async def test_a_credential_that_ends_stops_the_drain_and_a_new_one_heals_it(acme: TroubledWorld) -> None:
    await acme.go_live()
    names = await add_people(acme, 40)
    acme.front.faults = [Fault(ANY, EXPIRED, after=10)]
    before = len(await acme.calls())

    due = await acme.drain()

    spent = len(await acme.calls()) - before
    assert 11 <= spent <= 10 + 12, "after the refusal nothing but what was under way may go out"
    shown = await acme.run("connection.show", tenant=TENANT)
    assert "HubSpot does not accept the credential of the API channel." == shown["trouble"]
    assert "connection set" in shown["fix"]
    (event,) = (await acme.run("events.list", tenant=TENANT, kind="connection.trouble"))["events"]
    assert "connection set" in event["fix"]
    assert {} == await acme.held()

    assert due is not None
    acme.clock.leap(due - acme.clock.now())
    await acme.drain()
    assert 1 == len(await acme.calls()) - before - spent, "a connection in trouble is tried with one call"

    acme.front.faults.clear()
    await acme.connect()
    await acme.rest()
    assert names == await people(acme)
    assert (await acme.run("connection.show", tenant=TENANT))["trouble"] is None


async def test_a_connection_that_works_again_by_itself_is_noticed(acme: TroubledWorld) -> None:
    await acme.go_live()
    names = await add_people(acme, 5)
    acme.front.faults = [Fault(CREATE, EXPIRED, times=5)]

    await acme.rest()

    assert names == await people(acme)
    assert (await acme.run("connection.show", tenant=TENANT))["trouble"] is None
    kinds = [
        each["kind"] for each in (await acme.run("events.list", tenant=TENANT, kind="connection."))["events"]
    ]
    assert ["connection.recovered", "connection.trouble"] == kinds


async def test_a_permission_set_deleted_at_hubspot_holds_whom_it_is_meant_for(
    acme: TroubledWorld, tmp_path: Path
) -> None:
    await acme.run("rule.add", tenant=TENANT, role="Boss", permission_set="Manager")
    await acme.go_live()
    ((set_id,),) = in_portal(tmp_path, "SELECT id FROM permission_sets WHERE name = 'Manager'")
    in_portal(tmp_path, "DELETE FROM permission_sets WHERE name = 'Manager'")
    await acme.add_user("ada@acme.example", roles=[{"value": "Boss", "primary": True}])
    await acme.add_user("bob@acme.example")
    await acme.rest()

    assert {"bob@acme.example"} == await people(acme)
    assert {"ada@acme.example": "permission-set-missing"} == await acme.held()
    hold = (await acme.delivery("ada@acme.example"))["hold"]
    assert f"'Manager' with the id {set_id}" in hold["sentence"]
    assert "Point the rule" in hold["release"]
    (rule,) = (await acme.run("rule.list", tenant=TENANT))["rules"]
    await acme.run("rule.remove", tenant=TENANT, rule_id=rule["id"])
    await acme.rest()
    assert {"ada@acme.example", "bob@acme.example"} == await people(acme)


async def test_somebody_removed_by_hand_comes_back_once_released_and_not_by_surprise(
    acme: TroubledWorld,
) -> None:
    await acme.go_live()
    ada = await acme.add_user("ada@acme.example", name={"givenName": "Ada", "familyName": "Vance"})
    await acme.rest()
    before = (await acme.hubspot.users())["ada@acme.example"]["id"]
    await acme.hubspot.call("DELETE", f"/settings/users/2026-03/{before}")
    assert set() == await people(acme)

    await acme.set_user(ada.id, "name.familyName", "Lovelace")
    await acme.rest()
    assert {"ada@acme.example": "removed-at-hubspot"} == await acme.held()
    assert set() == await people(acme)

    await acme.run("users.release", tenant=TENANT, user="ada@acme.example")
    await acme.rest()

    found = (await acme.hubspot.users())["ada@acme.example"]
    assert (before, "Ada Lovelace") == (found["id"], found["name"])
    assert {} == await acme.held()


async def test_a_leaver_removed_by_hand_is_no_trouble(acme: TroubledWorld) -> None:
    await acme.go_live()
    ada = await acme.add_user("ada@acme.example")
    await acme.rest()
    hubspot_id = (await acme.hubspot.users())["ada@acme.example"]["id"]
    await acme.hubspot.call("DELETE", f"/settings/users/2026-03/{hubspot_id}")

    await acme.set_user(ada.id, "active", False)
    await acme.rest()

    assert set() == await people(acme)
    assert {} == await acme.held()


async def test_who_was_deactivated_at_hubspot_stays_so_until_released(acme: TroubledWorld) -> None:
    await acme.go_live()
    ada = await acme.add_user("ada@acme.example", name={"givenName": "Ada", "familyName": "Vance"})
    await acme.rest()
    (resource,) = (await acme.hubspot.scim("GET", "/Users?filter=userName%20eq%20%22ada@acme.example%22"))[
        "Resources"
    ] or [await convert(acme)]
    await acme.hubspot.scim(
        "PATCH",
        f"/Users/{resource['id']}",
        {
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{"op": "replace", "path": "active", "value": False}],
        },
    )
    assert (await acme.hubspot.users())["ada@acme.example"]["active"] is False
    await acme.run("connection.check", tenant=TENANT)

    await acme.set_user(ada.id, "name.familyName", "Lovelace")
    await acme.rest()
    assert {"ada@acme.example": "deactivated-at-hubspot"} == await acme.held()
    assert (await acme.hubspot.users())["ada@acme.example"]["active"] is False

    await acme.run("users.release", tenant=TENANT, user="ada@acme.example")
    await acme.rest()
    assert {} == await acme.held()
    found = (await acme.hubspot.users())["ada@acme.example"]
    assert (True, "Ada Lovelace") == (found["active"], found["name"])


async def convert(acme: TroubledWorld) -> Any:
    """Make Ada a SCIM user of HubSpot, as somebody else's identity provider would."""
    body = {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": "ada@acme.example",
        "emails": [{"value": "ada@acme.example", "primary": True}],
        "name": {"givenName": "Ada", "familyName": "Vance"},
        "active": True,
    }
    return await acme.hubspot.scim("POST", "/Users", body)


async def test_a_restart_remembers_the_calls_of_the_last_seconds(acme: TroubledWorld) -> None:
    await acme.go_live()
    await acme.add_user("ada@acme.example")
    now = acme.clock.now()
    for _ in range(90):
        await acme.gateway.store.backlog.log_call(
            acme.tenant_id, "api", "users.update", None, Cause(now, "c0ffee")
        )
    await acme.restart()

    await acme.rest()

    calls = await acme.calls()
    assert {"ada@acme.example"} == await people(acme)
    assert calls[-1] > now + 10_000


async def test_whom_a_deleted_set_holds_is_not_said_to_have_what_he_should_have(
    acme: TroubledWorld, tmp_path: Path
) -> None:
    await acme.run("rule.add", tenant=TENANT, role="Boss", permission_set="Manager")
    await acme.go_live()
    await acme.add_user("ada@acme.example", roles=[{"value": "Boss", "primary": True}])
    await acme.rest()
    in_portal(tmp_path, "UPDATE account_users SET permission_set_ids = '[]' WHERE super_admin = 0")
    in_portal(tmp_path, "DELETE FROM permission_sets WHERE name = 'Manager'")
    await acme.run("reconcile.run", tenant=TENANT)
    await acme.rest()

    shown = await acme.run("users.show", tenant=TENANT, user="ada@acme.example")
    assert "permission-set-missing" == shown["why"]["held"]["reason"]
    assert "Not known while something holds the person." == shown["why"]["difference"]["sentence"]
