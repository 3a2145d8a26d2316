"""Readings of the account: page by page, whole or nothing, and never many rows at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from syncline.gateway.domain.account import Account, AccountUser, ChangedBy, PermissionSet
from syncline.gateway.domain.agreement import Agreement, Drift
from syncline.gateway.domain.crm import CrmRecord
from syncline.gateway.services.ports import AccountActivity, Actor, Reading, ReadingStep, Settlement, Store
from syncline.gateway.store.commands.readings import CHUNK
from syncline.gateway.store.memory import memory_store
from syncline.sql.memory import MemoryRows
from syncline.sql.rows import Command
from syncline.sql.sealing import Sealer
from tests.support.acme import Acme, at_hubspot
from tests.support.gateway_stores import KEY

ADA, BOB = "ada@acme.example", "bob@acme.example"
SILENT = AccountActivity({})


async def begun(acme: Acme, reading_id: str = "r1") -> Reading:
    return await acme.store.readings.begin(acme.id, reading_id, acme.cause(), "anna")


async def read(acme: Acme, *pages: list[AccountUser], deactivated: tuple[str, ...] | None = ()) -> Reading:
    """Read the account to the point where everything is there and nothing is concluded yet."""
    reading: Reading | None = await begun(acme, f"r{acme.now}")
    assert reading is not None
    reading = await acme.store.readings.keep_lists(reading, Account(portal_id=7), ())
    for number, page in enumerate(pages, start=1):
        assert reading is not None
        after = str(number) if number < len(pages) else None
        reading = await acme.store.readings.keep_users(reading, page, after)
    assert reading is not None
    reading = await acme.store.readings.keep_deactivated(reading, deactivated, None)
    assert reading is not None
    return reading


async def test_what_records_say_comes_to_the_users_of_the_same_reading_and_to_nobody_else(acme: Acme) -> None:
    listed = await acme.store.readings.keep_lists(await begun(acme), Account(portal_id=7, crm_users=True), ())
    assert listed is not None
    reading = await acme.store.readings.keep_users(listed, [at_hubspot("1", ADA), at_hubspot("2", BOB)], None)
    assert reading is not None
    assert ReadingStep.RECORDS is reading.step
    others = [CrmRecord(str(number), f"9{number}", {}) for number in range(3, 2 * CHUNK)]

    half = await acme.store.readings.keep_records(
        reading, [*others, CrmRecord("1", "91", {"phone": "1"})], "x"
    )
    assert half is not None
    assert (ReadingStep.RECORDS, "x") == (half.step, half.cursor)
    whole = await acme.store.readings.keep_records(half, [], None)
    assert whole is not None
    assert (ReadingStep.DEACTIVATED, None) == (whole.step, whole.cursor)
    assert await acme.store.readings.keep_records(half, [], None) is None

    there = await acme.store.readings.keep_deactivated(whole, (), None)
    assert there is not None
    assert 2 == (await merged(acme, there)).changed
    found = await acme.store.readings.orphans(acme.id, "", 10)
    assert [("1", {"phone": "1"}, "91"), ("2", None, None)] == [
        (each.user.hubspot_id, each.user.crm, each.user.crm_id) for each in found.orphans
    ]


async def merged(acme: Acme, reading: Reading, activity: AccountActivity = SILENT) -> Reading:
    while reading.is_open:
        advanced = await acme.store.readings.merge(reading, activity, acme.now)
        assert advanced is not None
        reading = advanced
    return reading


async def stale(acme: Acme) -> list[str]:
    items = await acme.store.backlog.stale(acme.id, await acme.epoch(), 1_000)
    return sorted(item.delivery.key for item in items)


async def settled(acme: Acme) -> None:
    """Have everybody decided on the present set-up."""
    epoch = await acme.epoch()
    for item in await acme.store.backlog.stale(acme.id, epoch, 1_000):
        await acme.settle(settlement_of(item.delivery.desired_revision, epoch, key=item.delivery.key))


async def test_a_reading_is_there_with_how_far_it_came(acme: Acme) -> None:
    await acme.connect()
    reading = await read(acme, [at_hubspot("1", ADA)], [at_hubspot("2", BOB)])

    found = await acme.store.readings.reading(acme.id)

    assert reading == found
    assert (ReadingStep.MERGING, None, 2, True) == (
        reading.step,
        reading.cursor,
        reading.users,
        reading.owners_read,
    )


async def test_nothing_is_known_before_the_reading_is_whole(acme: Acme) -> None:
    await acme.connect()
    await acme.add(ADA)

    reading = await read(acme, [at_hubspot("1", ADA)])

    assert (await acme.item(ADA)).known is None
    await merged(acme, reading)
    known = (await acme.item(ADA)).known
    assert known is not None
    assert ("1", True) == (known.hubspot_id, known.active)


async def test_a_page_kept_twice_counts_once_and_its_second_keeper_is_told(acme: Acme) -> None:
    await acme.connect()
    reading = await begun(acme)
    listed = await acme.store.readings.keep_lists(reading, Account(portal_id=7), ())
    assert listed is not None
    first = await acme.store.readings.keep_users(listed, [at_hubspot("1", ADA)], "x")
    again = await acme.store.readings.keep_users(listed, [at_hubspot("1", ADA)], "x")

    assert (None, 1) == (again, first and first.users)


async def test_a_reading_that_was_overtaken_writes_nothing(acme: Acme) -> None:
    await acme.connect()
    reading = await read(acme, [at_hubspot("1", ADA)])
    await begun(acme, "another")

    assert await acme.store.readings.merge(reading, SILENT, acme.now) is None
    assert (None, None) == (
        await acme.store.readings.keep_users(reading, [], None),
        await acme.store.readings.keep_deactivated(reading, (), None),
    )


async def test_what_an_earlier_reading_left_is_cleared_and_todays_is_not(acme: Acme) -> None:
    await acme.connect()
    await read(acme, [at_hubspot("1", ADA)])
    acme.now += 1
    reading = await read(acme, [at_hubspot("2", BOB)])

    assert await acme.store.readings.clear(acme.id, reading.id)
    assert not await acme.store.readings.clear(acme.id, reading.id)
    await merged(acme, reading)
    chunk = await acme.store.readings.orphans(acme.id, "", 10)
    assert [BOB] == [each.user.email for each in chunk.orphans]


async def test_only_those_a_reading_is_about_are_decided_again(acme: Acme) -> None:
    await acme.connect()
    for name in (ADA, BOB, "cyd@acme.example", "dee@acme.example"):
        await acme.add(name)
    people = [at_hubspot("1", ADA, active=True), at_hubspot("2", BOB, active=True)]
    people.append(at_hubspot("3", "cyd@acme.example", active=True))
    await merged(acme, await read(acme, people))
    await settled(acme)
    assert [] == await stale(acme)
    acme.now += 1_000

    changed = [replace(people[0], first_name="Augusta"), people[1], at_hubspot("4", "dee@acme.example")]
    reading = await merged(acme, await read(acme, changed))

    assert 3 == reading.changed
    assert [ADA, "cyd@acme.example", "dee@acme.example"] == await stale(acme)


async def test_a_decision_made_before_the_reading_does_not_take_its_mark_away(acme: Acme) -> None:
    await acme.connect()
    await acme.add(ADA)
    await merged(acme, await read(acme, [at_hubspot("1", ADA)]))
    await settled(acme)
    delivery = await acme.delivery(ADA)
    acme.now += 1_000
    await merged(acme, await read(acme, [at_hubspot("1", ADA, first_name="Augusta")]))

    epoch = await acme.epoch()
    await acme.settle(settlement_of(delivery.desired_revision, epoch, outdated=False))
    marked = await stale(acme)
    await acme.settle(settlement_of(delivery.desired_revision, epoch, outdated=True))

    assert ([ADA], []) == (marked, await stale(acme))


async def test_who_is_gone_is_forgotten_and_who_cannot_sign_in_is_marked(acme: Acme) -> None:
    await acme.connect()
    await acme.add(ADA)
    await acme.add(BOB)
    await merged(acme, await read(acme, [at_hubspot("1", ADA), at_hubspot("2", BOB)]))
    acme.now += 1_000

    await merged(acme, await read(acme, [at_hubspot("2", BOB)], deactivated=("1", "2")))

    assert (await acme.item(ADA)).known is None
    bob = (await acme.item(BOB)).known
    assert bob is not None
    assert bob.active is False


async def test_an_answer_younger_than_the_reading_knows_better(acme: Acme) -> None:
    await acme.connect()
    await acme.add(ADA)
    reading = await read(acme, [])
    acme.now += 1_000
    await acme.arrive(ADA, "1")

    await merged(acme, reading)

    assert (await acme.item(ADA)).known is not None


async def test_a_change_carries_what_the_log_says_since_the_user_was_last_known(acme: Acme) -> None:
    await acme.connect()
    await acme.add(ADA)
    await merged(acme, await read(acme, [at_hubspot("1", ADA)]))
    then = acme.now
    acme.now += 1_000
    young, old = ChangedBy("eve", then + 500, "audit log"), ChangedBy("we", then, "audit log")

    reading = await read(acme, [at_hubspot("1", ADA, first_name="Augusta")])
    await merged(acme, reading, AccountActivity({"1": (young, old)}))

    known = (await acme.item(ADA)).known
    assert known is not None
    assert (young,) == known.changed_by


async def test_super_admins_are_counted_once_and_only_those_who_can_sign_in(acme: Acme) -> None:
    await acme.connect()
    chiefs = [at_hubspot(str(number), f"chief{number}@acme.example", super_admin=True) for number in range(3)]

    await merged(
        acme, await read(acme, [chiefs[0], chiefs[1]], [chiefs[1], chiefs[2]], deactivated=("2", "9"))
    )

    setup = await acme.store.backlog.setup(acme.id, acme.now)
    assert setup is not None
    assert setup.account is not None
    assert 2 == setup.account.super_admin_count


async def test_lists_alone_are_kept_with_an_event_for_what_was_renamed(acme: Acme) -> None:
    await acme.connect(account=Account(portal_id=7, permission_sets=(PermissionSet("1", "Sales"),)))
    epoch = await acme.epoch()
    renamed = Account(portal_id=7, permission_sets=(PermissionSet("1", "Account Executive"),))

    told = [await acme.store.readings.refresh_lists(acme.id, renamed, acme.cause()) for _ in range(2)]

    assert [True, False] == told
    assert epoch + 1 == await acme.epoch()
    (event,) = await acme.store.journal.events(acme.id, subject=None, kind="account.", before=None, limit=10)
    assert "now called 'Account Executive'" in event.summary


async def test_drift_is_remembered_listed_by_key_and_accepted(acme: Acme) -> None:
    await acme.connect()
    for name in (ADA, BOB):
        await acme.add(name)
        revision = (await acme.delivery(name)).desired_revision
        found = Drift(value="ps-2", confirmed="Sales", at_hubspot="Manager")
        agreement = Agreement({"permission_set": "ps-1"}, drift={"permission_set": found})
        await acme.settle(settlement_of(revision, 1, key=name, agreement=agreement))

    first = await acme.store.readings.drifted(acme.id, "", 1)
    second = await acme.store.readings.drifted(acme.id, first[0].delivery.key, 10)
    accepted = await acme.store.readings.accept_drift(acme.id, ADA, None, Actor("anna", acme.now), "c1")

    assert ([ADA], [BOB]) == ([i.delivery.key for i in first], [i.delivery.key for i in second])
    assert acme.now == first[0].delivery.agreement.drift["permission_set"].since
    assert ("permission_set",) == accepted
    assert {"permission_set": "ps-1"} == (await acme.delivery(ADA)).agreement.accepted
    assert [BOB] == [i.delivery.key for i in await acme.store.readings.drifted(acme.id, "", 10)]
    kinds = [
        event.kind
        for event in await acme.store.journal.events(
            acme.id, subject=None, kind="drift.", before=None, limit=10
        )
    ]
    assert ["drift.accepted", "drift.found", "drift.found"] == kinds


async def test_orphans_are_walked_by_key_and_leave_out_whom_anybody_told_of(acme: Acme) -> None:
    await acme.connect()
    await acme.add(ADA)
    await acme.add(BOB)
    await acme.arrive(BOB, "2")
    strangers = [at_hubspot(str(number), f"x{number}@acme.example") for number in (3, 4)]
    acme.now += 1_000
    moved = at_hubspot("2", "bob.other@acme.example")
    await merged(acme, await read(acme, [at_hubspot("1", ADA), moved, *strangers]))

    first = await acme.store.readings.orphans(acme.id, "", 3)
    second = await acme.store.readings.orphans(acme.id, first.after or "", 3)

    assert (["3"], "3") == ([each.user.hubspot_id for each in first.orphans], first.after)
    assert (["4"], None) == ([each.user.hubspot_id for each in second.orphans], second.after)


async def test_readings_are_due_by_when_the_account_was_last_read(acme: Acme) -> None:
    await acme.connect()
    assert [acme.id] == await acme.store.readings.due(acme.now)

    await merged(acme, await read(acme, []))

    assert [] == await acme.store.readings.due(acme.now - 1)
    assert [acme.id] == await acme.store.readings.due(acme.now)


class CountingRows(MemoryRows):
    """Counts what each command writes: what one commit holds of it."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[int] = []

    def run(self, command: Command[Any]) -> Any:
        result = super().run(command)
        self.written.append(len(self._journal))
        return result


async def test_no_commit_of_a_reading_holds_more_than_a_few_rows() -> None:
    rows = CountingRows()
    store: Store = memory_store(Sealer(KEY), rows)
    acme = await Acme(store).found()
    await acme.connect()
    people = [at_hubspot(str(1_000 + number), f"user{number}@acme.example") for number in range(900)]
    for person in people:
        await acme.add(person.email)
    rows.written.clear()

    await acme.keep(people)
    acme.now += 1_000
    changed = [replace(each, first_name="New") for each in people[:800]]
    await acme.keep(changed)

    assert max(rows.written) <= 3 * CHUNK + 8
    assert len(rows.written) > 2 * 2 * 800 / CHUNK


def settlement_of(revision: int, epoch: int, key: str = ADA, **instead: Any) -> Settlement:
    return Settlement(
        key=key, revision=revision, epoch=epoch, kind="delivery.unchanged", summary="in step", **instead
    )
