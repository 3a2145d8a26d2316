"""People, approvals and the plan over a real account: who may do what, and what comes of it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.hubspot.client import open_session
from syncline.portal import administration
from tests.integration.console.test_pages import scim
from tests.support.clock import AheadClock
from tests.support.console import Browser, Seen, World, console_world
from tests.support.world import TENANT, HubSpotAccount, portal

ADA, BOB, EVE = "ada@acme.example", "bob@acme.example", "eve@acme.example"


@dataclass
class Acme:
    """A tenant in plan mode whose account has Eve already, with an approver and a viewer."""

    world: World
    hubspot: HubSpotAccount
    clock: Any
    id: TenantId
    approver: Browser
    viewer: Browser

    def path(self, place: str) -> str:
        return f"/tenants/{self.id}/{place}"

    async def run(self, operation: str, **arguments: Any) -> dict[str, Any]:
        return await self.world.run(operation, tenant=TENANT, **arguments)

    async def drain(self) -> None:
        self.clock.leap(11_000)
        await self.world.gateway.drain(self.id)

    async def decided(self) -> Seen:
        """Return the page of the plan when nothing is worked on: a form does not wait for long work."""
        while (await self.run("plan.latest"))["under_way"]:  # noqa: ASYNC110 - pages tell nobody
            await asyncio.sleep(0.01)
        return await self.approver.open(self.path("plan"))


@pytest.fixture
async def acme(tmp_path: Path) -> AsyncIterator[Acme]:
    clock: Any = AheadClock()
    async with (
        portal(tmp_path / "portal", clock) as hubspot,
        open_session() as session,
        console_world(tmp_path, clock, session) as world,
    ):
        await world.owner()
        tenant = TenantId(await world.tenant(TENANT))
        await administration.add_user(
            hubspot.store, clock, TENANT, email=EVE, permission_set="Marketing User"
        )
        token = hubspot.credentials["access_token"]
        await world.run("connection.set", tenant=TENANT, base_url=hubspot.url, access_token=token)
        await world.run("policy.set", tenant=TENANT, deactivated="remove")
        await world.run("rule.add", tenant=TENANT, role="User", permission_set="Sales User")
        approver = await world.operator("pia@acme.example", "approver", TENANT)
        viewer = await world.operator("vic@acme.example", "viewer", TENANT)
        secret = (await world.run("token.create", tenant=TENANT))["token"]
        for name in (ADA, BOB, EVE):
            assert 201 == await scim(world, secret, name, roles=[{"value": "User"}])
        acme = Acme(world, hubspot, clock, tenant, approver, viewer)
        await acme.drain()
        yield acme


async def test_one_person_is_delivered_from_his_page_in_plan_mode(acme: Acme) -> None:
    seen = await acme.approver.open(acme.path(f"person?user={ADA}"))
    assert "The tenant is in plan mode" in seen.words
    assert "Sales User" in seen.words
    sent = acme.approver.send(acme.path("person/deliver"), user=ADA, because="a first try")
    waiting = asyncio.create_task(sent)
    while not waiting.done():  # the page waits until she is delivered
        await acme.drain()
    there = await acme.hubspot.users()

    assert "Sales User" == there[ADA]["permission_set"]
    assert BOB not in there


async def test_a_person_is_read_again_and_what_is_news_is_decided_about(acme: Acme) -> None:
    await acme.approver.open(acme.path(f"person?user={EVE}"))
    known = await acme.approver.send(acme.path("person/read"), user=EVE)
    await administration.change_user(acme.hubspot.store, acme.clock, TENANT, EVE, permission_set="Manager")
    await acme.approver.open(acme.path(f"person?user={EVE}"))
    news = await acme.approver.send(acme.path("person/read"), user=EVE)
    nobody = await acme.approver.send(acme.path("person/read"), user=BOB)

    assert "nothing has changed there" in known.words or "otherwise than was known" in known.words
    assert "something is otherwise than was known" in news.words
    assert "Manager" in news.words
    assert "is not at HubSpot" in nobody.words


async def test_the_plan_is_decided_as_work_and_agreed_to_in_part(acme: Acme) -> None:
    empty = await acme.viewer.open(acme.path("plan"))
    assert "Not decided yet" in empty.words
    begun = await acme.approver.open(acme.path("plan"))
    assert "There was no plan to show." in begun.words
    made = await acme.decided()
    assert re.search(r"Create\s+2\s", made.words)
    assert re.search(r"Adopt\s+1\s", made.words)
    expect = re.search(r'name="expect" value="([^"]+)"', made.text)
    assert expect is not None
    await acme.approver.send(acme.path("plan/approve"), scope="create", expect="0-other")
    assert "It was not done." in (await acme.decided()).words
    await acme.approver.send(
        acme.path("plan/approve"), scope="ticked", user=BOB, expect=expect[1], because="Bob first"
    )
    assert "Approved by pia@acme.example." in (await acme.decided()).words
    await acme.drain()
    there = await acme.hubspot.users()

    assert BOB in there
    assert ADA not in there


async def test_a_plan_there_is_is_not_decided_again_by_looking(acme: Acme) -> None:
    await acme.approver.open(acme.path("plan"))
    first = await acme.run("plan.latest")
    again = await acme.approver.open(acme.path("plan?kind=adopt"))
    seen = await acme.viewer.open(acme.path("plan"))
    asked = await acme.approver.send(acme.path("plan/begin"))

    assert ("There was no plan to show." in again.words, EVE in again.words) == (False, True)
    assert first["decided_at"] is not None
    assert all(re.search(r"Create\s+2\s", page.words) for page in (again, seen, asked))


async def test_before_there_is_a_connection_the_plan_leads_to_it(acme: Acme) -> None:
    other = await acme.world.run("tenant.create", name="other")
    owner = await acme.world.operator("otto@other.example", "owner", "other")
    seen = await owner.open(f"/tenants/{other['id']}/plan")

    assert "Connect HubSpot first" in seen.words
    assert "Decide about everybody" not in seen.words


async def test_the_plan_as_csv_has_everybody(acme: Acme) -> None:
    seen = await acme.approver.open(acme.path("plan/people.csv"))
    lines = seen.text.splitlines()

    assert lines[0].startswith("email,user_name")
    assert [ADA, BOB, EVE] == [line.split(",")[0] for line in lines[1:]]


async def test_adoptions_wait_in_the_inbox_and_who_agreed_is_recorded(acme: Acme) -> None:
    await acme.run("tenant.mode", mode="live")
    await acme.drain()
    seen = await acme.viewer.open(acme.path("approvals"))
    assert EVE in seen.words
    assert "Your role does not include approving." in seen.words
    await acme.approver.open(acme.path("approvals"))
    done = await acme.approver.send(acme.path("approvals/adopt"), user=EVE, because="she is ours")
    assert "Recorded under pia@acme.example." in done.words
    await acme.drain()
    there = await acme.hubspot.users()

    assert "Sales User" == there[EVE]["permission_set"]
    assert "Nothing waits for you" in (await acme.approver.open(acme.path("approvals"))).words


async def test_a_viewer_is_shown_why_but_no_form(acme: Acme) -> None:
    person = await acme.viewer.open(acme.path(f"person?user={ADA}"))
    assert "What the identity provider says" in person.words
    assert 'action="' + acme.path("person/") not in person.text
    refused = await acme.viewer.send(acme.path("person/read"), user=ADA)

    assert 403 == refused.status


async def test_people_are_narrowed_by_state_and_reason(acme: Acme) -> None:
    held = await acme.viewer.open(acme.path("people?state=held&reason=plan-mode"))
    step = await acme.viewer.open(acme.path("people?state=in-step"))
    nonsense = await acme.viewer.open(acme.path("people?state=nonsense&reason=x"))

    assert 2 == held.text.count('<th scope="row">')
    assert 0 == step.text.count('<th scope="row">')
    assert 3 == nonsense.text.count('<th scope="row">')


async def test_protecting_somebody_needs_the_right_to_set_up_and_says_why(acme: Acme) -> None:
    await acme.approver.open(acme.path(f"person?user={ADA}"))
    refused = await acme.approver.send(acme.path("person/protect"), user=ADA, email=ADA, reason="boss")
    owner = await acme.world.operator("olga@acme.example", "administrator", TENANT)
    await owner.open(acme.path(f"person?user={ADA}"))
    done = await owner.send(acme.path("person/protect"), user=ADA, email=ADA, reason="the boss")
    undone = await owner.send(acme.path("person/unprotect"), user=ADA, email=ADA)

    assert 403 == refused.status
    assert "Protected: nothing is changed at HubSpot." in done.words
    assert "the boss By olga@acme.example." in done.words
    assert "No longer protected." in undone.words


async def test_what_others_changed_is_accepted_or_enforced_field_by_field(acme: Acme) -> None:
    await acme.run("plan.approve")
    await acme.run("tenant.mode", mode="live")
    await acme.drain()
    await administration.change_user(acme.hubspot.store, acme.clock, TENANT, ADA, permission_set="Manager")
    await acme.run("reconcile.run")
    await acme.drain()
    listed = await acme.viewer.open(acme.path("drift"))
    of_names = await acme.viewer.open(acme.path("drift?field=first_name"))
    seen = await acme.viewer.open(acme.path(f"person?user={ADA}"))
    await acme.approver.open(acme.path(f"person?user={ADA}"))
    accepted = await acme.approver.send(acme.path("person/drift"), user=ADA, do="accept:permission_set")

    assert (ADA in listed.words, ADA in of_names.words) == (True, False)
    assert all(words in listed.words for words in ("permission set", "Manager", "Sales User"))
    assert "Changed at HubSpot by others" in seen.words
    assert ("reported: stays" in seen.words, "Enforce" in seen.words) == (True, False)
    assert "permission_set: stays as HubSpot has it." in accepted.words
    assert "accepted: stays" in accepted.words
