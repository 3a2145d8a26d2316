"""The admin API: the operations over HTTP, errors as problems, a POST carried out once."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from syncline.gateway.services.operations import run_operation
from tests.support.console import World


async def key_of(world: World, role: str = "owner", **given: str) -> str:
    return str((await world.run("api_key.create", role=role, **given))["api_key"])


async def test_a_tenant_is_made_shown_and_given_a_token(world: World) -> None:
    key = await key_of(world)
    status, tenant, _ = await world.api("POST", "/tenants", key, {"name": "Acme"})
    made, token, _ = await world.api("POST", f"/tenants/{tenant['id']}/tokens", key, {"expires_in_days": 30})
    _, listed, _ = await world.api("GET", f"/tenants/{tenant['id']}/tokens", key)
    ended, _, _ = await world.api("DELETE", f"/tenants/{tenant['id']}/tokens/{token['token_id']}", key)

    assert [201, 201, 200] == [status, made, ended]
    assert token["token"].startswith("syncline_")
    assert [token["token_id"]] == [each["token_id"] for each in listed["tokens"]]
    assert "fingerprint" not in str(listed)


async def test_who_did_it_is_the_key(world: World) -> None:
    key = await key_of(world)
    tenant = await world.tenant("Acme")
    await world.api("POST", f"/tenants/{tenant}/tokens", key, {})
    tokens = (await world.run("token.list", tenant="Acme"))["tokens"]

    assert [f"api-key:{key.split('_')[1]}"] == [each["created_by"] for each in tokens]


async def test_a_key_made_by_means_of_a_key_ends_with_the_operator_of_both(world: World) -> None:
    await world.owner()
    await world.operator("bob@acme.example", "owner")
    operations = world.gateway.operations
    first = await run_operation(operations, "api_key.create", "bob@acme.example", {"role": "owner"})
    _, second, _ = await world.api("POST", "/api-keys", first["api_key"], {"role": "owner"})
    await world.run("operator.remove", operator="bob@acme.example")
    status, _, _ = await world.api("GET", "/tenants", second["api_key"])

    assert 401 == status


async def test_a_number_that_no_database_takes_is_a_problem_of_the_request(world: World) -> None:
    key, tenant = await key_of(world), await world.tenant("Acme")
    path, too_many = f"/tenants/{tenant}/policy", {"deletion_threshold": 2**53 + 1}
    status, problem, _ = await world.api("PATCH", path, key, too_many)

    assert (422, "deletion_threshold is at most 9007199254740991.") == (status, problem["detail"])


async def test_a_key_for_one_tenant_sees_one_tenant(world: World) -> None:
    mine, _ = await world.tenant("Acme"), await world.tenant("Zeta")
    key = await key_of(world, "viewer", tenant="Acme")
    _, listed, _ = await world.api("GET", "/tenants", key)

    assert [mine] == [each["id"] for each in listed["tenants"]]


async def test_people_and_events_are_read_page_by_page(world: World) -> None:
    tenant = await world.tenant("Acme")
    token = (await world.run("token.create", tenant="Acme"))["token"]
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session:
        for name in ("ada", "bob", "cleo"):
            body = {
                "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
                "userName": f"{name}@acme.example",
            }
            await session.post(f"{world.base}/scim/v2/Users", json=body)
    key = await key_of(world, "viewer")
    _, first, _ = await world.api("GET", f"/tenants/{tenant}/users?limit=2", key)
    _, second, _ = await world.api("GET", f"/tenants/{tenant}/users?limit=2&after={first['next']}", key)
    _, events, _ = await world.api("GET", f"/tenants/{tenant}/events?limit=1", key)
    one, event, _ = await world.api("GET", f"/tenants/{tenant}/events/{events['events'][0]['seq']}", key)

    assert ["ada", "bob", "cleo"] == [
        each["email"].partition("@")[0] for each in (*first["users"], *second["users"])
    ]
    assert 200 == one
    assert events["events"][0]["summary"] == event["summary"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/nothing", None, 404),
        ("PUT", "/tenants", None, 405),
        ("GET", "/tenants?limit=0", None, 422),
        ("POST", "/tenants", {"name": "a\0b"}, 400),
        ("GET", "/operators?limit=99999999999999999999", None, 422),
        ("POST", "/tenants", {}, 422),
        ("POST", "/tenants", {"name": 5}, 422),
        ("POST", "/tenants", {"name": ""}, 422),
        ("POST", "/tenants", {"name": "x", "other": 1}, 422),
        ("POST", "/tenants", [], 400),
        ("POST", "/tenants", {"name": "x" * 70_000}, 413),
        ("GET", "/tenants?other=1", None, 422),
        ("GET", "/operators?limit=x", None, 422),
        ("GET", "/operators?limit=5&limit=6", None, 422),
        ("DELETE", "/api-keys/nobody", None, 404),
    ],
)
async def test_what_is_wrong_is_a_problem_that_says_so(
    world: World, method: str, path: str, body: object, status: int
) -> None:
    answered, problem, headers = await world.api(method, path, await key_of(world), body)

    assert (status, status) == (answered, problem["status"])
    assert "application/problem+json" == headers["content-type"]
    assert len(problem["detail"]) > 10
    assert problem["type"].startswith("urn:syncline:problem:")
    assert problem["fix"]
    assert [] == (await world.run("tenant.list"))["tenants"]


@pytest.mark.parametrize("content", [b"{", b'{"name":"a","name":"b"}', b'{"name":NaN}', b"\xff"])
async def test_a_body_that_cannot_be_read_is_refused(world: World, content: bytes) -> None:
    headers = {"Authorization": f"Bearer {await key_of(world)}", "Content-Type": "application/json"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{world.base}/api/v1/tenants", data=content) as answer,
    ):
        assert 400 == answer.status


async def test_a_post_sent_twice_under_one_key_is_carried_out_once(world: World) -> None:
    key = await key_of(world)
    tenant = await world.tenant("Acme")
    asked = [
        world.api("POST", f"/tenants/{tenant}/tokens", key, {}, **{"Idempotency-Key": "once"})
        for _ in range(5)
    ]
    answers = await asyncio.gather(*asked)
    tokens = (await world.run("token.list", tenant="Acme"))["tokens"]

    assert 1 == len({body["token"] for _, body, _ in answers})
    assert 1 == len(tokens)
    assert 4 == sum("idempotency-replayed" in headers for _, _, headers in answers)


async def test_the_same_idempotency_key_for_another_request_is_refused(world: World) -> None:
    key = await key_of(world)
    named = {"Idempotency-Key": "once"}
    await world.api("POST", "/tenants", key, {"name": "Acme"}, **named)
    status, problem, _ = await world.api("POST", "/tenants", key, {"name": "Beta"}, **named)
    again, _, _ = await world.api("POST", "/tenants", key, {"name": "Acme"}, **named)

    assert [422, 201] == [status, again]
    assert "another request" in problem["detail"]


async def test_what_failed_may_be_tried_again_under_its_key(world: World) -> None:
    key = await key_of(world)
    named = {"Idempotency-Key": "once"}
    first, _, _ = await world.api("POST", "/tenants", key, {"name": ""}, **named)
    second, _, _ = await world.api("POST", "/tenants", key, {"name": "Acme"}, **named)

    assert [422, 201] == [first, second]


async def test_the_description_is_public_and_names_every_endpoint(world: World) -> None:
    from syncline.gateway.web.api.routes import ENDPOINTS

    status, document, _ = await world.api("GET", "/openapi.json", None)
    described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}

    assert 200 == status
    assert "3.1.0" == document["openapi"]
    assert {(each.method, each.path) for each in ENDPOINTS} == described
    body = document["paths"]["/tenants"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert {"name": {"type": "string"}} == body["properties"]


async def test_what_is_answered_when_all_is_well_is_described_member_by_member(world: World) -> None:
    _, document, _ = await world.api("GET", "/openapi.json", None)
    answers = {
        operation["operationId"]: answer["content"]["application/json"]["schema"]
        for methods in document["paths"].values()
        for operation in methods.values()
        for status, answer in operation["responses"].items()
        if status in ("200", "201")
    }

    assert [] == [name for name, schema in answers.items() if not schema.get("properties")]
    assert {"type": ["string"]} == answers["tenant.create"]["properties"]["scim_base_url"]


async def test_a_group_is_shown_and_an_invitation_withdrawn(world: World) -> None:
    tenant, key = await world.tenant("Acme"), await key_of(world)
    token = (await world.run("token.create", tenant="Acme"))["token"]
    body = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Sellers"}
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{world.base}/scim/v2/Groups", json=body) as made,
    ):
        group = (await made.json(content_type=None))["id"]
    _, shown, _ = await world.api("GET", f"/tenants/{tenant}/groups/{group}", key)
    invited = {"email": "bob@acme.example", "role": "viewer", "tenant": tenant}
    await world.api("POST", "/invitations", key, invited)
    _, before, _ = await world.api("GET", "/operators", key)
    [invitation] = before["invitations"]
    withdrawn, _, _ = await world.api("DELETE", f"/invitations/{invitation['invitation']}", key)
    _, after, _ = await world.api("GET", "/operators", key)

    assert "Sellers" == shown["display_name"]
    assert (200, []) == (withdrawn, after["invitations"])


async def test_tenants_are_read_page_by_page_by_name(world: World) -> None:
    for name in ("zeta", "Acme", "beta"):
        await world.tenant(name)
    key = await key_of(world, "viewer")
    _, first, _ = await world.api("GET", "/tenants?limit=2", key)
    _, second, _ = await world.api("GET", f"/tenants?limit=2&after={first['next']}", key)

    assert ["Acme", "beta"] == [each["name"] for each in first["tenants"]]
    assert ["zeta"] == [each["name"] for each in second["tenants"]]
    assert second["next"] is None


async def test_a_read_that_is_known_already_is_not_sent_again(world: World) -> None:
    tenant, key = await world.tenant("Acme"), await key_of(world)
    _, _, headers = await world.api("GET", f"/tenants/{tenant}/policy", key)
    known = {"If-None-Match": headers["etag"]}
    status, _, _ = await world.api("GET", f"/tenants/{tenant}/policy", key, **known)
    await world.run("policy.set", tenant="Acme", welcome_email=True)
    after, policy, _ = await world.api("GET", f"/tenants/{tenant}/policy", key, **known)

    assert [304, 200, True] == [status, after, policy["welcome_email"]]


async def test_if_match_saves_what_was_previewed_and_nothing_else(world: World) -> None:
    tenant, key = await world.tenant("Acme"), await key_of(world)
    stale = {"If-Match": '"0-0123456789abcdef"'}
    status, problem, _ = await world.api(
        "PATCH", f"/tenants/{tenant}/policy", key, {"welcome_email": True}, **stale
    )
    policy = await world.run("policy.show", tenant="Acme")

    assert [409, "urn:syncline:problem:conflict"] == [status, problem["type"]]
    assert policy["welcome_email"] is False


async def test_choices_are_changed_by_their_own_methods(world: World) -> None:
    tenant, key = await world.tenant("Acme"), await key_of(world, "administrator")
    here = f"/tenants/{tenant}"
    changed, policy, _ = await world.api("PATCH", f"{here}/policy", key, {"domains": ["acme.example"]})
    added, _, _ = await world.api("POST", f"{here}/protected", key, {"email": "boss@acme.example"})
    removed, _, _ = await world.api("DELETE", f"{here}/protected/boss@acme.example", key)
    _, audit, _ = await world.api("GET", f"{here}/audit?limit=2", key)

    assert [200, 201, 200] == [changed, added, removed]
    assert ["acme.example"] == policy["domains"]
    assert ["protect.removed", "protect.added"] == [each["action"] for each in audit["entries"]]
    assert audit["entries"][0]["actor"].startswith("api-key:")


async def test_the_audit_log_is_read_page_by_page_by_whoever_may(world: World) -> None:
    tenant = await world.tenant("Acme")
    for _ in range(3):
        await world.run("token.create", tenant="Acme")
    key = await key_of(world, "auditor", tenant="Acme")
    _, first, _ = await world.api("GET", f"/tenants/{tenant}/audit?limit=2", key)
    _, second, _ = await world.api("GET", f"/tenants/{tenant}/audit?limit=9&after={first['next']}", key)
    refused, _, _ = await world.api("GET", f"/tenants/{tenant}/audit", await key_of(world, "viewer"))

    assert ["token.created", "token.created"] == [each["action"] for each in first["entries"]]
    assert ["token.created", "tenant.created"] == [each["action"] for each in second["entries"]]
    assert 403 == refused


async def test_every_operation_is_within_reach_but_those_of_the_machine(world: World) -> None:
    from syncline.gateway.web.api.routes import ENDPOINTS

    reached = {each.operation for each in ENDPOINTS}
    of_the_machine = {"backup", "doctor", "key", "logs"}
    beyond = {
        each
        for each in world.gateway.operations
        if each not in reached and each.partition(".")[0] not in of_the_machine
    }

    assert {"tenant.list"} == beyond  # its page counts nobody
