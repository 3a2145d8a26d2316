"""`hubspot-api-client` over every call it has for users, owners, records and OAuth."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hubspot.crm.objects import ApiException as ObjectsException  # type: ignore[import-untyped]
from hubspot.crm.objects import (
    BatchInputSimplePublicObjectBatchInput,
    BatchReadInputSimplePublicObjectId,
    PublicObjectSearchRequest,
    SimplePublicObjectInput,
)
from hubspot.oauth import ApiException as OAuthException  # type: ignore[import-untyped]
from hubspot.settings.users import (  # type: ignore[import-untyped]
    ApiException,
    PublicUserUpdate,
    UserProvisionRequest,
)

from syncline.portal import administration
from tests.contracts.portal_clients.conftest import CALLBACK, Sdk


async def test_users_live_through_the_client(api_client: Sdk) -> None:
    users = api_client.client.settings.users
    run = api_client.run
    sets = {one.name: one.id for one in (await run(users.roles_api.get_all)).results}
    teams = {one.name: one.id for one in (await run(users.teams_api.get_all)).results}

    made = await run(
        users.users_api.create,
        UserProvisionRequest(email="ada@acme.example", send_welcome_email=True, role_id=sets["Manager"]),
    )
    changed = await run(
        users.users_api.replace,
        made.id,
        PublicUserUpdate(primary_team_id=teams["Sales"], secondary_team_ids=[teams["Service"]]),
    )
    found = await run(users.users_api.get_by_id, "ada@acme.example", id_property="EMAIL")
    page = await run(users.users_api.get_page, limit=1)
    rest = await run(users.users_api.get_page, limit=100, after=page.paging.next.after)
    await run(users.users_api.archive, made.id)

    assert (True, sets["Manager"]) == (made.send_welcome_email, made.role_id)
    assert ([sets["Manager"]], teams["Sales"], [teams["Service"]]) == (
        changed.role_ids,
        changed.primary_team_id,
        changed.secondary_team_ids,
    )
    assert changed == found
    assert ["admin@acme.example", "ada@acme.example"] == [one.email for one in (*page.results, *rest.results)]
    assert rest.paging is None
    with pytest.raises(ApiException) as missing:
        await run(users.users_api.get_by_id, made.id)
    assert (404, "OBJECT_NOT_FOUND") == (missing.value.status, json.loads(missing.value.body)["category"])


async def test_owners_are_read(api_client: Sdk) -> None:
    owners = api_client.client.crm.owners.owners_api
    user = await api_client.world.add("ada@acme.example")
    await administration.set_access(
        api_client.world.store, api_client.world.clock, "acme", "ada@acme.example", active=False
    )

    current = await api_client.run(owners.get_page, limit=100)
    archived = await api_client.run(owners.get_page, archived=True, limit=100)
    one = await api_client.run(owners.get_by_id, int(archived.results[0].id), id_property="id", archived=True)

    assert ["admin@acme.example"] == [owner.email for owner in current.results]
    assert (None, int(user["id"])) == (one.user_id, one.user_id_including_inactive)


async def test_records_are_read_written_and_searched(api_client: Sdk) -> None:
    objects = api_client.client.crm.objects
    await api_client.world.add("ada@acme.example")
    run = api_client.run
    page = await run(objects.basic_api.get_page, "users", limit=10, properties=["hs_email"])
    record_id = page.results[1].id

    await run(
        objects.basic_api.update,
        "users",
        record_id,
        SimplePublicObjectInput(properties={"hs_job_title": "Analyst"}),
    )
    read = await run(objects.basic_api.get_by_id, "users", record_id, properties=["hs_job_title"])
    search = PublicObjectSearchRequest(
        filter_groups=[
            {"filters": [{"propertyName": "hs_email", "operator": "EQ", "value": "ADA@acme.example"}]}
        ],
        limit=5,
        properties=["hs_job_title"],
    )
    found = await run(objects.search_api.do_search, "users", search)
    batch = await run(
        objects.batch_api.read,
        "users",
        BatchReadInputSimplePublicObjectId(
            inputs=[{"id": record_id}], properties=["hs_email"], properties_with_history=[]
        ),
    )
    written = await run(
        objects.batch_api.update,
        "users",
        BatchInputSimplePublicObjectBatchInput(
            inputs=[{"id": record_id, "properties": {"hs_job_title": "Countess"}}]
        ),
    )

    assert "Analyst" == read.properties["hs_job_title"]
    assert (1, record_id, "Analyst") == (
        found.total,
        found.results[0].id,
        found.results[0].properties["hs_job_title"],
    )
    assert ["ada@acme.example"] == [one.properties["hs_email"] for one in batch.results]
    assert ["Countess"] == [one.properties["hs_job_title"] for one in written.results]


async def test_records_are_neither_made_nor_ended(api_client: Sdk) -> None:
    objects = api_client.client.crm.objects
    nothing: dict[str, Any] = {"inputs": []}
    calls: list[tuple[Any, tuple[Any, ...]]] = [
        (objects.basic_api.create, ("users", {"properties": {}})),
        (objects.basic_api.archive, ("users", "1")),
        (objects.batch_api.create, ("users", nothing)),
        (objects.batch_api.upsert, ("users", nothing)),
        (objects.batch_api.archive, ("users", nothing)),
    ]

    for call, arguments in calls:
        with pytest.raises(ObjectsException) as refused:
            await api_client.run(call, *arguments)
        assert 400 == refused.value.status


async def test_raw_requests_reach_every_address(api_client: Sdk) -> None:
    api_client.client.config["base_url"] = api_client.world.base_url
    request: dict[str, Any] = {"method": "GET", "path": "/settings/users/2026-03", "qs": {"limit": 1}}

    reply = await api_client.run(api_client.client.api_request, request)

    assert (200, 1) == (reply.status_code, len(reply.json()["results"]))


async def test_oauth_from_code_to_revocation(api_client: Sdk) -> None:
    oauth, run = api_client.client.oauth, api_client.run
    app = await api_client.app()
    credentials = {name: app[name] for name in ("client_id", "client_secret")}
    tokens = await run(
        oauth.tokens_api.create, grant_type="authorization_code", code=await api_client.code(app),
        redirect_uri=CALLBACK, **credentials,
    )  # fmt: skip

    refreshed = await run(
        oauth.tokens_api.create, grant_type="refresh_token", refresh_token=tokens.refresh_token,
        **credentials,
    )  # fmt: skip
    access = await run(oauth.access_tokens_api.get, refreshed.access_token)
    refresh = await run(oauth.refresh_tokens_api.get, tokens.refresh_token)
    await run(oauth.refresh_tokens_api.archive, tokens.refresh_token)
    with pytest.raises(OAuthException) as revoked:
        await run(
            oauth.tokens_api.create, grant_type="refresh_token", refresh_token=tokens.refresh_token,
            **credentials,
        )  # fmt: skip

    assert (1800, tokens.refresh_token) == (refreshed.expires_in, refreshed.refresh_token)
    assert (api_client.world.account["portal_id"], "admin@acme.example", app["app_id"]) == (
        access.hub_id,
        access.user,
        access.app_id,
    )
    assert (app["client_id"], "refresh") == (refresh.client_id, refresh.token_type)
    assert (400, "BAD_REFRESH_TOKEN") == (revoked.value.status, json.loads(revoked.value.body)["status"])
