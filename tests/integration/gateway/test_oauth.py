"""Connecting a tenant by OAuth, from the address a super admin opens to deliveries over renewed tokens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from syncline.gateway.domain.authorization import LIFE
from syncline.gateway.domain.errors import Invalid, NotFound, Refused
from syncline.gateway.domain.grant import OAuthGrant
from syncline.gateway.services.ports import AccountReading, Cause
from syncline.portal import administration
from syncline.portal.domain.oauth import ACCESS_LIFE
from tests.support.granting import ADMIN, CALLBACK, GrantingWorld, granting_world, opened_gateway
from tests.support.world import TENANT

RENEWAL_DUE = ACCESS_LIFE * 4 // 5
STRANGE = f"{CALLBACK}?{urlencode({'code': 'abc', 'state': 'x' * 43})}"


@pytest.fixture
async def acme(tmp_path: Path) -> AsyncIterator[GrantingWorld]:
    async with granting_world(tmp_path) as made:
        yield made


async def grant_of(acme: GrantingWorld) -> OAuthGrant:
    connection = await acme.gateway.store.setup.connection(acme.tenant_id)
    assert connection is not None
    assert isinstance(connection.credential, OAuthGrant)
    return connection.credential


async def progress(acme: GrantingWorld, begun: dict[str, Any]) -> str:
    found = await acme.run(
        "connection.authorization", tenant=TENANT, authorization_id=begun["authorization_id"]
    )
    return str(found["state"])


async def code_with(acme: GrantingWorld, begun: dict[str, Any], scope: str, account: str = TENANT) -> str:
    """Return the address the browser would come back to with a grant of those scopes."""
    code = await administration.grant_app(
        acme.portal_store,
        acme.clock,
        account,
        f"admin@{account}.example",
        client_id=acme.app["client_id"],
        redirect_uri=CALLBACK,
        scope=scope,
    )
    state = parse_qs(urlsplit(begun["url"]).query)["state"][0]
    return f"{CALLBACK}?{urlencode({'code': code, 'state': state})}"


async def test_a_super_admin_connects_the_tenant(acme: GrantingWorld) -> None:
    begun = await acme.authorize()
    assert "waiting" == await progress(acme, begun)

    page = await acme.come_back(await acme.consent(begun["url"]))

    assert 200 == page.status
    assert f"{ADMIN} granted it and is protected" in page.body
    assert "connected" == await progress(acme, begun)
    shown = await acme.run("connection.show", tenant=TENANT)
    assert ("healthy", "OAuth grant", ADMIN) == (shown["health"], shown["credential"], shown["granted_by"])
    assert [] == (await acme.run("connection.check", tenant=TENANT))["missing"]


async def test_whoever_granted_is_protected(acme: GrantingWorld) -> None:
    await acme.grant()

    setup = await acme.gateway.store.backlog.setup(acme.tenant_id, acme.clock.now())

    assert setup is not None
    assert ADMIN == setup.grant_holder


async def test_people_arrive_over_a_token_that_is_renewed_once_however_many_need_it(
    acme: GrantingWorld,
) -> None:
    await acme.grant()
    await acme.go_live(deactivated="remove")
    asked, first = acme.endpoint.calls, await grant_of(acme)
    acme.clock.leap(ACCESS_LIFE)
    for number in range(20):
        await acme.add_user(f"user{number}@acme.example")

    assert await acme.drain() is None

    assert asked + 1 == acme.endpoint.calls
    assert 20 == sum(email.startswith("user") for email in await acme.hubspot.users())
    assert first.tokens.access_token != (await grant_of(acme)).tokens.access_token


async def test_a_hundred_operations_at_once_renew_the_token_once(acme: GrantingWorld) -> None:
    await acme.grant()
    asked = acme.endpoint.calls
    acme.clock.leap(ACCESS_LIFE)

    links = [acme.gateway.drain._links.open(acme.tenant_id) for _ in range(100)]
    opened = [link for link in await asyncio.gather(*links) if link is not None]
    read = await asyncio.gather(*(link.read_account(Cause(acme.clock.now(), "c")) for link in opened[:10]))

    assert (100, asked + 1) == (len(opened), acme.endpoint.calls)
    assert {AccountReading} == {type(each) for each in read}


async def test_a_renewed_token_is_there_after_a_restart(acme: GrantingWorld, tmp_path: Path) -> None:
    await acme.grant()
    acme.clock.leap(RENEWAL_DUE)
    await acme.run("connection.check", tenant=TENANT)
    asked = acme.endpoint.calls

    async with opened_gateway(tmp_path / "gateway", acme.clock, acme.app) as again:
        acme.gateway = again
        report = await acme.run("connection.check", tenant=TENANT)

    assert ([], asked) == (report["missing"], acme.endpoint.calls)


async def test_an_answer_works_once(acme: GrantingWorld) -> None:
    location = await acme.consent((await acme.authorize())["url"])
    await acme.come_back(location)
    before = await grant_of(acme)

    replayed = await acme.come_back(location)

    assert (await acme.come_back(STRANGE)).body == replayed.body
    assert (400, before) == (replayed.status, await grant_of(acme))


async def test_an_answer_that_comes_too_late_is_no_answer(acme: GrantingWorld) -> None:
    begun = await acme.authorize()
    location = await code_with(acme, begun, "oauth settings.users.read settings.users.write")
    acme.clock.leap(LIFE)

    late = await acme.come_back(location)

    assert (await acme.come_back(STRANGE)).body == late.body
    assert "expired" == await progress(acme, begun)
    with pytest.raises(NotFound):
        await acme.run("connection.show", tenant=TENANT)


async def test_only_the_latest_request_of_a_tenant_counts(acme: GrantingWorld) -> None:
    first = await acme.authorize()
    second = await acme.authorize()

    replaced = await acme.come_back(await acme.consent(first["url"]))

    assert (await acme.come_back(STRANGE)).body == replaced.body
    assert ("replaced", "waiting") == (await progress(acme, first), await progress(acme, second))
    assert 200 == (await acme.come_back(await acme.consent(second["url"]))).status


async def test_looking_at_the_address_without_opening_it_uses_nothing_up(acme: GrantingWorld) -> None:
    location = await acme.consent((await acme.authorize())["url"])

    await acme.come_back(location, method="HEAD")

    assert 200 == (await acme.come_back(location)).status


async def test_a_refusal_at_hubspot_changes_nothing(acme: GrantingWorld) -> None:
    begun = await acme.authorize()

    page = await acme.come_back(await acme.deny(begun["url"]))

    assert (400, "failed") == (page.status, await progress(acme, begun))
    assert "refused at HubSpot" in page.body


async def test_an_account_of_another_tenant_is_refused_and_goes_on_there(acme: GrantingWorld) -> None:
    await acme.grant()
    await acme.run("tenant.create", name="other")

    page = await acme.grant("other")

    assert "belongs to another tenant" in page.body
    with pytest.raises(NotFound):
        await acme.run("connection.show", tenant="other")
    acme.clock.leap(RENEWAL_DUE)
    assert [] == (await acme.run("connection.check", tenant=TENANT))["missing"]


async def test_a_connected_tenant_is_not_moved_to_another_account_by_a_grant(acme: GrantingWorld) -> None:
    await acme.grant()
    await administration.open_account(acme.portal_store, acme.clock, name="second", address=acme.hubspot.url)
    begun = await acme.authorize()
    before = await grant_of(acme)

    scope = "oauth settings.users.read settings.users.write"
    page = await acme.come_back(await code_with(acme, begun, scope, "second"))

    assert (400, before) == (page.status, await grant_of(acme))
    assert "until it is disconnected" in page.body


async def test_a_grant_that_lacks_a_scope_says_what_that_blocks(acme: GrantingWorld) -> None:
    location = await code_with(acme, await acme.authorize(), "oauth settings.users.read settings.users.write")

    page = await acme.come_back(location)

    assert "lacks the scope crm.objects.owners.read: whoever was deactivated" in page.body
    missing = (await acme.run("connection.check", tenant=TENANT))["missing"]
    assert missing[0].startswith("The grant lacks the scope crm.objects.owners.read")


async def test_a_grant_that_hubspot_has_ended_asks_for_a_new_one_and_is_left_alone(
    acme: GrantingWorld,
) -> None:
    await acme.grant()
    await acme.go_live(deactivated="remove")
    await acme.uninstall()
    acme.clock.leap(RENEWAL_DUE)
    asked = acme.endpoint.calls

    await acme.add_user("ada@acme.example")
    for _ in range(5):
        await acme.drain()
        acme.clock.leap(3_600_000)

    shown = await acme.run("connection.show", tenant=TENANT)
    assert "reconnect needed" == shown["health"]
    assert "connection authorize" in shown["fix"]
    assert asked + 1 == acme.endpoint.calls
    troubles = (await acme.run("events.list", tenant=TENANT, kind="connection."))["events"]
    assert ["connection.trouble"] == [event["kind"] for event in troubles]


async def test_the_end_of_a_grant_is_noticed_before_its_token_ends(acme: GrantingWorld) -> None:
    await acme.grant()
    await acme.go_live(deactivated="remove")
    acme.clock.leap(60_000)
    await acme.uninstall()
    await acme.add_user("ada@acme.example")
    for _ in range(2):
        await acme.drain()
        acme.clock.leap(60_000)

    assert "reconnect needed" == (await acme.run("connection.show", tenant=TENANT))["health"]


async def test_a_new_grant_delivers_what_waited(acme: GrantingWorld) -> None:
    await acme.grant()
    await acme.go_live(deactivated="remove")
    await acme.uninstall()
    acme.clock.leap(RENEWAL_DUE)
    await acme.add_user("ada@acme.example")
    await acme.drain()
    assert "ada@acme.example" not in await acme.hubspot.users()

    assert 200 == (await acme.grant()).status
    await acme.drain()

    assert "ada@acme.example" in await acme.hubspot.users()
    assert "healthy" == (await acme.run("connection.show", tenant=TENANT))["health"]


async def test_a_sign_in_that_fails_degrades_the_connection_and_passes_by_itself(acme: GrantingWorld) -> None:
    await acme.grant()
    await acme.go_live(deactivated="remove")
    acme.clock.leap(ACCESS_LIFE)
    acme.endpoint.status = 503
    await acme.add_user("ada@acme.example")

    again = await acme.drain()

    assert "degraded" == (await acme.run("connection.show", tenant=TENANT))["health"]
    acme.endpoint.status = None
    assert again is not None
    acme.clock.leap(max(again - acme.clock.now(), 0) + 60_000)
    await acme.drain()
    assert "ada@acme.example" in await acme.hubspot.users()
    assert "healthy" == (await acme.run("connection.show", tenant=TENANT))["health"]


async def test_revoking_ends_the_grant_at_hubspot_and_forgets_it(acme: GrantingWorld) -> None:
    await acme.grant()
    await acme.go_live(deactivated="remove")
    refresh_token = (await grant_of(acme)).tokens.refresh_token

    assert (await acme.run("connection.revoke", tenant=TENANT))["revoked_at_hubspot"]

    assert "BAD_REFRESH_TOKEN" == await refreshed(acme, refresh_token)
    tenant = await acme.run("tenant.show", tenant=TENANT)
    assert ("collecting", None, None) == (tenant["mode"], tenant["connection"], tenant["plan_approved_at"])


async def test_revoking_forgets_the_grant_even_when_hubspot_does_not_answer(acme: GrantingWorld) -> None:
    await acme.grant()
    await acme.run("connection.check", tenant=TENANT)
    acme.endpoint.portal = _Down()

    revoked = await acme.run("connection.revoke", tenant=TENANT)

    assert not revoked["revoked_at_hubspot"]
    assert "Uninstall the app there" in revoked["message"]
    with pytest.raises(NotFound):
        await acme.run("connection.show", tenant=TENANT)


async def test_a_grant_that_a_static_token_replaces_is_ended_at_hubspot(acme: GrantingWorld) -> None:
    await acme.grant()
    refresh_token = (await grant_of(acme)).tokens.refresh_token

    report = await set_static_token(acme)

    assert "is revoked at HubSpot" in report["replaced"]
    assert "BAD_REFRESH_TOKEN" == await refreshed(acme, refresh_token)
    assert (await set_static_token(acme))["replaced"] is None


async def test_a_static_token_is_taken_though_hubspot_does_not_end_the_grant_before(
    acme: GrantingWorld,
) -> None:
    await acme.grant()
    acme.endpoint.revocation_status = 503

    report = await set_static_token(acme)

    assert "Uninstall the app there" in report["replaced"]
    assert "static token" == (await acme.run("connection.show", tenant=TENANT))["credential"]


async def set_static_token(acme: GrantingWorld) -> dict[str, Any]:
    token = acme.hubspot.credentials["access_token"]
    return await acme.run("connection.set", tenant=TENANT, base_url=acme.hubspot.url, access_token=token)


async def refreshed(acme: GrantingWorld, refresh_token: str) -> str:
    """Refresh with that token; returns the status in HubSpot's answer."""
    form = {
        "grant_type": "refresh_token",
        "refresh_token": refresh_token,
        "client_id": acme.app["client_id"],
        "client_secret": acme.app["client_secret"],
    }
    async with acme.http.post(f"{acme.hubspot.url}/oauth/2026-03/token", data=form) as answer:
        status: str = (await answer.json())["status"]
        return status


