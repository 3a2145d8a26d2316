"""After a change of the set-up many people are decided again beside their deliveries, with the same end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from syncline.bootstrap.beside import Beside
from syncline.gateway.delivery.drain import DECIDED_AT_ONCE
from syncline.gateway.services.delivering import decide_item, settle_decision
from syncline.gateway.services.ports import Cause, WorkItem
from syncline.gateway.services.redeciding import redecided
from tests.support.world import TENANT, World

MANY = DECIDED_AT_ONCE + 4


def name(number: int) -> str:
    return f"user{number:02}@acme.example"


@pytest.fixture
async def many(acme: World, acme_url: str | None, tmp_path: Path) -> World:
    """A live tenant with as many people as are decided beside; every second one is a lead."""
    database = acme_url or f"sqlite:///{tmp_path / 'gateway' / 'gateway.db'}"
    acme.gateway.drain.walks = Beside(acme.gateway.store.backlog, database, 1, few=MANY)
    await acme.go_live()
    for number in range(MANY):
        roles = [{"value": "Lead" if number % 2 else "Other", "primary": True}]
        await acme.add_user(name(number), roles=roles)
    await acme.drain()
    return acme


async def items(acme: World) -> list[WorkItem]:
    return await acme.gateway.store.backlog.walk(acme.tenant_id, "", 100)


async def stale(acme: World) -> list[str]:
    backlog = acme.gateway.store.backlog
    setup = await backlog.setup(acme.tenant_id, acme.clock.now())
    assert setup is not None
    return [each.delivery.key for each in await backlog.stale(acme.tenant_id, setup.epoch, 100)]


@pytest.mark.each_database
async def test_a_rule_change_reaches_everybody_it_concerns(many: World) -> None:
    await many.run("rule.add", tenant=TENANT, role="Lead", permission_set="Manager")
    assert [name(number) for number in range(MANY)] == sorted(await stale(many))
    await many.rest()

    users = await many.hubspot.users()
    assert ["", "Manager"] * (MANY // 2) == [users[name(each)]["permission_set"] for each in range(MANY)]
    assert [] == await stale(many)


async def test_whoever_comes_to_the_same_keeps_his_row_but_for_the_mark(many: World) -> None:
    before = [structs.replace(each, epoch=0) for each in await items(many)]
    events = await many.run("events.list", tenant=TENANT, limit=200)
    await many.run("rule.add", tenant=TENANT, role="Nobody", permission_set="Manager")
    await many.drain()

    assert [] == await stale(many)
    assert before == [structs.replace(each, epoch=0) for each in await items(many)]
    assert events == await many.run("events.list", tenant=TENANT, limit=200)


async def test_what_changes_while_people_are_looked_at_counts(
    many: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = many.gateway.store.backlog.redecide

    async def after_another_change(*given: Any) -> None:
        monkeypatch.undo()
        await many.run("rule.add", tenant=TENANT, role="Other", permission_set="Manager")
        await write(*given)

    monkeypatch.setattr(many.gateway.store.backlog, "redecide", after_another_change)
    await many.run("rule.add", tenant=TENANT, role="Lead", permission_set="Manager")
    await many.rest()

    users = await many.hubspot.users()
    assert {"Manager"} == {users[name(each)]["permission_set"] for each in range(MANY)}
    assert [] == await stale(many)


async def test_what_is_said_to_change_nothing_changes_nothing(acme: World) -> None:
    await acme.go_live(domains=["acme.example"])
    ids = [(await acme.add_user(name(number))).id for number in range(4)]
    for guest in ("guest@agency.example", "visitor@agency.example"):
        await acme.add_user(guest)
    await acme.drain()
    await acme.set_user(ids[0], "active", False)
    await acme.delete_user(ids[1])
    await acme.rest()
    await acme.set_user(ids[2], "userName", "renamed@acme.example")
    await acme.rest()
    await acme.run("rule.add", tenant=TENANT, role="Nobody", permission_set="Manager")
    backlog = acme.gateway.store.backlog
    setup = await backlog.setup(acme.tenant_id, acme.clock.now())
    assert setup is not None

    same = 0
    for item in await items(acme):
        if redecided(item, setup).settlement is not None:
            continue
        settlement = settle_decision(item, decide_item(item, setup), setup.epoch)
        assert settlement is not None
        await backlog.settle(acme.tenant_id, [settlement], Cause(acme.clock.now(), "again"))
        assert structs.replace(item, epoch=setup.epoch) == await backlog.item(
            acme.tenant_id, item.delivery.key
        )
        same += 1
    assert 7 == same
