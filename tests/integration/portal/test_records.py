"""Users as CRM records."""

from __future__ import annotations

from typing import Any

import pytest

from syncline.portal import administration
from tests.integration.portal.conftest import USERS, World

RECORDS = "/crm/v3/objects/users"


async def record_ids(world: World) -> dict[str, str]:
    reply = await world.api.get(f"{RECORDS}?limit=100&properties=hs_email")
    return {one["properties"]["hs_email"]: one["id"] for one in reply.body["results"]}


async def find(world: World, *filters: tuple[str, str, Any], **body: Any) -> list[str]:
    """Search with one group of filters and return the e-mails found."""
    shaped = [
        {"propertyName": name, "operator": operator, "values" if isinstance(value, list) else "value": value}
        for name, operator, value in filters
    ]
    await world.clock.advance(1_000)
    reply = await world.api.post(
        f"{RECORDS}/search",
        {"filterGroups": [{"filters": shaped}] if shaped else [], "properties": ["hs_email"], **body},
    )
    assert reply.status == 200, reply.body
    return [one["properties"]["hs_email"].partition("@")[0] for one in reply.body["results"]]


async def people(world: World) -> None:
    for name in ("ada", "bob", "cy"):
        await world.add(f"{name}@acme.example", firstName=name.title())
    await administration.set_access(world.store, world.clock, "acme", "bob@acme.example", active=False)


async def test_a_record_has_three_ids(world: World) -> None:
    user = await world.add("ada@acme.example", firstName="Ada", lastName="Lovelace")
    record_id = (await record_ids(world))["ada@acme.example"]
    owner = (await world.api.get("/crm/v3/owners?email=ada@acme.example")).body["results"][0]
    wanted = "hs_internal_user_id,hubspot_owner_id,hs_given_name,hs_searchable_calculated_name,hs_deactivated"

    reply = await world.api.get(f"{RECORDS}/{record_id}?properties={wanted}&properties=hs_job_title")

    moment = reply.body["createdAt"]
    assert {
        "id": record_id,
        "properties": {
            "hs_createdate": moment,
            "hs_deactivated": "false",
            "hs_given_name": "Ada",
            "hs_internal_user_id": user["id"],
            "hs_job_title": None,
            "hs_lastmodifieddate": moment,
            "hs_object_id": record_id,
            "hs_searchable_calculated_name": "Ada Lovelace",
            "hubspot_owner_id": owner["id"],
        },
        "createdAt": moment,
        "updatedAt": moment,
        "archived": False,
    } == reply.body
    assert 3 == len({user["id"], owner["id"], record_id})


@pytest.mark.parametrize(
    "prefix", [RECORDS, "/crm/v3/objects/0-115", "/crm/objects/2026-03/users", "/crm/objects/2026-03/0-115"]
)
async def test_every_address_lists_in_pages_of_ten(world: World, prefix: str) -> None:
    for number in range(11):
        await world.add(f"user{number}@acme.example")

    first = (await world.api.get(prefix)).body
    rest = (await world.api.get(f"{prefix}?after={first['paging']['next']['after']}")).body

    assert (10, 2, False) == (len(first["results"]), len(rest["results"]), "paging" in rest)
    assert 400 == (await world.api.get(f"{prefix}?archived=true")).status


@pytest.mark.parametrize("id_property", ["hs_email", "hs_internal_user_id", "hubspot_owner_id"])
async def test_a_record_is_found_by_each_unique_property(world: World, id_property: str) -> None:
    await world.add("ada@acme.example")
    record_id = (await record_ids(world))["ada@acme.example"]
    reply = await world.api.get(f"{RECORDS}/{record_id}?properties={id_property}")
    value = reply.body["properties"][id_property]

    found = await world.api.get(f"{RECORDS}/{value}?idProperty={id_property}")

    assert record_id == found.body["id"]
    assert 404 == (await world.api.get(f"{RECORDS}/nobody?idProperty={id_property}")).status
    assert 400 == (await world.api.get(f"{RECORDS}/{value}?idProperty=hs_job_title")).status


