"""`hubspot-sdk` over every call it has for users, owners, records, the account and OAuth."""

from __future__ import annotations

from typing import Any

import hubspot_sdk
import pytest

from syncline.portal import administration
from tests.contracts.portal_clients.conftest import CALLBACK, Sdk


async def test_users_live_through_the_client(sdk: Sdk) -> None:
    users = sdk.client.settings.users
    sets = {one.name: one.id for one in (await sdk.run(users.list_roles)).results}
    teams = {one.name: one for one in (await sdk.run(users.list_teams)).results}

    made = await sdk.run(
        users.create, email="ada@acme.example", send_welcome_email=True, first_name="Ada",
        last_name="Byron", role_id=sets["Manager"], primary_team_id=teams["Sales"].id,
        secondary_team_ids=[teams["Service"].id],
    )  # fmt: skip
    changed = await sdk.run(users.update, made.id, last_name="Lovelace")
    found = await sdk.run(users.get, "ada@acme.example", id_property="EMAIL")
    members = {one.name: one for one in (await sdk.run(users.list_teams)).results}
    await sdk.run(users.delete, made.id)
    await sdk.run(users.delete, made.id)

    assert (True, "Ada", sets["Manager"], False) == (
        made.send_welcome_email,
        made.first_name,
        made.role_id,
        made.super_admin,
    )
    assert ("Lovelace", [sets["Manager"]], teams["Sales"].id) == (
        changed.last_name,
        changed.role_ids,
        changed.primary_team_id,
    )
    assert changed.to_dict() == found.to_dict()
    assert ([made.id], [made.id]) == (members["Sales"].user_ids, members["Service"].secondary_user_ids)
    with pytest.raises(hubspot_sdk.NotFoundError) as missing:
        await sdk.run(users.get, made.id)
    assert "OBJECT_NOT_FOUND" == missing.value.body["category"]  # type: ignore[index]


async def test_the_client_pages_to_the_end_by_itself(sdk: Sdk) -> None:
    for number in range(6):
        await sdk.world.add(f"user{number}@acme.example")

    emails = await sdk.run(lambda: [user.email for user in sdk.client.settings.users.list(limit=3)])

    assert ["admin@acme.example", *(f"user{number}@acme.example" for number in range(6))] == emails


async def test_refusals_reach_the_client_as_its_own_errors(sdk: Sdk) -> None:
    users = sdk.client.settings.users
    create: dict[str, Any] = {"email": "ada@acme.example", "send_welcome_email": False}
    await sdk.run(users.create, **create)

    with pytest.raises(hubspot_sdk.ConflictError):
        await sdk.run(users.create, **create)
    with pytest.raises(hubspot_sdk.BadRequestError):
        await sdk.run(users.update, "admin@acme.example", id_property="EMAIL", role_id="999")
    nobody = sdk.client.with_options(access_token="nonsense")
    with pytest.raises(hubspot_sdk.AuthenticationError):
        await sdk.run(nobody.settings.users.list_roles)


async def test_the_account_tells_of_itself(sdk: Sdk) -> None:
    details = await sdk.run(sdk.client.account.get)
    usage = (await sdk.run(sdk.client.account.get_daily_private_apps_usage)).results

    assert (sdk.world.account["portal_id"], "STANDARD") == (details.portal_id, details.account_type)
    assert [("SUCCESS", 1_000_000, 2)] == [
        (one.fetch_status, one.usage_limit, one.current_usage) for one in usage
    ]


async def test_the_logs_tell_what_happened(sdk: Sdk) -> None:
    activity = sdk.client.account.activity
    user = await sdk.world.add("ada@acme.example")
    await administration.set_access(
        sdk.world.store, sdk.world.clock, "acme", "ada@acme.example", active=False
    )
    admin = int((await sdk.world.user("admin@acme.example"))["id"])

    security = await sdk.run(lambda: list(activity.list_security_activities(limit=2, user_id=admin)))
    audit = await sdk.run(
        lambda: list(activity.list_audit_logs(acting_user_id=[admin], sort=["occurredAt"], limit=2))
    )
    logins = await sdk.run(lambda: list(activity.list_login_activities()))

    assert [("DEACTIVATE_USER", user["id"]), ("ADD_USER", user["id"])] == [
        (one.type, one.object_id) for one in security[:2]
    ]
    assert {(admin, "admin@acme.example")} == {(one.user_id, one.acting_user) for one in security}
    assert [("USER", "CREATE", user["id"]), ("USER", "UPDATE", user["id"])] == [
        (one.category, one.action, one.target_object_id) for one in audit[-2:]
    ]
    assert [] == logins


