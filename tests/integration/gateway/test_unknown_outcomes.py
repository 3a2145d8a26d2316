"""An answer that never came: whatever was done at HubSpot, the newest intent stands there in the end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.support.faults import Fault, TroubledWorld, lose, refuse, troubled_world
from tests.support.world import TENANT

CREATE = r"POST /settings/users/2026-03"
UPDATE = r"PUT /settings/users/.*"
REMOVE = r"DELETE /settings/users/.*"
BY_SCIM = r"PATCH /scim/v2/Users/.*"
ADA, NEW = "ada@acme.example", "ada.new@acme.example"


def role(value: str) -> list[dict[str, Any]]:
    return [{"value": value, "primary": True}]


def lost(acme: TroubledWorld, call: str) -> None:
    """Have the next such call carried out, and its answer lost."""
    acme.front.faults = [Fault(call, lose("502"), times=1)]


async def active(acme: TroubledWorld) -> set[str]:
    users = await acme.hubspot.users()
    return {email for email, user in users.items() if user["active"]} - {"admin@acme.example"}


async def delivered(acme: TroubledWorld) -> str:
    ada = await acme.add_user(ADA)
    await acme.rest()
    return ada.id


async def test_a_create_lost_and_then_deleted_ends_without_access(tmp_path: Path) -> None:
    async with troubled_world(tmp_path) as acme:
        await acme.go_live()
        lost(acme, CREATE)
        ada = await acme.add_user(ADA)
        await acme.drain()
        await acme.delete_user(ada.id)
        await acme.rest()

        assert set() == await active(acme)


async def test_a_create_lost_and_then_renamed_is_one_user_under_the_new_address(tmp_path: Path) -> None:
    async with troubled_world(tmp_path) as acme:
        await acme.go_live()
        lost(acme, CREATE)
        ada = await acme.add_user(ADA)
        await acme.drain()
        await acme.set_user(ada.id, "userName", NEW)
        await acme.rest()

        assert {NEW, "admin@acme.example"} == set(await acme.hubspot.users())


async def test_a_deactivation_lost_and_then_taken_back_ends_with_access(tmp_path: Path) -> None:
    async with troubled_world(tmp_path) as acme:
        await acme.go_live()
        ada = await delivered(acme)
        lost(acme, BY_SCIM)
        await acme.set_user(ada, "active", False)
        await acme.drain()
        await acme.set_user(ada, "active", True)
        await acme.rest()

        assert {ADA} == await active(acme)


async def test_a_reactivation_lost_and_then_taken_back_ends_without_access(tmp_path: Path) -> None:
    async with troubled_world(tmp_path) as acme:
        await acme.go_live()
        ada = await delivered(acme)
        await acme.set_user(ada, "active", False)
        await acme.rest()
        lost(acme, BY_SCIM)
        await acme.set_user(ada, "active", True)
        await acme.drain()
        await acme.set_user(ada, "active", False)
        await acme.rest()

        assert set() == await active(acme)


async def test_a_role_given_and_taken_back_while_the_answer_was_lost_is_not_kept(tmp_path: Path) -> None:
    async with troubled_world(tmp_path) as acme:
        await acme.run("role.default", tenant=TENANT, name="Standard User")
        await acme.run("rule.add", tenant=TENANT, role="Lead", permission_set="Manager")
        await acme.run("rule.add", tenant=TENANT, role="Seller", permission_set="Sales User")
        await acme.go_live()
        ada = await acme.add_user(ADA, roles=role("Seller"))
        await acme.rest()
        lost(acme, UPDATE)
        await acme.set_user(ada.id, "roles", role("Lead"))
        await acme.drain()
        await acme.set_user(ada.id, "roles", role("Seller"))
        await acme.rest()

        assert "Sales User" == (await acme.hubspot.users())[ADA]["permission_set"]


async def test_a_rename_lost_and_then_taken_back_ends_with_the_old_address(tmp_path: Path) -> None:
    async with troubled_world(tmp_path) as acme:
        await acme.go_live()
        ada = await delivered(acme)
        lost(acme, BY_SCIM)
        await acme.set_user(ada, "userName", NEW)
        await acme.drain()
        await acme.set_user(ada, "userName", ADA)
        await acme.rest()

        assert {ADA, "admin@acme.example"} == set(await acme.hubspot.users())


async def test_a_removal_lost_and_then_taken_back_ends_with_the_user_there(tmp_path: Path) -> None:
    async with troubled_world(tmp_path) as acme:
        await acme.go_live(deactivated="remove")
        ada = await delivered(acme)
        lost(acme, REMOVE)
        await acme.set_user(ada, "active", False)
        await acme.drain()
        await acme.set_user(ada, "active", True)
        await acme.rest()

        assert {ADA} == await active(acme)
        assert {} == await acme.held()


async def test_a_refused_call_leaves_no_doubt_and_costs_no_reading(tmp_path: Path) -> None:
    async with troubled_world(tmp_path) as acme:
        await acme.go_live()
        acme.front.faults = [Fault(CREATE, refuse(429), times=1)]
        await acme.add_user(ADA)
        await acme.rest()
        calls = await acme.gateway.store.journal.calls(acme.tenant_id, "", ADA)

        assert ["users.create", "users.create"] == [call.purpose for call in calls]


async def test_a_create_answered_long_ago_says_nothing_about_the_next_person_there(tmp_path: Path) -> None:
    async with troubled_world(tmp_path) as acme:
        await acme.go_live(approve=False)
        lost(acme, CREATE)
        ada = await acme.add_user(ADA)
        await acme.rest()
        await acme.set_user(ada.id, "userName", NEW)
        await acme.rest()
        await acme.hubspot.call("POST", "/settings/users/2026-03", {"email": ADA, "sendWelcomeEmail": False})
        await acme.run("connection.check", tenant=TENANT)
        await acme.add_user(ADA)
        await acme.rest()

        assert {ADA: "adoption-not-approved"} == await acme.held()


async def test_an_address_is_free_again_once_its_owner_was_renamed_and_removed(tmp_path: Path) -> None:
    async with troubled_world(tmp_path) as acme:
        await acme.go_live(deactivated="remove")
        ada = await delivered(acme)
        await acme.set_user(ada, "userName", NEW)
        await acme.delete_user(ada)
        await acme.add_user(ADA)
        await acme.rest()

        assert {} == await acme.held()
        assert {ADA} == await active(acme)
