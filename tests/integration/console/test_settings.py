"""Settings and workbench: what they show, what they change, and what they refuse."""

from __future__ import annotations

import re
from typing import Any

import pytest

from syncline.gateway.domain.account import Account, PermissionSet
from syncline.gateway.domain.grant import StaticToken
from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.services.ports import Actor, Connection
from tests.support.console import Browser, World

CANARY = '"><script>alert(1)</script>=cmd|x\u202e'
TABS = ("connection", "policy", "protected", "privileged", "notices", "retention", "audit", "danger")


async def connect(world: World, tenant: str, base_url: str = "http://127.0.0.1:9") -> None:
    """Link the tenant to an account as it would have been read."""
    account = Account(
        portal_id=7, permission_sets=(PermissionSet("10", "Seller"), PermissionSet("11", CANARY))
    )
    link = Connection(
        tenant_id=TenantId(tenant),
        portal_id=7,
        base_url=base_url,
        credential=StaticToken("pat-secret"),
        scim_base_url=None,
        scim_token=None,
        account=account,
        account_read_at=world.clock.now(),
        trouble=None,
        trouble_detail=None,
    )
    by = Actor("test", world.clock.now())
    await world.gateway.store.setup.set_connection(link, by)


async def send(anna: Browser, path: str, **fields: Any) -> str:
    """Send a form of the page that is open; returns the words of what follows."""
    return (await anna.send(path, **fields)).words


async def test_every_tab_is_there_with_and_without_a_connection(world: World) -> None:
    anna, tenant = await world.owner(), await world.tenant("Acme")
    for connected in (False, True):
        if connected:
            await connect(world, tenant)
        for tab in TABS:
            seen = await anna.open(f"/tenants/{tenant}/settings/{tab}")

            assert 200 == seen.status
            assert "pat-secret" not in seen.text


async def test_what_is_in_settings_is_text_on_every_tab(world: World) -> None:
    anna, tenant = await world.owner(), await world.tenant("Acme")
    await connect(world, tenant)
    await world.run("token.create", tenant="Acme", description=CANARY)
    await world.run("protect.add", tenant="Acme", email=f"{CANARY}@acme.example", reason=CANARY)
    await world.run("privileged.mark", tenant="Acme", permission_set="11")
    await world.run("role.default", tenant="Acme", name="11")
    for tab in ("settings", *(f"settings/{tab}" for tab in TABS), "workbench"):
        seen = await anna.open(f"/tenants/{tenant}/{tab}")

        assert 200 == seen.status
        assert "<script>alert" not in seen.text
        assert "\u202e" not in re.sub(r'value="[^"]*"', "", seen.text)


async def test_a_policy_is_looked_at_before_it_is_saved(world: World) -> None:
    anna, tenant = await world.owner(), await world.tenant("Acme")
    await connect(world, tenant)
    await world.run("tenant.mode", tenant="Acme", mode="plan")
    path = f"/tenants/{tenant}/settings/policy"
    await anna.open(path)
    chosen: dict[str, Any] = {
        "deactivated": "remove",
        "email_from": "userName",
        "domains": "acme.example",
        "create_users": "on",
    }

    looked = await anna.send(path, **chosen)
    before = await world.run("policy.show", tenant="Acme")
    expect = re.search(r'name="expect" value="([^"]+)"', looked.text)
    assert expect is not None
    saved = await anna.send(path, expect=expect[1], **chosen)
    after = await world.run("policy.show", tenant="Acme")

    assert "would change nobody" in looked.words
    assert before["deactivated"] is None
    assert "The policy is saved" in saved.words
    assert ("remove", ["acme.example"], True, False) == (
        after["deactivated"],
        after["domains"],
        after["create_users"],
        after["update_users"],
    )


async def test_crm_attributes_are_ticked_one_by_one_and_shown_as_they_are(world: World) -> None:
    anna, tenant = await world.owner(), await world.tenant("Acme")
    path = f"/tenants/{tenant}/settings/policy"
    await anna.open(path)

    ticks: dict[str, Any] = {"crm-job_title": "on", "crm-language": "on"}
    await anna.send(path, email_from="userName", **ticks)
    shown = await anna.open(path)

    kept = (await world.run("policy.show", tenant="Acme"))["crm_attributes"]
    assert {"job_title": True, "phone": False, "time_zone": False, "language": True} == kept
    ticked = re.findall(r'<input(?=[^>]*name="crm-(\w+)")(?=[^>]*checked)[^>]*>', shown.text)
    assert ["job_title", "language"] == ticked


