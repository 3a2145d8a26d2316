"""The user-provisioning API over real HTTP."""

from __future__ import annotations

import asyncio

import pytest

from syncline.portal import administration
from tests.integration.portal.conftest import USERS, World


async def test_a_created_user_is_answered_with_201_and_its_location(world: World) -> None:
    reply = await world.api.post(
        USERS,
        {"email": "ada@acme.example", "sendWelcomeEmail": True, "firstName": "Ada", "lastName": "Lovelace"},
    )

    user_id = reply.body["id"]
    assert reply.status == 201
    assert reply.headers["Location"] == f"{world.base_url}{USERS}/{user_id}"
    assert {
        "id": user_id,
        "email": "ada@acme.example",
        "firstName": "Ada",
        "lastName": "Lovelace",
        "roleIds": [],
        "secondaryTeamIds": [],
        "superAdmin": False,
        "sendWelcomeEmail": True,
    } == reply.body


async def test_later_reads_do_not_repeat_the_welcome_email(world: World) -> None:
    created = await world.add("ada@acme.example", sendWelcomeEmail=True)

    reply = await world.api.get(f"{USERS}/{created['id']}")

    assert {**created, "sendWelcomeEmail": False} == reply.body


@pytest.mark.parametrize("prefix", ["/settings/v3/users", "/settings/users/v3", USERS])
async def test_every_spelling_of_the_address_serves_the_same_users(world: World, prefix: str) -> None:
    created = await world.add("ada@acme.example")

    assert created["id"] == (await world.api.get(f"{prefix}/{created['id']}")).body["id"]
    assert 2 == len((await world.api.get(f"{prefix}/")).body["results"])
    assert 2 == len((await world.api.get(prefix)).body["results"])
    assert 6 == len((await world.api.get(f"{prefix}/roles")).body["results"])
    assert 4 == len((await world.api.get(f"{prefix}/teams/")).body["results"])


@pytest.mark.parametrize("written", ["ada@acme.example", "ada%40acme.example", "ADA@Acme.Example"])
async def test_a_user_is_found_by_email_in_any_case(world: World, written: str) -> None:
    created = await world.add("ada@acme.example")

    reply = await world.api.get(f"{USERS}/{written}?idProperty=EMAIL")

    assert (200, created["id"]) == (reply.status, reply.body["id"])


async def test_an_unknown_user_is_404_in_the_envelope(world: World) -> None:
    for path in (f"{USERS}/1", f"{USERS}/nobody@acme.example?idProperty=EMAIL"):
        reply = await world.api.get(path)
        assert (404, "OBJECT_NOT_FOUND") == (reply.status, reply.body["category"])


@pytest.mark.parametrize(
    "path",
    [
        f"{USERS}/ada@acme.example",
        f"{USERS}/1?idProperty=NAME",
        f"{USERS}/{'9' * 40}",
        f"{USERS}?limit=0",
        f"{USERS}?limit=-1",
        f"{USERS}?limit=ten",
        f"{USERS}?after=x",
    ],
)
async def test_a_parameter_that_makes_no_sense_is_400(world: World, path: str) -> None:
    reply = await world.api.get(path)

    assert (400, "VALIDATION_ERROR") == (reply.status, reply.body["category"])


async def test_pages_cover_everybody_once_and_the_last_has_no_paging(world: World) -> None:
    emails = [f"user{number}@acme.example" for number in range(7)]
    for email in emails:
        await world.add(email)
    seen: list[str] = []
    path: str | None = f"{USERS}?limit=3"
    pages = 0

    while path:
        body = (await world.api.get(path)).body
        seen += [user["email"] for user in body["results"]]
        link = body.get("paging", {}).get("next", {}).get("link")
        path = link and link.removeprefix(world.base_url)
        pages += 1

    assert ["admin@acme.example", *emails] == seen
    assert 3 == pages


async def test_a_second_create_of_the_same_email_is_409(world: World) -> None:
    await world.add("ada@acme.example")

    reply = await world.api.post(USERS, {"email": "ADA@acme.example", "sendWelcomeEmail": False})

    assert (409, "OBJECT_ALREADY_EXISTS") == (reply.status, reply.body["category"])


async def test_an_account_may_answer_a_second_create_with_400(world: World) -> None:
    await world.flag(duplicate_create="400")
    await world.add("ada@acme.example")

    reply = await world.api.post(USERS, {"email": "ada@acme.example"})

    assert (400, "VALIDATION_ERROR") == (reply.status, reply.body["category"])


async def test_removal_is_idempotent_and_the_same_id_returns(world: World) -> None:
    created = await world.add("ada@acme.example", firstName="Ada")
    path = f"{USERS}/{created['id']}"

    assert [204, 204] == [(await world.api.delete(path)).status for _ in range(2)]
    assert 404 == (await world.api.get(path)).status
    assert 404 == (await world.api.get(f"{USERS}/ada@acme.example?idProperty=EMAIL")).status
    assert 404 == (await world.api.put(path, {})).status
    again = await world.add("Ada@ACME.example")

    assert created["id"] == again["id"]


