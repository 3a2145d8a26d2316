"""Job title, phone, time zone and language: kept in line where somebody asks for it, and never in anybody's way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.faults import Fault, TroubledWorld, refuse, troubled_world
from tests.support.world import TENANT, World

ADA, BOB = "ada@acme.example", "bob@acme.example"
RECORDS = "/crm/objects/2026-03/users"
EVERYTHING = {"job_title": True, "phone": True, "time_zone": True, "language": True}
PROPERTIES = {
    "job_title": "hs_job_title",
    "phone": "hs_additional_phone",
    "time_zone": "hs_standard_time_zone",
    "language": "hs_main_user_language_skill",
}
ADA_SENT = {
    "title": "Head of Engines",
    "phoneNumbers": [{"type": "work", "value": "tel:+44-20-7946-0001"}],
    "timezone": "europe/london",
    "preferredLanguage": "en-GB, fr;q=0.5",
}
ADA_KEPT = {
    "job_title": "Head of Engines",
    "phone": "+442079460001",
    "time_zone": "Europe/London",
    "language": "en",
}
NO_SCOPE = refuse(
    403,
    {
        "status": "error",
        "category": "MISSING_SCOPES",
        "message": "This app hasn't been granted all required scopes to make this call.",
        "correlationId": "11111111-2222-4333-8444-555555555555",
        "errors": [{"context": {"requiredGranularScopes": ["crm.objects.users.write"]}}],
    },
)


@pytest.fixture
async def troubled(tmp_path: Path) -> AsyncIterator[TroubledWorld]:
    async with troubled_world(tmp_path) as made:
        yield made


async def live(acme: World, on: dict[str, bool] = EVERYTHING, **policy: Any) -> None:
    """Keep those attributes in line, read the account, and go live."""
    await acme.run("policy.set", tenant=TENANT, crm_attributes=on)
    await acme.run("role.default", tenant=TENANT, name="Standard User")
    await acme.run("reconcile.run", tenant=TENANT)
    await acme.go_live(**policy)


async def kept(acme: World) -> dict[str, dict[str, str]]:
    """Return what the CRM records say by HubSpot's own word, by e-mail, empty values left out."""
    wanted = ",".join((*PROPERTIES.values(), "hs_email"))
    listed = await acme.hubspot.call("GET", RECORDS, limit="100", properties=wanted)
    return {
        each["properties"]["hs_email"]: {
            name: each["properties"][within]
            for name, within in PROPERTIES.items()
            if each["properties"][within]
        }
        for each in listed["results"]
    }


async def by_hand(acme: World, email: str, **values: str) -> None:
    """Change a record as somebody at HubSpot does."""
    properties = {PROPERTIES[name]: value for name, value in values.items()}
    path = f"{RECORDS}/{email}"
    await acme.hubspot.call("PATCH", path, {"properties": properties}, idProperty="hs_email")


async def reconcile(acme: World) -> dict[str, Any]:
    acme.clock.leap(60_000)
    told = await acme.run("reconcile.run", tenant=TENANT)
    await acme.drain()
    return told


async def drift(acme: World) -> list[tuple[str, str, str]]:
    found = (await acme.run("drift.list", tenant=TENANT))["drift"]
    return [(each["field"], each["wanted"], each["at_hubspot"]) for each in found]


async def reasons(acme: World, user: str) -> list[str]:
    told = await acme.run("users.show", tenant=TENANT, user=user)
    return [each["text"] for each in told["why"]["placement"]["reasons"] if each["output"] == "CRM attribute"]


def records_called(acme: TroubledWorld) -> list[str]:
    return [call for call in acme.front.calls if RECORDS in call]


@pytest.mark.each_database
async def test_what_the_identity_provider_says_comes_to_the_record_in_hubspots_forms(acme: World) -> None:
    await live(acme)
    await acme.add_user(ADA, **ADA_SENT)

    await acme.drain()

    assert ADA_KEPT == (await kept(acme))[ADA]
    assert {} == await acme.held()
    shown = await acme.run("users.show", tenant=TENANT, user=ADA)
    assert ADA_KEPT == shown["hubspot"]["crm_attributes"]
    assert "in-step" == shown["delivery"]["state"]


async def test_nothing_is_read_or_written_where_nobody_asked_for_it(troubled: TroubledWorld) -> None:
    await troubled.go_live()
    await troubled.add_user(ADA, **ADA_SENT)

    await troubled.drain()
    await reconcile(troubled)

    assert [] == records_called(troubled)
    assert {} == (await kept(troubled))[ADA]


