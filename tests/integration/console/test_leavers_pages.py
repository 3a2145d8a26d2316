"""Leavers in the console: kept with an owner and an end, given back what they lost, or let go now."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from syncline.clock import Milliseconds
from syncline.gateway.services.showing import moment
from tests.integration.console.test_people_pages import ADA, BOB, Acme, acme
from tests.support.console import Browser, Seen

__all__ = ["acme"]
DAY: Milliseconds = 86_400_000


@pytest.fixture
async def leaver(acme: Acme) -> Acme:
    """Everybody is at HubSpot, the brake lets nobody go by himself, and Ada is deactivated in the directory."""
    await acme.run("plan.approve")
    await acme.run("tenant.mode", mode="live")
    await acme.drain()
    await acme.run("policy.set", deletion_threshold=0)
    await leave(acme, ADA)
    return acme


async def leave(acme: Acme, name: str) -> None:
    """Have the identity provider deactivate somebody."""
    user = (await acme.run("users.show", user=name))["id"]
    token = (await acme.run("token.create"))["token"]
    body = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "replace", "path": "active", "value": False}],
    }
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session,
        session.patch(f"{acme.world.base}/scim/v2/Users/{user}", json=body) as answer,
    ):
        assert 200 == answer.status
    await acme.drain()


async def on_page(acme: Acme, browser: Browser, name: str) -> Seen:
    return await browser.open(acme.path(f"person?user={name}"))


def days_ahead(acme: Acme, days: int) -> str:
    return str(moment(acme.clock.now() + days * DAY))[:10]


async def leaving(acme: Acme, name: str) -> str:
    return str((await acme.run("users.show", user=name))["leaving"])


async def test_a_staged_leaver_is_kept_with_an_owner_and_an_end(leaver: Acme) -> None:
    seen = await on_page(leaver, leaver.approver, ADA)
    until = days_ahead(leaver, 3)
    done = await leaver.approver.send(
        leaver.path("person/keep"), user=ADA, do="keep", until=until, because="handover", owner="Grace"
    )
    await leaver.drain()
    listed = await leaver.approver.open(leaver.path("approvals"))
    await leaver.drain()

    assert "Keep until a date" in seen.words
    assert f"{ADA} is kept" in done.words
    assert "kept" == await leaving(leaver, ADA)
    assert all(
        words in listed.words for words in ("Kept, although they have left", "in force", "Grace", "handover")
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"until": "", "because": "handover"}, "Say the last day."),
        ({"until": "2000-01-01", "because": "handover"}, "has passed already"),
        ({"until": "soon", "because": "handover"}, "is no date"),
        ({"until": "2000-01-01", "because": ""}, "Say why"),
    ],
)
async def test_an_exception_that_lacks_something_is_shown_again_as_it_was_sent(
    leaver: Acme, given: dict[str, Any], said: str
) -> None:
    await on_page(leaver, leaver.approver, ADA)
    seen = await leaver.approver.send(leaver.path("person/keep"), user=ADA, do="keep", owner="Grace", **given)

    assert (422, True, True) == (seen.status, said in seen.words, 'value="Grace"' in seen.text)
    assert "staged" == await leaving(leaver, ADA)


async def test_an_exception_is_ended_and_the_leaver_let_go_now(leaver: Acme) -> None:
    await on_page(leaver, leaver.approver, ADA)
    until = days_ahead(leaver, 3)
    await leaver.approver.send(leaver.path("person/keep"), user=ADA, until=until, because="handover")
    await leaver.drain()
    ended = await leaver.approver.send(leaver.path("person/end-exception"), user=ADA)
    await leaver.drain()
    again = await on_page(leaver, leaver.approver, ADA)
    gone = await leaver.approver.send(leaver.path("person/let-go"), user=ADA, because="done")
    await leaver.drain()

    assert "The exception is ended" in ended.words
    assert "Deactivate now" in again.words
    assert "On the way out" in gone.words
    assert "left" == await leaving(leaver, ADA)


async def test_who_lost_access_is_given_it_back_for_a_while(leaver: Acme) -> None:
    await leaver.run("leavers.release", user=ADA)
    await leaver.drain()
    listed = await leaver.approver.open(leaver.path("approvals"))
    seen = await on_page(leaver, leaver.approver, ADA)
    done = await leaver.approver.send(
        leaver.path("person/keep"), user=ADA, do="restore", until=days_ahead(leaver, 1), because="filter"
    )
    await leaver.drain()

    assert "Lost access within the last day" in listed.words
    assert "Give access back" in seen.words
    assert "gets back what leaving has taken" in done.words
    assert ADA in await leaver.hubspot.shown()


async def test_a_viewer_sees_the_exceptions_but_no_form(leaver: Acme) -> None:
    await leaver.run("leavers.keep", user=ADA, until=days_ahead(leaver, 2), because="handover")
    await leaver.drain()
    page = await on_page(leaver, leaver.viewer, ADA)
    listed = await leaver.viewer.open(leaver.path("approvals"))
    refused = await leaver.viewer.send(leaver.path("person/end-exception"), user=ADA)

    assert "An exception keeps what is there" in page.words
    assert ("End now" in listed.words, "in force" in listed.words) == (False, True)
    assert 403 == refused.status


async def test_nobody_who_stays_is_offered_to_be_kept(leaver: Acme) -> None:
    seen = await on_page(leaver, leaver.approver, BOB)

    assert "Keep until a date" not in seen.words
