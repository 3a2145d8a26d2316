"""Leavers who are kept, and those who are let in again: until a date, and then like anybody else."""

from __future__ import annotations

from typing import Any

import pytest

from syncline.gateway.domain.errors import Invalid, NotFound, Refused
from syncline.gateway.services.showing import moment
from tests.support.world import TENANT, World

DAY = 24 * 3_600_000


def in_days(acme: World, days: float) -> str:
    """Return a moment as an operator writes it."""
    return str(moment(acme.clock.now() + int(days * DAY)))


async def active(acme: World) -> set[str]:
    users = await acme.hubspot.users()
    return {email for email, user in users.items() if user["active"]} - {"admin@acme.example"}


async def people(acme: World, count: int, **policy: Any) -> dict[str, str]:
    """Deliver so many people; returns their ids by e-mail."""
    await acme.go_live(**policy)
    emails = [f"user{number}@acme.example" for number in range(count)]
    created = {email: (await acme.add_user(email)).id for email in emails}
    await acme.drain()
    return created


async def eight_leave(acme: World) -> dict[str, str]:
    """Have eight people leave past a threshold of five; returns the ids of all of them."""
    created = await people(acme, 8)
    for user_id in created.values():
        await acme.set_user(user_id, "active", False)
    await acme.drain()
    return created


async def keep(acme: World, user: str, days: float, operation: str = "leavers.keep") -> None:
    await acme.run(
        operation, tenant=TENANT, user=user, until=in_days(acme, days), because="on leave", owner="Grace"
    )
    await acme.drain()


async def exceptions(acme: World) -> dict[str, str]:
    shown = (await acme.run("leavers.exceptions", tenant=TENANT))["exceptions"]
    return {each["email"]: each["state"] for each in shown}


async def test_a_staged_leaver_who_is_kept_has_access_and_counts_as_held(acme: World) -> None:
    await eight_leave(acme)
    kept = min(await active(acme))
    await keep(acme, kept, 10)

    assert "kept-by-exception" == (await acme.held())[kept]
    assert "held" == (await acme.delivery(kept))["state"]
    assert "kept" == (await acme.run("users.show", tenant=TENANT, user=kept))["leaving"]
    counted = await acme.gateway.store.backlog.totals(acme.tenant_id)
    assert {"kept-by-exception": 1, "staged-deletion": 2} == counted.held
    assert (0, 0) == (counted.waiting, counted.retrying)
    assert {kept: "in force"} == await exceptions(acme)


async def test_releasing_everybody_else_leaves_the_kept_one_alone(acme: World) -> None:
    await eight_leave(acme)
    kept = min(await active(acme))
    await keep(acme, kept, 10)
    await acme.run("leavers.release", tenant=TENANT, everybody=True)
    await acme.drain()

    assert {kept} == await active(acme)


async def test_when_the_date_comes_he_is_next_due_and_leaves_by_himself(acme: World) -> None:
    await eight_leave(acme)
    kept = min(await active(acme))
    until = acme.clock.now() + 10 * DAY
    await keep(acme, kept, 10)
    due = await acme.drain()
    assert until == due

    acme.clock.leap(10 * DAY + 1)
    await acme.drain()

    assert kept not in await active(acme)
    assert {kept: "expired"} == await exceptions(acme)
    events = (await acme.run("events.list", tenant=TENANT, kind="exception"))["events"]
    assert ["exception.expired", "exception.made"] == [each["kind"] for each in events]


