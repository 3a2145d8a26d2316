"""What a drain does when the world changes under it: stops, waits for the budget, other connections, a shutdown."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from syncline.gateway.delivery.dispatcher import LocalDispatcher
from syncline.gateway.delivery.drain import Drain
from syncline.gateway.delivery.under_way import AT_ONCE
from syncline.gateway.domain.account import Account
from syncline.gateway.domain.change import Change
from syncline.gateway.domain.health import HELD_TENANT, PROBE_EVERY
from syncline.gateway.domain.retry import FailureKind
from syncline.gateway.domain.setup import Setup
from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.services.ports import (
    AccountActivity,
    AccountReading,
    Cause,
    DeactivatedPage,
    Failed,
    Lists,
    Looked,
    Outcome,
    Overtaken,
    RecordsPage,
    StillWanted,
    Trouble,
    UsersPage,
    WorkItem,
)
from tests.support.faults import Fault, TroubledWorld, rate_limit, refuse, troubled_world
from tests.support.patience import PATIENCE_SECONDS
from tests.support.world import TENANT, portal

CREATE = r"POST /settings/users/2026-03"
SCIM = r"\w+ /scim/v2/.*"


@pytest.fixture
async def acme(tmp_path: Path) -> AsyncIterator[TroubledWorld]:
    async with troubled_world(tmp_path) as made:
        yield made


async def emails(acme: TroubledWorld) -> set[str]:
    acme.front.faults.clear()
    return set(await acme.hubspot.users()) - {"admin@acme.example"}


@dataclass
class Gate:
    """Answers a call in its own time: when the gate opens."""

    reached: asyncio.Event = field(default_factory=asyncio.Event)
    opened: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, scope: Any, receive: Any, send: Any, application: Any) -> None:
        self.reached.set()
        await self.opened.wait()
        await application(scope, receive, send)


class LongWait:
    """HubSpot lets nobody be created any more today, and the waits for tomorrow last until told otherwise."""

    def __init__(self, acme: TroubledWorld) -> None:
        self.begun = asyncio.Event()
        self.over = asyncio.Event()
        self._sleep = acme.clock.sleep
        acme.clock.sleep = self.sleep  # type: ignore[method-assign]
        acme.front.faults = [Fault(CREATE, rate_limit("DAILY"))]

    async def sleep(self, milliseconds: int) -> None:
        if milliseconds > 60_000:
            self.begun.set()
            await self.over.wait()
        await self._sleep(milliseconds)


def failed(trouble: Trouble, code: str) -> Failed:
    kind = FailureKind.HELD if trouble is Trouble.TENANT else FailureKind.RETRY
    return Failed(trouble=trouble, retry_as=kind, code=code, sentence=f"{code}.")


class ScriptedLink:
    """Answers changes by a script, in the order they come; readings take longer than any of them."""

    def __init__(self, account: Account, script: list[Outcome]) -> None:
        self._account = account
        self._script = script
        self._answers = len(script)
        self._all_answered = asyncio.Event()

    async def carry_out(
        self,
        change: Change,
        item: WorkItem,
        account: Account,
        cause: Cause,
        *,
        still_wanted: StillWanted,
        called_off: asyncio.Event,
    ) -> Outcome | Overtaken:
        outcome = self._script.pop(0)
        self._answers -= 1
        if not self._answers:
            self._all_answered.set()
        return outcome

    async def read_user(self, item: WorkItem, cause: Cause) -> Looked | Failed:
        raise NotImplementedError

    async def read_account(
        self, cause: Cause, *, seats: bool = False, crm: bool = False
    ) -> AccountReading | Failed:
        raise NotImplementedError

    async def read_lists(self, cause: Cause, *, seats: bool = False, crm: bool = False) -> Lists | Failed:
        await asyncio.wait_for(self._all_answered.wait(), PATIENCE_SECONDS)
        return Lists(self._account)

    async def read_users(self, after: str | None, cause: Cause, *, seats: bool = False) -> UsersPage | Failed:
        raise NotImplementedError

    async def read_records(self, after: str | None, cause: Cause) -> RecordsPage | Failed:
        raise NotImplementedError

    async def read_deactivated(self, after: str | None, cause: Cause) -> DeactivatedPage | Failed | None:
        raise NotImplementedError

    async def read_activity(self, since: int, cause: Cause) -> AccountActivity | Failed:
        raise NotImplementedError

    async def check(self, cause: Cause, *, crm: bool = False) -> dict[str, Any]:
        raise NotImplementedError


class ScriptedLinks:
    """Opens the scripted link, and no other."""

    def __init__(self, link: ScriptedLink) -> None:
        self._link = link

    def check_address(self, base_url: str) -> str:
        return base_url

    async def open(self, tenant_id: TenantId) -> ScriptedLink:
        return self._link

    async def trial(self, connection: object) -> ScriptedLink:
        return self._link


@pytest.mark.parametrize(
    ("troubles", "expected"),
    [
        ([Trouble.OUTDATED, Trouble.TENANT], HELD_TENANT),
        ([Trouble.TENANT, Trouble.CONNECTION], HELD_TENANT),
        ([Trouble.CONNECTION, Trouble.TENANT, Trouble.OUTDATED], HELD_TENANT),
        ([Trouble.CONNECTION, Trouble.OUTDATED], "CODE0"),
    ],
)
async def test_the_gravest_stop_is_the_one_that_is_remembered(
    acme: TroubledWorld, troubles: list[Trouble], expected: str
) -> None:
    await acme.go_live()
    for number in range(len(troubles)):
        await acme.add_user(f"user{number}@acme.example")
    before = await acme.gateway.store.setup.connection(acme.tenant_id)
    assert before is not None
    assert before.account is not None
    script: list[Outcome] = [failed(trouble, f"CODE{number}") for number, trouble in enumerate(troubles)]
    drain = Drain(acme.gateway.store, ScriptedLinks(ScriptedLink(before.account, script)), acme.clock)

    await asyncio.wait_for(drain(acme.tenant_id), PATIENCE_SECONDS)

    connection = await acme.gateway.store.setup.connection(acme.tenant_id)
    assert connection is not None
    assert expected == connection.trouble


async def test_nothing_decided_before_a_change_of_mode_leaves_after_the_wait_for_the_budget(
    acme: TroubledWorld,
) -> None:
    await acme.go_live()
    wait = LongWait(acme)
    for number in range(2 * AT_ONCE):
        await acme.add_user(f"user{number}@acme.example")
    drained = asyncio.create_task(acme.drain())
    await asyncio.wait_for(wait.begun.wait(), PATIENCE_SECONDS)
    begun = acme.clock.now()

    await acme.run("tenant.mode", tenant=TENANT, mode="plan")
    wait.over.set()
    await asyncio.wait_for(drained, PATIENCE_SECONDS)

    assert acme.clock.now() > begun
    assert [] == [moment for moment in await acme.calls() if moment > begun]


async def test_whoever_leaves_while_his_creation_waits_for_the_budget_is_never_created(
    acme: TroubledWorld,
) -> None:
    await acme.go_live()
    wait = LongWait(acme)
    people = [await acme.add_user(f"user{number}@acme.example") for number in range(2 * AT_ONCE)]
    drained = asyncio.create_task(acme.drain())
    await asyncio.wait_for(wait.begun.wait(), PATIENCE_SECONDS)
    begun = acme.clock.now()

    for person in people:
        await acme.set_user(person.id, "active", False)
    wait.over.set()
    await asyncio.wait_for(drained, PATIENCE_SECONDS)
    await acme.rest()

    assert acme.clock.now() > begun
    assert [] == [moment for moment in await acme.calls() if moment > begun]
    assert set() == await emails(acme)


async def test_a_rule_that_comes_between_the_set_up_and_the_rows_is_heeded(
    acme: TroubledWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    await acme.go_live()
    await acme.add_user("ada@acme.example", roles=[{"value": "Lead", "primary": True}])
    backlog = acme.gateway.store.backlog
    read = backlog.setup
    added: list[str] = []

    async def setup(tenant_id: TenantId, now: int) -> Setup | None:
        found = await read(tenant_id, now)
        if not added:
            added.append("Lead")
            await acme.run("rule.add", tenant=TENANT, role="Lead", permission_set="Manager")
        return found

    monkeypatch.setattr(backlog, "setup", setup)
    await acme.rest()

    assert "Manager" == (await acme.hubspot.users())["ada@acme.example"]["permission_set"]


async def test_a_running_drain_sends_nothing_to_the_account_that_was_left(
    acme: TroubledWorld, tmp_path: Path
) -> None:
    await acme.go_live()
    gate = Gate()
    acme.front.faults = [Fault(CREATE, gate, times=1)]
    await acme.add_user("ada@acme.example")
    drained = asyncio.create_task(acme.drain())
    await asyncio.wait_for(gate.reached.wait(), PATIENCE_SECONDS)
    first = acme.hubspot

    async with portal(tmp_path / "second", acme.clock) as second:
        acme.hubspot = second
        await acme.connect()
        await acme.add_user("late@acme.example")
        gate.opened.set()
        await asyncio.wait_for(drained, PATIENCE_SECONDS)

        assert "late@acme.example" not in await first.users()
        delivered = (await acme.delivery("ada@acme.example"))["access"]
        assert "none" == delivered, "an answer of the old account says nothing of the new one"


@pytest.mark.parametrize("status", [401, 403])
async def test_a_dead_scim_channel_stops_nobody_who_needs_only_the_api(
    acme: TroubledWorld, status: int
) -> None:
    await acme.go_live()
    ada = await acme.add_user("ada@acme.example")
    await acme.rest()
    acme.front.faults = [
        Fault(SCIM, refuse(status, {"status": str(status), "detail": "The token is not valid."}))
    ]
    await acme.set_user(ada.id, "active", False)
    await acme.drain()
    await acme.add_user("bob@acme.example")

    await acme.drain()

    shown = await acme.run("connection.show", tenant=TENANT)
    assert "SCIM channel" in shown["trouble"]
    delivery = await acme.delivery("ada@acme.example")
    assert "SCIM channel" in delivery["last_error"]
    assert {} == await acme.held()
    assert {"ada@acme.example", "bob@acme.example"} == await emails(acme)
    await acme.rest()
    assert not (await acme.hubspot.users())["ada@acme.example"]["active"]
    assert (await acme.run("connection.show", tenant=TENANT))["trouble"] is None


async def test_a_probe_that_fails_leaves_the_next_one_to_somebody_else(acme: TroubledWorld) -> None:
    await acme.go_live(deactivated="remove")
    ada = await acme.add_user("ada@acme.example")
    await acme.rest()
    forbidden = {"status": "error", "category": "MISSING_SCOPES", "message": "MISSING_SCOPES"}
    acme.front.faults = [Fault(r"DELETE .*", refuse(403, forbidden))]
    await acme.set_user(ada.id, "active", False)
    await acme.drain()
    await acme.add_user("bob@acme.example")

    for _ in range(4):
        acme.clock.leap(PROBE_EVERY)
        await acme.drain()

    assert "bob@acme.example" in await emails(acme)


async def test_a_shutdown_ends_while_hubspots_limit_is_closed(acme: TroubledWorld) -> None:
    await acme.go_live()
    wait = LongWait(acme)
    for number in range(2 * AT_ONCE):
        await acme.add_user(f"user{number}@acme.example")

    async def nobody() -> list[TenantId]:
        return []

    dispatcher = LocalDispatcher(acme.gateway.drain, nobody, acme.clock)
    dispatcher.wake(acme.tenant_id)
    await asyncio.wait_for(wait.begun.wait(), PATIENCE_SECONDS)

    await asyncio.wait_for(dispatcher.close(1_000), PATIENCE_SECONDS)


async def test_a_shutdown_settles_what_was_sent(acme: TroubledWorld) -> None:
    await acme.go_live()
    gate = Gate()
    acme.front.faults = [Fault(CREATE, gate, times=1)]
    await acme.add_user("ada@acme.example")
    drained = asyncio.create_task(acme.drain())
    await asyncio.wait_for(gate.reached.wait(), PATIENCE_SECONDS)

    drained.cancel()
    gate.opened.set()
    await asyncio.wait({drained}, timeout=PATIENCE_SECONDS)

    assert drained.cancelled()
    assert "active" == (await acme.delivery("ada@acme.example"))["access"]
