"""What every store promises of askings for a grant and of the tokens of grants."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from syncline.gateway.domain.authorization import LIFE, Authorization, AuthorizationState
from syncline.gateway.domain.grant import OAuthGrant, TokenPair
from syncline.gateway.domain.tenant import TenantId, TenantMode
from syncline.gateway.services.ports import Cause
from tests.support.acme import START, Acme, connection

STATE, OTHER = "s" * 43, "o" * 43


def asking(acme: Acme, **changes: Any) -> Authorization:
    given: dict[str, Any] = {
        "id": "a1",
        "tenant_id": acme.id,
        "base_url": "https://api.hubapi.com",
        "redirect_uri": "https://sync.example.com/oauth/callback",
        "client_id": "app",
        "client_secret": "secret",
        "code_verifier": "verifier",
        "begun_at": START,
        "begun_by": "anna",
        "expires_at": START + LIFE,
    }
    return Authorization(**{**given, **changes})


def pair(number: int) -> TokenPair:
    return TokenPair(
        access_token=f"access-{number}",
        refresh_token=f"refresh-{number}",
        obtained_at=START + number,
        expires_at=START + number + 1_800_000,
    )


def grant(**changes: Any) -> OAuthGrant:
    made = OAuthGrant(
        grant_id="a1",
        client_id="app",
        client_secret="secret",
        tokens=pair(1),
        scopes=("oauth", "settings.users.read"),
        holder="Ada@acme.example",
        holder_id="12",
    )
    return replace(made, **changes)


async def connected(acme: Acme, **changes: Any) -> OAuthGrant:
    granted = grant(**changes)
    link = replace(connection(acme.id), credential=granted)
    await acme.store.setup.set_connection(link, acme.actor)
    return granted


async def credential(acme: Acme) -> object:
    found = await acme.store.setup.connection(acme.id)
    return None if found is None else found.credential


async def test_an_asking_is_found_by_its_state_once(acme: Acme) -> None:
    await acme.store.grants.begin(asking(acme), STATE, acme.actor)

    assert asking(acme) == await acme.store.grants.claim(STATE, START)
    assert None is await acme.store.grants.claim(STATE, START)


async def test_a_state_nobody_gave_out_finds_nothing(acme: Acme) -> None:
    await acme.store.grants.begin(asking(acme), STATE, acme.actor)

    assert None is await acme.store.grants.claim(OTHER, START)
    assert asking(acme) == await acme.store.grants.claim(STATE, START)


async def test_an_asking_is_not_found_once_it_has_expired(acme: Acme) -> None:
    await acme.store.grants.begin(asking(acme), STATE, acme.actor)

    assert None is await acme.store.grants.claim(STATE, START + LIFE)
    assert asking(acme) == await acme.store.grants.claim(STATE, START + LIFE - 1)


async def test_a_later_asking_takes_the_place_of_the_last(acme: Acme) -> None:
    await acme.store.grants.begin(asking(acme), STATE, acme.actor)
    await acme.store.grants.begin(asking(acme, id="a2"), OTHER, acme.actor)

    assert None is await acme.store.grants.claim(STATE, START)
    assert asking(acme, id="a2") == await acme.store.grants.claim(OTHER, START)


async def test_what_became_of_an_asking_is_remembered_without_its_secrets(acme: Acme) -> None:
    await acme.store.grants.begin(asking(acme), STATE, acme.actor)
    await acme.store.grants.settle(acme.id, "a1", AuthorizationState.FAILED, "why")

    told = asking(
        acme, client_secret=None, code_verifier="", outcome=AuthorizationState.FAILED, sentence="why"
    )
    assert told == await acme.store.grants.authorization(acme.id)
    assert None is await acme.store.grants.claim(STATE, START)


async def test_the_outcome_of_an_asking_that_was_replaced_is_not_that_of_the_next(acme: Acme) -> None:
    await acme.store.grants.begin(asking(acme, id="a2"), STATE, acme.actor)

    await acme.store.grants.settle(acme.id, "a1", AuthorizationState.CONNECTED, "")

    assert asking(acme, id="a2") == await acme.store.grants.claim(STATE, START)


async def test_a_tenant_that_never_asked_has_no_asking(acme: Acme) -> None:
    assert None is await acme.store.grants.authorization(acme.id)


async def test_a_grant_comes_back_as_it_was_kept(acme: Acme) -> None:
    assert await connected(acme) == await credential(acme)


async def test_whoever_granted_is_part_of_what_decisions_depend_on(acme: Acme) -> None:
    await connected(acme)

    setup = await acme.store.backlog.setup(acme.id, START)

    assert "ada@acme.example" == (setup and setup.grant_holder)


async def test_renewed_tokens_take_the_place_of_the_old(acme: Acme) -> None:
    before = await connected(acme)

    assert await acme.store.grants.keep_tokens(acme.id, "a1", pair(2))

    assert replace(before, tokens=pair(2)) == await credential(acme)


@pytest.mark.parametrize("ask", ["another grant", "a static token", "no connection"])
async def test_tokens_of_a_grant_that_is_gone_are_not_kept(acme: Acme, ask: str) -> None:
    if ask == "another grant":
        await connected(acme, grant_id="a2")
    elif ask == "a static token":
        await acme.store.setup.set_connection(connection(acme.id), acme.actor)
    before = await credential(acme)

    assert not await acme.store.grants.keep_tokens(acme.id, "a1", pair(2))

    assert before == await credential(acme)


async def test_saving_a_connection_again_does_not_bring_back_tokens_that_were_renewed(acme: Acme) -> None:
    before = await connected(acme)
    await acme.store.grants.keep_tokens(acme.id, "a1", pair(2))

    await connected(acme)

    assert replace(before, tokens=pair(2)) == await credential(acme)


async def test_a_new_grant_brings_its_own_tokens(acme: Acme) -> None:
    await connected(acme)

    fresh = await connected(acme, grant_id="a2", tokens=pair(3))

    assert fresh == await credential(acme)


async def test_the_end_of_a_grant_is_trouble_of_the_connection_and_told_once(acme: Acme) -> None:
    before = await connected(acme)

    for _ in range(2):
        await acme.store.grants.end(acme.id, "a1", "RECONNECT_NEEDED", "over", Cause(START, "c"))

    link = await acme.store.setup.connection(acme.id)
    assert link is not None
    assert (replace(before, ended=True), "RECONNECT_NEEDED", "over") == (
        link.credential,
        link.trouble,
        link.trouble_detail,
    )
    events = await acme.store.journal.events(acme.id, subject=None, kind="connection.", before=None, limit=9)
    assert ["connection.trouble"] == [event.kind for event in events]


async def test_the_late_end_of_an_old_grant_does_not_touch_the_new_one(acme: Acme) -> None:
    await connected(acme, grant_id="a2")

    await acme.store.grants.end(acme.id, "a1", "RECONNECT_NEEDED", "over", Cause(START, "c"))

    link = await acme.store.setup.connection(acme.id)
    assert (grant(grant_id="a2"), None) == (link and link.credential, link and link.trouble)


async def test_disconnecting_forgets_credentials_account_and_approval(acme: Acme) -> None:
    await connected(acme)
    await acme.store.setup.approve_plan(acme.id, {}, acme.actor)

    await acme.store.grants.disconnect(acme.id, acme.actor, {"portal_id": 7})

    tenant = await acme.store.setup.tenant(acme.id)
    assert tenant is not None
    assert (TenantMode.COLLECTING, None, None) == (
        tenant.mode,
        tenant.plan_approved_at,
        await credential(acme),
    )
    other = TenantId("other")
    await acme.store.setup.create_tenant(other, "other", acme.actor)
    await acme.store.setup.set_connection(connection(other), acme.actor)


async def test_disconnecting_what_is_not_connected_changes_nothing(acme: Acme) -> None:
    before = await acme.store.setup.tenant(acme.id)

    await acme.store.grants.disconnect(acme.id, acme.actor, {})

    assert before == await acme.store.setup.tenant(acme.id)


async def test_of_many_who_bring_the_same_answer_one_is_heard(acme: Acme) -> None:
    await acme.store.grants.begin(asking(acme), STATE, acme.actor)

    heard = await asyncio.gather(*(acme.store.grants.claim(STATE, START) for _ in range(20)))

    assert [asking(acme)] == [each for each in heard if each is not None]


async def test_nothing_of_a_grant_crosses_to_another_tenant(acme: Acme) -> None:
    other = await Acme(acme.store, TenantId("t2")).found("other")
    await acme.store.setup.set_connection(
        replace(connection(other.id), portal_id=4712, credential=grant(tokens=pair(7))), other.actor
    )
    await connected(acme)
    await acme.store.grants.begin(asking(acme), STATE, acme.actor)

    await other.store.grants.begin(asking(other, id="a1"), OTHER, other.actor)
    await other.store.grants.settle(other.id, "a1", AuthorizationState.FAILED, "why")
    assert await other.store.grants.keep_tokens(other.id, "a1", pair(8))
    await other.store.grants.disconnect(other.id, other.actor, {})

    assert grant() == await credential(acme)
    last = await acme.store.grants.authorization(acme.id)
    assert last is not None
    assert AuthorizationState.WAITING is last.state_at(START)
    assert asking(acme) == await acme.store.grants.claim(STATE, START)
