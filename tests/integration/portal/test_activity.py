"""The account's logs and its use of the API."""

from __future__ import annotations

from typing import Any

import pytest

from syncline.portal import administration
from tests.integration.portal.browser import Browser
from tests.integration.portal.conftest import USERS, World

LOGS = "/account-info/v3/activity"
ADMIN = "admin@acme.example"


async def happenings(world: World, query: str = "") -> list[tuple[str, str | None]]:
    reply = await world.api.get(f"{LOGS}/security{query}")
    assert reply.status == 200, reply.body
    return [(one["type"], one.get("objectId")) for one in reversed(reply.body["results"])]


async def test_every_change_of_a_user_is_in_the_history(world: World) -> None:
    teams, sets = await world.team_ids(), await world.set_ids()
    before = len(await happenings(world))
    ada = (await world.add("ada@acme.example", primaryTeamId=teams["Sales"]))["id"]
    await world.api.put(f"{USERS}/{ada}", {"roleId": sets["Manager"]})
    await world.api.put(f"{USERS}/{ada}", {"primaryTeamId": teams["Service"]})
    for active in (False, True):
        await administration.set_access(world.store, world.clock, "acme", "ada@acme.example", active=active)
    await world.api.delete(f"{USERS}/{ada}")
    await world.api.delete(f"{USERS}/{ada}")

    assert [
        "ADD_USER", "TEAM_USER_ADDED", "TEAM_USER_ADDED", "TEAM_USER_DELETED", "DEACTIVATE_USER",
        "REACTIVATE_USER", "REMOVE_USER",
    ] == [kind for kind, about in (await happenings(world))[before:] if about == ada]  # fmt: skip
    audit = (await world.api.get(f"{LOGS}/audit-logs?limit=200")).body["results"]
    assert "CHANGE_USER" in [one["subCategory"] for one in audit if one.get("targetObjectId") == ada]


async def test_what_scim_does_is_in_the_history(world: World) -> None:
    await world.provision("ada@acme.example", "Super Admin")
    resource = (await world.scim.get("/Users?filter=userName%20eq%20%22ada@acme.example%22")).body
    await world.scim.delete(f"/Users/{resource['Resources'][0]['id']}")

    assert ["ADD_USER", "ADD_ADMIN_USER", "DEACTIVATE_USER"] == [
        kind for kind, _ in (await happenings(world))[-3:]
    ]


async def test_sign_on_apps_and_teams_are_in_the_history(world: World) -> None:
    await world.change(sso=False)
    await world.change(sso=True)
    app = await administration.create_app(
        world.store, world.clock, "acme", redirect_uris=["https://gateway.example/"]
    )
    for _ in range(2):
        await administration.grant_app(
            world.store, world.clock, "acme", ADMIN, client_id=app["client_id"],
            redirect_uri="https://gateway.example/", scope="oauth",
        )  # fmt: skip
    await administration.uninstall_app(world.store, world.clock, "acme", app["client_id"])
    team = await administration.add_team(world.store, world.clock, "acme", "Night shift")

    assert [
        ("REMOVE_SINGLE_SIGN_ON", None),
        ("ADD_SINGLE_SIGN_ON", None),
        ("INSTALL_INTEGRATION", str(app["app_id"])),
        ("UNINSTALL_INTEGRATION", str(app["app_id"])),
        ("TEAM_ADDED", team["id"]),
    ] == (await happenings(world))[-5:]


async def test_the_history_pages_and_is_cut_by_time_and_user(world: World) -> None:
    admin = (await world.user(ADMIN))["id"]
    for number in range(5):
        await world.clock.advance(1_000)
        await world.add(f"user{number}@acme.example")
    now = world.clock.now()
    install_of_the_scim_app = 1
    seen: list[Any] = []
    path = f"{LOGS}/security?limit=2"
    while path:
        body = (await world.api.get(path)).body
        seen += body["results"]
        path = body.get("paging", {}).get("next", {}).get("link", "").removeprefix(world.base_url)

    assert 7 + install_of_the_scim_app == len({one["id"] for one in seen})
    assert sorted((int(one["id"]) for one in seen), reverse=True) == [int(one["id"]) for one in seen]
    assert 2 == len(await happenings(world, f"?fromTimestamp={now - 1_000}"))
    assert 3 == len(await happenings(world, f"?fromTimestamp={now - 3_000}&toTimestamp={now - 1_000}"))
    assert 7 + install_of_the_scim_app == len(await happenings(world, f"?userId={admin}"))
    assert [] == await happenings(world, "?userId=1")


async def test_sign_ins_are_logged_whether_they_succeed_or_not(world: World) -> None:
    app = await administration.create_app(
        world.store, world.clock, "acme", redirect_uris=["https://gateway.example/"]
    )
    address = (
        f"{world.base_url}/oauth/authorize?client_id={app['client_id']}"
        "&scope=oauth&redirect_uri=https%3A%2F%2Fgateway.example%2F"
    )
    for password in ("wrong", world.account["admin_password"]):
        await Browser(world.session, address).sign_in(ADMIN, password)

    first = (await world.api.get(f"{LOGS}/login?limit=1")).body
    rest = (await world.api.get(f"{LOGS}/login?after={first['paging']['next']['after']}")).body

    assert [True, False] == [one["loginSucceeded"] for one in (*first["results"], *rest["results"])]
    assert (ADMIN, "127.0.0.1") == (first["results"][0]["email"], first["results"][0]["ipAddress"])
    assert [] == (await world.api.get(f"{LOGS}/login?userId=1")).body["results"]


async def test_the_audit_log_sorts_both_ways(world: World) -> None:
    await world.add("ada@acme.example")
    path = f"{LOGS}/audit-logs?limit=200"

    newest = (await world.api.get(path)).body["results"]
    oldest = (await world.api.get(f"{path}&sort=occurredAt")).body["results"]

    assert newest == oldest[::-1]
    assert {"userId": int((await world.user(ADMIN))["id"]), "userEmail": ADMIN} == newest[0]["actingUser"]


async def test_only_enterprise_accounts_have_an_audit_log(world: World) -> None:
    await world.change(tier="professional")

    assert 403 == (await world.api.get(f"{LOGS}/audit-logs")).status
    assert 200 == (await world.api.get(f"{LOGS}/security")).status


@pytest.mark.parametrize(
    "path",
    [
        "security?userId=x",
        "security?fromTimestamp=now",
        "audit-logs?sort=name",
        "audit-logs?occurredAfter=soon",
        "audit-logs?actingUserId=x",
    ],
)
async def test_a_parameter_that_makes_no_sense_is_400(world: World, path: str) -> None:
    assert 400 == (await world.api.get(f"{LOGS}/{path}")).status


async def test_usage_counts_the_days_calls(world: World) -> None:
    await world.change(time_zone="Asia/Kolkata")
    for _ in range(3):
        await world.api.get(USERS)

    (usage,) = (await world.api.get("/account-info/v3/api-usage/daily/private-apps")).body["results"]

    assert (4, 1_000_000, "SUCCESS") == (
        usage["currentUsage"],
        usage["usageLimit"],
        usage["fetchStatus"],
    )
    assert usage["resetsAt"].endswith("T18:30:00.000Z")
