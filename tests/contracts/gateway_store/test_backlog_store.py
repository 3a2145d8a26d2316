"""What every `BacklogStore` promises: what is due, what its decision needs, and what came of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs

from syncline.gateway.domain.delivery import Access, Intent, Origin
from syncline.gateway.domain.holds import HoldReason
from syncline.gateway.domain.person import GroupRef
from syncline.gateway.domain.tenant import EmailSource, TenantId
from syncline.gateway.services.ports import Cause, Redecided
from tests.support.acme import Acme, arrived, at_hubspot, settlement, standing

ADA, BOB, CYD = "ada@acme.example", "bob@acme.example", "cyd@acme.example"


@pytest.fixture
async def other(acme: Acme) -> Acme:
    """Another tenant in the same store."""
    return await Acme(acme.store, TenantId("t2")).found("other")


# --- what is due ----------------------------------------------------------------------------------------------------
async def test_what_is_due_comes_urgent_first_then_in_the_order_it_became_due(acme: Acme) -> None:
    ids = {}
    for name in (CYD, ADA, BOB):
        ids[name] = await acme.add(name)
        acme.now += 10
    assert [CYD, ADA, BOB] == await acme.due()
    await acme.change(ids[BOB], "active", False)

    assert [BOB, CYD, ADA] == await acme.due()
    assert [BOB, CYD] == await acme.due(limit=2)
    assert [BOB] == await acme.due(urgent_only=True)


async def test_what_became_due_at_the_same_moment_comes_in_order_of_key(acme: Acme) -> None:
    for name in (CYD, ADA, BOB):
        await acme.add(name)

    assert [ADA, BOB, CYD] == await acme.due()


async def test_nothing_is_due_before_its_moment(acme: Acme, other: Acme) -> None:
    await acme.add(ADA)
    await acme.settle(settlement(await acme.delivery(ADA), retry_at=acme.now + 100, attempts=1))
    assert ([], acme.now + 100) == (await acme.due(), await acme.store.backlog.next_due(acme.id))
    acme.now += 100

    assert [ADA] == await acme.due()
    assert ([], None) == (await other.due(), await other.store.backlog.next_due(other.id))


async def test_the_next_moment_is_the_earliest_of_both_urgencies(acme: Acme) -> None:
    ada, _ = await acme.add(ADA), await acme.add(BOB)
    await acme.change(ada, "active", False)
    await acme.settle(settlement(await acme.delivery(ADA), retry_at=acme.now + 500, attempts=1))
    await acme.settle(settlement(await acme.delivery(BOB), retry_at=acme.now + 200, attempts=1))

    assert acme.now + 200 == await acme.store.backlog.next_due(acme.id)


async def test_tenants_with_something_due_or_stale_are_named(acme: Acme, other: Acme) -> None:
    backlog = acme.store.backlog
    await acme.add(ADA)
    await other.add(BOB)
    assert [acme.id, other.id] == sorted(await backlog.due_tenants(acme.now))
    assert [] == await backlog.due_tenants(acme.now - 1)
    for tenant, key in ((acme, ADA), (other, BOB)):
        await tenant.arrive(key, "11")
    assert [] == await backlog.due_tenants(acme.now)

    await other.store.setup.change_policy(other.id, {"match_role_names": True}, other.actor)

    assert [other.id] == await backlog.due_tenants(acme.now)


async def test_stale_is_what_was_decided_before_the_epoch(acme: Acme) -> None:
    async def stale(epoch: int, limit: int = 10) -> list[str]:
        items = await acme.store.backlog.stale(acme.id, epoch, limit)
        return [item.delivery.key for item in items]

    for name in (ADA, BOB):
        await acme.add(name)
    await acme.settle(settlement(await acme.delivery(ADA), epoch=3))
    assert [] == await stale(1)
    assert [BOB] == await stale(3)

    assert [BOB, ADA] == await stale(4)
    assert [BOB] == await stale(4, limit=1)


async def test_making_people_due_brings_them_forward_and_never_back(acme: Acme) -> None:
    for name in (ADA, BOB, CYD):
        await acme.add(name)
    await acme.arrive(ADA, "11")
    await acme.settle(settlement(await acme.delivery(BOB), retry_at=acme.now + 50, attempts=1))
    before = {name: await acme.delivery(name) for name in (ADA, BOB, CYD)}

    await acme.store.backlog.make_due(acme.id, [ADA, BOB, CYD, "nobody"], 7, acme.now + 100)

    after = {name: await acme.delivery(name) for name in (ADA, BOB, CYD)}
    assert [acme.now + 100, acme.now + 50, acme.now] == [after[name].due_at for name in (ADA, BOB, CYD)]
    assert [1, 1, 1] == [
        after[name].desired_revision - before[name].desired_revision for name in (ADA, BOB, CYD)
    ]
    assert [] == await acme.store.backlog.stale(acme.id, 7, 10)


async def test_deciding_again_writes_what_it_came_to(acme: Acme) -> None:
    for name in (ADA, BOB, CYD):
        await acme.add(name)
        await acme.arrive(name, f"1{name}")
    held = settlement(await acme.delivery(BOB), epoch=7, kind="delivery.held", hold_reason="privileged-grant")
    decided = [
        await redecided(acme, ADA),
        await redecided(acme, BOB, settlement=held),
        await redecided(acme, CYD, to_send=True),
    ]
    before = await acme.item(ADA)
    acme.now += 100
    await acme.store.backlog.redecide(acme.id, decided, 7, acme.cause())

    assert structs.replace(before, epoch=7) == await acme.item(ADA)
    assert HoldReason.PRIVILEGED_GRANT == (await acme.delivery(BOB)).hold_reason
    assert [CYD] == await acme.due()
    assert [] == await acme.store.backlog.stale(acme.id, 7, 10)


async def test_deciding_again_leaves_whoever_has_moved_since(acme: Acme) -> None:
    ids = {name: await acme.add(name) for name in (ADA, BOB, CYD)}
    for name in ids:
        await acme.arrive(name, f"1{name}")
    decided = [await redecided(acme, name, to_send=True) for name in ids]
    await acme.change(ids[ADA], "title", "Countess")
    await acme.settle(settlement(await acme.delivery(BOB), epoch=7))
    before = [await acme.item(name) for name in (ADA, BOB)]
    acme.now += 100
    await acme.store.backlog.redecide(acme.id, [*decided, replace(decided[0], key="nobody")], 7, acme.cause())

    assert before == [await acme.item(name) for name in (ADA, BOB)]
    assert [ADA] == [each.delivery.key for each in await acme.store.backlog.stale(acme.id, 7, 10)]


async def redecided(acme: Acme, key: str, **came_to: Any) -> Redecided:
    """Return what deciding again about a delivery as it is now came to: to the same, unless told otherwise."""
    item = await acme.item(key)
    row = item.delivery
    return Redecided(
        key=key,
        renamed_from=None,
        revision=row.desired_revision,
        epoch=item.epoch,
        due_at=row.due_at,
        **came_to,
    )


# --- what came of it ------------------------------------------------------------------------------------------------
async def test_somebody_who_arrived_is_in_step_and_known(acme: Acme) -> None:
    await acme.add(ADA)
    await acme.arrive(ADA, "11")

    item = await acme.item(ADA)

    delivery = item.delivery
    assert [] == await acme.due()
    assert (delivery.desired_revision, "11", Origin.CREATED, Access.ACTIVE, None) == (
        delivery.delivered_revision,
        delivery.hubspot_id,
        delivery.origin,
        delivery.access,
        delivery.due_at,
    )
    assert at_hubspot("11", ADA) == item.known


async def test_a_newer_intent_stays_due_when_an_older_one_arrives(acme: Acme) -> None:
    user_id = await acme.add(ADA)
    decided_on = await acme.delivery(ADA)
    await acme.change(user_id, "title", "Countess")
    await acme.settle(arrived(decided_on, "11"))

    delivery = await acme.delivery(ADA)

    assert [ADA] == await acme.due()
    assert ("11", decided_on.desired_revision, decided_on.desired_revision + 1) == (
        delivery.hubspot_id,
        delivery.delivered_revision,
        delivery.desired_revision,
    )


@pytest.mark.parametrize("late", [{"hold_reason": "plan-mode"}, {"retry_at": 2**40, "attempts": 4}])
async def test_a_newer_intent_is_neither_held_nor_put_off_by_an_older_failure(
    acme: Acme, late: dict[str, object]
) -> None:
    user_id = await acme.add(ADA)
    decided_on = await acme.delivery(ADA)
    await acme.change(user_id, "title", "Countess")

    await acme.settle(settlement(decided_on, **late))

    delivery = await acme.delivery(ADA)
    assert [ADA] == await acme.due()
    assert (None, 0) == (delivery.hold_reason, delivery.attempts)


async def test_what_is_held_is_not_due_until_a_new_intent_releases_it(acme: Acme) -> None:
    user_id = await acme.add(ADA)
    held = settlement(
        await acme.delivery(ADA), hold_reason="outside-domains", hold_detail="agency.example", epoch=2
    )
    await acme.settle(held)
    delivery = await acme.delivery(ADA)
    assert ([], "outside-domains", "agency.example") == (
        await acme.due(),
        delivery.hold_reason,
        delivery.hold_detail,
    )
    assert {"outside-domains": 1} == (await acme.store.backlog.totals(acme.id)).held

    await acme.change(user_id, "title", "Countess")

    assert ([ADA], None) == (await acme.due(), (await acme.delivery(ADA)).hold_reason)


async def test_a_retry_keeps_count_and_what_was_found_out(acme: Acme) -> None:
    await acme.add(ADA)
    later = settlement(
        await acme.delivery(ADA), retry_at=acme.now + 9, attempts=2, last_error="busy", scim_id="s1"
    )
    await acme.settle(later)

    delivery = await acme.delivery(ADA)

    assert (acme.now + 9, 2, "busy", "s1") == (
        delivery.due_at,
        delivery.attempts,
        delivery.last_error,
        delivery.scim_id,
    )
    await acme.arrive(ADA, "11")
    assert (0, None) == ((await acme.delivery(ADA)).attempts, (await acme.delivery(ADA)).last_error)


async def test_settling_nobody_known_changes_nothing(acme: Acme) -> None:
    await acme.add(ADA)
    await acme.settle(settlement((await acme.item(ADA)).delivery, key="nobody@acme.example"))

    assert [ADA] == await acme.due()


async def test_an_older_epoch_never_takes_the_place_of_a_newer_one(acme: Acme) -> None:
    await acme.add(ADA)
    for epoch in (5, 3):
        await acme.settle(settlement(await acme.delivery(ADA), epoch=epoch))

    assert [] == await acme.store.backlog.stale(acme.id, 5, 10)


# --- who delivers whom ----------------------------------------------------------------------------------------------
async def test_a_deleted_user_leaves_an_urgent_row_without_a_person(acme: Acme) -> None:
    user_id = await acme.add(ADA)
    await acme.arrive(ADA, "11")
    await acme.delete(user_id)

    item = await acme.item(ADA)

    assert ([ADA], None, Intent.DELETED) == (
        await acme.due(urgent_only=True),
        item.person,
        item.delivery.intent,
    )
    assert at_hubspot("11", ADA) == item.known


async def test_the_second_claimant_waits_under_his_own_key_and_names_the_first(acme: Acme) -> None:
    await acme.store.setup.change_policy(acme.id, {"email_from": EmailSource.WORK}, acme.actor)
    emails = [{"type": "work", "value": ADA}]
    first, second = await acme.add("first", emails=emails), await acme.add("second", emails=emails)
    waiting = await acme.delivery(f"scim:{second}")
    assert ("first", first) == (waiting.claimed_by, (await acme.delivery(ADA)).user_id)

    await acme.delete(first)

    taken = await acme.delivery(ADA)
    assert (second, None, Intent.PRESENT) == (taken.user_id, taken.claimed_by, taken.intent)


async def test_whoever_takes_a_third_address_is_not_given_the_one_he_waited_for(acme: Acme) -> None:
    await acme.store.setup.change_policy(acme.id, {"email_from": EmailSource.WORK}, acme.actor)
    ada, bob = [
        await acme.add(name, emails=[{"type": "work", "value": email}])
        for name, email in (("ada", ADA), ("bob", BOB))
    ]
    for user_id, email in ((ada, BOB), (bob, ADA)):
        await acme.change(user_id, "emails", [{"type": "work", "value": email}])
    assert (ada, bob) == ((await acme.delivery(ADA)).user_id, (await acme.delivery(BOB)).user_id)

    await acme.change(ada, "emails", [{"type": "work", "value": CYD}])

    held = [(await acme.delivery(email)).user_id for email in (CYD, ADA, BOB)]
    assert [ada, bob, None] == held


async def test_an_address_is_offered_once_the_person_is_gone_from_hubspot(acme: Acme) -> None:
    ada, bob = await acme.add(ADA), await acme.add(BOB)
    await acme.arrive(ADA, "11")
    await acme.arrive(BOB, "12")
    await acme.delete(ada)
    await acme.change(bob, "userName", ADA)
    assert "HubSpot user 11" == (await acme.delivery(BOB)).claimed_by

    await acme.settle(
        settlement(
            await acme.delivery(ADA), standing=standing("11", ADA, Access.REMOVED), kind="delivery.remove"
        )
    )

    freed = await acme.delivery(ADA)
    assert (bob, "12", BOB) == (freed.user_id, freed.hubspot_id, freed.renamed_from)


async def test_a_renamed_person_takes_his_hubspot_user_along(acme: Acme) -> None:
    user_id = await acme.add(ADA)
    await acme.arrive(ADA, "11")
    await acme.change(user_id, "userName", BOB)
    old, new = await acme.delivery(ADA), await acme.item(BOB)
    assert (None, Intent.RELEASED, None) == (old.user_id, old.intent, old.due_at)
    assert ("11", ADA, at_hubspot("11", ADA)) == (
        new.delivery.hubspot_id,
        new.delivery.renamed_from,
        new.known,
    )

    await acme.arrive(BOB, "11")

    assert None is (await acme.delivery(BOB)).renamed_from


async def test_the_old_address_stays_locked_until_the_rename_is_at_hubspot(acme: Acme) -> None:
    ada = await acme.add(ADA)
    await acme.arrive(ADA, "11")
    await acme.change(ada, "userName", BOB)
    newcomer = await acme.add(ADA)
    assert ADA != (await acme.delivery(f"scim:{newcomer}")).key

    await acme.arrive(BOB, "11")

    assert newcomer == (await acme.delivery(ADA)).user_id


async def test_an_answer_for_the_old_address_reaches_the_new_row(acme: Acme) -> None:
    user_id = await acme.add(ADA)
    decided_on = await acme.delivery(ADA)
    await acme.change(user_id, "userName", BOB)
    await acme.settle(arrived(decided_on, "11"))

    heir = await acme.delivery(BOB)

    assert ("11", ADA, Access.ACTIVE) == (heir.hubspot_id, heir.renamed_from, heir.access)
    assert [BOB] == await acme.due()


async def test_somebody_else_at_the_address_is_the_occupant(acme: Acme) -> None:
    await acme.connect()
    user_id = await acme.add(ADA)
    await acme.arrive(ADA, "11")
    await acme.change(user_id, "userName", BOB)
    acme.now += 1
    await acme.keep([at_hubspot("11", ADA), at_hubspot("12", BOB)])

    item = await acme.item(BOB)

    assert ("11", "12") == (item.known and item.known.hubspot_id, item.occupant and item.occupant.hubspot_id)


# --- what a decision needs ------------------------------------------------------------------------------------------
async def test_a_work_item_holds_the_person_with_his_groups(acme: Acme) -> None:
    user_id = await acme.add(ADA, name={"givenName": "Ada"}, roles=[{"value": "Manager"}])
    for name in ("Sellers", "Buyers"):
        await acme.add_group(name, user_id)

    item = await acme.item(ADA)

    assert item.person is not None
    assert ("Ada", ("Manager",), (GroupRef("g-Sellers", "Sellers"), GroupRef("g-Buyers", "Buyers"))) == (
        item.person.given_name,
        item.person.roles,
        item.person.groups,
    )
    assert "add " + ADA == item.correlation_id
    assert None is await acme.store.backlog.item(acme.id, "nobody@acme.example")


async def test_deliveries_are_walked_in_order_of_key(acme: Acme, other: Acme) -> None:
    for name in (CYD, ADA, BOB):
        await acme.add(name)
    await other.add("zoe@acme.example")

    async def walk(after: str, limit: int) -> list[str]:
        return [item.delivery.key for item in await acme.store.backlog.walk(acme.id, after, limit)]

    assert [ADA, BOB] == await walk("", 2)
    assert [CYD] == await walk(BOB, 2)
    assert [] == await walk(CYD, 2)


async def test_a_create_that_succeeded_or_was_never_answered_is_remembered_until_it_is_settled(
    acme: Acme,
) -> None:
    await acme.add(ADA)
    backlog = acme.store.backlog
    await backlog.log_call(acme.id, "api", "users.update", ADA, acme.cause())
    assert not (await acme.item(ADA)).create_unsettled
    seq = await backlog.log_call(acme.id, "api", "users.create", ADA, acme.cause())
    assert (await acme.item(ADA)).create_unsettled
    await backlog.log_answer(acme.id, seq, 201, acme.now + 5)
    assert (await acme.item(ADA)).create_unsettled

    await acme.arrive(ADA, "11")

    assert not (await acme.item(ADA)).create_unsettled


async def test_a_create_that_was_refused_says_nothing_of_whom_is_found_later(acme: Acme) -> None:
    await acme.add(ADA)
    backlog = acme.store.backlog
    for status in (0, 400, 409, 429):
        seq = await backlog.log_call(acme.id, "api", "users.create", ADA, acme.cause())
        await backlog.log_answer(acme.id, seq, status, acme.now + 5)

    assert not (await acme.item(ADA)).create_unsettled


# --- calls and totals -----------------------------------------------------------------------------------------------
async def test_calls_are_numbered_for_each_tenant_and_listed_by_the_moment_they_left(
    acme: Acme, other: Acme
) -> None:
    numbers = []
    for moment, tenant in ((30, acme), (10, acme), (20, other), (20, acme)):
        cause = Cause(acme.now + moment, "c")
        numbers.append(await acme.store.backlog.log_call(tenant.id, "api", "users.list", None, cause))

    since = await acme.store.backlog.calls_since(acme.id, acme.now + 10)

    assert [1, 2, 1, 3] == numbers
    assert [acme.now + 20, acme.now + 30] == since


async def test_totals_count_people_groups_and_where_deliveries_stand(acme: Acme, other: Acme) -> None:
    for name in (ADA, BOB, CYD, "dee@acme.example"):
        await acme.add(name)
    gone = await acme.add("eve@acme.example")
    await acme.add_group("Sellers", gone)
    await acme.arrive(ADA, "11")
    await acme.settle(settlement(await acme.delivery(BOB), retry_at=acme.now + 9, attempts=1))
    await acme.settle(settlement(await acme.delivery(CYD), hold_reason="plan-mode"))
    await acme.delete(gone)
    await other.add(ADA)

    totals = await acme.store.backlog.totals(acme.id)

    assert (4, 1, 1, 2, 1, {"plan-mode": 1}) == (
        totals.users,
        totals.groups,
        totals.in_step,
        totals.waiting,
        totals.retrying,
        dict(totals.held),
    )
    empty = await acme.store.backlog.totals(TenantId("nobody"))
    assert (0, 0, 0, {}) == (empty.users, empty.groups, empty.in_step, dict(empty.held))
