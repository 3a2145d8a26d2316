"""What every store promises of notices, their subscribers and the outbox."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from syncline.gateway.domain.account import PermissionSet, Team
from syncline.gateway.domain.health import Health, HealthEvent
from syncline.gateway.domain.notices import Notice, NoticeKind
from syncline.gateway.domain.remedies import Remedy
from syncline.gateway.services.ports.notices import ChannelKind, Message, Subscription
from tests.support.acme import START, Acme

SECRET = "whsec_" + "c2VjcmV0" * 4


def notice(**changes: Any) -> Notice:
    made = Notice(
        kind=NoticeKind.QUARANTINED,
        subject="",
        says="It fails.",
        fix=Remedy("{log:Look}."),
        raised_at=START,
        told_at=START,
    )
    return replace(made, **changes)


def message(acme: Acme, number: int = 1, **changes: Any) -> Message:
    made = Message(
        tenant_id=acme.id,
        id=f"msg_{number}",
        subscription_id="s1",
        body="{}",
        created_at=START + number,
        due_at=START + number,
    )
    return replace(made, **changes)


def subscription(acme: Acme, **changes: Any) -> Subscription:
    made = Subscription(
        tenant_id=acme.id,
        id="s1",
        channel=ChannelKind.WEBHOOK,
        address="https://hooks.example.com/a",
        secret=SECRET,
        created_at=START,
        created_by="anna",
    )
    return replace(made, **changes)


async def test_a_notice_and_its_messages_are_kept_together_and_told_in_the_log(acme: Acme) -> None:
    kept = await acme.store.notices.keep(acme.id, [notice()], [message(acme)], acme.cause())

    assert kept
    assert [notice()] == await acme.store.notices.notices(acme.id)
    assert [message(acme)] == await acme.store.notices.messages(acme.id, 10)
    (event,) = await acme.store.journal.events(acme.id, subject=None, kind="notice.", before=None, limit=9)
    assert ("notice.raised", "It fails.") == (event.kind, event.summary)


async def test_what_another_server_has_told_already_is_not_told_twice(acme: Acme) -> None:
    await acme.store.notices.keep(acme.id, [notice()], [message(acme)], acme.cause())
    late = notice(raised_at=START + 5, told_at=START + 5)

    assert not await acme.store.notices.keep(acme.id, [late], [message(acme, 2)], acme.cause())
    assert [notice()] == await acme.store.notices.notices(acme.id)
    assert ["msg_1"] == [each.id for each in await acme.store.notices.messages(acme.id, 10)]


async def test_a_notice_is_reminded_of_ended_and_raised_again(acme: Acme) -> None:
    reminded = notice(told_at=START + 10)
    ended = notice(told_at=START + 10, ended_at=START + 20)
    again = notice(raised_at=START + 30, told_at=START + 30)
    kept = [
        await acme.store.notices.keep(acme.id, [each], [], acme.cause())
        for each in (notice(), reminded, reminded, ended, ended, again)
    ]

    assert [True, True, False, True, False, True] == kept
    assert [again] == await acme.store.notices.notices(acme.id)


async def test_the_secret_of_a_webhook_comes_back_and_is_sealed_until_then(acme: Acme) -> None:
    email = subscription(acme, id="s2", channel=ChannelKind.EMAIL, address="it@example.com", secret=None)
    await acme.store.notices.subscribe(subscription(acme), acme.actor)
    await acme.store.notices.subscribe(email, acme.actor)

    assert [subscription(acme), email] == await acme.store.notices.subscriptions(acme.id)
    assert SECRET not in repr(subscription(acme))


async def test_an_end_of_a_subscription_drops_what_waits_for_it(acme: Acme) -> None:
    await acme.store.notices.subscribe(subscription(acme), acme.actor)
    other = message(acme, 2, subscription_id="s2")
    await acme.store.notices.keep(acme.id, [], [message(acme), other], acme.cause())

    assert await acme.store.notices.unsubscribe(acme.id, "s1", acme.actor)
    assert not await acme.store.notices.unsubscribe(acme.id, "s1", acme.actor)
    assert [] == await acme.store.notices.subscriptions(acme.id)
    assert [other] == await acme.store.notices.messages(acme.id, 10)


async def test_a_message_that_was_taken_is_nobody_elses_until_its_time(acme: Acme) -> None:
    await acme.store.notices.keep(
        acme.id, [], [message(acme, 2), message(acme, 1), message(acme, 9)], acme.cause()
    )
    now, until = START + 5, START + 100

    taken = await acme.store.notices.claim(acme.id, now, until, 10)

    assert [("msg_1", 1), ("msg_2", 1)] == [(each.id, each.attempts) for each in taken]
    assert [] == await acme.store.notices.claim(acme.id, now, until, 10)
    again = await acme.store.notices.claim(acme.id, until, until + 100, 10)
    assert ["msg_9", "msg_1", "msg_2"] == [each.id for each in again]


async def test_what_was_sent_is_not_due_any_more_and_what_failed_is_due_again(acme: Acme) -> None:
    await acme.store.notices.keep(acme.id, [], [message(acme, 1), message(acme, 2)], acme.cause())
    now, until = START + 5, START + 100
    await acme.store.notices.claim(acme.id, now, until, 10)

    await acme.store.notices.settle(acme.id, "msg_1", sent_at=now, due_at=None, error=None)
    await acme.store.notices.settle(acme.id, "msg_2", sent_at=None, due_at=now + 1, error="It was away.")

    due = await acme.store.notices.claim(acme.id, until, until + 100, 10)
    assert [("msg_2", "It was away.", 2)] == [(each.id, each.last_error, each.attempts) for each in due]


async def test_only_what_is_over_is_forgotten(acme: Acme) -> None:
    standing = notice(kind=NoticeKind.SILENCE)
    await acme.store.notices.keep(acme.id, [notice(), standing], [message(acme)], acme.cause())
    await acme.store.notices.keep(acme.id, [notice(ended_at=START + 1)], [message(acme, 2)], acme.cause())
    await acme.store.notices.settle(acme.id, "msg_1", sent_at=START + 1, due_at=None, error=None)

    await acme.store.notices.forget(acme.id, START + 1_000)

    assert [standing] == await acme.store.notices.notices(acme.id)
    assert ["msg_2"] == [each.id for each in await acme.store.notices.messages(acme.id, 10)]


async def test_a_quarantined_connection_keeps_its_trouble_and_can_be_resumed(acme: Acme) -> None:
    await acme.connect()
    setup = acme.store.setup
    await setup.note_trouble(acme.id, "UNAVAILABLE", "HubSpot is away.", acme.cause())
    assert await setup.note_health(acme.id, HealthEvent.PERSISTED, "UNAVAILABLE", "For a day.", acme.cause())
    quarantined = await setup.connection(acme.id)
    acme.now += 1_000
    assert await setup.note_health(acme.id, HealthEvent.RESUMED, "RESUMED", "By anna.", acme.cause())
    resumed = await setup.connection(acme.id)

    assert quarantined is not None
    assert resumed is not None
    assert (Health.QUARANTINED, "HubSpot is away.", START) == (
        quarantined.health,
        quarantined.trouble_detail,
        quarantined.health_since,
    )
    assert (Health.DEGRADED, "By anna.", acme.now, acme.now) == (
        resumed.health,
        resumed.trouble_detail,
        resumed.health_since,
        resumed.probe_at,
    )
    events = await acme.store.journal.events(acme.id, subject=None, kind="connection.", before=None, limit=9)
    assert ["resumed", "quarantined", "trouble"] == [each.kind.partition(".")[2] for each in events]


async def test_a_renamed_set_and_a_team_that_is_gone_are_events_of_the_log(acme: Acme) -> None:
    north, south = Team("2", "North"), Team("3", "South")
    await acme.connect()
    await acme.keep([], permission_sets=(PermissionSet("1", "Sales"),), teams=(north, south))
    acme.now += 1_000

    await acme.keep([], permission_sets=(PermissionSet("1", "Sales EU"),), teams=(south,))

    events = await acme.store.journal.events(acme.id, subject=None, kind="account.", before=None, limit=9)
    assert [
        ("account.team-deleted", {"id": "2", "before": "North", "after": None}),
        ("account.permission-set-renamed", {"id": "1", "before": "Sales", "after": "Sales EU"}),
    ] == [(each.kind, each.detail) for each in events]
