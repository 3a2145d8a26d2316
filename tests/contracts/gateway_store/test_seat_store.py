"""Free seats are counted on between two readings, one at a time; a mere number has nobody decided again."""

from __future__ import annotations

from dataclasses import replace

from syncline.gateway.domain.account import Account, Seat
from tests.support.acme import Acme

SEATS = (Seat("Core"), Seat("Sales Hub", "Paid", 2))
ACCOUNT = Account(portal_id=7, seats=SEATS)


async def connected(acme: Acme) -> None:
    await acme.connect()
    await acme.keep([], seats=SEATS)


async def remaining(acme: Acme) -> int | None:
    connection = await acme.store.setup.connection(acme.id)
    assert connection is not None
    assert connection.account is not None
    seat = connection.account.seat("Sales Hub")
    return None if seat is None else seat.remaining


async def test_no_more_seats_are_taken_than_are_free(acme: Acme) -> None:
    await connected(acme)

    taken = [await acme.store.backlog.take_seat(acme.id, "Sales Hub") for _ in range(3)]

    assert [True, True, False] == taken
    assert 0 == await remaining(acme)


async def test_seats_without_a_number_and_unknown_ones_are_never_refused_here(acme: Acme) -> None:
    await connected(acme)

    assert await acme.store.backlog.take_seat(acme.id, "Core")
    assert await acme.store.backlog.take_seat(acme.id, "Gone")
    assert 2 == await remaining(acme)


async def test_a_seat_taken_for_nothing_is_free_again(acme: Acme) -> None:
    await connected(acme)
    await acme.store.backlog.take_seat(acme.id, "Sales Hub")

    await acme.store.backlog.return_seat(acme.id, "Sales Hub", none_left=False)

    assert 2 == await remaining(acme)


async def test_when_hubspot_says_that_none_is_left_none_is(acme: Acme) -> None:
    await connected(acme)

    await acme.store.backlog.return_seat(acme.id, "Sales Hub", none_left=True)

    assert 0 == await remaining(acme)


async def test_a_number_that_changed_has_nobody_decided_again_but_another_seat_has(acme: Acme) -> None:
    await connected(acme)
    before = await acme.epoch()

    fewer = replace(ACCOUNT, seats=(Seat("Core"), Seat("Sales Hub", "Paid", 9)))
    assert not await acme.store.readings.refresh_lists(acme.id, fewer, acme.cause())
    assert 9 == await remaining(acme)
    assert before == await acme.epoch()

    assert await acme.store.readings.refresh_lists(
        acme.id, replace(ACCOUNT, seats=(Seat("Core"),)), acme.cause()
    )
    assert before < await acme.epoch()