async def test_removal_takes_permissions_and_teams_with_it(world: World) -> None:
    sets, teams = await world.set_ids(), await world.team_ids()
    created = await world.add("ada@acme.example", roleId=sets["Manager"], primaryTeamId=teams["Sales"])

    await world.api.delete(f"{USERS}/ada@acme.example?idProperty=EMAIL")
    again = await world.add("ada@acme.example")

    assert [] == again["roleIds"]
    assert "primaryTeamId" not in again
    assert created["id"] == again["id"]


async def test_what_a_put_leaves_out_stays(world: World) -> None:
    sets, teams = await world.set_ids(), await world.team_ids()
    created = await world.add(
        "ada@acme.example",
        firstName="Ada",
        lastName="Byron",
        roleId=sets["Standard User"],
        primaryTeamId=teams["Sales"],
        secondaryTeamIds=[teams["Service"]],
    )

    reply = await world.api.put(f"{USERS}/{created['id']}", {"lastName": "Lovelace"})

    assert 200 == reply.status
    assert {**created, "lastName": "Lovelace"} == reply.body


async def test_null_and_empty_take_away(world: World) -> None:
    sets, teams = await world.set_ids(), await world.team_ids()
    created = await world.add(
        "ada@acme.example",
        roleId=sets["Manager"],
        primaryTeamId=teams["Sales"],
        secondaryTeamIds=[teams["Service"]],
    )

    reply = await world.api.put(
        f"{USERS}/{created['id']}", {"roleId": "", "primaryTeamId": None, "secondaryTeamIds": []}
    )

    assert ([], [], False) == (
        reply.body["roleIds"],
        reply.body["secondaryTeamIds"],
        "primaryTeamId" in reply.body,
    )


async def test_teams_list_their_primary_and_further_members(world: World) -> None:
    teams = await world.team_ids()
    ada = await world.add("ada@acme.example", primaryTeamId=teams["Sales"])
    bob = await world.add("bob@acme.example", secondaryTeamIds=[teams["Sales"]])

    reply = await world.api.get(f"{USERS}/teams")

    sales = next(team for team in reply.body["results"] if team["name"] == "Sales")
    assert ([ada["id"]], [bob["id"]]) == (sales["userIds"], sales["secondaryUserIds"])


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"roleId": "999"}, "roleId"),
        ({"primaryTeamId": "999"}, "primaryTeamId"),
        ({"secondaryTeamIds": ["999"]}, "secondaryTeamIds"),
        ({"firstName": "a\nb"}, "firstName"),
        ({"lastName": "x" * 201}, "lastName"),
    ],
)
async def test_a_field_that_cannot_be_given_is_named_and_nobody_is_created(
    world: World, fields: dict[str, object], where: str
) -> None:
    reply = await world.api.post(USERS, {"email": "ada@acme.example", **fields})

    assert (400, [where]) == (reply.status, [detail["in"] for detail in reply.body["errors"]])
    assert 404 == (await world.api.get(f"{USERS}/ada@acme.example?idProperty=EMAIL")).status


@pytest.mark.parametrize("email", ["", "ada", "ada@", "@acme.example", "a b@acme.example", "ada@acme"])
async def test_what_is_no_email_is_refused(world: World, email: str) -> None:
    assert 400 == (await world.api.post(USERS, {"email": email})).status


async def test_a_paid_set_needs_the_billing_scope(world: World) -> None:
    paid = (await world.set_ids())["Sales Hub Seat"]
    other = await world.open_account("billed", scopes=["settings.billing.write"])
    billed = world.client(other["access_token"])
    roles = (await billed.get(f"{USERS}/roles")).body["results"]
    paid_there = next(one["id"] for one in roles if one["requiresBillingWrite"])

    refused = await world.api.post(USERS, {"email": "ada@acme.example", "roleId": paid})
    allowed = await billed.post(USERS, {"email": "ada@billed.example", "roleId": paid_there})

    assert (400, "MISSING_BILLING_SCOPE") == (refused.status, refused.body["errors"][0]["code"])
    assert (201, paid_there) == (allowed.status, allowed.body["roleId"])


async def test_nobody_becomes_or_ceases_to_be_a_super_admin_by_the_api(world: World) -> None:
    sets = await world.set_ids()

    made = await world.api.post(USERS, {"email": "ada@acme.example", "roleId": sets["Super Admin"]})
    demoted = await world.api.put(f"{USERS}/admin@acme.example?idProperty=EMAIL", {"roleId": sets["Manager"]})
    admin = await world.api.get(f"{USERS}/admin@acme.example?idProperty=EMAIL")

    assert [400, 400] == [made.status, demoted.status]
    assert admin.body["superAdmin"] is True


async def test_the_last_super_admin_cannot_be_removed(world: World) -> None:
    reply = await world.api.delete(f"{USERS}/admin@acme.example?idProperty=EMAIL")

    assert (400, "LAST_SUPER_ADMIN") == (reply.status, reply.body["errors"][0]["code"])


