"""A tenant of many people is gone through in a process beside the server, which is ended when nobody waits for it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from syncline.bootstrap.beside import Beside
from syncline.gateway.domain.account import AccountUser
from syncline.gateway.services.comparing import Comparison
from syncline.gateway.services.planned import Page, Planner
from syncline.gateway.services.trying import PeopleThere, packed
from syncline.gateway.services.walking import Here, tallied
from syncline.sql.errors import StoreUnavailable
from tests.support.tallies import Broken, Keys, Surroundings, Talkative
from tests.support.world import TENANT, World

ADA, BOB, CYD = "ada@acme.example", "bob@acme.example", "cyd@acme.example"


@pytest.fixture(autouse=True)
def tests_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let another process find the tallies of the tests."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))


@pytest.fixture
def database(acme_url: str | None, tmp_path: Path) -> str:
    return acme_url or f"sqlite:///{tmp_path / 'gateway' / 'gateway.db'}"


@pytest.fixture
async def beside(acme: World, database: str) -> Beside:
    """Three people who are many."""
    for name in (CYD, ADA, BOB):
        await acme.add_user(name)
    return Beside(acme.gateway.store.backlog, database, 1, few=3)


@pytest.mark.each_database
async def test_a_plan_of_another_process_is_the_same_plan(acme: World, beside: Beside) -> None:
    await acme.run("rule.add", tenant=TENANT, attribute="userName", equals=ADA, permission_set="Manager")
    setup = await acme.gateway.store.backlog.setup(acme.tenant_id, acme.clock.now())
    assert setup is not None
    make = partial(Planner, setup, 10, frozenset(), indexed=True)

    there = await tallied(beside, acme.tenant_id, make)
    here = await tallied(Here(acme.gateway.store.backlog), acme.tenant_id, make)

    assert {"create": [ADA, BOB, CYD]} == there.keys
    assert (here.shown(), here.people) == (there.shown(), there.people)


@pytest.mark.each_database
async def test_a_page_of_one_kind_ends_where_the_next_one_begins(acme: World, beside: Beside) -> None:
    setup = await acme.gateway.store.backlog.setup(acme.tenant_id, acme.clock.now())
    assert setup is not None
    make = partial(Page, setup, 1, frozenset({"create"}))

    pages = [await tallied(beside, acme.tenant_id, make, after=after) for after in ("", ADA, BOB)]

    assert [([ADA], True), ([BOB], True), ([CYD], False)] == [
        ([each["email"] for each in page.people], page.more) for page in pages
    ]


@pytest.mark.parametrize("another", [True, False])
async def test_people_are_compared_there_with_another_account(
    acme: World, beside: Beside, another: bool
) -> None:
    setup = await acme.gateway.store.backlog.setup(acme.tenant_id, acme.clock.now())
    assert setup is not None
    users = [AccountUser(hubspot_id=str(number), email=name) for number, name in enumerate((ADA, CYD))]
    people = PeopleThere(await packed(users), another=another)
    make = partial(Comparison, setup, setup, 10, seen=people.seen)

    there = await tallied(beside, acme.tenant_id, make)
    here = await tallied(Here(acme.gateway.store.backlog), acme.tenant_id, make)

    assert here.shown() == there.shown()
    assert [(ADA, "adopt"), (CYD, "adopt")] == [
        (each["email"], each["after"]["kind"]) for each in there.people
    ]


async def test_everybody_comes_in_order_and_progress_is_told(acme: World, beside: Beside) -> None:
    told: list[Mapping[str, Any]] = []
    async with aclosing(beside.through(acme.tenant_id, Keys, told.append)) as pieces:
        found = [piece async for piece in pieces]

    assert [ADA, BOB, CYD, 3] == found
    assert [{"stage": "Deciding", "done": 3, "total": 3}] == told


async def test_few_people_are_gone_through_here(acme: World, database: str) -> None:
    beside = Beside(acme.gateway.store.backlog, database, 1, few=1)
    assert os.getpid() == (await tallied(beside, acme.tenant_id, Surroundings))["pid"]
    await acme.add_user(ADA)

    assert os.getpid() != (await tallied(beside, acme.tenant_id, Surroundings))["pid"]


async def test_nothing_secret_is_handed_over_where_others_could_see_it(
    acme: World, beside: Beside, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYNCLINE_SECRET_KEY", "open sesame")
    found = await tallied(beside, acme.tenant_id, Surroundings)

    assert [] == [each for each in found["arguments"] if database in each]
    assert [] == [name for name in found["environment"] if name.startswith("SYNCLINE_")]


async def test_a_process_ends_when_nobody_waits_for_more(acme: World, beside: Beside) -> None:
    async with aclosing(beside.through(acme.tenant_id, Talkative)) as pieces:
        pid = await anext(pieces)
        os.kill(pid, 0)

    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert 3 == len([piece async for piece in beside.through(acme.tenant_id, Keys)][:-1])


async def test_a_process_that_breaks_is_told_as_the_store_not_being_there(
    acme: World, beside: Beside, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(StoreUnavailable, match="Going through everybody was broken off"):
        await tallied(beside, acme.tenant_id, Broken)

    assert f"ValueError: {ADA}" in capfd.readouterr().err
