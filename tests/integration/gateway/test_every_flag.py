"""A whole life under every behaviour HubSpot leaves undocumented: each is a flag of the portal's account.

Ada arrives and Old, who was at HubSpot before, is adopted; she changes team, name and address, gets another permission
set, leaves, comes back, leaves for good, and is hired again. After each step the account is read anew, which must
change nothing. What people have is what the account's owner sees, since flags change what the API shows.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec
import pytest

from syncline.portal import administration
from syncline.portal.domain.account import Flags, Seconds
from tests.support.granting import granting_world
from tests.support.world import ENTERPRISE, TENANT, World, world

A_WHILE = "600"
"""Longer than the life takes from one step to the next."""
OTHERWISE: tuple[Mapping[str, str], ...] = (
    {"duplicate_create": "400"},
    {"deactivated_listed": "off"},
    {"removed_owners_archived": "on"},
    {"roles_available": "off"},
    {"scim_names_read_only": "off"},
    {"scim_permissions_read_only": "on"},
    {"scim_matches_members": "off"},
    {"scim_delete": "remove"},
    {"oauth_rotates_refresh_token": "on"},
    {"removed_listed_seconds": A_WHILE},
    {"seat_release_seconds": A_WHILE},
    {"crm_records_wait": "on"},
    {"crm_users_available": "off"},
    {"grants_end_with_access": "off"},
)
"""Every flag with its other value. The values we guess are the first life's."""
LIVES = ({}, *OTHERWISE)
ADA, RENAMED, OLD = "ada@acme.example", "ada.king@acme.example", "old@acme.example"


def test_no_value_of_any_flag_is_missing() -> None:
    lived = [msgspec.structs.asdict(flags) for flags in map(_flags, LIVES)]
    kinds = get_type_hints(Flags, include_extras=True)

    assert set(kinds) == set(Flags.__struct_fields__)
    for name, kind in kinds.items():
        values = {one[name] for one in lived}
        if kind is bool:
            assert {True, False} == values, name
        elif kind is Seconds:
            assert {0, int(A_WHILE)} == values, name
        else:
            assert set(get_args(kind)) == values, name


def _flags(changes: Mapping[str, str]) -> Flags:
    flags = Flags()
    for name, text in changes.items():
        flags = flags.having(name, text)
    return flags


class Life:
    """The steps of the life, and what HubSpot must have after each."""

    def __init__(self, acme: World, *, sets: bool, boss: str) -> None:
        self.acme = acme
        self.sets = sets
        self.boss = boss
        self.ids: dict[str, str] = {}

    async def prepare(self) -> None:
        acme = self.acme
        held = self.boss if self.sets else None
        await administration.add_user(
            acme.hubspot.store, acme.clock, TENANT, email=OLD, permission_set=held, first_name="Old"
        )
        await acme.run("connection.check", tenant=TENANT)
        if self.sets:
            await acme.run("role.default", tenant=TENANT, name="Standard User")
            await acme.run("rule.add", tenant=TENANT, role="Boss", permission_set=self.boss)
            await acme.run("rule.add", tenant=TENANT, role="Seller", permission_set="Sales User")
        for team in ("Sales", "Marketing"):
            await acme.run("rule.add", tenant=TENANT, attribute="department", equals=team, primary_team=team)
        await acme.go_live(deleted="remove")

    async def step(self, change: Awaitable[Any], **expected: tuple[str, str, str, str | None]) -> None:
        """Make one change; `expected` are name, standing, permission set and team by the local part of the e-mail."""
        await change
        await self.acme.rest()
        if (await self.acme.run("approvals.list", tenant=TENANT))["approvals"]:
            await self.acme.run("approvals.grant", tenant=TENANT, everybody=True)
            await self.acme.rest()

        assert {} == await self.acme.held()
        await self._is_so(expected)
        await self.acme.run("connection.check", tenant=TENANT)
        await self.acme.rest()
        assert {} == await self.acme.held()
        await self._is_so(expected)

    async def _is_so(self, expected: Mapping[str, tuple[str, str, str, str | None]]) -> None:
        shown = await self.acme.hubspot.shown()
        found = {
            email.removesuffix("@acme.example").replace(".", "_"): (
                each["first_name"],
                each["standing"],
                ", ".join(each["permission_sets"]),
                each["primary_team"],
            )
            for email, each in shown.items()
            if email != "admin@acme.example"
        }
        wanted = {
            name: (first, standing, permission_set if self.sets else "", team)
            for name, (first, standing, permission_set, team) in expected.items()
        }
        assert wanted == found

    async def arrive(self, email: str, first_name: str, role: str, department: str) -> None:
        stored = await self.acme.add_user(
            email,
            name={"givenName": first_name, "familyName": "Byron"},
            roles=[{"value": role, "primary": True}],
            **{ENTERPRISE: {"department": department}},
        )
        self.ids[email] = stored.id

    def ada(self, path: str, value: Any) -> Awaitable[Any]:
        return self.acme.set_user(self.ids[ADA], path, value)