async def test_each_attribute_is_kept_by_itself(acme: World) -> None:
    await live(acme, {"job_title": True})
    await acme.add_user(ADA, **ADA_SENT)

    await acme.drain()

    assert {"job_title": "Head of Engines"} == (await kept(acme))[ADA]
    shown = await acme.run("policy.show", tenant=TENANT)
    assert {**dict.fromkeys(EVERYTHING, False), "job_title": True} == shown["crm_attributes"]


async def test_a_newcomer_costs_one_call_more_and_whoever_sends_nothing_costs_none(
    troubled: TroubledWorld,
) -> None:
    await live(troubled)
    troubled.front.calls.clear()
    await troubled.add_user(ADA, **ADA_SENT)
    await troubled.add_user(BOB)

    await troubled.drain()

    posts = [call for call in troubled.front.calls if call.startswith("POST /settings/users/")]
    patches = [call for call in records_called(troubled) if call.startswith("PATCH")]
    assert (2, 1) == (len(posts), len(patches))
    assert 3 == len(troubled.front.calls)


async def test_an_unchanged_write_costs_no_call_and_a_change_goes_alone(troubled: TroubledWorld) -> None:
    await live(troubled)
    ada = await troubled.add_user(ADA, **ADA_SENT)
    await troubled.drain()
    troubled.front.calls.clear()

    await troubled.set_user(ada.id, "timezone", "Europe/London")
    await troubled.drain()
    assert [] == troubled.front.calls

    await troubled.set_user(ada.id, "title", "Countess")
    await troubled.drain()
    assert 1 == len(troubled.front.calls)
    assert "Countess" == (await kept(troubled))[ADA]["job_title"]


async def test_the_newest_of_several_intents_is_the_one_that_goes_out(troubled: TroubledWorld) -> None:
    await live(troubled)
    ada = await troubled.add_user(ADA, **ADA_SENT)
    await troubled.drain()
    troubled.front.calls.clear()

    await troubled.set_user(ada.id, "title", "Countess")
    await troubled.set_user(ada.id, "title", "Lady")
    await troubled.drain()

    assert 1 == len(troubled.front.calls)
    assert "Lady" == (await kept(troubled))[ADA]["job_title"]


async def test_what_has_no_form_at_hubspot_is_said_and_left_alone(acme: World) -> None:
    await live(acme)
    await acme.add_user(
        ADA, title="Countess", timezone="GMT Standard Time", preferredLanguage="cs", locale="en"
    )

    await acme.drain()

    assert {"job_title": "Countess"} == (await kept(acme))[ADA]
    said = await reasons(acme, ADA)
    assert "title sets the job title 'Countess'" in said
    assert any("the time zone stays as it is: timezone is 'GMT Standard Time'" in each for each in said)
    assert any("the language stays as it is: preferredLanguage is 'cs'" in each for each in said)


async def test_the_plan_names_the_attributes_of_people_who_were_there_before(acme: World) -> None:
    await acme.hubspot.call("POST", "/settings/users/2026-03", {"email": ADA})
    await by_hand(acme, ADA, job_title="Programmer", phone="+1 555")
    await acme.run("policy.set", tenant=TENANT, crm_attributes=EVERYTHING)
    await acme.run("reconcile.run", tenant=TENANT)
    await acme.add_user(ADA, title="Countess")
    await acme.drain()

    shown = await acme.run("users.show", tenant=TENANT, user=ADA)

    assert [{"field": "job_title", "before": "Programmer", "after": "Countess"}] == [
        each for each in shown["decision"]["differences"] if each["field"] == "job_title"
    ]
    assert {"job_title": "Programmer", "phone": "+1 555"} == shown["hubspot"]["crm_attributes"]

    await acme.go_live()
    await acme.drain()
    assert {"job_title": "Countess", "phone": "+1 555"} == (await kept(acme))[ADA]


async def test_a_preview_reads_the_records_and_says_whom_it_would_move(acme: World) -> None:
    await acme.run("role.default", tenant=TENANT, name="Standard User")
    await acme.go_live()
    await acme.add_user(ADA, title="Countess")
    await acme.add_user(BOB, title="Clerk")
    await acme.drain()
    await by_hand(acme, ADA, job_title="Programmer")
    await by_hand(acme, BOB, job_title="Clerk")
    given = {"change": "policy.set", "arguments": {"crm_attributes": {"job_title": True}}}

    told = await acme.run("plan.change", tenant=TENANT, **given)

    assert told["saved"] is None
    assert 1 == told["preview"]["would_change"]
    assert [ADA] == [each["email"] for each in told["preview"]["people"]]
    await acme.run("plan.change", tenant=TENANT, expect=told["preview"]["fingerprint"], **given)
    await acme.drain()
    assert ["Countess", "Clerk"] == [(await kept(acme))[each]["job_title"] for each in (ADA, BOB)]