async def test_one_of_two_super_admins_can_be_removed(world: World) -> None:
    await administration.add_user(
        world.store, world.clock, "acme", email="second@acme.example", permission_set="Super Admin"
    )

    assert 204 == (await world.api.delete(f"{USERS}/admin@acme.example?idProperty=EMAIL")).status
    assert 400 == (await world.api.delete(f"{USERS}/second@acme.example?idProperty=EMAIL")).status


async def test_names_are_refused_before_the_invitation_is_accepted(world: World) -> None:
    await world.change(invites="never")
    created = await world.add("ada@acme.example", firstName="Ada")
    sets = await world.set_ids()

    refused = await world.api.put(
        f"{USERS}/{created['id']}", {"lastName": "Lovelace", "roleId": sets["Manager"]}
    )
    allowed = await world.api.put(f"{USERS}/{created['id']}", {"roleId": sets["Manager"]})

    assert (400, "VALIDATION_ERROR") == (refused.status, refused.body["category"])
    assert "USER_NOT_ON_ANY_HUBS" == refused.body["errors"][0]["code"]
    assert (200, sets["Manager"], "Ada") == (
        allowed.status,
        allowed.body["roleId"],
        allowed.body["firstName"],
    )


async def test_names_are_taken_once_the_delay_has_passed(world: World) -> None:
    await world.change(invites="30")
    path = f"{USERS}/{(await world.add('ada@acme.example'))['id']}"

    await world.clock.advance(30 * 60_000 - 1)
    early = await world.api.put(path, {"firstName": "Ada"})
    await world.clock.advance(1)
    late = await world.api.put(path, {"firstName": "Ada"})

    assert [400, 200] == [early.status, late.status]


async def test_names_are_taken_from_somebody_who_is_on_another_hub(world: World) -> None:
    other = await world.open_account("other")
    await world.client(other["access_token"]).post(USERS, {"email": "ada@acme.example"})
    await world.change(invites="never")
    created = await world.add("ada@acme.example")

    reply = await world.api.put(f"{USERS}/{created['id']}", {"firstName": "Ada"})

    assert 200 == reply.status


async def test_an_account_may_have_no_roles(world: World) -> None:
    await world.flag(roles_available="off")

    reply = await world.api.get(f"{USERS}/roles")

    assert (400, "VALIDATION_ERROR", "Account doesn't have access to roles.") == (
        reply.status,
        reply.body["category"],
        reply.body["message"],
    )


@pytest.mark.parametrize(("listed", "status"), [("on", 200), ("off", 404)])
async def test_deactivated_users_are_listed_or_not_as_the_flag_says(
    world: World, listed: str, status: int
) -> None:
    await world.flag(deactivated_listed=listed)
    created = await world.add("ada@acme.example")
    await administration.set_access(world.store, world.clock, "acme", "ada@acme.example", active=False)

    users = (await world.api.get(USERS)).body["results"]
    reply = await world.api.get(f"{USERS}/{created['id']}")

    assert status == reply.status
    assert (status == 200) is (created["id"] in [user["id"] for user in users])


async def test_accounts_share_identities_and_nothing_else(world: World) -> None:
    other = await world.open_account("other")
    elsewhere = world.client(other["access_token"])
    mine = await world.add("ada@acme.example", firstName="Ada")

    foreign = await elsewhere.get(f"{USERS}/{mine['id']}")
    unknown = await elsewhere.get(f"{USERS}/{int(mine['id']) + 1}")
    assert (404, 404) == (foreign.status, unknown.status)
    await elsewhere.delete(f"{USERS}/{mine['id']}")
    assert 200 == (await world.api.get(f"{USERS}/{mine['id']}")).status
    there = (await elsewhere.post(USERS, {"email": "ada@acme.example"})).body

    assert mine["id"] == there["id"]
    assert "firstName" not in there


async def test_parallel_creates_of_one_email_make_one_user(world: World) -> None:
    replies = await asyncio.gather(*(world.api.post(USERS, {"email": "ada@acme.example"}) for _ in range(30)))

    statuses = [reply.status for reply in replies]
    assert (1, 29) == (statuses.count(201), statuses.count(409))


async def test_a_list_may_lag_behind_a_removal(world: World) -> None:
    await world.flag(removed_listed_seconds="30")
    sets, teams = await world.set_ids(), await world.team_ids()
    created = await world.add(
        "ada@acme.example", roleId=sets["Manager"], primaryTeamId=teams["Sales"], firstName="Ada"
    )
    await world.api.delete(f"{USERS}/{created['id']}")

    lagging = (await world.api.get(USERS)).body["results"]
    one = await world.api.get(f"{USERS}/{created['id']}")
    await world.clock.advance(30_000)
    settled = (await world.api.get(USERS)).body["results"]

    assert created == lagging[1]
    assert (404, ["admin@acme.example"]) == (one.status, [user["email"] for user in settled])


@pytest.mark.parametrize("prefix", ["/settings/users/2026-09-beta", "/settings/users/2026-09"])
async def test_later_versions_serve_the_same_users(world: World, prefix: str) -> None:
    created = await world.add("ada@acme.example")

    reply = await world.api.get(f"{prefix}/{created['id']}")

    assert {**created, "seatNames": []} == reply.body