async def test_something_else_than_was_looked_at_is_not_saved(world: World) -> None:
    anna, tenant = await world.owner(), await world.tenant("Acme")
    await connect(world, tenant)
    await world.run("tenant.mode", tenant="Acme", mode="plan")
    path = f"/tenants/{tenant}/settings/policy"
    await anna.open(path)
    seen = await anna.send(path, deactivated="remove", email_from="userName", expect="1-0123456789abcdef")

    assert 422 == seen.status
    assert "nothing was saved" in seen.words
    assert (await world.run("policy.show", tenant="Acme"))["deactivated"] is None


async def test_a_choice_that_cannot_be_is_said_and_keeps_what_was_typed(world: World) -> None:
    anna, tenant = await world.owner(), await world.tenant("Acme")
    path = f"/tenants/{tenant}/settings/policy"
    await anna.open(path)
    seen = await anna.send(path, deactivated="remove", email_from="userName", deletion_threshold="many")

    assert 422 == seen.status
    assert "policy.deletion_threshold is a whole number" in seen.words
    assert 'value="many"' in seen.text


async def test_somebody_is_protected_and_no_longer(world: World) -> None:
    anna, tenant = await world.owner(), await world.tenant("Acme")
    path = f"/tenants/{tenant}/settings/protected"
    await anna.open(path)

    assert "boss@acme.example is protected" in await send(
        anna, path, email="boss@acme.example", reason="founder"
    )
    assert "no longer protected" in await send(anna, f"{path}/remove", email="boss@acme.example")
    assert "Protect somebody by e-mail address" in await send(anna, path, email="nobody")


async def test_a_set_is_marked_and_no_longer(world: World) -> None:
    anna, tenant = await world.owner(), await world.tenant("Acme")
    await connect(world, tenant)
    path = f"/tenants/{tenant}/settings/privileged"
    await anna.open(path)

    assert "Seller is privileged" in await send(anna, path, permission_set="10")
    assert "Seller is no longer marked" in await send(anna, path, permission_set="10", unmark="on")


async def test_with_four_eyes_nothing_is_said_to_be_done_that_waits_for_a_second_person(world: World) -> None:
    anna, tenant = await world.owner(), await world.tenant("Acme")
    await connect(world, tenant)
    here = f"/tenants/{tenant}/settings"
    await anna.open(f"{here}/protected")
    await send(anna, f"{here}/protected", email="boss@acme.example")
    await send(anna, f"{here}/privileged", permission_set="10")
    await world.run("policy.set", tenant="Acme", four_eyes=True)

    lifted = await send(anna, f"{here}/protected/remove", email="boss@acme.example")
    unmarked = await send(anna, f"{here}/privileged", permission_set="10", unmark="on")

    assert [True, True] == ["once a second person" in each for each in (lifted, unmarked)]
    assert [False, False] == ["no longer" in each for each in (lifted, unmarked)]
    assert frozenset({"10"}) == await world.gateway.store.setup.privileged(TenantId(tenant))
    protected = (await world.run("protect.list", tenant="Acme"))["protected"]
    assert ["boss@acme.example"] == [each["email"] for each in protected]


async def test_a_webhook_is_told_its_secret_shown_once_and_a_test_says_what_came_of_it(world: World) -> None:
    anna, tenant = await world.owner(), await world.tenant("Acme")
    path = f"/tenants/{tenant}/settings/notices"
    await anna.open(path)
    made = await anna.send(path, channel="webhook", address="http://127.0.0.1:9/hook")
    later = await anna.open(path)
    tested = await anna.send(f"{path}/test")
    subscription = (await world.run("notice.list", tenant="Acme"))["subscriptions"][0]["id"]
    ended = await anna.send(f"{path}/{subscription}/end")

    assert "whsec_" in made.text
    assert "whsec_" not in later.text
    assert "not sent" in tested.words
    assert "is told nothing any more" in ended.words