async def test_turned_on_later_the_records_are_read_and_everybody_is_brought_in_line(acme: World) -> None:
    await acme.go_live()
    await acme.add_user(ADA, **ADA_SENT)
    await acme.drain()

    await acme.run("policy.set", tenant=TENANT, crm_attributes=EVERYTHING)
    await acme.drain()
    assert {} == (await kept(acme))[ADA]
    assert ["HubSpot's CRM records of users are not read yet: the attributes stay as they are"] == (
        await reasons(acme, ADA)
    )
    told = await reconcile(acme)

    assert ADA_KEPT == (await kept(acme))[ADA]
    assert 0 == told["changed"]


@pytest.mark.each_database
async def test_what_somebody_changed_at_hubspot_stays_and_is_reported(acme: World) -> None:
    await live(acme)
    await acme.add_user(ADA, **ADA_SENT)
    await acme.drain()
    await by_hand(acme, ADA, job_title="Countess", phone="")

    await reconcile(acme)

    assert [("job_title", "Head of Engines", "Countess"), ("phone", "+442079460001", None)] == sorted(
        await drift(acme)
    )
    assert {**ADA_KEPT, "job_title": "Countess"}.items() >= (await kept(acme))[ADA].items()


async def test_enforced_it_is_written_again(acme: World) -> None:
    await live(acme, drift={"job_title": "enforce"})
    await acme.add_user(ADA, **ADA_SENT)
    await acme.drain()
    await by_hand(acme, ADA, job_title="Countess", time_zone="Europe/Paris")

    await reconcile(acme)

    assert {**ADA_KEPT, "time_zone": "Europe/Paris"} == (await kept(acme))[ADA]
    assert [("time_zone", "Europe/London", "Europe/Paris")] == await drift(acme)


async def test_accepted_it_stands_until_the_identity_provider_wants_another(acme: World) -> None:
    await live(acme, drift={"job_title": "accept"})
    ada = await acme.add_user(ADA, **ADA_SENT)
    await acme.drain()
    await by_hand(acme, ADA, job_title="Countess")

    await reconcile(acme)
    assert [] == await drift(acme)
    assert "Countess" == (await kept(acme))[ADA]["job_title"]

    await acme.set_user(ada.id, "title", "Lady")
    await acme.drain()
    assert "Lady" == (await kept(acme))[ADA]["job_title"]


async def test_one_person_read_again_has_his_record_read_too(acme: World) -> None:
    await live(acme, drift={"job_title": "enforce"})
    await acme.add_user(ADA, **ADA_SENT)
    await acme.drain()
    await by_hand(acme, ADA, job_title="Countess")

    await acme.run("users.read", tenant=TENANT, user=ADA)
    await acme.drain()

    assert ADA_KEPT == (await kept(acme))[ADA]


async def test_a_leavers_record_stays_as_it_is(troubled: TroubledWorld) -> None:
    await live(troubled)
    ada = await troubled.add_user(ADA, **ADA_SENT)
    await troubled.drain()
    troubled.front.calls.clear()

    await troubled.patch_user(
        ada.id,
        {"op": "replace", "path": "active", "value": False},
        {"op": "replace", "path": "title", "value": "Gone"},
    )
    await troubled.drain()

    assert "deactivated" == (await troubled.delivery(ADA))["access"]
    assert [] == [call for call in records_called(troubled) if call.startswith("PATCH")]
    assert ADA_KEPT == (await kept(troubled))[ADA]


@pytest.mark.parametrize("refused", [f"GET {RECORDS}", rf"PATCH {RECORDS}/.*"])
async def test_without_the_scope_nobody_is_held_and_it_is_said_what_is_missing(
    troubled: TroubledWorld, refused: str
) -> None:
    troubled.front.faults.append(Fault(refused, NO_SCOPE))
    await live(troubled)
    await troubled.add_user(ADA, **ADA_SENT)

    await troubled.drain()

    assert {} == await troubled.held()
    assert "in-step" == (await troubled.delivery(ADA))["state"]
    written = [call for call in records_called(troubled) if call.startswith("PATCH")]
    assert all(call.endswith("/0") for call in written), "only the harmless probe"
    for operation in ("connection.check", "connection.show"):
        missing = (await troubled.run(operation, tenant=TENANT))["missing"]
        assert any(
            "crm.objects.users.write" in each and "CRM attributes (job title" in each for each in missing
        ), operation
    channel = (await troubled.run("connection.check", tenant=TENANT))["channels"][0]
    assert channel["ok"]
    assert any(each.startswith("keep CRM attributes in line") for each in channel["cannot"])


async def test_a_connection_set_anew_without_the_scope_says_so_at_once(troubled: TroubledWorld) -> None:
    await live(troubled)
    troubled.front.faults.append(Fault(rf"PATCH {RECORDS}/.*", NO_SCOPE))

    await troubled.connect()

    (missing,) = (await troubled.run("connection.show", tenant=TENANT))["missing"]
    assert "crm.objects.users.write" in missing


