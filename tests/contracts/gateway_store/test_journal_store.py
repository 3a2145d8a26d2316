"""What every `JournalStore` promises: the log, the calls it led to, and the people it is about."""

from __future__ import annotations

from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.domain.validation import Check
from syncline.gateway.services.ports import Activity, CallRecord, Cause, Confirmation, Event
from tests.support.acme import START, Acme, settlement

ADA, BOB = "ada@acme.example", "bob@acme.example"


async def events(
    acme: Acme,
    *,
    subject: str | None = None,
    kind: str | None = None,
    before: int | None = None,
    limit: int = 100,
) -> list[Event]:
    return await acme.store.journal.events(acme.id, subject=subject, kind=kind, before=before, limit=limit)


async def test_an_event_tells_what_was_asked_and_when_under_its_correlation_id(acme: Acme) -> None:
    user_id = await acme.add(ADA)

    (event,) = await events(acme)

    assert (1, START, f"add {ADA}", "user.created", user_id, f"User {ADA} created", {}) == (
        event.seq,
        event.at,
        event.correlation_id,
        event.kind,
        event.subject,
        event.summary,
        event.detail,
    )
    assert event == await acme.store.journal.event(acme.id, 1)
    assert None is await acme.store.journal.event(acme.id, 2)


async def test_events_are_paged_newest_first(acme: Acme) -> None:
    for number in range(5):
        await acme.add(f"user{number}@acme.example")

    pages = [
        [event.seq for event in await events(acme, limit=2)],
        [event.seq for event in await events(acme, before=4, limit=2)],
        [event.seq for event in await events(acme, before=2, limit=2)],
        [event.seq for event in await events(acme, before=1, limit=2)],
    ]

    assert [[5, 4], [3, 2], [1], []] == pages


async def test_events_are_found_by_person_and_by_the_beginning_of_their_kind(acme: Acme) -> None:
    ada, bob = await acme.add(ADA), await acme.add(BOB)
    await acme.change(ada, "active", False)
    await acme.settle(settlement(await acme.delivery(ADA), hold_reason="plan-mode", kind="delivery.held"))

    assert [4, 3, 1] == [event.seq for event in await events(acme, subject=ada)]
    assert [2] == [event.seq for event in await events(acme, subject=bob)]
    assert [3, 2, 1] == [event.seq for event in await events(acme, kind="user.")]
    assert [3] == [event.seq for event in await events(acme, kind="user.deact")]
    assert [] == await events(acme, kind="user%")
    assert [] == await events(acme, kind="user_")


async def test_a_page_of_one_person_and_one_kind_is_full_while_there_are_more(acme: Acme) -> None:
    ada = await acme.add(ADA)
    for number in range(4):
        await acme.change(ada, "title", f"Title {number}")
        await acme.change(ada, "active", number % 2 == 1)

    found = await events(acme, subject=ada, kind="user.updated", limit=3)

    assert [8, 6, 4] == [event.seq for event in found]


async def test_being_held_for_the_same_reason_again_is_no_event(acme: Acme) -> None:
    await acme.add(ADA)
    for reason in ("plan-mode", "plan-mode", "protected"):
        held = settlement(await acme.delivery(ADA), hold_reason=reason, kind="delivery.held")
        await acme.settle(held)

    assert 2 == len(await events(acme, kind="delivery."))


async def test_a_delivery_is_logged_under_the_request_that_caused_it(acme: Acme) -> None:
    ada = await acme.add(ADA)
    await acme.arrive(ADA, "11")

    (event,) = await events(acme, kind="delivery.")

    assert (ada, f"add {ADA}") == (event.subject, event.correlation_id)


async def test_tenants_number_and_see_their_own_events_only(acme: Acme) -> None:
    other = await Acme(acme.store, TenantId("t2")).found("other")
    await acme.add(ADA)
    await other.add(BOB)

    assert [(1, f"User {BOB} created")] == [(event.seq, event.summary) for event in await events(other)]


async def test_calls_are_found_by_cause_in_order_and_by_delivery_latest_first(acme: Acme) -> None:
    backlog = acme.store.backlog
    for number, (purpose, cause) in enumerate(
        (("users.create", "a"), ("users.get", "b"), ("users.put", "a"))
    ):
        await backlog.log_call(acme.id, "api", purpose, ADA, Cause(START + number, cause))
    await backlog.log_call(acme.id, "scim", "scim.patch", BOB, Cause(START + 9, "a"))
    await backlog.log_answer(acme.id, 2, 200, START + 50)
    await backlog.log_answer(acme.id, 99, 200, START + 50)

    by_cause = await acme.store.journal.calls(acme.id, "a", None)
    by_delivery = await acme.store.journal.calls(acme.id, "", ADA)

    assert [1, 3, 4] == [call.seq for call in by_cause]
    assert [3, 2, 1] == [call.seq for call in by_delivery]
    expected = CallRecord(
        seq=2,
        sent_at=START + 1,
        channel="api",
        purpose="users.get",
        delivery_key=ADA,
        correlation_id="b",
        status=200,
        answered_at=START + 50,
    )
    assert expected == by_delivery[1]


async def test_people_are_found_by_part_of_their_address_or_by_id(acme: Acme) -> None:
    ids = {name: await acme.add(name) for name in (BOB, ADA, "100%_@acme.example")}

    async def search(text: str | None, after: str = "", limit: int = 10) -> list[str]:
        items = await acme.store.journal.find_items(acme.id, search=text, after=after, limit=limit)
        return [item.delivery.key for item in items]

    assert ["100%_@acme.example", ADA, BOB] == await search(None)
    assert [BOB] == await search(None, after=ADA)
    assert ["100%_@acme.example", ADA] == await search("@ACME.", limit=2)
    assert [BOB] == await search("@acme.", after=ADA)
    assert [ADA] == await search(ids[ADA])
    assert ["100%_@acme.example"] == await search("%_@")
    assert [] == await search("a_a")


async def test_activity_is_told_between_moments(acme: Acme) -> None:
    for number, at in enumerate((0, 0, 10, 25, 25, 25, 40)):
        acme.now = START + at
        await acme.add(f"user{number}@acme.example")
    journal = acme.store.journal
    moments = [START - 10, START, START + 10, START + 20, START + 30, START + 100]

    assert [0, 2, 1, 3, 1] == await journal.activity(acme.id, Activity.EVENTS, moments)
    assert [0, 0] == await journal.activity(acme.id, Activity.CALLS, moments[:3])
    assert [0, 0] == await journal.activity(TenantId("t9"), Activity.EVENTS, moments[:3])


async def test_the_first_confirmation_of_each_check_is_remembered_and_no_other_tenant_sees_it(
    acme: Acme,
) -> None:
    other = await Acme(acme.store, TenantId("t2")).found("other")
    await acme.add(ADA)
    await acme.add(BOB)
    for key, kind in ((ADA, "delivery.held"), (BOB, "delivery.create"), (ADA, "delivery.create")):
        await acme.settle(settlement(await acme.delivery(key), kind=kind, summary=f"{kind} {key}"))

    found = await acme.store.journal.confirmations(acme.id)

    (created,) = await events(acme, kind="delivery.create", subject=(await acme.delivery(BOB)).user_id)
    assert {Check.CREATE: Confirmation(created.seq, created.at, f"delivery.create {BOB}")} == found
    assert {} == await other.store.journal.confirmations(other.id)
