"""Whatever way somebody leaves, the brake, exceptions and protections hold; and a restart forgets none of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from syncline.gateway.services.showing import moment
from syncline.scim.dialects import Notes
from syncline.scim.resource import read
from syncline.scim.schemas import USER
from tests.support.faults import TroubledWorld, troubled_world
from tests.support.world import TENANT, World, exchange

DAY = 24 * 3_600_000
Leave = Callable[[World, str, str], Awaitable[None]]


async def by_patch(acme: World, email: str, user_id: str) -> None:
    await acme.set_user(user_id, "active", False)


async def by_put(acme: World, email: str, user_id: str) -> None:
    body = {"schemas": [USER.schema.id], "userName": email, "active": False}
    await acme.directory.replace(exchange(), USER, user_id, read(USER, body, Notes()), None)


async def by_delete(acme: World, email: str, user_id: str) -> None:
    await acme.delete_user(user_id)


EVERY_WAY = pytest.mark.parametrize("leave", [by_patch, by_put, by_delete])


@pytest.fixture
async def troubled(tmp_path: Path) -> AsyncIterator[TroubledWorld]:
    async with troubled_world(tmp_path) as made:
        yield made


async def active(acme: World) -> set[str]:
    users = await acme.hubspot.users()
    return {email for email, user in users.items() if user["active"]}


async def people(acme: World, count: int) -> dict[str, str]:
    await acme.go_live(deletion_threshold=1)
    emails = [f"user{number}@acme.example" for number in range(count)]
    created = {email: (await acme.add_user(email)).id for email in emails}
    await acme.drain()
    return created


async def reconcile(acme: World) -> None:
    """Read the account whole, and decide about everybody again."""
    await acme.run("reconcile.run", tenant=TENANT)
    await acme.drain()


@EVERY_WAY
async def test_past_the_threshold_nobody_leaves_and_no_reading_lets_anybody_go(
    acme: World, leave: Leave
) -> None:
    for email, user_id in (await people(acme, 3)).items():
        await leave(acme, email, user_id)
    await acme.drain()
    await reconcile(acme)

    assert 2 == len(await active(acme) - {"admin@acme.example"})
    assert ["staged-deletion"] * 2 == list((await acme.held()).values())


@EVERY_WAY
async def test_whoever_is_kept_has_access_whatever_comes_after(acme: World, leave: Leave) -> None:
    created = await people(acme, 3)
    for email, user_id in created.items():
        await leave(acme, email, user_id)
    await acme.drain()
    kept = min(await active(acme) - {"admin@acme.example"})
    await acme.run("leavers.keep", tenant=TENANT, user=kept, until=_in_days(acme, 5), because="on leave")
    if leave is not by_delete:
        await by_delete(acme, kept, created[kept])
    await reconcile(acme)
    await acme.run("policy.set", tenant=TENANT, deletion_threshold=10)
    await acme.drain()

    assert kept in await active(acme)
    assert "kept-by-exception" == (await acme.held())[kept]


@EVERY_WAY
async def test_the_last_super_admin_is_never_touched(acme: World, leave: Leave) -> None:
    await acme.go_live()
    created = await acme.add_user("admin@acme.example")
    await acme.drain()
    await leave(acme, "admin@acme.example", created.id)
    await acme.drain()
    await reconcile(acme)

    assert "admin@acme.example" in await active(acme)


async def test_a_privileged_set_by_a_group_waits_for_approval_like_one_by_a_role(acme: World) -> None:
    created = await people(acme, 1)
    (email,) = created
    group = await acme.add_group("Leads")
    await acme.run("privileged.mark", tenant=TENANT, permission_set="Manager")
    await acme.run("rule.add", tenant=TENANT, group=group.id, permission_set="Manager")
    await acme.drain()
    members = {"op": "add", "path": "members", "value": [{"value": created[email]}]}
    await acme.patch_group(group.id, members)
    await acme.drain()
    await reconcile(acme)

    assert {email: "privileged-grant"} == await acme.held()
    assert "Manager" != (await acme.hubspot.users())[email]["permission_set"]


async def test_the_window_the_exception_and_the_first_word_survive_a_restart(troubled: TroubledWorld) -> None:
    acme = troubled
    created = await people(acme, 4)
    for email, user_id in list(created.items())[:3]:
        await by_patch(acme, email, user_id)
    await acme.drain()
    kept, other = sorted(set(await acme.held()))
    await acme.run("leavers.keep", tenant=TENANT, user=kept, until=_in_days(acme, 3), because="on leave")
    await acme.run("policy.set", tenant=TENANT, four_eyes=True)
    await acme.run("leavers.release", tenant=TENANT, user=other)
    await acme.restart()
    last = list(created)[3]
    await by_patch(acme, last, created[last])
    await acme.drain()

    held = {kept: "kept-by-exception", other: "staged-deletion", last: "staged-deletion"}
    assert held == await acme.held()
    assert {kept, other, last} == await active(acme) - {"admin@acme.example"}
    waiting = (await acme.run("approvals.pending", tenant=TENANT))["pending"]
    assert [f"leaving for {other}"] == [each["subject"] for each in waiting]
    assert acme.clock.now() + 3 * DAY >= (await acme.drain() or 0) > acme.clock.now()


def _in_days(acme: World, days: int) -> str:
    return str(moment(acme.clock.now() + days * DAY))