async def test_the_audit_log_is_read_page_by_page(world: World) -> None:
    anna, tenant = await world.owner(), await world.tenant("Acme")
    for _ in range(51):
        await world.run("token.create", tenant="Acme")
    first = await anna.open(f"/tenants/{tenant}/settings/audit")
    following = re.search(r'href="([^"]*settings/audit\?after=\d+)"', first.text)
    assert following is not None
    second = await anna.open(following[1])

    assert 50 == first.text.count("token.created</")
    assert 1 == second.text.count("token.created</")
    assert "tenant.created" in second.words


async def test_parting_from_hubspot_wants_the_name_and_says_what_happened(world: World) -> None:
    anna, tenant = await world.owner(), await world.tenant("Acme")
    await connect(world, tenant)
    path = f"/tenants/{tenant}/settings/danger"
    await anna.open(path)
    wrong = await anna.send(f"{path}/disconnect", confirm="acme")
    done = await anna.send(f"{path}/disconnect", confirm="Acme")

    assert 422 == wrong.status
    assert "Type the tenant's name exactly" in wrong.words
    assert "still works at HubSpot" in done.words
    assert (await world.run("tenant.show", tenant="Acme"))["connection"] is None


async def test_a_tenant_is_deleted_by_an_owner_who_types_its_name(world: World) -> None:
    anna, tenant = await world.owner(), await world.tenant("Acme")
    await connect(world, tenant)
    path = f"/tenants/{tenant}/settings/danger"
    await anna.open(path)
    wrong = await anna.send(f"{path}/delete", name="acme")
    done = await anna.send(f"{path}/delete", name="Acme")
    gone = await anna.open(path)

    assert (422, 200, 404) == (wrong.status, done.status, gone.status)
    assert "Type the tenant's name exactly" in wrong.words
    assert "still works at HubSpot" in done.words
    assert "everybody keeps the access he has" in done.words
    [event] = [
        each
        for each in await world.gateway.store.operators.operator_events(before="~", limit=50)
        if each.action == "tenant.deleted"
    ]
    assert ("Acme", "anna@acme.example") == (event.detail["name"], event.actor)


async def test_an_administrator_deletes_no_tenant(world: World) -> None:
    await world.owner()
    tenant = await world.tenant("Acme")
    carl = await world.operator("carl@acme.example", "administrator")
    page = await carl.open(f"/tenants/{tenant}/settings/danger")
    refused = await carl.send(f"/tenants/{tenant}/settings/danger/delete", name="Acme")

    assert "An owner can delete it." in page.words
    assert 403 == refused.status
    assert "Acme" == (await world.run("tenant.show", tenant="Acme"))["name"]


async def test_a_request_on_the_bench_is_answered_as_the_endpoint_would(world: World) -> None:
    anna, tenant = await world.owner(), await world.tenant("Acme")
    path = f"/tenants/{tenant}/workbench"
    await anna.open(path)
    user = '{"userName":"ada@acme.example","active":"True"}'
    made = await anna.send(path, method="POST", target="/Users", body=user)
    read = await anna.send(path, method="GET", target="/Users?filter=userName%20eq%20%22ada@acme.example%22")
    lost = await anna.send(path, method="GET", target="/Users/nobody")

    assert "201" in made.words
    assert "entra:string-boolean" in made.words
    assert "curl --request POST" in made.words
    assert '"totalResults": 1' in read.words
    assert "404" in lost.words
    assert "anna@acme.example" in str(await world.run("events.list", tenant="Acme"))


@pytest.mark.parametrize("wrong", ["Users", "/Users Groups", "/ünder", "/" + "x" * 5000])
async def test_a_path_that_is_none_is_refused(world: World, wrong: str) -> None:
    anna, tenant = await world.owner(), await world.tenant("Acme")
    await anna.open(f"/tenants/{tenant}/workbench")
    seen = await anna.send(f"/tenants/{tenant}/workbench", method="GET", target=wrong)

    assert 422 == seen.status
    assert "A path begins below the endpoint" in seen.words


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_a_real_hubspot_is_only_read(world: World, method: str) -> None:
    anna, tenant = await world.owner(), await world.tenant("Acme")
    await connect(world, tenant, "https://api.hubapi.com")
    path = f"/tenants/{tenant}/workbench"
    page = await anna.open(path)
    refused = await anna.send(path, method=method, target="/Users", body='{"userName":"ada@acme.example"}')
    read = await anna.send(path, method="GET", target="/Users")

    assert "can only be read" in page.words
    assert 422 == refused.status
    assert '"totalResults": 0' in read.words