async def test_a_static_token_is_forgotten_but_not_said_to_be_ended(acme: GrantingWorld) -> None:
    await acme.connect()

    revoked = await acme.run("connection.revoke", tenant=TENANT)

    assert not revoked["revoked_at_hubspot"]
    assert "still works at HubSpot" in revoked["message"]


async def test_the_scim_channel_stays_when_the_grant_is_renewed_by_hand(acme: GrantingWorld) -> None:
    await acme.grant()
    scim = {
        "scim_base_url": f"{acme.hubspot.url}/scim/v2",
        "scim_token": acme.hubspot.credentials["scim_token"],
    }
    report = await acme.run("connection.set", tenant=TENANT, **scim)
    assert {"api", "scim"} == {each["channel"] for each in report["channels"]}

    await acme.grant()

    shown = await acme.run("connection.show", tenant=TENANT)
    assert (scim["scim_base_url"], "OAuth grant") == (shown["scim_base_url"], shown["credential"])


async def test_tokens_renewed_while_the_scim_channel_is_set_are_not_lost(acme: GrantingWorld) -> None:
    await acme.grant()
    first = await grant_of(acme)
    acme.clock.leap(RENEWAL_DUE)

    await acme.run(
        "connection.set",
        tenant=TENANT,
        scim_base_url=f"{acme.hubspot.url}/scim/v2",
        scim_token=acme.hubspot.credentials["scim_token"],
    )

    renewed = await grant_of(acme)
    assert first.grant_id == renewed.grant_id
    assert first.tokens.access_token != renewed.tokens.access_token