async def test_when_the_date_comes_he_counts_against_the_threshold_like_anybody_else(acme: World) -> None:
    created = await people(acme, 3, deletion_threshold=1)
    first, second, third = created
    for email in (first, second):
        await acme.set_user(created[email], "active", False)
    await acme.drain()
    kept = min(await active(acme) & {first, second})
    await keep(acme, kept, 1.5)
    acme.clock.leap(DAY + DAY // 4)
    await acme.set_user(created[third], "active", False)
    await acme.drain()
    acme.clock.leap(DAY // 2)
    await acme.drain()

    assert {kept} == await active(acme)
    assert {kept: "staged-deletion"} == await acme.held()


async def test_active_again_ends_the_exception_even_for_a_moment(acme: World) -> None:
    created = await eight_leave(acme)
    kept = min(await active(acme))
    await keep(acme, kept, 10)
    await acme.set_user(created[kept], "active", True)
    await acme.set_user(created[kept], "active", False)
    acme.clock.leap(DAY + 1)
    await acme.drain()

    assert kept not in await active(acme)
    assert {kept: "ended"} == await exceptions(acme)


async def test_a_deletion_in_the_directory_does_not_end_an_exception(acme: World) -> None:
    created = await eight_leave(acme)
    kept = min(await active(acme))
    await keep(acme, kept, 10)
    await acme.delete_user(created[kept])
    await acme.drain()

    assert kept in await active(acme)


async def test_an_exception_is_ended_by_hand(acme: World) -> None:
    await eight_leave(acme)
    kept = min(await active(acme))
    await keep(acme, kept, 10)
    acme.clock.leap(DAY + 1)
    await acme.run("leavers.end", tenant=TENANT, user=kept, because="he has told us")
    await acme.drain()

    assert kept not in await active(acme)
    assert {kept: "ended"} == await exceptions(acme)
    with pytest.raises(NotFound, match="no exception"):
        await acme.run("leavers.end", tenant=TENANT, user=kept)


async def test_nobody_is_kept_who_has_not_left_or_for_no_reason_or_for_ever(acme: World) -> None:
    created = await people(acme, 2)
    stays, leaves = created
    with pytest.raises(Refused, match="has not left"):
        await keep(acme, stays, 1)
    await acme.set_user(created[leaves], "active", False)
    with pytest.raises(Invalid, match="--because"):
        await acme.run("leavers.keep", tenant=TENANT, user=leaves, until=in_days(acme, 1), because=" ")
    with pytest.raises(Invalid, match="passed"):
        await acme.run("leavers.keep", tenant=TENANT, user=leaves, until="2020-01-01", because="x")
    with pytest.raises(Invalid, match="too far off"):
        await acme.run("leavers.keep", tenant=TENANT, user=leaves, until="2199-01-01", because="x")
    with pytest.raises(Invalid, match="no date"):
        await acme.run("leavers.keep", tenant=TENANT, user=leaves, until="soon", because="x")


async def test_the_early_ones_are_listed_and_can_be_brought_back_over_the_scim_channel(acme: World) -> None:
    created = await eight_leave(acme)
    gone = (await acme.run("leavers.gone", tenant=TENANT))["gone"]
    assert set(created) - await active(acme) == {each["email"] for each in gone}
    assert {("deactivated", True)} == {(each["access"], each["restorable"]) for each in gone}

    back = gone[0]["email"]
    await keep(acme, back, 3, "leavers.restore")
    assert back in await active(acme)
    assert "kept-by-exception" == (await acme.held())[back]

    acme.clock.leap(3 * DAY + 1)
    await acme.drain()
    assert back not in await active(acme)


async def test_somebody_stripped_gets_what_the_rules_give(acme: World) -> None:
    await acme.run("rule.add", tenant=TENANT, role="Seller", permission_set="Sales User")
    await acme.go_live(deactivated="strip", strip_to="Marketing User")
    ada = await acme.add_user("ada@acme.example", roles=[{"value": "Seller", "primary": True}])
    await acme.drain()
    await acme.set_user(ada.id, "active", False)
    await acme.drain()
    assert "Marketing User" == (await acme.hubspot.users())["ada@acme.example"]["permission_set"]

    await keep(acme, "ada@acme.example", 3, "leavers.restore")

    assert "Sales User" == (await acme.hubspot.users())["ada@acme.example"]["permission_set"]
    assert {"ada@acme.example": "kept-by-exception"} == await acme.held()


async def test_somebody_removed_is_created_anew_with_the_same_id(acme: World) -> None:
    created = await people(acme, 1, deactivated="remove")
    (email,) = created
    before = (await acme.hubspot.users())[email]["id"]
    await acme.set_user(created[email], "active", False)
    await acme.drain()
    assert email not in await acme.hubspot.users()

    await keep(acme, email, 3, "leavers.restore")

    assert before == (await acme.hubspot.users())[email]["id"]


async def test_who_was_deleted_in_the_directory_is_brought_back_by_hand(acme: World) -> None:
    created = await people(acme, 1)
    (email,) = created
    await acme.delete_user(created[email])
    await acme.drain()

    (gone,) = (await acme.run("leavers.gone", tenant=TENANT))["gone"]
    assert not gone["restorable"]
    with pytest.raises(Refused, match="restore him there"):
        await keep(acme, email, 3, "leavers.restore")


async def test_a_protection_with_an_end_ends_by_itself(acme: World) -> None:
    created = await people(acme, 1)
    (email,) = created
    await acme.run("protect.add", tenant=TENANT, email=email, reason="migration", until=in_days(acme, 2))
    await acme.set_user(created[email], "active", False)
    due = await acme.drain()
    assert {email: "protected"} == await acme.held()
    assert acme.clock.now() + 2 * DAY - 60_000 < (due or 0) <= acme.clock.now() + 2 * DAY

    acme.clock.leap(2 * DAY + 1)
    await acme.drain()

    assert set() == await active(acme)
    (shown,) = (await acme.run("protect.list", tenant=TENANT))["protected"]
    assert (True, "migration") == (shown["expired"], shown["reason"])


async def test_an_approval_that_nothing_came_of_ends_and_does_nothing(acme: World) -> None:
    await eight_leave(acme)
    await acme.run("policy.set", tenant=TENANT, approval_days=2)
    staged = sorted(await active(acme))
    await acme.run("leavers.release", tenant=TENANT, user=staged[0], because="left for good")
    (given,) = (await acme.run("approvals.given", tenant=TENANT))["given"]
    assert (staged[0], "leave", "test", "left for good", False) == (
        given["email"],
        given["what"],
        given["by"],
        given["because"],
        given["expired"],
    )
    acme.clock.leap(2 * DAY + 1)
    (given,) = (await acme.run("approvals.given", tenant=TENANT))["given"]
    assert given["expired"]
    await acme.drain()

    assert staged[0] in await active(acme)
    assert "staged-deletion" == (await acme.held())[staged[0]]
