"""The teams API of 2026-09."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.portal.conftest import USERS, World

TEAMS = "/settings/teams/2026-09-beta"


async def people(world: World, *names: str) -> dict[str, str]:
    return {name: (await world.add(f"{name}@acme.example"))["id"] for name in names}


@pytest.mark.parametrize("prefix", [TEAMS, "/settings/teams/2026-09"])
async def test_a_team_is_made_moved_and_ended(world: World, prefix: str) -> None:
    ids = await people(world, "ada", "bob")
    sales = (await world.team_ids())["Sales"]
    made = await world.api.post(
        prefix,
        {
            "name": "Night shift",
            "parentTeamId": sales,
            "members": [{"userId": ids["ada"], "type": "DEFAULT"}, {"userId": ids["bob"], "type": "EXTRA"}],
        },
    )
    path = f"{prefix}/{made.body['id']}"

    members = (await world.api.get(f"{path}/members")).body["results"]
    renamed = await world.api.call("PATCH", path, {"name": "Day shift", "parentTeamId": None})
    ended = await world.api.delete(path)

    assert (201, "Night shift", sales) == (made.status, made.body["name"], made.body["parentTeamId"])
    assert world.base_url + path == made.headers["Location"]
    assert [
        {"userId": ids["ada"], "type": "DEFAULT"},
        {"userId": ids["bob"], "type": "EXTRA"},
    ] == members
    assert {"id": made.body["id"], "name": "Day shift"} == renamed.body
    assert [204, 404, 404] == [
        ended.status,
        (await world.api.get(path)).status,
        (await world.api.delete(path)).status,
    ]
    ada = (await world.api.get(f"{USERS}/{ids['ada']}")).body
    assert ("primaryTeamId" in ada, []) == (False, ada["secondaryTeamIds"])


async def test_members_come_and_go_singly_and_in_batches(world: World) -> None:
    ids = await people(world, "ada", "bob", "cy")
    path = f"{TEAMS}/{(await world.team_ids())['Sales']}/members"

    one = await world.api.post(path, {"userId": ids["ada"], "type": "DEFAULT"})
    batch = await world.api.post(
        f"{path}/batch", {"inputs": [{"userId": ids[name], "type": "EXTRA"} for name in ("bob", "cy")]}
    )
    pages = [
        (await world.api.get(f"{path}?limit=2")).body,
        (await world.api.get(f"{path}?limit=2&after={ids['bob']}")).body,
    ]
    wrong_way = await world.api.delete(f"{path}/{ids['bob']}")
    right_way = await world.api.delete(f"{path}/{ids['bob']}?type=EXTRA")
    primary = await world.api.delete(f"{path}/{ids['ada']}?type=DEFAULT")

    assert (201, 200, "COMPLETE", 2) == (
        one.status,
        batch.status,
        batch.body["status"],
        len(batch.body["results"]),
    )
    assert [[ids["ada"], ids["bob"]], [ids["cy"]]] == [
        [member["userId"] for member in page["results"]] for page in pages
    ]
    assert ["paging" in page for page in pages] == [True, False]
    assert [204] * 3 == [wrong_way.status, right_way.status, primary.status]
    assert [ids["cy"]] == [member["userId"] for member in (await world.api.get(path)).body["results"]]


async def test_a_new_primary_team_takes_the_place_of_the_old_one(world: World) -> None:
    ids, teams = await people(world, "ada"), await world.team_ids()

    for name in ("Sales", "Service"):
        await world.api.post(f"{TEAMS}/{teams[name]}/members", {"userId": ids["ada"], "type": "DEFAULT"})

    assert teams["Service"] == (await world.api.get(f"{USERS}/{ids['ada']}")).body["primaryTeamId"]


async def test_teams_come_in_pages(world: World) -> None:
    first = (await world.api.get(f"{TEAMS}?limit=3")).body
    rest = (await world.api.get(f"{TEAMS}?limit=3&after={first['paging']['next']['after']}")).body

    assert ["Sales", "Marketing", "Service", "Operations"] == [
        team["name"] for team in (*first["results"], *rest["results"])
    ]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "", {"name": " ", "members": []}, 400),
        ("POST", "", {"name": "Sales", "members": []}, 409),
        ("POST", "", {"name": "New", "members": [], "parentTeamId": "1"}, 400),
        ("POST", "", {"name": "New", "members": [{"userId": "1", "type": "DEFAULT"}]}, 404),
        ("POST", "", {"name": "New", "members": [{"userId": "1", "type": "BOSS"}]}, 400),
        ("PATCH", "/1", {"name": "New"}, 404),
        ("GET", "/1/members", None, 404),
        ("POST", "/1/members", {"userId": "1", "type": "EXTRA"}, 404),
        ("POST", "/1/members/batch", {"inputs": []}, 400),
        ("DELETE", "/1/members/1", None, 404),
        ("DELETE", "/1/members/1?type=BOSS", None, 400),
    ],
)
async def test_what_cannot_be_done_is_refused_and_nothing_is_made(
    world: World, method: str, path: str, body: Any, status: int
) -> None:
    reply = await world.api.call(method, TEAMS + path, body)

    assert status == reply.status
    assert 4 == len(await world.team_ids())


async def test_a_team_cannot_lie_below_itself(world: World) -> None:
    teams = await world.team_ids()
    below = (
        await world.api.post(TEAMS, {"name": "Below", "members": [], "parentTeamId": teams["Sales"]})
    ).body["id"]

    circle = await world.api.call("PATCH", f"{TEAMS}/{teams['Sales']}", {"parentTeamId": below})
    knot = await world.api.call("PATCH", f"{TEAMS}/{teams['Sales']}", {"parentTeamId": teams["Sales"]})

    assert [400, 400] == [circle.status, knot.status]


async def test_ending_a_parent_leaves_the_teams_below(world: World) -> None:
    teams = await world.team_ids()
    below = await world.api.post(TEAMS, {"name": "Below", "members": [], "parentTeamId": teams["Sales"]})

    await world.api.delete(f"{TEAMS}/{teams['Sales']}")

    reply = await world.api.get(f"{TEAMS}/{below.body['id']}")
    assert {"id": below.body["id"], "name": "Below"} == reply.body