def role(value: str) -> list[dict[str, Any]]:
    return [{"value": value, "primary": True}]


async def lives(life: Life) -> None:
    boss, old = life.boss, ("Old", "active", "Sales User", "Marketing")
    await life.prepare()
    born = (await life.acme.hubspot.shown())[OLD]["id"]

    await life.step(life.arrive(OLD, "Old", "Seller", "Marketing"), old=old)
    await life.step(
        life.arrive(ADA, "Ada", "none", "Sales"), old=old, ada=("Ada", "active", "Standard User", "Sales")
    )
    ada_id = (await life.acme.hubspot.shown())[ADA]["id"]
    await life.step(
        life.ada("name.givenName", "Augusta"), old=old, ada=("Augusta", "active", "Standard User", "Sales")
    )
    await life.step(
        life.ada(f"{ENTERPRISE}:department", "Marketing"),
        old=old,
        ada=("Augusta", "active", "Standard User", "Marketing"),
    )
    await life.step(life.ada("roles", role("Boss")), old=old, ada=("Augusta", "active", boss, "Marketing"))
    await life.step(life.ada("userName", RENAMED), old=old, ada_king=("Augusta", "active", boss, "Marketing"))
    await life.step(
        life.ada("active", False), old=old, ada_king=("Augusta", "deactivated", boss, "Marketing")
    )
    await life.step(life.ada("active", True), old=old, ada_king=("Augusta", "active", boss, "Marketing"))
    await life.step(
        life.ada("roles", role("Seller")), old=old, ada_king=("Augusta", "active", "Sales User", "Marketing")
    )
    await life.step(life.acme.delete_user(life.ids[ADA]), old=old)
    await life.step(
        life.arrive(RENAMED, "Ada", "Boss", "Sales"), old=old, ada_king=("Ada", "active", boss, "Sales")
    )

    users = await life.acme.hubspot.shown()
    assert (born, ada_id) == (users[OLD]["id"], users[RENAMED]["id"])


async def life_by_oauth(folder: Path) -> None:
    """Live connected by OAuth, with every token renewed between the steps."""
    async with granting_world(folder) as acme:
        await acme.hubspot.change(flags={"oauth_rotates_refresh_token": "on"})
        await acme.grant()
        await acme.run(
            "connection.set",
            tenant=TENANT,
            scim_base_url=f"{acme.hubspot.url}/scim/v2",
            scim_token=acme.hubspot.credentials["scim_token"],
        )
        life = Life(acme, sets=True, boss="Manager")
        step: Callable[..., Awaitable[None]] = life.step

        async def later(*args: Any, **expected: Any) -> None:
            acme.clock.leap(31 * 60_000)
            await step(*args, **expected)

        life.step = later  # type: ignore[method-assign]
        await lives(life)
        assert acme.endpoint.calls > 8


@pytest.mark.parametrize("flags", LIVES, ids=lambda flags: "-".join(flags) or "as-guessed")
async def test_a_life_is_the_same_under_every_flag(tmp_path: Path, flags: Mapping[str, str]) -> None:
    if "oauth_rotates_refresh_token" in flags:
        await life_by_oauth(tmp_path)
        return
    paid = "seat_release_seconds" in flags
    account = {"flags": flags, "scopes": ["settings.billing.write"], "seats": {"Sales Hub": "1"}}
    async with world(tmp_path, account=account) as acme:
        sets = flags.get("roles_available") != "off"
        await lives(Life(acme, sets=sets, boss="Sales Hub Seat" if paid else "Manager"))
