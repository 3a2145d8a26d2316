"""What people agree to, alike on every store: exceptions, approvals with an end, first approvals."""

from __future__ import annotations

import pytest

from syncline.gateway.domain.consent import DAY
from syncline.gateway.domain.delivery import LEAVE
from syncline.gateway.domain.errors import Refused
from syncline.gateway.domain.holds import HoldReason
from syncline.gateway.services.ports import Actor
from syncline.gateway.store import backlog
from tests.support.acme import START, Acme, settlement

ADA, BOB = "ada@acme.example", "bob@acme.example"


async def kept(acme: Acme) -> dict[str, int | None]:
    return {
        each.delivery.key: each.delivery.kept_until for each in await acme.store.backlog.walk(acme.id, "", 10)
    }


async def keep(acme: Acme, key: str, days: int = 3) -> None:
    until = acme.now + days * DAY
    await acme.store.consents.keep_leaver(acme.id, key, until, "on leave", "Grace", acme.actor)


async def test_an_exception_is_kept_with_its_owner_and_reason_until_it_is_ended(acme: Acme) -> None:
    await acme.add(ADA, active=False)
    await keep(acme, ADA)
    (made,) = await acme.store.consents.exceptions(acme.id, "", 10)
    assert (ADA, "on leave", "Grace", "anna", None) == (
        made.key,
        made.because,
        made.owner,
        made.created_by,
        made.ended_by,
    )
    assert {ADA: START + 3 * DAY} == await kept(acme)
    assert (made, None) == (
        await acme.store.consents.exception(acme.id, ADA),
        await acme.store.consents.exception(acme.id, "nobody@acme.example"),
    )

    ended = [await acme.store.consents.end_exception(acme.id, ADA, "", acme.actor) for _ in range(2)]

    assert ([True, False], {ADA: None}) == (ended, await kept(acme))
    (over,) = await acme.store.consents.exceptions(acme.id, "", 10)
    assert "anna" == over.ended_by
    assert [] == list(await acme.store.consents.exceptions(acme.id, ADA, 10))


async def test_somebody_active_is_not_kept_and_to_be_active_again_ends_it(acme: Acme) -> None:
    ada = await acme.add(ADA)
    with pytest.raises(Refused, match="has not left"):
        await keep(acme, ADA)
    await acme.change(ada, "active", False)
    await keep(acme, ADA)
    await acme.change(ada, "active", True)

    assert {ADA: None} == await kept(acme)


async def test_what_is_held_until_a_moment_is_next_due_then_and_counts_as_held(acme: Acme) -> None:
    await acme.add(ADA, active=False)
    until = START + DAY
    ada = await acme.delivery(ADA)
    await acme.settle(settlement(ada, hold_reason=HoldReason.KEPT_BY_EXCEPTION.value, retry_at=until))

    totals = await acme.store.backlog.totals(acme.id)
    assert ({"kept-by-exception": 1}, 0, 0, 0) == (
        totals.held,
        totals.waiting,
        totals.retrying,
        totals.in_step,
    )
    assert until == await acme.store.backlog.next_due(acme.id)
    assert [] == await acme.store.backlog.due(acme.id, until - 1, 10, urgent_only=False)
    assert [ADA] == [
        each.delivery.key for each in await acme.store.backlog.due(acme.id, until, 10, urgent_only=False)
    ]


async def test_who_has_lost_access_lately_is_told_with_the_moment_in_pages(acme: Acme) -> None:
    for email in (ADA, BOB):
        await acme.add(email, active=False)
        await acme.store.backlog.pass_threshold(acme.id, email, acme.now, None)
    first = await acme.store.backlog.gone(acme.id, START - 1, "", 1)
    second = await acme.store.backlog.gone(acme.id, START - 1, ADA, 1)

    assert [(ADA, START), (BOB, START)] == [(item.delivery.key, at) for item, at in (*first, *second)]
    assert [] == await acme.store.backlog.gone(acme.id, START, "", 10)


async def test_whom_an_operator_lets_go_is_counted_within_a_day_and_no_further_than_decides_anything(
    acme: Acme, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "COUNTED", 6)
    for number in range(8):
        await acme.add(f"{number}@acme.example", active=False)
        await acme.store.backlog.pass_threshold(acme.id, f"{number}@acme.example", acme.now, None)

    async def gone(at: int) -> int:
        setup = await acme.store.backlog.setup(acme.id, at)
        assert setup is not None
        assert setup.threshold is not None
        return setup.threshold.gone

    assert (6, 0) == (await gone(START), await gone(START + DAY))
    await acme.store.setup.change_policy(acme.id, {"deletion_threshold": 20}, acme.actor)
    assert 8 == await gone(START)
    assert [START] * 8 == [each.delivery.gone_at for each in await acme.store.backlog.walk(acme.id, "", 10)]


async def test_a_first_approval_waits_for_another_person_and_both_are_named(acme: Acme) -> None:
    await acme.add(ADA, active=False)
    await acme.store.setup.change_policy(acme.id, {"four_eyes": True, "approval_days": 2}, acme.actor)
    assert {ADA} == await acme.store.setup.approve(acme.id, [(ADA, LEAVE)], acme.actor, "left")
    (first,) = await acme.store.consents.first_approvals(acme.id, "", 10)
    assert ("anna", "left", START + 2 * DAY) == (first.asked_by, first.because, first.expires_at)

    bob = Actor("bob", acme.now + DAY)
    assert set() == await acme.store.setup.approve(acme.id, [(ADA, LEAVE)], bob)

    (given,) = await acme.store.consents.approvals(acme.id, "", 10)
    assert ("anna, bob", "left", START + 3 * DAY) == (given.approved_by, given.because, given.expires_at)
    assert [] == list(await acme.store.consents.first_approvals(acme.id, "", 10))
