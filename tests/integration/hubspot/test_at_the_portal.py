"""The conversations held with a HubSpot-compatible account over HTTP: a whole life, under every undocumented behaviour.

What HubSpot leaves undocumented is a flag of the portal's account; the result must be the same under each, and the
figures here are the calls each kind of change costs.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import pytest

from syncline.clock import ManualClock
from syncline.gateway.domain.account import Account, AccountUser
from syncline.gateway.domain.change import NO_TEAM, Change, ChangeKind
from syncline.gateway.domain.delivery import Access
from syncline.gateway.hubspot.account import AccountReading, read_account
from syncline.gateway.hubspot.addresses import check_base_url
from syncline.gateway.hubspot.call import Call, Channel
from syncline.gateway.hubspot.check import check_connection
from syncline.gateway.hubspot.client import HubSpotClient, Target, open_session
from syncline.gateway.hubspot.conversation import WAITS_FOR_SIGN_IN, converse
from syncline.gateway.hubspot.failures import FailureKind
from syncline.gateway.hubspot.outcome import Delivered, Existing, Failed, Outcome
from syncline.gateway.hubspot.talk import Conversation
from syncline.gateway.hubspot.tokens import StaticTokens
from syncline.portal import administration
from syncline.portal.store.store import Store
from syncline.portal.web.application import create_application
from syncline.portal.web.call import Surroundings
from tests.support.databases import new_portal
from tests.support.serving import serve

T = TypeVar("T")
EMAIL, NEW_EMAIL = "ada@acme.example", "ada.king@acme.example"


@dataclass(slots=True)
class World:
    """A portal, and a client of its one account."""

    store: Store
    clock: ManualClock
    session: aiohttp.ClientSession
    base_url: str
    opened: dict[str, Any]
    calls: list[Call] = field(default_factory=list)

    def client(self, *, scim: bool = True) -> HubSpotClient:
        targets = {Channel.API: Target(self.base_url, StaticTokens(self.opened["access_token"]))}
        if scim:
            targets[Channel.SCIM] = Target(
                self.opened["scim_base_url"], StaticTokens(self.opened["scim_token"])
            )
        return HubSpotClient(self.session, self.clock, targets, partial(check_base_url, allow_private=True))

    async def hold(self, talk: Conversation[T]) -> T:
        self.calls = []
        client = self.client()
        try:
            call = next(talk)
            while True:
                self.calls.append(call)
                await self.clock.advance(100)
                call = talk.send(await client.send(call))
        except StopIteration as end:
            result: T = end.value
            return result

    async def read(self) -> AccountReading:
        reading = await self.hold(read_account())
        assert isinstance(reading, AccountReading), reading
        return reading

    async def carry_out(self, change: Change, known: AccountUser | None, account: Account) -> Outcome:
        return await self.hold(converse(change, known=known, account=account))

    async def flag(self, **settings: Any) -> None:
        await administration.change_account(self.store, self.clock, "acme", **settings)

    async def shown(self, email: str = EMAIL) -> dict[str, Any]:
        return await administration.show_user(self.store, self.clock, "acme", email)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    clock = ManualClock()
    addresses: list[str] = []
    async with new_portal(tmp_path) as store:
        application = create_application(Surroundings(store, clock, lambda: addresses[0]))
        async with serve(application) as base_url, open_session() as session:
            addresses.append(base_url)
            opened = await administration.open_account(
                store, clock, name="acme", address=base_url, with_scim=True
            )
            yield World(store, clock, session, base_url, opened)


class Life:
    """One person's changes in order, each from what the last one left."""

    def __init__(self, world: World, account: Account) -> None:
        self.world = world
        self.account = account
        self.known: AccountUser | None = None
        self.hubspot_id: str | None = None
        self.scim_id: str | None = None
        self.spent: dict[str, int] = {}

    def set_id(self, name: str) -> str:
        return self.account.permission_sets_named(name)[0].id

    async def goes_through(self, kind: ChangeKind, step: str = "", **fields: Any) -> Delivered:
        email = self.known.email if self.known else EMAIL
        change = Change(
            kind=kind, hubspot_id=self.hubspot_id, scim_id=self.scim_id, **({"email": email} | fields)
        )
        outcome = await self.world.carry_out(change, self.known, self.account)
        assert isinstance(outcome, Delivered), outcome
        self.known, self.hubspot_id, self.scim_id = outcome.user, outcome.hubspot_id, outcome.scim_id
        self.spent[step or kind.value] = len(self.world.calls)
        return outcome


UNDOCUMENTED = [
    {},
    {"duplicate_create": "400"},
    {"deactivated_listed": "off"},
    {"removed_owners_archived": "on"},
    {"scim_names_read_only": "off"},
    {"scim_permissions_read_only": "on"},
    {"scim_matches_members": "off"},
]