async def test_properties_are_written_cleared_and_kept(world: World) -> None:
    await world.add("ada@acme.example")
    path = f"{RECORDS}/{(await record_ids(world))['ada@acme.example']}"
    hours = '[{"days":"MONDAY_TO_FRIDAY","startMinute":540,"endMinute":1020}]'

    await world.clock.advance(1_000)
    written = await world.api.call(
        "PATCH", path, {"properties": {"hs_job_title": "Analyst", "hs_working_hours": hours}}
    )
    cleared = await world.api.call("PATCH", path, {"properties": {"hs_job_title": ""}})
    read = await world.api.get(f"{path}?properties=hs_job_title,hs_working_hours")

    assert ("Analyst", hours) == (
        written.body["properties"]["hs_job_title"],
        written.body["properties"]["hs_working_hours"],
    )
    assert written.body["updatedAt"] > written.body["createdAt"]
    assert None is cleared.body["properties"]["hs_job_title"]
    assert (None, hours) == (
        read.body["properties"]["hs_job_title"],
        read.body["properties"]["hs_working_hours"],
    )


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({"hs_email": "x@acme.example"}, "READ_ONLY_VALUE"),
        ({"hs_deactivated": "true"}, "READ_ONLY_VALUE"),
        ({"department": "Sales"}, "PROPERTY_DOESNT_EXIST"),
        ({"hs_availability_status": "asleep"}, "INVALID_OPTION"),
        ({"hs_working_hours": "nine to five"}, "INVALID_JSON"),
        ({"hs_standard_time_zone": "W. Europe Standard Time"}, "INVALID_OPTION"),
        ({"hs_main_user_language_skill": "en-GB"}, "INVALID_OPTION"),
        ({"hs_secondary_user_language_skill": "cs"}, "INVALID_OPTION"),
        ({"hs_job_title": "x" * 65_537}, "INVALID_LENGTH"),
    ],
)
async def test_what_cannot_be_written_is_named(world: World, properties: dict[str, str], code: str) -> None:
    path = f"{RECORDS}/{(await record_ids(world))['admin@acme.example']}"

    reply = await world.api.call("PATCH", path, {"properties": {"hs_job_title": "Boss", **properties}})

    assert (400, code) == (reply.status, reply.body["errors"][-1]["code"])
    assert None is (await world.api.get(f"{path}?properties=hs_job_title")).body["properties"]["hs_job_title"]


async def test_time_zones_and_language_skills_are_taken_in_hubspots_forms(world: World) -> None:
    path = f"{RECORDS}/{(await record_ids(world))['admin@acme.example']}"
    wanted = {"hs_standard_time_zone": "Europe/Dublin", "hs_main_user_language_skill": "ptbr"}

    reply = await world.api.call("PATCH", path, {"properties": wanted})

    assert 200 == reply.status
    assert wanted.items() <= reply.body["properties"].items()


async def test_an_account_may_have_no_records_at_all(world: World) -> None:
    await world.flag(crm_users_available="off")

    listed = await world.api.get(RECORDS)
    written = await world.api.call("PATCH", f"{RECORDS}/1", {"properties": {}})

    assert [404, 404] == [listed.status, written.status]


async def test_a_removed_user_has_no_record(world: World) -> None:
    user = await world.add("ada@acme.example")
    record_id = (await record_ids(world))["ada@acme.example"]
    await world.api.delete(f"{USERS}/{user['id']}")

    gone = await world.api.get(f"{RECORDS}/{record_id}")
    unwritten = await world.api.call("PATCH", f"{RECORDS}/{record_id}", {"properties": {}})

    assert [404, 404] == [gone.status, unwritten.status]
    assert ["admin@acme.example"] == list(await record_ids(world))


async def test_records_may_wait_for_the_invitation_to_be_accepted(world: World) -> None:
    await world.change(invites="1", flags={"crm_records_wait": "on"})
    await world.add("ada@acme.example")

    before = list(await record_ids(world))
    await world.clock.advance(60_000)
    after = list(await record_ids(world))

    assert (["admin@acme.example"], ["admin@acme.example", "ada@acme.example"]) == (before, after)


async def test_search_finds_the_deactivated(world: World) -> None:
    await people(world)

    assert ["bob"] == await find(world, ("hs_deactivated", "EQ", "true"))
    assert ["admin", "ada", "cy"] == await find(world, ("hs_deactivated", "NEQ", "true"))


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        (("hs_email", "EQ", "ADA@acme.example"), ["ada"]),
        (("hs_email", "NEQ", "ada@acme.example"), ["admin", "bob", "cy"]),
        (("hs_email", "IN", ["ada@acme.example", "CY@acme.example"]), ["ada", "cy"]),
        (("hs_email", "NOT_IN", ["ada@acme.example", "cy@acme.example"]), ["admin", "bob"]),
        (("hs_email", "CONTAINS_TOKEN", "*AD*"), ["admin", "ada"]),
        (("hs_email", "CONTAINS_TOKEN", "a%a"), []),
        (("hs_given_name", "NOT_CONTAINS_TOKEN", "a"), ["bob", "cy"]),
        (("hs_given_name", "GT", "b"), ["bob", "cy"]),
        (("hs_job_title", "HAS_PROPERTY", None), ["cy"]),
        (("hs_job_title", "NOT_HAS_PROPERTY", None), ["admin", "ada", "bob"]),
        (("hs_job_title", "EQ", "analyst"), ["cy"]),
        (("hs_createdate", "LTE", "1800000000000"), ["admin"]),
        (("hs_createdate", "GT", "2027-01-15T08:00:00Z"), ["ada", "bob", "cy"]),
        (("hs_object_id", "LT", "1"), []),
    ],
)
async def test_search_compares(world: World, condition: tuple[str, str, Any], found: list[str]) -> None:
    await world.clock.advance(1_000)
    await people(world)
    ids = await record_ids(world)
    path = f"{RECORDS}/{ids['cy@acme.example']}"
    await world.api.call("PATCH", path, {"properties": {"hs_job_title": "Analyst"}})

    assert found == await find(world, condition)


