"""The brake and privileged grants, end to end: what waits, what an operator lets through, what stays."""

from __future__ import annotations

import pytest

from syncline.gateway.domain.errors import Invalid, NotFound
from tests.support.world import TENANT, World

DAY = 24 * 3_600_000


async def active(acme: World) -> set[str]:
    users = await acme.hubspot.users()
    return {email for email, user in users.items() if user["active"]} - {"admin@acme.example"}


async def eight_people(acme: World) -> list[str]:
    await acme.go_live()
    created = [await acme.add_user(f"user{number}@acme.example") for number in range(8)]
    await acme.drain()
    return [each.id for each in created]


async def test_past_the_threshold_leavers_are_staged_and_keep_their_access(acme: World) -> None:
    for user_id in await eight_people(acme):
        await acme.set_user(user_id, "active", False)
    await acme.drain()

    assert 3 == len(await active(acme))
    staged = (await acme.run("leavers.list", tenant=TENANT))["leavers"]
    assert await active(acme) == {each["email"] for each in staged}
    assert {"staged-deletion"} == set((await acme.held()).values())


async def test_a_leaver_is_let_go_by_name_and_the_others_stay_staged(acme: World) -> None:
    for user_id in await eight_people(acme):
        await acme.set_user(user_id, "active", False)
    await acme.drain()
    before = await active(acme)
    chosen = min(before)

    await acme.run("leavers.release", tenant=TENANT, user=chosen)
    await acme.drain()

    assert before - {chosen} == await active(acme)


async def test_all_staged_leavers_are_let_go_at_once(acme: World) -> None:
    for user_id in await eight_people(acme):
        await acme.set_user(user_id, "active", False)
    await acme.drain()
    await acme.run("leavers.release", tenant=TENANT, everybody=True)
    await acme.drain()

    assert set() == await active(acme)
    assert {} == await acme.held()


async def test_nobody_staged_goes_by_himself_when_the_day_is_over(acme: World) -> None:
    for user_id in await eight_people(acme):
        await acme.set_user(user_id, "active", False)
    await acme.drain()
    acme.clock.leap(2 * DAY)
    await acme.run("tenant.mode", tenant=TENANT, mode="live")
    await acme.drain()

    assert 3 == len(await active(acme))


async def test_somebody_who_comes_back_is_no_longer_staged(acme: World) -> None:
    people = await eight_people(acme)
    for user_id in people:
        await acme.set_user(user_id, "active", False)
    await acme.drain()
    for user_id in people:
        await acme.set_user(user_id, "active", True)
    await acme.drain()

    assert 8 == len(await active(acme))
    assert {} == await acme.held()


async def test_the_next_day_five_more_may_leave(acme: World) -> None:
    people = await eight_people(acme)
    for user_id in people[:5]:
        await acme.set_user(user_id, "active", False)
    await acme.drain()
    acme.clock.leap(DAY + 1)
    for user_id in people[5:]:
        await acme.set_user(user_id, "active", False)
    await acme.drain()

    assert set() == await active(acme)


async def test_deleting_counts_as_deactivating_does(acme: World) -> None:
    for user_id in await eight_people(acme):
        await acme.delete_user(user_id)
    await acme.drain()

    assert 3 == len(await active(acme))


async def test_an_operator_may_set_the_threshold(acme: World) -> None:
    people = await eight_people(acme)
    await acme.run("policy.set", tenant=TENANT, deletion_threshold=1)
    for user_id in people[:3]:
        await acme.set_user(user_id, "active", False)
    await acme.drain()

    assert 7 == len(await active(acme))


async def test_a_set_named_like_an_administrators_is_given_only_with_approval(acme: World) -> None:
    await acme.run("privileged.mark", tenant=TENANT, permission_set="Manager")
    await acme.run("rule.add", tenant=TENANT, role="Lead", permission_set="Manager")
    await acme.go_live()
    await acme.add_user("ada@acme.example", roles=[{"value": "Lead", "primary": True}])
    await acme.drain()
    assert {"ada@acme.example": "privileged-grant"} == await acme.held()
    assert set() == await active(acme)
    waiting = (await acme.run("approvals.list", tenant=TENANT))["approvals"]
    assert [("ada@acme.example", "Manager")] == [(each["email"], each["permission_set"]) for each in waiting]

    await acme.run("approvals.grant", tenant=TENANT, user="ada@acme.example")
    await acme.drain()

    assert "Manager" == (await acme.hubspot.users())["ada@acme.example"]["permission_set"]


async def test_an_approval_is_used_up_and_the_next_grant_waits_again(acme: World) -> None:
    await acme.run("privileged.mark", tenant=TENANT, permission_set="Manager")
    await acme.run("rule.add", tenant=TENANT, role="Lead", permission_set="Manager")
    await acme.run("rule.add", tenant=TENANT, role="Seller", permission_set="Sales User")
    await acme.go_live()
    ada = await acme.add_user("ada@acme.example", roles=[{"value": "Lead", "primary": True}])
    await acme.drain()
    await acme.run("approvals.grant", tenant=TENANT, everybody=True)
    await acme.drain()
    await acme.set_user(ada.id, "roles", [{"value": "Seller", "primary": True}])
    await acme.drain()
    await acme.set_user(ada.id, "roles", [{"value": "Lead", "primary": True}])
    await acme.drain()

    assert "Sales User" == (await acme.hubspot.users())["ada@acme.example"]["permission_set"]
    assert {"ada@acme.example": "privileged-grant"} == await acme.held()


async def test_paid_sets_and_admins_are_privileged_without_a_mark(acme: World) -> None:
    listed = (await acme.run("privileged.list", tenant=TENANT))["privileged"]

    assert {"Sales Hub Seat", "Super Admin"} == {each["name"] for each in listed}


async def test_approving_nobody_is_refused_with_a_sentence(acme: World) -> None:
    with pytest.raises(NotFound, match="Nobody named"):
        await acme.run("approvals.grant", tenant=TENANT, user="nobody@acme.example")
    with pytest.raises(Invalid, match="--all"):
        await acme.run("leavers.release", tenant=TENANT)


async def test_the_plan_says_how_many_leave_and_where_the_threshold_is(acme: World) -> None:
    people = await eight_people(acme)
    await acme.run("tenant.mode", tenant=TENANT, mode="plan")
    for user_id in people:
        await acme.set_user(user_id, "active", False)

    plan = await acme.run("plan.show", tenant=TENANT)

    assert {"people": 8, "threshold": 5, "staged": 3} == plan["leaving"]