async def test_the_address_is_pinned_to_the_account_a_tenant_has(acme: GrantingWorld) -> None:
    await acme.grant()

    portal_id = acme.hubspot.credentials["portal_id"]
    assert f"/oauth/{portal_id}/authorize?" in (await acme.authorize())["url"]


async def test_a_tenant_may_have_an_app_of_its_own(acme: GrantingWorld, tmp_path: Path) -> None:
    own = {"client_id": acme.app["client_id"], "client_secret": acme.app["client_secret"]}
    async with opened_gateway(tmp_path / "gateway", acme.clock, None) as without_app:
        acme.gateway = without_app
        with pytest.raises(Refused, match="SYNCLINE_HUBSPOT_CLIENT_ID"):
            await acme.authorize()

        await acme.grant(**own)
        acme.clock.leap(RENEWAL_DUE)

        assert [] == (await acme.run("connection.check", tenant=TENANT))["missing"]
        assert own["client_id"] in (await acme.authorize())["url"]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"base_url": "https://evil.example"}, "not a HubSpot host"),
        ({"authorize_url": "https://app.hubspot.com.evil.example"}, "not where people sign in"),
        ({"authorize_url": "http://app.hubspot.com"}, "with https"),
        ({"client_id": "only"}, "both its client id and its client secret"),
        ({"features": ["everything"]}, "cannot be asked for"),
    ],
)
async def test_what_must_not_be_asked_is_refused_before_anything_is_kept(
    acme: GrantingWorld, given: dict[str, Any], why: str
) -> None:
    with pytest.raises(Invalid, match=why):
        await acme.authorize(**given)

    with pytest.raises(NotFound):
        await acme.run("connection.authorization", tenant=TENANT, authorization_id="any")


async def test_no_secret_is_left_anywhere_in_the_clear(
    acme: GrantingWorld, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", logger="syncline")
    begun = await acme.authorize()
    location = await acme.consent(begun["url"])
    page = await acme.come_back(location)
    acme.clock.leap(RENEWAL_DUE)
    await acme.run("connection.check", tenant=TENANT)
    tokens = (await grant_of(acme)).tokens
    answer = parse_qs(urlsplit(location).query)
    secrets = [
        acme.app["client_secret"],
        tokens.access_token,
        tokens.refresh_token,
        answer["code"][0],
        answer["state"][0],
    ]

    shown = [
        page.body,
        *(record.getMessage() for record in caplog.records if record.name.startswith("syncline")),
        str(await acme.run("connection.show", tenant=TENANT)),
        str(await acme.run("connection.check", tenant=TENANT)),
        str(await acme.run("events.list", tenant=TENANT)),
        *(file.read_bytes().decode("latin-1") for file in (tmp_path / "gateway").glob("gateway.db*")),
    ]

    assert [] == [secret for secret in secrets for text in shown if secret in text]


class _Down:
    """A portal that is down."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 502, "headers": []})
        await send({"type": "http.response.body", "body": b""})