@pytest.mark.parametrize("flags", UNDOCUMENTED, ids=lambda flags: "-".join(flags) or "as guessed")
async def test_a_whole_life_ends_alike_under_every_undocumented_behaviour(
    world: World, flags: dict[str, str]
) -> None:
    await world.flag(flags=flags)
    life = Life(world, (await world.read()).account)
    teams = [team.id for team in life.account.teams]

    await life.goes_through(
        ChangeKind.CREATE,
        first_name="Ada",
        last_name="Byron",
        permission_set_id=life.set_id("Sales User"),
        primary_team_id=teams[0],
        secondary_team_ids=(teams[1],),
    )
    born = await world.shown()
    await life.goes_through(ChangeKind.UPDATE, first_name="Augusta", primary_team_id=teams[2])
    await life.goes_through(ChangeKind.UPDATE, "update nothing", first_name="Augusta")
    await life.goes_through(ChangeKind.DEACTIVATE, "first deactivate")
    away = await world.shown()
    await life.goes_through(
        ChangeKind.REACTIVATE, "reactivate and move", permission_set_id=life.set_id("Manager")
    )
    await life.goes_through(
        ChangeKind.RENAME, email=NEW_EMAIL, renamed_from=EMAIL, last_name="King", access_after=Access.ACTIVE
    )
    renamed = await world.shown(NEW_EMAIL)
    await life.goes_through(ChangeKind.DEACTIVATE)
    await life.goes_through(ChangeKind.REACTIVATE)
    await life.goes_through(
        ChangeKind.STRIP,
        permission_set_id=life.set_id("Standard User"),
        primary_team_id=NO_TEAM,
        secondary_team_ids=(),
    )
    stripped = await world.shown(NEW_EMAIL)
    await life.goes_through(ChangeKind.REMOVE)
    again = await life.goes_through(ChangeKind.CREATE, "create again", email=NEW_EMAIL)

    assert (born["standing"], born["permission_sets"]) == ("active", ["Sales User"])
    assert (away["standing"], away["permission_sets"], away["first_name"]) == (
        "deactivated",
        ["Sales User"],
        "Augusta",
    )
    assert (renamed["standing"], renamed["permission_sets"], renamed["last_name"]) == (
        "active",
        ["Manager"],
        "King",
    )
    assert renamed["id"] == born["id"] == again.hubspot_id
    assert (stripped["permission_sets"], stripped["primary_team"], stripped["secondary_teams"]) == (
        ["Standard User"],
        None,
        [],
    )
    read_only = flags == {"scim_permissions_read_only": "on"}
    assert life.spent == {
        "create": 1,
        "update": 1,
        "update nothing": 0,
        "first deactivate": 4,
        "reactivate and move": 4 if read_only else 2,
        "rename": 1,
        "deactivate": 1,
        "reactivate": 1,
        "strip": 3 if read_only else 1,
        "remove": 1,
        "create again": 1,
    }


async def test_a_create_that_meets_somebody_changes_nothing(world: World) -> None:
    await administration.add_user(world.store, world.clock, "acme", email=EMAIL, first_name="Ada")
    account = (await world.read()).account
    for flag in ("409", "400"):
        await world.flag(flags={"duplicate_create": flag})
        outcome = await world.carry_out(
            Change(kind=ChangeKind.CREATE, email=EMAIL, first_name="X"), None, account
        )

        assert isinstance(outcome, Existing)
        assert (outcome.user.first_name, outcome.user.active, len(world.calls)) == ("Ada", True, 3)


async def test_names_wait_for_an_invite_that_nobody_has_accepted(world: World) -> None:
    await world.flag(invites="never")
    life = Life(world, (await world.read()).account)
    await life.goes_through(ChangeKind.CREATE, first_name="Ada")
    outcome = await life.goes_through(
        ChangeKind.UPDATE, first_name="Augusta", permission_set_id=life.set_id("Manager")
    )

    assert (outcome.notes, life.spent["update"]) == ((WAITS_FOR_SIGN_IN,), 2)
    assert (await world.shown())["permission_sets"] == ["Manager"]


async def test_a_set_renamed_behind_our_back_holds_the_tenant_before_anybody_loses_access(
    world: World,
) -> None:
    life = Life(world, (await world.read()).account)
    await life.goes_through(ChangeKind.CREATE, permission_set_id=life.set_id("Manager"))
    renamed = tuple(
        replace(each, name="Boss") if each.name == "Manager" else each
        for each in life.account.permission_sets
    )
    stale = replace(life.account, permission_sets=renamed)
    change = Change(kind=ChangeKind.DEACTIVATE, email=EMAIL, hubspot_id=life.hubspot_id)
    outcome = await world.carry_out(change, life.known, stale)

    assert isinstance(outcome, Failed)
    assert (outcome.failure.kind, len(world.calls)) == (FailureKind.HELD_TENANT, 3)
    assert (await world.shown())["standing"] == "active"


async def test_an_account_without_permission_sets_is_read_and_worked_with(world: World) -> None:
    await world.flag(flags={"roles_available": "off"})
    life = Life(world, (await world.read()).account)
    await life.goes_through(ChangeKind.CREATE, first_name="Ada")

    assert not life.account.has_permission_sets
    assert (await world.shown())["standing"] == "active"


async def test_a_reading_tells_who_is_deactivated(world: World) -> None:
    await administration.add_user(world.store, world.clock, "acme", email=EMAIL)
    await administration.set_access(world.store, world.clock, "acme", EMAIL, active=False)
    reading = await world.read()

    assert {user.email: user.active for user in reading.users}[EMAIL] is False
    assert [call.purpose for call in world.calls][-1] == "owners.list"


async def test_the_check_of_a_whole_connection_finds_nothing_missing_and_changes_nothing(
    world: World,
) -> None:
    before = (await world.read()).users
    report = await world.hold(check_connection(tuple(Channel)))

    assert report.missing == ()
    assert [each.ok for each in report.channels] == [True, True]
    assert (report.same_account, report.calls_spent, len(world.calls)) == (True, 9, 9)
    assert report.limits is not None
    assert report.limits.maximum == 190
    assert (await world.read()).users == before


async def test_the_check_names_what_stands_against_scim(world: World) -> None:
    await world.flag(sso=False)
    report = await world.hold(check_connection(tuple(Channel)))

    assert [each.ok for each in report.channels] == [True, False]
    assert any("single sign-on" in sentence for sentence in report.missing)