async def test_once_the_scope_is_there_everybody_is_brought_in_line(troubled: TroubledWorld) -> None:
    troubled.front.faults.append(Fault(rf"PATCH {RECORDS}/.*", NO_SCOPE))
    await live(troubled)
    await troubled.add_user(ADA, **ADA_SENT)
    await troubled.drain()

    troubled.front.faults.clear()
    await reconcile(troubled)

    assert ADA_KEPT == (await kept(troubled))[ADA]
    assert [] == (await troubled.run("connection.show", tenant=TENANT))["missing"]


async def test_a_scope_that_is_lost_on_the_way_stops_the_attributes_and_nothing_else(
    troubled: TroubledWorld,
) -> None:
    await live(troubled)
    troubled.front.faults.append(Fault(rf"PATCH {RECORDS}/.*", NO_SCOPE))
    await troubled.add_user(ADA, **ADA_SENT)
    await troubled.add_user(BOB, **ADA_SENT)

    await troubled.rest()

    assert {} == await troubled.held()
    assert {"in-step"} == {(await troubled.delivery(each))["state"] for each in (ADA, BOB)}
    assert "healthy" == (await troubled.run("connection.show", tenant=TENANT))["health"]
    assert {ADA, BOB} <= set(await troubled.hubspot.users())


async def test_an_account_without_records_is_no_trouble(acme: World) -> None:
    await acme.hubspot.change(flags={"crm_users_available": "off"})
    await live(acme)
    await acme.add_user(ADA, **ADA_SENT)

    await acme.drain()

    assert {} == await acme.held()
    assert "in-step" == (await acme.delivery(ADA))["state"]
    assert [
        "HubSpot's CRM records of users cannot be reached with this credential: the attributes stay as they are"
    ] == (await reasons(acme, ADA))


async def test_a_record_that_is_not_there_yet_is_waited_for_and_nobody_is_held(acme: World) -> None:
    await acme.hubspot.change(flags={"crm_records_wait": "on"}, invites="60")
    await live(acme)
    await acme.add_user(ADA, **ADA_SENT)
    due = await acme.drain()
    delivery = await acme.delivery(ADA)
    assert ("retrying", "active", None) == (delivery["state"], delivery["access"], delivery["hold"])
    assert "no record of this person yet" in delivery["last_error"]
    assert due is not None
    assert 7 * 60_000 <= due - acme.clock.now() <= 15 * 60_000

    acme.clock.leap(3_600_000)
    assert await acme.drain() is None

    assert ADA_KEPT == (await kept(acme))[ADA]
    assert "in-step" == (await acme.delivery(ADA))["state"]


async def test_a_value_that_hubspot_refuses_holds_nobody_and_is_told(troubled: TroubledWorld) -> None:
    await live(troubled)
    body = {"status": "error", "category": "VALIDATION_ERROR", "message": "hs_job_title is too long"}
    troubled.front.faults.append(Fault(rf"PATCH {RECORDS}/.*", refuse(400, body)))
    await troubled.add_user(ADA, **ADA_SENT)

    await troubled.rest()

    delivery = await troubled.delivery(ADA)
    assert "in-step" == delivery["state"]
    assert "hs_job_title is too long" in delivery["last_error"]
    assert {} == await troubled.held()
    assert 1 == len(
        [call for call in records_called(troubled) if call.startswith("PATCH") and "/0" not in call]
    )


async def test_a_write_that_fails_is_tried_again_and_the_person_is_there_meanwhile(
    troubled: TroubledWorld,
) -> None:
    await live(troubled)
    troubled.front.faults.append(Fault(rf"PATCH {RECORDS}/.*", refuse(502), times=2))
    await troubled.add_user(ADA, **ADA_SENT)

    await troubled.drain()
    delivery = await troubled.delivery(ADA)
    assert ("retrying", "created", "active") == (delivery["state"], delivery["origin"], delivery["access"])
    await troubled.rest()

    assert ADA_KEPT == (await kept(troubled))[ADA]
    assert "in-step" == (await troubled.delivery(ADA))["state"]


async def test_turned_off_again_the_record_stays_and_is_no_longer_compared(acme: World) -> None:
    await live(acme)
    await acme.add_user(ADA, **ADA_SENT)
    await acme.drain()
    await acme.run("policy.set", tenant=TENANT, crm_attributes=dict.fromkeys(EVERYTHING, False))
    await by_hand(acme, ADA, job_title="Countess")

    await reconcile(acme)

    assert [] == await drift(acme)
    assert "Countess" == (await kept(acme))[ADA]["job_title"]
    assert [] == await reasons(acme, ADA)
