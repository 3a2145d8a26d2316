"""What `tenant show` counts: everybody once, whatever is going on."""

from __future__ import annotations

from dataclasses import replace

from syncline.gateway.services.ports import Cause, Settlement
from tests.support.world import TENANT, World

PEOPLE = 3


async def shown(acme: World) -> dict[str, int]:
    counts: dict[str, int] = (await acme.run("tenant.show", tenant=TENANT))["deliveries"]
    return counts


async def test_a_held_person_who_became_due_is_waiting_and_no_longer_held(acme: World) -> None:
    for number in range(PEOPLE):
        await acme.add_user(f"user{number}@acme.example")
    await acme.drain()
    assert {"in_step": 0, "waiting": 0, "retrying": 0, "held": PEOPLE} == await shown(acme)

    backlog, now = acme.gateway.store.backlog, acme.clock.now()
    await backlog.make_due(acme.tenant_id, ["user0@acme.example", "user1@acme.example"], 1, now)

    assert {"in_step": 0, "waiting": 2, "retrying": 0, "held": 1} == await shown(acme)
    [line] = (await acme.run("tenant.list"))["tenants"]
    assert (2, 1) == (line["backlog"], line["held"])
    [held] = (await acme.run("tenant.show", tenant=TENANT))["held"]
    assert 1 == held["count"]


async def test_everybody_is_counted_once(acme: World) -> None:
    for name in ("arrived", "held", "failed", "new"):
        await acme.add_user(f"{name}@acme.example")
    backlog, now = acme.gateway.store.backlog, acme.clock.now()
    done = Settlement(
        key="arrived@acme.example", revision=1, epoch=1, kind="delivery.update", summary="Arrived"
    )
    await backlog.settle(
        acme.tenant_id,
        [
            done,
            replace(done, key="held@acme.example", hold_reason="plan-mode"),
            replace(done, key="failed@acme.example", retry_at=now + 1, attempts=1),
        ],
        Cause(now, "c0ffee"),
    )

    assert {"in_step": 1, "waiting": 1, "retrying": 1, "held": 1} == await shown(acme)
