"""`users show`: why a person is as he is at HubSpot, in plain language."""

from __future__ import annotations

from typing import Any

from syncline.scim.patch import parse_patch
from syncline.scim.schemas import USER
from syncline.scimserver.store import Exchange
from tests.support.world import TENANT, World

ADA = "ada@acme.example"


async def why(acme: World, user: str = ADA) -> dict[str, Any]:
    return dict((await acme.run("users.show", tenant=TENANT, user=user))["why"])


async def a_manager(acme: World) -> str:
    await acme.run("rule.add", tenant=TENANT, role="Lead", permission_set="Manager")
    await acme.run("rule.add", tenant=TENANT, role="Lead", permission_set="Sales User", primary_team="Sales")
    await acme.run("rule.add", tenant=TENANT, role="Boss", permission_set="Sales User")
    stored = await acme.add_user(
        ADA, name={"givenName": "Ada", "familyName": "B"}, roles=[{"value": "Lead", "primary": True}]
    )
    return stored.id


async def test_a_held_person_is_told_with_what_would_release_him(acme: World) -> None:
    await a_manager(acme)
    await acme.drain()

    told = await why(acme)

    assert (
        "ada@acme.example is active, has the role 'Lead' and is in no group."
        == (told["identity_provider"]["sentence"])
    )
    assert told["hubspot"]["sentence"].startswith(
        "The last reading of the account has nobody of this address."
    )
    assert "permission set: none → Manager" in told["difference"]["sentence"]
    assert "plan-mode" == told["held"]["reason"]
    assert "plan deliver" in told["held"]["release"]
    assert told["next"]["sentence"].endswith("Then the person is created at HubSpot.")


async def test_the_rules_that_won_and_lost_are_named_with_the_reason(acme: World) -> None:
    await a_manager(acme)

    results = {each["position"]: (each["result"], each["because"]) for each in (await why(acme))["rules"]}

    assert ("won", "role = Lead sets 'Manager'") == results[1]
    assert "won" == results[2][0]
    assert "role = Lead would set 'Sales User', but an earlier rule decided" in results[2][1]
    assert ("does not apply", "The person's roles: 'Lead'.") == results[3]


async def test_a_delivered_person_is_told_as_one(acme: World) -> None:
    await a_manager(acme)
    await acme.go_live()
    await acme.drain()

    told = await why(acme)

    assert "with the permission set 'Manager', in the team 'Sales'" in told["hubspot"]["sentence"]
    assert "None: HubSpot has what it should have." == told["difference"]["sentence"]
    assert told["held"] is None
    assert told["next"]["sentence"].startswith("Nothing: it is decided again when")


async def test_the_timeline_follows_one_request_to_its_result(acme: World) -> None:
    user_id = await a_manager(acme)
    await acme.go_live()
    await acme.drain()
    exchange = Exchange(correlation_id="c-2", method="PATCH", path=f"/Users/{user_id}", user_agent="Entra")
    body = {"Operations": [{"op": "Replace", "path": "name.givenName", "value": "Augusta"}]}
    patch = parse_patch(USER, body, exchange.notes)
    await acme.directory.patch(exchange, USER, user_id, patch, None, frozenset())
    await acme.drain()

    latest, first = (await why(acme))["timeline"][:2]

    assert ("c-2", f"PATCH /Users/{user_id}", "Entra") == (
        latest["correlation_id"],
        latest["request"],
        latest["user_agent"],
    )
    assert {"entra:operation-case", "onelogin:missing-schemas"} == set(latest["dialect_rules"])
    assert ["user.updated", "delivery.update"] == [each["kind"] for each in latest["steps"]]
    assert "role = Lead sets 'Manager'" in latest["placement"]
    assert [200] == [each["status"] for each in latest["calls"] if "update" in each["purpose"]]
    assert "update done at HubSpot" in latest["result"]
    assert ("c0ffee", "TEST /") == (first["correlation_id"], first["request"])


async def test_the_timeline_tells_what_the_gate_held(acme: World) -> None:
    await a_manager(acme)
    await acme.drain()

    assert ["plan-mode"] == [each["reason"] for each in (await why(acme))["timeline"][0]["gate"]]


async def test_a_leaver_is_placed_by_no_rule(acme: World) -> None:
    user_id = await a_manager(acme)
    await acme.go_live()
    await acme.drain()
    await acme.set_user(user_id, "active", False)

    told = await why(acme)

    assert "access: active → deactivated." == told["difference"]["sentence"]
    assert {"not asked"} == {each["result"] for each in told["rules"]}
    assert told["next"]["sentence"].startswith("At the next turn")


async def test_a_near_miss_is_told(acme: World) -> None:
    await a_manager(acme)
    await acme.add_user("bob@acme.example", roles=[{"value": "lead ", "primary": True}])

    near = (await why(acme, "bob@acme.example"))["placement"]["near_misses"]

    assert ["Lead"] == [each["meant"] for each in near]
