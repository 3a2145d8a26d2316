"""Previews: whom a change of the set-up would move, and saving what was previewed or nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from syncline.gateway.domain.errors import Conflict, Invalid, NotFound, Refused
from tests.support.world import TENANT, World, portal

LEAD = {"role": "Lead", "permission_set": "Manager"}


async def two_leads(acme: World, *, live: bool = True) -> None:
    """Two leads and a seller, delivered with the default role."""
    await acme.run("role.default", tenant=TENANT, name="Standard User")
    for name, role in (("ada", "Lead"), ("bob", "Lead"), ("cyd", "Seller")):
        await acme.add_user(f"{name}@acme.example", roles=[{"value": role, "primary": True}])
    if live:
        await acme.go_live()
        await acme.drain()


async def preview(acme: World, operation: str, **arguments: Any) -> dict[str, Any]:
    return await acme.run("plan.preview", tenant=TENANT, change=operation, arguments=arguments)


async def change(acme: World, operation: str, arguments: dict[str, Any], **how: Any) -> dict[str, Any]:
    return await acme.run("plan.change", tenant=TENANT, change=operation, arguments=arguments, **how)


async def rules(acme: World) -> list[str]:
    return [each["when"] for each in (await acme.run("rule.list", tenant=TENANT))["rules"]]


async def test_a_preview_says_whom_a_rule_moves_and_saves_nothing(acme: World) -> None:
    await two_leads(acme)

    seen = await preview(acme, "rule.add", **LEAD)

    assert "would change 2 people" == seen["sentence"]
    assert [("ada@acme.example", "unchanged", "update"), ("bob@acme.example", "unchanged", "update")] == [
        (each["email"], each["before"]["kind"], each["after"]["kind"]) for each in seen["people"]
    ]
    assert ("Standard User", "Manager") == (
        seen["people"][0]["before"]["permission_set"],
        seen["people"][0]["after"]["permission_set"],
    )
    assert [] == await rules(acme)


async def test_a_preview_names_privileged_sets_and_who_would_be_held(acme: World) -> None:
    await two_leads(acme)

    seen = await preview(acme, "rule.add", role="Lead", permission_set="Sales Hub Seat")

    assert "would change 2 people, 2 to a privileged set, 2 would be held" == seen["sentence"]


async def test_every_choice_can_be_previewed(acme: World) -> None:
    await two_leads(acme)
    first = await acme.run("rule.add", tenant=TENANT, **LEAD)
    second = await acme.run("rule.add", tenant=TENANT, role="Lead", permission_set="Sales User")
    await acme.drain()

    async def moved(operation: str, **arguments: Any) -> int:
        return int((await preview(acme, operation, **arguments))["would_change"])

    assert 2 == await moved("rule.move", rule_id=second["id"], position=1)
    assert 2 == await moved("rule.remove", rule_id=first["id"])
    assert 0 == await moved("rule.remove", rule_id=second["id"])
    assert 1 == await moved("role.default", name="Marketing User")
    assert 3 == await moved("policy.set", domains=["other.example"])
    assert 0 == await moved("policy.set", deactivated="remove")
    assert 0 == await moved("protect.add", email="ada@acme.example")
    assert [1, 2] == [each["position"] for each in (await acme.run("rule.list", tenant=TENANT))["rules"]]


async def test_a_preview_refuses_what_saving_would_refuse(acme: World) -> None:
    await two_leads(acme)

    with pytest.raises(NotFound, match="no permission set"):
        await preview(acme, "rule.add", role="Lead", permission_set="No such set")
    with pytest.raises(Refused, match="--strip-to"):
        await preview(acme, "policy.set", deactivated="strip")
    with pytest.raises(Refused, match="before the first user"):
        await preview(acme, "policy.set", email_from="work")
    with pytest.raises(NotFound, match="no rule"):
        await preview(acme, "rule.remove", rule_id="nobody")
    with pytest.raises(Invalid, match="no operation"):
        await preview(acme, "tenant.mode", mode="plan")
    with pytest.raises(Invalid, match="cannot be called so"):
        await preview(acme, "rule.add", colour="red")


@pytest.mark.each_database
async def test_what_is_saved_is_what_was_previewed(acme: World) -> None:
    await two_leads(acme)
    seen = (await preview(acme, "rule.add", **LEAD))["fingerprint"]

    with pytest.raises(Conflict, match="not the change that was previewed"):
        await acme.run("rule.add", tenant=TENANT, role="Boss", permission_set="Manager", expect=seen)
    await acme.run("policy.set", tenant=TENANT, welcome_email=True)
    with pytest.raises(Conflict, match="changed since the preview"):
        await acme.run("rule.add", tenant=TENANT, **LEAD, expect=seen)
    assert [] == await rules(acme)
    seen = (await preview(acme, "rule.add", **LEAD))["fingerprint"]
    await acme.run("rule.add", tenant=TENANT, **LEAD, expect=seen)

    assert ["role = Lead"] == await rules(acme)


async def test_every_choice_is_saved_under_its_fingerprint(acme: World) -> None:
    await two_leads(acme)
    rule = await acme.run("rule.add", tenant=TENANT, **LEAD)

    for operation, arguments in (
        ("rule.move", {"rule_id": rule["id"], "position": 1}),
        ("policy.set", {"welcome_email": True}),
        ("role.default", {"name": "Marketing User"}),
        ("rule.remove", {"rule_id": rule["id"]}),
    ):
        seen = (await preview(acme, operation, **arguments))["fingerprint"]
        await acme.run(operation, tenant=TENANT, **arguments, expect=seen)
        with pytest.raises((Conflict, NotFound)):
            await acme.run(operation, tenant=TENANT, **arguments, expect=seen)


async def test_a_live_tenants_people_are_not_moved_unseen(acme: World) -> None:
    await two_leads(acme)

    unseen = await change(acme, "rule.add", LEAD)

    assert (None, 2) == (unseen["saved"], unseen["preview"]["would_change"])
    assert [] == await rules(acme)
    await change(acme, "rule.add", LEAD, expect=unseen["preview"]["fingerprint"])
    assert ["role = Lead"] == await rules(acme)


async def test_what_moves_nobody_is_saved_at_once_and_so_is_what_is_confirmed(acme: World) -> None:
    await two_leads(acme)

    nobody = await change(acme, "rule.add", {"role": "Boss", "permission_set": "Manager"})
    confirmed = await change(acme, "rule.add", LEAD, confirmed=True)

    assert (1, 2) == (nobody["saved"]["position"], confirmed["saved"]["position"])


async def test_a_tenant_that_is_not_live_is_changed_without_a_question(acme: World) -> None:
    await two_leads(acme, live=False)

    assert 1 == (await change(acme, "rule.add", LEAD))["saved"]["position"]


async def test_another_account_is_previewed_before_it_is_set(acme: World, tmp_path: Path) -> None:
    await two_leads(acme)
    async with portal(tmp_path / "other", acme.clock) as other:
        await other.call("POST", "/settings/users/2026-03", {"email": "ada@acme.example"})
        arguments = {
            "base_url": other.url,
            "access_token": other.credentials["access_token"],
            "drop_scim": True,
        }

        seen = await preview(acme, "connection.set", **arguments)

        assert ["adopt", "create", "create"] == [each["after"]["kind"] for each in seen["people"]]
        shown = await acme.run("connection.show", tenant=TENANT)
        assert acme.hubspot.url == shown["base_url"]
        with pytest.raises(Conflict, match="not the change that was previewed"):
            await acme.run("connection.set", tenant=TENANT, expect=seen["fingerprint"], **same(acme))
        await acme.run("connection.set", tenant=TENANT, expect=seen["fingerprint"], **arguments)
        plan = await acme.run("plan.show", tenant=TENANT)
        assert (1, 2) == (plan["counts"]["adopt"], plan["counts"]["create"])


async def test_renewing_a_connection_moves_nobody(acme: World) -> None:
    await two_leads(acme)

    seen = await preview(acme, "connection.set", **same(acme))

    assert "would change nobody" == seen["sentence"]


def same(acme: World) -> dict[str, Any]:
    return {"base_url": acme.hubspot.url, "access_token": acme.hubspot.credentials["access_token"]}
