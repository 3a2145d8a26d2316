"""What every `SeekingStore` promises: people and events narrowed, page by page, in a bounded look at a time."""

from __future__ import annotations

import pytest

from syncline.gateway.domain.holds import HoldReason
from syncline.gateway.services.ports.seeking import PersonState, SoughtEvents, SoughtPeople
from syncline.gateway.store import seeking
from tests.support.acme import START, Acme, settlement

ADA, BOB, CLEO, DAN = (f"{name}@acme.example" for name in ("ada", "bob", "cleo", "dan"))


@pytest.fixture
async def people(acme: Acme) -> Acme:
    """Ada is held, Bob is staged, Cleo is in step, Dan waits."""
    for name in (ADA, BOB, CLEO, DAN):
        await acme.add(name)
    await acme.settle(settlement(await acme.delivery(ADA), hold_reason="protected"))
    await acme.settle(settlement(await acme.delivery(BOB), hold_reason="staged-deletion"))
    await acme.settle(settlement(await acme.delivery(CLEO)))
    return acme


async def found(acme: Acme, limit: int = 10, after: str = "", **sought: object) -> list[str]:
    page = await acme.store.seeking.people(acme.id, SoughtPeople(**sought), after, limit)  # type: ignore[arg-type]
    return [item.delivery.key for item in page.items]


async def test_people_are_found_by_their_state(people: Acme) -> None:
    assert [ADA, BOB, CLEO, DAN] == await found(people)
    assert [ADA, BOB] == await found(people, state=PersonState.HELD)
    assert [CLEO] == await found(people, state=PersonState.IN_STEP)
    assert [DAN] == await found(people, state=PersonState.WAITING)
    assert [] == await found(people, state=PersonState.RETRYING)
    assert [ADA, BOB, CLEO, DAN] == await found(people, state=PersonState.ABSENT)


async def test_people_are_found_by_what_holds_them_and_by_a_part_of_their_address(people: Acme) -> None:
    staged = HoldReason.STAGED_DELETION

    assert [BOB] == await found(people, state=PersonState.HELD, reason=staged)
    assert [BOB] == await found(people, state=PersonState.HELD, reason=staged, search="OB@")
    assert [] == await found(people, state=PersonState.HELD, reason=staged, search="ada")
    assert [ADA] == await found(people, search="Ada")
    assert [CLEO] == await found(people, state=PersonState.IN_STEP, search="acme")
    assert [] == await found(people, search="%")


async def test_pages_go_on_where_the_last_one_ended(people: Acme) -> None:
    page = await people.store.seeking.people(people.id, SoughtPeople(), "", 3)
    last = await people.store.seeking.people(people.id, SoughtPeople(), CLEO, 3)

    assert (CLEO, None) == (page.after, last.after)
    assert [DAN] == [item.delivery.key for item in last.items]


async def test_a_page_looks_through_so_many_and_says_where_to_go_on(
    people: Acme, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seeking, "PEOPLE_LOOKED_AT", 2)
    page = await people.store.seeking.people(people.id, SoughtPeople(search="dan"), "", 5)

    assert ([], BOB) == (list(page.items), page.after)
    assert [DAN] == await found(people, search="dan", after=BOB)


async def test_people_are_returned_by_their_keys(people: Acme) -> None:
    items = await people.store.seeking.items(people.id, [DAN, ADA, "nobody@acme.example"])

    assert [ADA, DAN] == [item.delivery.key for item in items]
    assert [] == await people.store.seeking.items(people.id, [])


async def test_events_are_narrowed_by_cause_kind_and_time(acme: Acme) -> None:
    ada = await acme.add(ADA)
    acme.now += 1000
    await acme.add(BOB)
    acme.now += 1000
    await acme.change(ada, "active", False)

    async def seqs(**sought: object) -> list[int]:
        page = await acme.store.seeking.events(acme.id, SoughtEvents(**sought), None, 10)  # type: ignore[arg-type]
        assert page.further is None
        return [event.seq for event in page.events]

    every = await seqs()
    assert [3, 2, 1] == every
    assert [2] == await seqs(correlation_id=f"add {BOB}")
    assert [2, 1] == await seqs(kind="user.c")
    assert [2, 1] == await seqs(kinds=("user.created", "delivery.held"))
    assert [3, 1] == await seqs(subject=ada)
    assert [2] == await seqs(since=START + 1, until=START + 1001)
    assert [] == await seqs(since=START + 5000)
    assert [1] == await seqs(subject=ada, kinds=("user.created",))


async def test_a_page_of_events_looks_back_so_far_and_says_where_to_go_on(
    acme: Acme, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seeking, "EVENTS_LOOKED_AT", 2)
    for number in range(5):
        await acme.add(f"user{number}@acme.example")
    sought = SoughtEvents(correlation_id="add user0@acme.example")
    pages = []
    before: int | None = None
    for _ in range(3):
        page = await acme.store.seeking.events(acme.id, sought, before, 10)
        pages.append([event.seq for event in page.events])
        before = page.further

    assert [[], [], [1]] == pages
    assert before is None


async def test_a_cause_is_looked_for_from_its_beginning_on(
    acme: Acme, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seeking, "EVENTS_LOOKED_AT", 2)
    for number in range(6):
        acme.now = START + number
        await acme.add(f"user{number}@acme.example")
    sought = SoughtEvents(correlation_id="add user2@acme.example", since=START + 1, oldest_first=True)
    pages = []
    after: int | None = None
    for _ in range(3):
        page = await acme.store.seeking.events(acme.id, sought, after, 10)
        pages.append(([event.seq for event in page.events], page.further, page.looked_to))
        after = page.further

    assert [([3], 3, START + 2), ([], 5, START + 4), ([], None, None)] == pages


async def test_a_page_that_is_full_goes_on_after_its_last_event(acme: Acme) -> None:
    for name in ("Sales", "Support", "Finance"):
        await acme.add_group(name)
    pages = {}
    for oldest_first in (False, True):
        sought = SoughtEvents(correlation_id="c0ffee", oldest_first=oldest_first)
        first = await acme.store.seeking.events(acme.id, sought, None, 2)
        second = await acme.store.seeking.events(acme.id, sought, first.further, 2)
        pages[oldest_first] = [[event.seq for event in page.events] for page in (first, second)]

    assert {False: [[3, 2], [1]], True: [[1, 2], [3]]} == pages


async def test_events_are_followed_from_a_number_on(acme: Acme) -> None:
    assert 0 == await acme.store.seeking.last_event(acme.id)
    for number in range(3):
        await acme.add(f"user{number}@acme.example")

    assert 3 == await acme.store.seeking.last_event(acme.id)
    assert [2, 3] == [event.seq for event in await acme.store.seeking.events_after(acme.id, 1, 10)]
    assert [2] == [event.seq for event in await acme.store.seeking.events_after(acme.id, 1, 1)]


async def test_members_of_a_group_are_paged_by_id_and_named(acme: Acme) -> None:
    ids = sorted([await acme.add(ADA), await acme.add(BOB)])
    await acme.add_group("Sales", *ids, "stranger")
    first = await acme.store.seeking.members(acme.id, "g-Sales", "", 2)
    rest = await acme.store.seeking.members(acme.id, "g-Sales", first[-1].id, 2)

    assert sorted([*ids, "stranger"])[:2] == [each.id for each in first]
    assert {ADA, BOB, None} == {each.user_name for each in [*first, *rest]}
