"""Real lives of people follow the state tables that are drawn into the reference, arrow by arrow."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from syncline.gateway.domain import care, delivery, health, leaving
from syncline.gateway.domain.states import follow
from syncline.gateway.domain.threshold import WINDOW
from tests.support.world import TENANT, World, world

EMAIL = "ada@acme.example"


@pytest.fixture
async def acme(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as made:
        yield made


async def states(acme: World, user: str = EMAIL) -> tuple[str, str]:
    shown = await acme.run("users.show", tenant=TENANT, user=user)
    return shown["leaving"], shown["care"]


def arrows(table: Sequence[Any]) -> set[tuple[str, str]]:
    return {(arrow.state.value, arrow.next_state.value) for arrow in table}


def steps(seen: Sequence[str]) -> set[tuple[str, str]]:
    return {(before, after) for before, after in pairwise(seen) if before != after}


@pytest.mark.parametrize(
    "table",
    [care.TRANSITIONS, delivery.TRANSITIONS, health.TRANSITIONS, leaving.TRANSITIONS],
    ids=["care", "delivery", "health", "leaving"],
)
def test_an_event_leads_to_one_place_and_every_state_is_reached(table: Sequence[Any]) -> None:
    pairs = [(arrow.state, arrow.event) for arrow in table]
    states: Any = type(table[0].state)
    events: Any = type(table[0].event)
    reached = {arrow.state for arrow in table} | {arrow.next_state for arrow in table}
    happening = {arrow.event for arrow in table}

    assert len(pairs) == len(set(pairs))
    assert list(states) == [each for each in states if each in reached]
    assert list(events) == [each for each in events if each in happening]
    assert [arrow.next_state for arrow in table] == [follow(table, *pair) for pair in pairs]


async def test_a_staged_leaver_goes_the_way_of_the_table(acme: World) -> None:
    await acme.go_live(deletion_threshold=0)
    ada = await acme.add_user(EMAIL)
    await acme.drain()
    seen = [(await states(acme))[0]]

    async def see(drains: int = 0) -> None:
        for _ in range(drains):
            await acme.drain()
        seen.append((await states(acme))[0])

    await acme.set_user(ada.id, "active", False)
    await see()
    await see(drains=1)
    await acme.run("leavers.release", tenant=TENANT, user=EMAIL)
    await see()
    await see(drains=1)
    await acme.set_user(ada.id, "active", True)
    await see(drains=1)
    acme.clock.leap(2 * WINDOW)  # in one window everybody counts once
    await acme.set_user(ada.id, "active", False)
    await see(drains=1)
    await acme.set_user(ada.id, "active", True)
    await see(drains=1)

    assert ["stays", "leaves", "staged", "released", "left", "stays", "staged", "stays"] == seen
    through = {("stays", "staged")}  # two arrows between two looks
    assert steps(seen) - through <= arrows(leaving.TRANSITIONS)


async def test_a_word_given_to_a_leaver_who_comes_back_is_forgotten(acme: World) -> None:
    await acme.go_live(deletion_threshold=0)
    ada = await acme.add_user(EMAIL)
    await acme.drain()
    await acme.set_user(ada.id, "active", False)
    await acme.drain()
    await acme.run("leavers.release", tenant=TENANT, user=EMAIL)
    await acme.set_user(ada.id, "active", True)
    await acme.drain()
    await acme.set_user(ada.id, "active", False)
    await acme.drain()

    assert "staged" == (await states(acme))[0]


async def test_a_created_user_goes_the_way_of_the_table(acme: World) -> None:
    await acme.go_live(deactivated="remove")
    ada = await acme.add_user(EMAIL)
    seen = [(await states(acme))[1]]
    for change in (None, False, True):
        if change is not None:
            await acme.set_user(ada.id, "active", change)
        await acme.drain()
        seen.append((await states(acme))[1])

    assert ["absent", "created", "removed", "created"] == seen
    assert steps(seen) <= arrows(care.TRANSITIONS)


async def test_an_adopted_user_goes_the_way_of_the_table(acme: World) -> None:
    await acme.hubspot.call("POST", "/settings/users/2026-03", {"email": EMAIL})
    await acme.go_live(approve=False, deactivated="remove")
    ada = await acme.add_user(EMAIL, name={"givenName": "Ada", "familyName": "Lovelace"})
    await acme.drain()
    seen = [(await states(acme))[1]]
    await acme.drain()
    seen.append((await states(acme))[1])
    await acme.run("plan.approve", tenant=TENANT)
    await acme.drain()
    seen.append((await states(acme))[1])
    await acme.set_user(ada.id, "active", False)
    await acme.drain()
    seen.append((await states(acme))[1])

    assert ["found", "adopted", "removed"] == list(dict.fromkeys(seen))
    assert steps(seen) <= arrows(care.TRANSITIONS)
