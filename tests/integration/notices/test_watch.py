"""The watch and the sender in a gateway that is at work: what is told, to whom, how often."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from syncline.gateway.domain.errors import DomainError
from syncline.gateway.domain.health import HOUR, MINUTE, QUARANTINE_AFTER
from syncline.gateway.domain.notices import DAY, GIVE_UP_AFTER
from syncline.gateway.services.ports import Actor, Cause
from tests.integration.notices.receivers import Webhook, webhook
from tests.support.faults import Fault, TroubledWorld, refuse, troubled_world
from tests.support.world import TENANT

DOWN = [Fault(r".*", refuse(503))]


@pytest.fixture
async def acme(tmp_path: Path) -> AsyncIterator[TroubledWorld]:
    async with troubled_world(tmp_path) as made:
        yield made


@pytest.fixture
async def receiver(acme: TroubledWorld) -> AsyncIterator[Webhook]:
    """A webhook that is told of everything."""
    async with webhook() as made:
        await acme.run("notice.subscribe", tenant=TENANT, webhook=made.url)
        yield made


def told(receiver: Webhook) -> list[tuple[str, str]]:
    """Return the type and kind of every message that arrived."""
    documents = [json.loads(body) for _, body in receiver.requests]
    return [(each["type"].partition(".")[2], each["data"].get("kind")) for each in documents]


async def pass_time(acme: TroubledWorld, span: int, *, step: int) -> None:
    """Let that span pass with everything at work: drain, watch and sender."""
    end = acme.clock.now() + span
    while acme.clock.now() < end:
        await acme.drain()
        await look(acme)
        acme.clock.leap(step)


async def look(acme: TroubledWorld) -> None:
    await acme.gateway.watch.look()
    await acme.gateway.sender.send_due(acme.tenant_id)


async def standing(acme: TroubledWorld) -> list[str]:
    notices = (await acme.run("notice.list", tenant=TENANT))["notices"]
    return sorted(each["kind"] for each in notices if each["ended_at"] is None)


async def outage(acme: TroubledWorld) -> None:
    await acme.go_live()
    for number in range(5):
        await acme.add_user(f"u{number}@acme.example")
    acme.front.faults = list(DOWN)


async def test_a_connection_that_fails_for_a_day_is_quarantined_and_resumes_by_itself(
    acme: TroubledWorld, receiver: Webhook
) -> None:
    await outage(acme)
    await pass_time(acme, QUARANTINE_AFTER + HOUR, step=10 * MINUTE)
    shown = await acme.run("connection.show", tenant=TENANT)
    calls = len(await acme.calls())
    await pass_time(acme, 10 * HOUR, step=10 * MINUTE)

    assert "quarantined" == shown["health"]
    assert "503" in shown["trouble"]
    assert "connection resume acme" in shown["fix"]
    assert 10 <= len(await acme.calls()) - calls <= 20, "it is tried about once an hour"
    assert [("raised", "connection.degraded"), ("raised", "connection.quarantined")] == told(receiver)

    acme.front.faults.clear()
    await pass_time(acme, HOUR + 20 * MINUTE, step=10 * MINUTE)
    await acme.rest()
    await look(acme)

    assert "healthy" == (await acme.run("connection.show", tenant=TENANT))["health"]
    assert 6 == len(await acme.hubspot.users())
    assert {("ended", "connection.degraded"), ("ended", "connection.quarantined")} == set(told(receiver)[2:])
    assert [] == await standing(acme)


async def test_an_operator_resumes_a_quarantined_connection_at_once(acme: TroubledWorld) -> None:
    await outage(acme)
    await pass_time(acme, QUARANTINE_AFTER + HOUR, step=30 * MINUTE)
    acme.front.faults.clear()

    resumed = await acme.run("connection.resume", tenant=TENANT)
    await acme.drain()

    assert "degraded" == resumed["health"]
    assert "Resumed by test" in resumed["trouble"]
    shown = await acme.run("connection.show", tenant=TENANT)
    assert "healthy" == shown["health"]
    turns = ["recovered", "resumed", "quarantined", "trouble"]
    assert turns == [each["what"] for each in shown["history"]]


async def test_a_notice_is_repeated_daily_and_not_by_a_restart(
    acme: TroubledWorld, receiver: Webhook
) -> None:
    await outage(acme)
    await pass_time(acme, QUARANTINE_AFTER + HOUR, step=HOUR)
    before = told(receiver)
    await acme.restart()
    await look(acme)
    await look(acme)

    assert before == told(receiver)
    await pass_time(acme, DAY, step=HOUR)
    assert [("reminded", "connection.quarantined")] == told(receiver)[len(before) :]


async def test_a_connection_without_work_is_tried_by_reads_and_recovers(acme: TroubledWorld) -> None:
    await outage(acme)
    await acme.drain()
    acme.front.faults.clear()
    for each in (await acme.run("users.list", tenant=TENANT))["users"]:
        await acme.delete_user(each["id"])
    while (due := await acme.gateway.store.backlog.next_due(acme.tenant_id)) is not None:
        acme.clock.leap(max(1, due - acme.clock.now()))
        await acme.drain()
    shown = await acme.run("connection.show", tenant=TENANT)
    acme.clock.leap(2 * MINUTE)

    await look(acme)

    assert "healthy" == (await acme.run("connection.show", tenant=TENANT))["health"], shown


async def test_a_watched_connection_that_stays_away_is_tried_again_a_minute_later(
    acme: TroubledWorld,
) -> None:
    await outage(acme)
    await acme.run("tenant.mode", tenant=TENANT, mode="plan")
    await acme.gateway.store.setup.note_trouble(
        acme.tenant_id, "UNAVAILABLE", "away", Cause(acme.clock.now(), "c0ffee")
    )
    acme.clock.leap(10 * MINUTE)

    await look(acme)

    connection = await acme.gateway.store.setup.connection(acme.tenant_id)
    assert connection is not None
    assert connection.probe_at is not None
    assert MINUTE >= connection.probe_at - acme.clock.now() > 0


async def test_reads_that_work_do_not_hide_that_writes_fail(acme: TroubledWorld, receiver: Webhook) -> None:
    await acme.go_live(deactivated="remove")
    ada = await acme.add_user("ada@acme.example")
    await acme.rest()
    forbidden = {"status": "error", "category": "MISSING_SCOPES", "message": "MISSING_SCOPES"}
    acme.front.faults = [Fault(r"DELETE .*", refuse(403, forbidden))]
    await acme.set_user(ada.id, "active", False)

    await pass_time(acme, 2 * HOUR, step=MINUTE)

    shown = await acme.run("connection.show", tenant=TENANT)
    assert "degraded" == shown["health"]
    assert ["trouble"] == [turn["what"] for turn in shown["history"]]
    assert [("raised", "connection.degraded")] == told(receiver)


async def test_staged_leavers_are_told_and_so_is_their_release(
    acme: TroubledWorld, receiver: Webhook
) -> None:
    await acme.go_live(deletion_threshold=1)
    people = [await acme.add_user(f"u{number}@acme.example") for number in range(4)]
    await acme.rest()
    for each in people:
        await acme.set_user(each.id, "active", False)
    await acme.rest()
    await look(acme)
    await acme.run("leavers.release", tenant=TENANT, everybody=True)
    await acme.rest()
    await look(acme)

    assert [("raised", "people.staged"), ("ended", "people.staged")] == told(receiver)
    says = json.loads(receiver.requests[0][1])["data"]["says"]
    assert "People waiting: 3." in says
    assert "@acme.example" not in says, "counts, not names"


async def test_a_token_is_told_at_30_7_and_1_days(acme: TroubledWorld, receiver: Webhook) -> None:
    await acme.run("token.create", tenant=TENANT, expires_in_days=40)
    for _ in range(41):
        await look(acme)
        acme.clock.leap(DAY)

    assert [("raised", "token.ends")] * 3 == told(receiver)
    left = [json.loads(body)["data"]["says"].rpartition("within ")[2] for _, body in receiver.requests]
    assert ["30 days.", "7 days.", "1 day."] == left


async def test_a_webhook_that_is_away_is_told_later_under_the_same_id(
    acme: TroubledWorld, receiver: Webhook
) -> None:
    await acme.run("token.create", tenant=TENANT, expires_in_days=7)
    receiver.status = 503
    await look(acme)
    await look(acme)
    listed = await acme.run("notice.list", tenant=TENANT)
    receiver.status = 200
    acme.clock.leap(2 * MINUTE)
    await look(acme)

    ids = [headers["webhook-id"] for headers, _ in receiver.requests]
    assert 2 == len(ids)
    assert 1 == len(set(ids))
    assert ["The webhook answered with 503."] == [each["error"] for each in listed["undelivered"]]
    assert [] == (await acme.run("notice.list", tenant=TENANT))["undelivered"]


async def test_a_message_is_given_up_after_three_days(acme: TroubledWorld, receiver: Webhook) -> None:
    await acme.run("token.create", tenant=TENANT, expires_in_days=20)
    receiver.status = 503
    for _ in range(20):
        await look(acme)
        acme.clock.leap(GIVE_UP_AFTER // 16)

    (undelivered,) = (await acme.run("notice.list", tenant=TENANT))["undelivered"]
    assert undelivered["next_try_at"] is None


async def test_a_test_says_what_came_of_it(acme: TroubledWorld, receiver: Webhook) -> None:
    arrived = await acme.run("notice.test", tenant=TENANT)
    receiver.status = 410
    refused = await acme.run("notice.test", tenant=TENANT)

    assert [None, "The webhook answered with 410."] == [
        each["sent"][0]["error"] for each in (arrived, refused)
    ]


async def test_a_secret_is_shown_once_and_nowhere_else(acme: TroubledWorld) -> None:
    subscribed = await acme.run("notice.subscribe", tenant=TENANT, webhook="http://127.0.0.1:9/x")
    listed = await acme.run("notice.list", tenant=TENANT)

    assert subscribed["secret"].startswith("whsec_")
    assert subscribed["secret"] not in json.dumps(listed)
    database = b"".join(path.read_bytes() for path in acme.folder.glob("gateway.db*"))
    assert subscribed["secret"].encode() not in database


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"email": "it@example.com", "webhook": "https://hooks.example.com/"},
        {"email": "it@example.com"},
        {"webhook": "http://169.254.169.254/"},
    ],
)
async def test_what_cannot_be_told_is_not_subscribed(acme: TroubledWorld, given: dict[str, Any]) -> None:
    with pytest.raises(DomainError):
        await acme.run("notice.subscribe", tenant=TENANT, **given)

    assert [] == (await acme.run("notice.list", tenant=TENANT))["subscriptions"]


async def test_a_secret_that_is_lost_with_the_key_hinders_nothing_else(
    acme: TroubledWorld, receiver: Webhook
) -> None:
    tenant = await acme.gateway.store.setup.tenant(TENANT)
    assert tenant is not None
    now = acme.clock.now()
    await acme.gateway.upkeep.begin_again(
        tenant, Cause(now, "c0ffee"), Actor("anna", now), "The key is lost.", without_key=True
    )

    tested = await acme.run("notice.test", tenant=TENANT)
    await acme.run("key.rotate")

    assert "subscribe it anew" in tested["sent"][0]["error"]


async def test_a_subscription_ends_by_its_address(acme: TroubledWorld, receiver: Webhook) -> None:
    await acme.run("notice.unsubscribe", tenant=TENANT, subscription=receiver.url)
    await acme.run("token.create", tenant=TENANT, expires_in_days=7)
    await look(acme)

    assert [] == receiver.requests
    assert ["token.ends"] == await standing(acme)