async def test_groups_widen_filters_narrow_and_text_is_looked_for(world: World) -> None:
    await people(world)

    assert ["bob"] == await find(world, ("hs_email", "CONTAINS_TOKEN", "b"), ("hs_deactivated", "EQ", "true"))
    assert ["cy"] == await find(world, query="cy")
    assert ["cy", "bob", "admin", "ada"] == await find(world, sorts=["-hs_email"])
    assert ["ada", "admin", "bob", "cy"] == await find(
        world, sorts=[{"propertyName": "hs_email", "direction": "ASCENDING"}]
    )
    either = [
        {"filters": [{"propertyName": "hs_given_name", "operator": "EQ", "value": name}]}
        for name in ("ada", "cy")
    ]
    assert ["ada", "cy"] == await find(world, filterGroups=either)


async def test_search_pages_by_offset_and_counts(world: World) -> None:
    await people(world)

    reply = await world.api.post(f"{RECORDS}/search", {"limit": 3})
    after = reply.body["paging"]["next"]["after"]

    assert (4, 3, "3") == (reply.body["total"], len(reply.body["results"]), after)
    assert ["cy"] == await find(world, limit=3, after=after)


@pytest.mark.parametrize(
    "body",
    [
        {"limit": 201},
        {"limit": 0},
        {"after": "10000"},
        {"after": "x"},
        {"sorts": ["department"]},
        {"filterGroups": [{"filters": [{"propertyName": "department", "operator": "EQ", "value": "x"}]}]},
        {"filterGroups": [{"filters": [{"propertyName": "hs_email", "operator": "LIKE", "value": "x"}]}]},
        {"filterGroups": [{"filters": [{"propertyName": "hs_email", "operator": "EQ"}]}]},
        {"filterGroups": [{"filters": [{"propertyName": "hs_object_id", "operator": "EQ", "value": "x"}]}]},
        {"filterGroups": [{"filters": [{"propertyName": "hs_email", "operator": "IN"}]}]},
        {"filterGroups": [{"filters": [{"propertyName": "hs_email", "operator": "HAS_PROPERTY"}] * 7}]},
    ],
)
async def test_a_search_that_makes_no_sense_is_400(world: World, body: Any) -> None:
    assert 400 == (await world.api.post(f"{RECORDS}/search", body)).status


async def test_searches_are_limited_to_five_a_second_without_headers(world: World) -> None:
    replies = [await world.api.post(f"{RECORDS}/search", {}) for _ in range(6)]
    await world.clock.advance(1_000)
    later = await world.api.post(f"{RECORDS}/search", {})

    assert [200] * 5 + [429] == [reply.status for reply in replies]
    assert "SECONDLY" == replies[-1].body["policyName"]
    assert not [name for name in replies[0].headers if "RateLimit" in name]
    assert 200 == later.status


async def test_batches_say_what_is_missing(world: World) -> None:
    await world.add("ada@acme.example")
    ids = await record_ids(world)
    ada, admin = ids["ada@acme.example"], ids["admin@acme.example"]

    read = await world.api.post(
        f"{RECORDS}/batch/read", {"inputs": [{"id": ada}, {"id": "1"}], "properties": ["hs_email"]}
    )
    written = await world.api.post(
        f"{RECORDS}/batch/update",
        {
            "inputs": [
                {"id": ada, "properties": {"hs_job_title": "Analyst"}},
                {"id": admin, "properties": {"hs_email": "x"}},
                {"id": "1", "properties": {}},
            ]
        },
    )

    assert (207, [ada], ["1"]) == (
        read.status,
        [one["id"] for one in read.body["results"]],
        read.body["errors"][0]["context"]["ids"],
    )
    assert (207, [ada], 2) == (
        written.status,
        [one["id"] for one in written.body["results"]],
        written.body["numErrors"],
    )
    assert 400 == (await world.api.post(f"{RECORDS}/batch/read", {"inputs": []})).status
