"""HubSpot's native SCIM, as its guide promises it and as `docs/reference/assumptions.md` assumes the rest."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from syncline.portal import administration
from syncline.portal.domain.errors import HubSpotError
from tests.integration.portal.conftest import SCIM_USER, USERS, Client, World

NAMES = {"givenName": "Ada", "familyName": "Lovelace"}


def replace(path: str, value: Any) -> dict[str, Any]:
    return {"op": "replace", "path": path, "value": value}


async def _found(client: Client, filter_text: str) -> list[dict[str, Any]]:
    reply = await client.get("/Users?filter=" + filter_text.replace(" ", "%20").replace('"', "%22"))
    assert reply.status == 200, reply.body
    resources: list[dict[str, Any]] = reply.body["Resources"]
    return resources


async def test_a_provisioned_user_is_an_active_hubspot_user_with_the_named_set(world: World) -> None:
    resource = await world.provision(
        "ada@acme.example", "Sales User", name=NAMES, externalId="x1", title="Countess"
    )
    sets = await world.set_ids()

    user = (await world.api.get(f"{USERS}/ada@acme.example?idProperty=EMAIL")).body
    assert ("Ada", "Lovelace", [sets["Sales User"]]) == (
        user["firstName"],
        user["lastName"],
        user["roleIds"],
    )
    assert ("active", "managed") == (
        (await world.user("ada@acme.example"))["standing"],
        (await world.user("ada@acme.example"))["scim"],
    )
    assert resource == (await world.scim.get(f"/Users/{resource['id']}")).body
    assert "Countess" == resource["title"]
    assert f"{world.base_url}/scim/v2/Users/{resource['id']}" == resource["meta"]["location"]


@pytest.mark.parametrize(
    "role", ["sales user", "Sales  User", " Sales User", "Sales User ", "SalesUser", "Nobody"]
)
async def test_a_role_that_is_not_exactly_a_sets_name_means_minimal_permissions(
    world: World, role: str
) -> None:
    await world.provision("ada@acme.example", role)

    assert [] == (await world.user("ada@acme.example"))["permission_sets"]


async def test_of_several_roles_the_primary_one_that_names_a_set_counts(world: World) -> None:
    roles = [{"value": "Manager"}, {"value": "Unknown", "primary": True}, {"value": "Sales User"}]

    await world.provision("ada@acme.example", roles=roles)

    assert ["Manager"] == (await world.user("ada@acme.example"))["permission_sets"]


async def test_a_paid_set_is_assigned_by_its_role(world: World) -> None:
    await world.provision("ada@acme.example", "Sales Hub Seat")

    assert ["Sales Hub Seat"] == (await world.user("ada@acme.example"))["permission_sets"]


async def test_what_scim_manages_is_read_only_by_hand(world: World) -> None:
    await world.provision("ada@acme.example", "Manager", name=NAMES)

    async def change(**fields: Any) -> str:
        try:
            await administration.change_user(world.store, world.clock, "acme", "ada@acme.example", **fields)
        except HubSpotError as refused:
            return str(refused)
        return "done"

    name = await change(first_name="Augusta")
    permissions = await change(permission_set="Sales User")
    team = await change(team="Sales", further_teams=["Marketing"])
    await world.change(role_sync=False)
    permissions_without_sync = await change(permission_set="Sales User")

    assert "This user's name is managed by your identity provider and can't be changed here." == name
    assert permissions.startswith("This user's permissions are managed by your identity provider")
    assert ["done", "done"] == [team, permissions_without_sync]
    user = await world.user("ada@acme.example")
    assert ("Ada", ["Sales User"], "Sales", ["Marketing"]) == (
        user["first_name"],
        user["permission_sets"],
        user["primary_team"],
        user["secondary_teams"],
    )


async def test_scim_leaves_the_team_given_by_hand(world: World) -> None:
    created = await world.provision("ada@acme.example", "Manager")
    await administration.change_user(world.store, world.clock, "acme", "ada@acme.example", team="Sales")

    await world.scim.put(
        f"/Users/{created['id']}", {**created, "title": "Countess", "roles": [{"value": "Sales User"}]}
    )

    assert "Sales" == (await world.user("ada@acme.example"))["primary_team"]


async def test_a_super_admin_is_made_and_unmade_by_hand_but_never_the_last(world: World) -> None:
    await world.add("ada@acme.example")

    async def change(user: str, permission_set: str) -> bool:
        after = await administration.change_user(
            world.store, world.clock, "acme", user, permission_set=permission_set
        )
        super_admin: bool = after["super_admin"]
        return super_admin

    with pytest.raises(HubSpotError, match="last super admin"):
        await change("admin@acme.example", "Manager")
    made = await change("ada@acme.example", "Super Admin")
    unmade = await change("admin@acme.example", "")

    assert (True, False) == (made, unmade)


async def test_without_role_sync_roles_say_nothing(world: World) -> None:
    await world.change(role_sync=False)
    sets = await world.set_ids()
    await world.add("bob@acme.example", roleId=sets["Manager"])

    await world.provision("ada@acme.example", "Sales User")
    await world.provision("bob@acme.example", "Sales User")

    assert [] == (await world.user("ada@acme.example"))["permission_sets"]
    assert ["Manager"] == (await world.user("bob@acme.example"))["permission_sets"]


async def test_a_changed_role_changes_the_set_and_one_without_match_takes_it(world: World) -> None:
    created = await world.provision("ada@acme.example", "Sales User")
    path = f"/Users/{created['id']}"

    await world.scim.patch(path, replace("roles", [{"value": "Manager"}]))
    assert ["Manager"] == (await world.user("ada@acme.example"))["permission_sets"]
    await world.scim.patch(path, replace("roles", [{"value": "manager"}]))
    assert [] == (await world.user("ada@acme.example"))["permission_sets"]


async def test_a_change_of_something_else_leaves_the_set_given_in_hubspot(world: World) -> None:
    sets = await world.set_ids()
    created = await world.provision("ada@acme.example", "Sales User")
    await world.api.put(f"{USERS}/ada@acme.example?idProperty=EMAIL", {"roleId": sets["Manager"]})

    await world.scim.patch(f"/Users/{created['id']}", replace("title", "Countess"))

    assert ["Manager"] == (await world.user("ada@acme.example"))["permission_sets"]


async def test_a_member_is_converted_by_post_and_keeps_id_team_and_the_set_that_is_named(
    world: World,
) -> None:
    sets, teams = await world.set_ids(), await world.team_ids()
    user = await world.add(
        "ada@acme.example", firstName="Ada", roleId=sets["Manager"], primaryTeamId=teams["Sales"]
    )

    await world.provision("ADA@acme.example", "Manager")

    after = (await world.api.get(f"{USERS}/{user['id']}")).body
    assert (sets["Manager"], teams["Sales"], "Ada") == (
        after["roleId"],
        after["primaryTeamId"],
        after["firstName"],
    )
    assert "managed" == (await world.user("ada@acme.example"))["scim"]


async def test_a_member_converted_without_the_name_of_the_set_is_left_with_minimal_permissions(
    world: World,
) -> None:
    sets = await world.set_ids()
    await world.add("ada@acme.example", roleId=sets["Manager"])
    await world.add("bob@acme.example", roleId=sets["Manager"])
    (bob,) = await _found(world.scim, 'userName eq "bob@acme.example"')

    await world.provision("ada@acme.example")
    await world.scim.patch(f"/Users/{bob['id']}", replace("active", False))

    assert [] == (await world.user("ada@acme.example"))["permission_sets"]
    assert [] == (await world.user("bob@acme.example"))["permission_sets"]


async def test_a_member_is_found_by_email_and_converted_by_patch_under_the_same_id(world: World) -> None:
    await world.add("ada@acme.example", firstName="Ada")
    (found,) = await _found(world.scim, 'userName eq "Ada@Acme.Example"')
    assert ("ada@acme.example", {"givenName": "Ada"}, True) == (
        found["userName"],
        found["name"],
        found["active"],
    )

    reply = await world.scim.patch(f"/Users/{found['id']}", replace("roles", [{"value": "Manager"}]))

    assert (200, found["id"]) == (reply.status, reply.body["id"])
    assert ("managed", ["Manager"]) == (
        (await world.user("ada@acme.example"))["scim"],
        (await world.user("ada@acme.example"))["permission_sets"],
    )


async def test_an_account_may_hide_members_that_scim_does_not_manage(world: World) -> None:
    await world.flag(scim_matches_members="off")
    await world.add("ada@acme.example")
    hidden = (await world.user("ada@acme.example"))["scim_id"]

    assert [] == await _found(world.scim, 'userName eq "ada@acme.example"')
    assert 404 == (await world.scim.get(f"/Users/{hidden}")).status
    assert 0 == (await world.scim.get("/Users")).body["totalResults"]
    created = await world.provision("ada@acme.example")
    assert hidden == created["id"]
    assert 1 == (await world.scim.get("/Users")).body["totalResults"]


async def test_a_second_post_of_a_managed_user_is_409(world: World) -> None:
    await world.provision("ada@acme.example")

    reply = await world.scim.post("/Users", {"schemas": [SCIM_USER], "userName": "ADA@acme.example"})

    assert (409, "uniqueness") == (reply.status, reply.body["scimType"])


async def test_of_fifty_parallel_posts_one_creates(world: World) -> None:
    body = {"schemas": [SCIM_USER], "userName": "ada@acme.example"}

    replies = await asyncio.gather(*(world.scim.post("/Users", body) for _ in range(50)))

    statuses = [reply.status for reply in replies]
    assert (1, 49) == (statuses.count(201), statuses.count(409))


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
async def test_deactivation_ends_access_and_keeps_everything_else(world: World, method: str) -> None:
    teams = await world.team_ids()
    user = await world.add("ada@acme.example", primaryTeamId=teams["Sales"])
    created = await world.provision("ada@acme.example", "Manager", name=NAMES)
    before = await world.user("ada@acme.example")

    reply = (
        await world.scim.patch(f"/Users/{created['id']}", replace("active", False))
        if method == "PATCH"
        else await world.scim.put(f"/Users/{created['id']}", {**created, "active": False})
    )

    assert (200, False) == (reply.status, reply.body["active"])
    after = await world.user("ada@acme.example")
    changed = {"standing": "deactivated", "updated_at": after["updated_at"]}
    assert {**before, **changed} == after
    (owner,) = (await world.api.get("/crm/v3/owners?archived=true")).body["results"]
    assert int(user["id"]) == owner["userIdIncludingInactive"]


async def test_reactivation_restores_access(world: World) -> None:
    created = await world.provision("ada@acme.example", "Manager")
    for active in (False, True):
        await world.scim.patch(f"/Users/{created['id']}", replace("active", active))

    after = await world.user("ada@acme.example")
    assert ("active", ["Manager"]) == (after["standing"], after["permission_sets"])


async def test_a_put_that_does_not_say_active_reactivates_nobody(world: World) -> None:
    created = await world.provision("ada@acme.example", active=False)
    body = {"schemas": [SCIM_USER], "userName": "ada@acme.example", "title": "Countess"}

    reply = await world.scim.put(f"/Users/{created['id']}", body)

    assert (False, "deactivated") == (
        reply.body["active"],
        (await world.user("ada@acme.example"))["standing"],
    )


async def test_somebody_deactivated_by_hand_is_inactive_for_scim(world: World) -> None:
    created = await world.provision("ada@acme.example")
    await administration.set_access(world.store, world.clock, "acme", "ada@acme.example", active=False)

    reply = await world.scim.get(f"/Users/{created['id']}")

    assert reply.body["active"] is False
    assert created["meta"]["version"] != reply.body["meta"]["version"]


async def test_an_email_changes_through_scim_and_the_ids_stay(world: World) -> None:
    user = await world.add("ada@acme.example")
    created = await world.provision("ada@acme.example")

    reply = await world.scim.patch(f"/Users/{created['id']}", replace("userName", "countess@acme.example"))

    assert 200 == reply.status
    renamed = (await world.api.get(f"{USERS}/countess@acme.example?idProperty=EMAIL")).body
    assert user["id"] == renamed["id"]
    assert 404 == (await world.api.get(f"{USERS}/ada@acme.example?idProperty=EMAIL")).status
    assert created["id"] == (await _found(world.scim, 'userName eq "countess@acme.example"'))[0]["id"]


async def test_a_renamed_email_is_free_for_somebody_else(world: World) -> None:
    first = await world.provision("ada@acme.example")
    await world.scim.patch(f"/Users/{first['id']}", replace("userName", "countess@acme.example"))

    second = await world.provision("ada@acme.example")

    assert first["id"] != second["id"]
    assert (await world.user("ada@acme.example"))["id"] != (await world.user("countess@acme.example"))["id"]


async def test_an_email_of_somebody_else_cannot_be_taken(world: World) -> None:
    await world.add("bob@acme.example")
    created = await world.provision("ada@acme.example")

    reply = await world.scim.patch(f"/Users/{created['id']}", replace("userName", "BOB@acme.example"))

    assert (409, "uniqueness") == (reply.status, reply.body["scimType"])
    assert "ada@acme.example" == (await world.scim.get(f"/Users/{created['id']}")).body["userName"]


async def test_the_name_of_a_managed_user_is_read_only_for_the_api(world: World) -> None:
    await world.provision("ada@acme.example", name=NAMES)
    path = f"{USERS}/ada@acme.example?idProperty=EMAIL"

    refused = await world.api.put(path, {"firstName": "Augusta"})
    unchanged = await world.api.put(path, {"firstName": "Ada", "lastName": "Lovelace"})
    await world.flag(scim_names_read_only="off")
    allowed = await world.api.put(path, {"firstName": "Augusta"})

    assert (400, "USER_MANAGED_BY_SCIM") == (refused.status, refused.body["errors"][0]["code"])
    assert [200, 200] == [unchanged.status, allowed.status]
    (found,) = await _found(world.scim, 'userName eq "ada@acme.example"')
    assert "Augusta" == found["name"]["givenName"]


@pytest.mark.parametrize(
    ("flag", "role_sync", "status"), [("off", True, 200), ("on", False, 200), ("on", True, 400)]
)
async def test_permissions_of_a_managed_user_are_read_only_by_flag_and_role_sync(
    world: World, flag: str, role_sync: bool, status: int
) -> None:
    await world.change(role_sync=role_sync, flags={"scim_permissions_read_only": flag})
    sets = await world.set_ids()
    await world.provision("ada@acme.example")

    reply = await world.api.put(f"{USERS}/ada@acme.example?idProperty=EMAIL", {"roleId": sets["Manager"]})

    assert status == reply.status


async def test_a_domain_that_is_not_verified_is_refused_and_named(world: World) -> None:
    created = await world.provision("ada@acme.example")

    posted = await world.scim.post("/Users", {"schemas": [SCIM_USER], "userName": "ada@evil.example"})
    renamed = await world.scim.patch(f"/Users/{created['id']}", replace("userName", "ada@evil.example"))

    for reply in (posted, renamed):
        assert (400, "invalidValue") == (reply.status, reply.body["scimType"])
        assert "evil.example is not verified" in reply.body["detail"]
    assert 404 == (await world.api.get(f"{USERS}/ada@evil.example?idProperty=EMAIL")).status
    await world.change(domains=["Evil.Example"])
    await world.provision("ada@evil.example")


async def test_a_domain_in_another_script_is_verified_in_either_spelling(world: World) -> None:
    await world.change(domains=["Bücher.example"])

    await world.provision("ada@bücher.example")
    await world.provision("bob@xn--bcher-kva.example")


async def test_a_verified_domain_says_nothing_of_those_below_it(world: World) -> None:
    reply = await world.scim.post("/Users", {"schemas": [SCIM_USER], "userName": "ada@mail.acme.example"})

    assert (400, "invalidValue") == (reply.status, reply.body["scimType"])


async def test_a_user_name_that_is_no_email_is_refused(world: World) -> None:
    reply = await world.scim.post("/Users", {"schemas": [SCIM_USER], "userName": "ada"})

    assert (400, "invalidValue") == (reply.status, reply.body["scimType"])


@pytest.mark.parametrize(
    ("settings", "says"),
    [({"sso": False}, "single sign-on"), ({"tier": "starter"}, "Professional or Enterprise")],
)
async def test_an_account_without_the_prerequisites_is_told_what_is_missing(
    world: World, settings: dict[str, object], says: str
) -> None:
    await world.change(**settings)

    reply = await world.scim.get("/Users")

    assert 403 == reply.status
    assert says in reply.body["detail"]


async def test_professional_is_enough(world: World) -> None:
    await world.change(tier="professional")

    assert 200 == (await world.scim.get("/ServiceProviderConfig")).status


async def test_groups_are_not_served(world: World) -> None:
    assert 404 == (await world.scim.get("/Groups")).status
    types = (await world.scim.get("/ResourceTypes")).body["Resources"]
    assert ["User"] == [one["id"] for one in types]


async def test_a_deleted_user_is_deactivated_in_hubspot_and_gone_from_scim(world: World) -> None:
    created = await world.provision("ada@acme.example", "Manager")

    assert 204 == (await world.scim.delete(f"/Users/{created['id']}")).status

    assert 404 == (await world.scim.get(f"/Users/{created['id']}")).status
    assert 404 == (await world.scim.delete(f"/Users/{created['id']}")).status
    assert [] == await _found(world.scim, 'userName eq "ada@acme.example"')
    assert "deactivated" == (await world.user("ada@acme.example"))["standing"]


async def test_an_account_may_remove_who_scim_deletes(world: World) -> None:
    await world.flag(scim_delete="remove")
    created = await world.provision("ada@acme.example")

    await world.scim.delete(f"/Users/{created['id']}")

    assert 404 == (await world.api.get(f"{USERS}/ada@acme.example?idProperty=EMAIL")).status


@pytest.mark.parametrize("by", ["scim", "api"])
async def test_the_scim_id_of_a_person_is_the_same_for_ever(world: World, by: str) -> None:
    created = await world.provision("ada@acme.example", "Manager")
    user = await world.user("ada@acme.example")
    if by == "scim":
        await world.scim.delete(f"/Users/{created['id']}")
    else:
        await world.api.delete(f"{USERS}/{user['id']}")

    again = await world.provision("ada@acme.example", "Sales User")

    after = await world.user("ada@acme.example")
    assert (created["id"], user["id"]) == (again["id"], after["id"])
    assert ("active", ["Sales User"]) == (after["standing"], after["permission_sets"])


async def test_somebody_removed_by_the_api_is_gone_from_scim(world: World) -> None:
    created = await world.provision("ada@acme.example")
    await world.api.delete(f"{USERS}/ada@acme.example?idProperty=EMAIL")

    assert 404 == (await world.scim.get(f"/Users/{created['id']}")).status
    assert [] == await _found(world.scim, 'userName eq "ada@acme.example"')


@pytest.mark.parametrize("operation", [replace("active", False), replace("roles", [{"value": "Manager"}])])
async def test_the_last_super_admin_cannot_be_deactivated_or_demoted(
    world: World, operation: dict[str, Any]
) -> None:
    (admin,) = await _found(world.scim, 'userName eq "admin@acme.example"')

    changed = await world.scim.patch(f"/Users/{admin['id']}", operation)
    deleted = await world.scim.delete(f"/Users/{admin['id']}")

    assert [403, 403] == [changed.status, deleted.status]
    after = await world.user("admin@acme.example")
    assert (True, "active", "member") == (after["super_admin"], after["standing"], after["scim"])


@pytest.mark.parametrize(
    ("filter_text", "expected"),
    [
        ('userName eq "ADA@acme.example"', ["ada"]),
        ('externalId eq "x-bob"', ["bob"]),
        ('externalId eq "X-BOB"', []),
        ('emails[type eq "work"].value eq "work@acme.example"', ["bob"]),
        ('emails eq "cid@acme.example"', ["cid"]),
        ('title eq "Countess"', ["ada"]),
        ("active eq false", ["bob"]),
        ('userName eq "ada@acme.example" and active eq true', ["ada"]),
        ('userName eq "ada@acme.example" and active eq false', []),
        ('userName sw "c"', ["cid"]),
        ('meta.created gt "2000-01-01T00:00:00Z" and userName co "b@"', ["bob"]),
        ('userName eq "nobody@acme.example"', []),
    ],
)
async def test_filters_find_exactly_who_they_describe(
    world: World, filter_text: str, expected: list[str]
) -> None:
    await world.provision("ada@acme.example", title="Countess")
    await world.provision(
        "bob@acme.example",
        externalId="x-bob",
        active=False,
        emails=[{"value": "work@acme.example", "type": "work"}],
    )
    await world.add("cid@acme.example")

    found = await _found(world.scim, filter_text)

    assert expected == [resource["userName"].partition("@")[0] for resource in found]


async def test_an_id_in_a_filter_finds_its_user(world: World) -> None:
    created = await world.provision("ada@acme.example")

    assert [created] == await _found(world.scim, f'id eq "{created["id"]}"')


async def test_pages_hold_everybody_in_one_order(world: World) -> None:
    for number in range(5):
        await world.provision(f"user{number}@acme.example")
    seen: list[str] = []

    for start in (1, 3, 5):
        body = (await world.scim.get(f"/Users?startIndex={start}&count=2")).body
        assert 6 == body["totalResults"]
        seen += [resource["userName"] for resource in body["Resources"]]

    assert ["admin@acme.example", *(f"user{number}@acme.example" for number in range(5))] == seen


async def test_a_stale_version_is_not_overwritten(world: World) -> None:
    created = await world.provision("ada@acme.example")
    path, version = f"/Users/{created['id']}", created["meta"]["version"]
    body = {"schemas": [SCIM_USER], "userName": "ada@acme.example", "title": "Countess"}

    first = await world.scim.call("PUT", path, body, If_Match=version)
    second = await world.scim.call("PUT", path, {**body, "title": "x"}, If_Match=version)
    same = await world.scim.call("PUT", path, body)

    assert [200, 412, 200] == [first.status, second.status, same.status]
    assert first.body["meta"]["version"] == same.body["meta"]["version"]


async def test_accounts_do_not_see_each_other(world: World) -> None:
    other = await world.open_account("other")
    elsewhere = world.client(other["scim_token"], "/scim/v2")
    created = await world.provision("ada@acme.example")

    foreign = await elsewhere.get(f"/Users/{created['id']}")

    assert 404 == foreign.status
    assert [] == await _found(elsewhere, 'userName eq "ada@acme.example"')
    assert 404 == (await elsewhere.delete(f"/Users/{created['id']}")).status
    assert 200 == (await world.scim.get(f"/Users/{created['id']}")).status
