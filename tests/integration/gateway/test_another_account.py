"""A tenant moves to another HubSpot account: what was known of the one before is not believed of the next."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from syncline.gateway.domain.errors import Refused, Unavailable
from syncline.gateway.services.ports import Cause
from tests.support.world import TENANT, HubSpotAccount, World, portal

STRANGER = "ceo@other.example"


@pytest.fixture
async def other(tmp_path: Path, acme: World) -> AsyncIterator[HubSpotAccount]:
    """Another account at another address. Its first user has the id of the first one of the account before."""
    async with portal(tmp_path / "second", acme.clock) as account:
        await account.call("POST", "/settings/users/2026-03", {"email": STRANGER, "sendWelcomeEmail": False})
        yield account


async def move(acme: World, account: HubSpotAccount) -> None:
    acme.hubspot = account
    acme.clock.leap(1)
    await acme.connect()


async def delivery_of(acme: World, user: str) -> dict[str, Any]:
    shown: dict[str, Any] = (await acme.run("users.show", tenant=TENANT, user=user))["delivery"]
    return shown


async def delivered(acme: World, **policy: Any) -> str:
    """Bring Ada to the first account and return her SCIM id."""
    await acme.go_live(**policy)
    ada = await acme.add_user("ada@acme.example")
    await acme.drain()
    return ada.id


async def test_the_ids_of_the_account_before_are_forgotten(acme: World, other: HubSpotAccount) -> None:
    ada = await delivered(acme)
    before = await delivery_of(acme, ada)
    assert (await other.users())[STRANGER]["id"] == before["hubspot_id"]

    await move(acme, other)

    after = await delivery_of(acme, ada)
    assert (None, None, None, "none") == tuple(
        after[name] for name in ("hubspot_id", "scim_id", "origin", "access")
    )


async def test_a_live_tenant_goes_back_to_plan_and_its_plan_has_to_be_approved_anew(
    acme: World, other: HubSpotAccount
) -> None:
    await delivered(acme)

    await move(acme, other)

    shown = await acme.run("tenant.show", tenant=TENANT)
    assert ("plan", None) == (shown["mode"], shown["plan_approved_at"])
    await acme.drain()
    assert {"ada@acme.example": "plan-mode"} == await acme.held()
    assert {"admin@acme.example", STRANGER} == set(await other.users())


async def test_nobody_of_the_new_account_with_an_equal_id_is_touched(
    acme: World, other: HubSpotAccount
) -> None:
    ada = await delivered(acme, deactivated="remove")
    before = (await other.users())[STRANGER]

    await move(acme, other)
    await acme.go_live(deactivated="remove")
    await acme.drain()
    assert before == (await other.users())[STRANGER]
    assert (await other.users())["ada@acme.example"]["active"]

    await acme.set_user(ada, "active", False)
    await acme.drain()
    assert {"admin@acme.example", STRANGER} == set(await other.users())
    assert before == (await other.users())[STRANGER]


async def test_a_leaver_of_the_account_before_takes_nobody_along(acme: World, other: HubSpotAccount) -> None:
    ada = await delivered(acme, deactivated="remove")
    await acme.set_user(ada, "active", False)

    await move(acme, other)
    await acme.go_live(deactivated="remove")
    await acme.drain()

    assert {"admin@acme.example", STRANGER} == set(await other.users())
    assert {} == await acme.held()


async def test_a_create_never_answered_by_the_account_before_claims_nobody_of_the_next(
    acme: World, other: HubSpotAccount
) -> None:
    await acme.go_live()
    await acme.add_user("ada@acme.example")
    cause = Cause(acme.clock.now(), "c0ffee")
    await acme.gateway.store.backlog.log_call(
        acme.tenant_id, "api", "users.create", "ada@acme.example", cause
    )
    await other.call(
        "POST", "/settings/users/2026-03", {"email": "ada@acme.example", "sendWelcomeEmail": False}
    )

    await move(acme, other)
    await acme.go_live(approve=False)
    await acme.drain()

    assert {"ada@acme.example": "adoption-not-approved"} == await acme.held()


async def test_the_same_account_again_keeps_everybody_and_the_mode(acme: World) -> None:
    ada = await delivered(acme)
    before = await delivery_of(acme, ada)

    await acme.connect()

    assert before == await delivery_of(acme, ada)
    assert "live" == (await acme.run("tenant.show", tenant=TENANT))["mode"]


async def connect_the_api_channel(acme: World) -> None:
    token = acme.hubspot.credentials["access_token"]
    await acme.run("connection.set", tenant=TENANT, base_url=acme.hubspot.url, access_token=token)


async def test_the_scim_channel_stays_unless_it_is_dropped(acme: World) -> None:
    before = await acme.run("connection.show", tenant=TENANT)
    await connect_the_api_channel(acme)
    assert before["scim_base_url"] == (await acme.run("connection.show", tenant=TENANT))["scim_base_url"]

    await acme.connect(scim=False)

    assert None is (await acme.run("connection.show", tenant=TENANT))["scim_base_url"]


async def test_the_scim_channel_of_the_account_before_is_not_taken_along(
    acme: World, other: HubSpotAccount
) -> None:
    before = await acme.run("connection.show", tenant=TENANT)
    acme.hubspot = other

    with pytest.raises(Refused, match="--no-scim"):
        await connect_the_api_channel(acme)

    assert before == await acme.run("connection.show", tenant=TENANT)


async def test_a_check_that_finds_everything_working_ends_the_trouble(acme: World) -> None:
    for trouble, left in (("INVALID_AUTHENTICATION", None), ("unasked-permission-change", "look")):
        cause = Cause(acme.clock.now(), "c0ffee")
        await acme.gateway.store.setup.note_trouble(acme.tenant_id, trouble, "look", cause)

        await acme.run("connection.check", tenant=TENANT)

        assert left == (await acme.run("connection.show", tenant=TENANT))["trouble"]


async def test_a_rename_owed_to_the_account_before_is_not_owed_to_the_next(
    acme: World, other: HubSpotAccount
) -> None:
    ada = await delivered(acme)
    await acme.set_user(ada, "userName", "countess@acme.example")
    bob = await acme.add_user("ada@acme.example")
    assert "ada@acme.example" == (await delivery_of(acme, ada))["renamed_from"]

    await move(acme, other)
    await acme.go_live()
    await acme.drain()

    assert None is (await delivery_of(acme, ada))["renamed_from"]
    assert "active" == (await delivery_of(acme, bob.id))["access"]
    assert {"countess@acme.example", "ada@acme.example"} <= set(await other.users())


def scim_channel(account: HubSpotAccount) -> dict[str, str]:
    return {"scim_base_url": f"{account.url}/scim/v2", "scim_token": account.credentials["scim_token"]}


async def test_a_scim_token_of_another_account_is_not_saved(acme: World, other: HubSpotAccount) -> None:
    before = await acme.run("connection.show", tenant=TENANT)

    with pytest.raises(Unavailable, match="look like two different accounts"):
        await acme.run("connection.set", tenant=TENANT, **scim_channel(other))

    assert before == await acme.run("connection.show", tenant=TENANT)


async def test_while_nobody_can_tell_whose_the_scim_token_is_the_check_says_so(
    acme: World, other: HubSpotAccount
) -> None:
    await other.change(flags={"scim_matches_members": "off"})

    report = await acme.run("connection.set", tenant=TENANT, **scim_channel(other))

    assert report["same_account"] is None
    (scim,) = (each for each in report["channels"] if each["channel"] == "scim")
    assert any("prove that it belongs to the same account" in each for each in scim["cannot"])


async def test_two_accounts_found_out_later_stop_the_tenant_until_the_connection_is_set_anew(
    acme: World, other: HubSpotAccount
) -> None:
    await other.change(flags={"scim_matches_members": "off"})
    await acme.run("connection.set", tenant=TENANT, **scim_channel(other))
    await acme.go_live()
    await other.change(flags={"scim_matches_members": "on"})

    report = await acme.run("connection.check", tenant=TENANT)

    assert report["same_account"] is False
    with pytest.raises(Refused, match="two different accounts"):
        await acme.run("tenant.mode", tenant=TENANT, mode="live")
    await acme.add_user("ada@acme.example")
    assert await acme.drain() is not None
    assert {"admin@acme.example"} == set(await acme.hubspot.users())
    assert "held" == (await acme.run("connection.show", tenant=TENANT))["health"]

    await acme.connect()
    await acme.run("tenant.mode", tenant=TENANT, mode="live")
    await acme.drain()
    assert {"admin@acme.example", "ada@acme.example"} == set(await acme.hubspot.users())