async def test_owners_are_read(sdk: Sdk) -> None:
    owners = sdk.client.crm.owners
    user = await sdk.world.add("ada@acme.example", firstName="Ada")

    listed = await sdk.run(lambda: list(owners.list(limit=1)))
    one = await sdk.run(owners.get, int(user["id"]), id_property="userId")

    assert ["admin@acme.example", "ada@acme.example"] == [owner.email for owner in listed]
    assert ("Ada", int(user["id"]), "PERSON") == (one.first_name, one.user_id, one.type)
    assert listed[1].id == one.id


async def test_records_are_read_written_and_searched(sdk: Sdk) -> None:
    records = sdk.client.crm.objects.users
    user = await sdk.world.add("ada@acme.example", firstName="Ada")
    await sdk.world.add("bob@acme.example")
    await administration.set_access(
        sdk.world.store, sdk.world.clock, "acme", "bob@acme.example", active=False
    )
    listed = await sdk.run(
        lambda: list(records.list(limit=2, properties=["hs_email", "hs_internal_user_id"]))
    )
    ids = {one.properties["hs_email"]: one.id for one in listed}
    ada = ids["ada@acme.example"]

    changed = await sdk.run(records.update, ada, properties={"hs_job_title": "Analyst"})
    read = await sdk.run(records.get, ada, properties=["hs_job_title", "hs_given_name"])
    search = await sdk.run(
        records.search, after="0", limit=10, properties=["hs_email"], sorts=[],
        filter_groups=[{"filters": [
            {"property_name": "hs_deactivated", "operator": "EQ", "value": "true"}
        ]}],
    )  # fmt: skip
    batch = await sdk.run(
        records.batch.get, inputs=[{"id": one} for one in ids.values()], properties=["hs_email"],
        properties_with_history=[],
    )  # fmt: skip
    written = await sdk.run(
        records.batch.update, inputs=[{"id": ada, "properties": {"hs_additional_phone": "1"}}]
    )

    assert user["id"] == next(one.properties["hs_internal_user_id"] for one in listed if one.id == ada)
    assert "Analyst" == changed.properties["hs_job_title"]
    assert ("Analyst", "Ada") == (read.properties["hs_job_title"], read.properties["hs_given_name"])
    assert (1, [ids["bob@acme.example"]]) == (search.total, [one.id for one in search.results])
    assert ("COMPLETE", set(ids)) == (batch.status, {one.properties["hs_email"] for one in batch.results})
    assert ["1"] == [one.properties["hs_additional_phone"] for one in written.results]


async def test_records_are_neither_made_nor_ended(sdk: Sdk) -> None:
    records = sdk.client.crm.objects.users
    calls: list[tuple[Any, dict[str, Any]]] = [
        (records.create, {"associations": [], "properties": {}}),
        (records.delete, {"user_id": "1"}),
        (records.batch.create, {"inputs": []}),
        (records.batch.delete, {"inputs": [{"id": "1"}]}),
        (records.batch.upsert, {"inputs": []}),
    ]

    for call, arguments in calls:
        with pytest.raises(hubspot_sdk.BadRequestError):
            await sdk.run(call, **arguments)


async def test_oauth_from_code_to_uninstall(sdk: Sdk) -> None:
    oauth = sdk.client.auth.oauth
    app = await sdk.app()
    credentials = {name: app[name] for name in ("client_id", "client_secret")}
    tokens = await sdk.run(
        oauth.create_token, grant_type="authorization_code", code=await sdk.code(app),
        redirect_uri=CALLBACK, **credentials,
    )  # fmt: skip

    refreshed = await sdk.run(
        oauth.create_token, grant_type="refresh_token", refresh_token=tokens.refresh_token, **credentials
    )
    app_token = await sdk.run(oauth.create_token, grant_type="client_credentials", **credentials)
    access = await sdk.run(oauth.introspect_token, token=refreshed.access_token, **credentials)
    refresh = await sdk.run(oauth.introspect_token, token=refreshed.refresh_token, **credentials)
    connected = sdk.client.with_options(access_token=refreshed.access_token)
    roles = await sdk.run(connected.settings.users.list_roles)
    await sdk.run(oauth.revoke_token, token=refreshed.refresh_token, **credentials)
    with pytest.raises(hubspot_sdk.BadRequestError) as revoked:
        await sdk.run(
            oauth.create_token, grant_type="refresh_token", refresh_token=tokens.refresh_token,
            **credentials,
        )  # fmt: skip
    await sdk.run(connected.crm.app_uninstalls.uninstall)
    with pytest.raises(hubspot_sdk.AuthenticationError):
        await sdk.run(connected.settings.users.list_roles)

    assert (1800, sdk.world.account["portal_id"]) == (tokens.expires_in, tokens.hub_id)
    assert "client_credentials" == app_token.token_use
    assert (True, "admin@acme.example", 1800) == (access.active, access.user, access.expires_in)
    assert ("refresh_token", app["client_id"]) == (refresh.token_use, refresh.client_id)
    assert 6 == len(roles.results)
    assert "BAD_REFRESH_TOKEN" == revoked.value.body["status"]  # type: ignore[index]
