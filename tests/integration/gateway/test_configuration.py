"""Tenant as code: choices exported, compared, and applied whole or not at all."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from syncline.gateway.domain.drift import CHOSEN
from syncline.gateway.domain.errors import Conflict, DomainError, Invalid, NotFound, Refused
from syncline.scim.schemas import GROUP
from tests.support.world import TENANT, World, exchange

DRIFT = {each.value: "report" for each in CHOSEN}
EVERYTHING: dict[str, Any] = {
    "version": 1,
    "policy": {
        "deactivated": "strip",
        "deleted": "remove",
        "strip_to": "Standard User",
        "email_from": "work",
        "welcome_email": True,
        "match_role_names": True,
        "domains": ["acme.example", "acme.test"],
        "create_users": True,
        "update_users": False,
        "deactivate_users": True,
        "deletion_threshold": 7,
        "identity_provider": "entra",
        "approval_days": 14,
        "four_eyes": False,
        "crm_attributes": {"job_title": True, "phone": False, "time_zone": False, "language": True},
        "drift": {**DRIFT, "permission_set": "enforce"},
    },
    "default_role": "Standard User",
    "rules": [
        {"role": "Lead", "permission_set": "Manager"},
        {"attribute": "department", "equals": "no", "permission_set": "Standard User"},
    ],
    "privileged_sets": ["Manager"],
    "protected": [{"email": "Boss@acme.example", "reason": "founder"}],
    "notices": [{"webhook": "https://hooks.example/syncline"}],
}


async def apply(acme: World, document: dict[str, Any], **how: Any) -> dict[str, Any]:
    return await acme.run("config.apply", tenant=TENANT, document=document, **how)


async def export(acme: World) -> dict[str, Any]:
    return await acme.run("config.export", tenant=TENANT)


async def test_a_document_names_groups_by_name_or_id_and_only_those_there_are(acme: World) -> None:
    group = await acme.add_group("Sales")
    rule = {"group": "Sales", "permission_set": "Manager"}
    await apply(acme, {"version": 1, "rules": [rule]})
    exported = await export(acme)

    assert [{**rule, "group": group.id}] == exported["rules"]
    await acme.directory.delete(exchange(), GROUP, group.id, None)
    assert [] == (await apply(acme, exported))["changes"]
    with pytest.raises(NotFound, match="No group 'Sales' has arrived"):
        await apply(acme, {"version": 1, "rules": [rule]})


async def test_what_is_applied_to_an_empty_tenant_is_what_is_exported(acme: World) -> None:
    applied = await apply(acme, EVERYTHING)

    assert EVERYTHING == await export(acme)
    assert ["https://hooks.example/syncline"] == [each["address"] for each in applied["webhooks"]]
    assert "whsec_" not in str(await export(acme))


async def test_applying_the_same_again_changes_and_writes_nothing(acme: World) -> None:
    await apply(acme, EVERYTHING)
    before = await acme.run("audit.list", tenant=TENANT)
    rules = await acme.run("rule.list", tenant=TENANT)

    again = await apply(acme, EVERYTHING)

    assert {"changes": [], "webhooks": []} == again
    assert before == await acme.run("audit.list", tenant=TENANT)
    assert rules == await acme.run("rule.list", tenant=TENANT)


async def test_a_section_that_is_not_there_stays_as_it_is(acme: World) -> None:
    await apply(acme, EVERYTHING)

    done = await apply(acme, {"rules": []})

    assert {**EVERYTHING, "rules": []} == await export(acme)
    assert ["rules[1]", "rules[2]"] == [each["what"] for each in done["changes"]]


@pytest.mark.parametrize(
    ("document", "error", "says"),
    [
        ({"default_role": "Standard Usr"}, NotFound, "default_role: .*Did you mean 'Standard User'"),
        ({"rules": [{"role": "x", "primary_team": "Nowhere"}]}, NotFound, r"rules\[1\]: .*no team 'Nowhere'"),
        ({"privileged_sets": ["Nobody's"]}, NotFound, "privileged_sets: "),
        ({"policy": {"deactivated": "ignore"}}, Invalid, "policy.deactivated: .*deactivate, remove or strip"),
        ({"policy": {"welcome_email": "yes"}}, Invalid, "policy.welcome_email is true or false"),
        ({"policy": {"welcome_mail": True}}, Invalid, "Did you mean 'welcome_email'"),
        ({"rules": [{"role": False, "permission_set": "Manager"}]}, Invalid, r"rules\[1\].role is text"),
        ({"rules": [{"role": "x"}]}, Invalid, r"rules\[1\]: A rule sets something"),
        ({"rules": "all"}, Invalid, "rules is a list"),
        ({"rulez": []}, Invalid, "Did you mean 'rules'"),
        ({"version": 2}, Invalid, "version 1"),
        ({"notices": [{"email": "ada@acme.example"}]}, Refused, "cannot send mail"),
        ({"protected": ["nobody"]}, Invalid, "nobody"),
        ({"policy": {"deactivated": "strip", "strip_to": None}}, Refused, "name the permission set"),
    ],
    ids=str,
)
async def test_what_cannot_be_applied_whole_is_not_applied_at_all(
    acme: World, document: dict[str, Any], error: type[DomainError], says: str
) -> None:
    before = await export(acme)

    with pytest.raises(error) as refusal:
        await apply(acme, {"protected": ["boss@acme.example"], **document})

    assert re.search(says, refusal.value.message)
    assert before == await export(acme)


async def test_two_sets_of_one_name_are_told_apart_by_id_or_not_at_all(acme: World) -> None:
    account = (await acme.gateway.store.setup.connection(acme.tenant_id)).account  # type: ignore[union-attr]
    twins = [each for each in account.permission_sets if each.name == "Manager"]  # type: ignore[union-attr]
    assert 1 == len(twins)
    await apply(acme, {"default_role": twins[0].id})

    assert "Manager" == (await export(acme))["default_role"]


async def test_a_diff_says_what_changes_and_how_many_people_it_moves(acme: World) -> None:
    await acme.run("role.default", tenant=TENANT, name="Standard User")
    await acme.add_user("ada@acme.example", roles=[{"value": "Lead", "primary": True}])
    await acme.go_live()
    await acme.drain()
    document = {"rules": [{"role": "Lead", "permission_set": "Manager"}]}

    seen = await acme.run("config.diff", tenant=TENANT, document=document)

    assert [{"what": "rules[1]", "before": None, "after": "role: Lead, permission_set: Manager"}] == seen[
        "changes"
    ]
    assert "would change 1 person" == seen["preview"]["sentence"]
    assert [] == (await export(acme))["rules"]


async def test_in_a_live_tenant_it_is_saved_only_as_it_was_previewed(acme: World) -> None:
    await acme.run("role.default", tenant=TENANT, name="Standard User")
    await acme.add_user("ada@acme.example", roles=[{"value": "Lead", "primary": True}])
    await acme.go_live()
    await acme.drain()
    about = {"tenant": TENANT, "change": "config.apply"}
    document = {"rules": [{"role": "Lead", "permission_set": "Manager"}]}

    asked = await acme.run("plan.change", **about, arguments={"document": document})
    expect = asked["preview"]["fingerprint"]
    with pytest.raises(Conflict):
        await acme.run("plan.change", **about, arguments={"document": {"rules": []}}, expect=expect)
    saved = await acme.run("plan.change", **about, arguments={"document": document}, expect=expect)

    assert asked["saved"] is None
    assert 1 == len(saved["saved"]["changes"])
    assert document["rules"] == (await export(acme))["rules"]


async def test_a_live_tenant_never_loses_its_leaver_policy(acme: World) -> None:
    await acme.go_live()

    with pytest.raises(Refused, match="a live tenant says what leaving means"):
        await apply(acme, {"policy": {"deactivated": None}})


async def test_a_document_never_gets_around_the_second_person(acme: World) -> None:
    await acme.run("protect.add", tenant=TENANT, email="boss@acme.example")
    await acme.run("policy.set", tenant=TENANT, four_eyes=True)

    soon = {"email": "boss@acme.example", "until": date_ahead(acme, 2)}
    documents: tuple[dict[str, Any], ...] = (
        {"policy": {"four_eyes": False}},
        {"protected": []},
        {"protected": [soon]},
    )
    for document in documents:
        with pytest.raises(Refused, match="a second person confirms"):
            await apply(acme, document)

    kept = await export(acme)
    assert (True, [{"email": "boss@acme.example", "reason": ""}]) == (
        kept["policy"]["four_eyes"],
        kept["protected"],
    )


def date_ahead(acme: World, days: int) -> str:
    """Return the day so many days from now."""
    return f"{datetime.fromtimestamp(acme.clock.now() / 1000, UTC) + timedelta(days=days):%Y-%m-%d}"


async def test_a_protection_keeps_its_end_from_document_to_document(acme: World) -> None:
    until = date_ahead(acme, 30)
    protected = [{"email": "temp@acme.example", "reason": "audit", "until": until}]
    applied = await apply(acme, {"protected": protected})
    again = await apply(acme, await export(acme))
    listed = (await acme.run("protect.list", tenant=TENANT))["protected"]

    assert protected == (await export(acme))["protected"]
    assert f"email: temp@acme.example, reason: audit, until: {until}" == applied["changes"][0]["after"]
    assert [] == again["changes"]
    assert [f"{date_ahead(acme, 31)}T00:00:00.000Z"] == [each["until"] for each in listed]


async def test_a_document_goes_on_to_be_applied_when_a_protection_in_it_has_ended(acme: World) -> None:
    await apply(acme, {"protected": [{"email": "temp@acme.example", "until": date_ahead(acme, 1)}]})
    document = await export(acme)
    acme.clock.leap(3 * 86_400_000)
    again = await apply(acme, document)
    await acme.run("protect.remove", tenant=TENANT, email="temp@acme.example")
    anew = await apply(acme, document)
    listed = (await acme.run("protect.list", tenant=TENANT))["protected"]

    assert ([], 1, [True]) == (again["changes"], len(anew["changes"]), [each["expired"] for each in listed])


@pytest.mark.parametrize(
    ("until", "said"),
    [("soon", "temp@acme.example: 'soon' is no date"), ("2199-01-01", "too far off"), (20261224, "is text")],
)
async def test_an_end_that_cannot_be_is_refused_with_its_place(acme: World, until: object, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        await apply(acme, {"protected": [{"email": "temp@acme.example", "until": until}]})
