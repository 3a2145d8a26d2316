"""One grant under many callers: what is asked of HubSpot, when, and what is kept before it is used."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest

from syncline.clock import ManualClock
from syncline.gateway.domain.grant import LEAST_LEFT, Credential, OAuthApp, OAuthGrant, StaticToken, TokenPair
from syncline.gateway.domain.retry import MINUTE
from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.hubspot.call import Answer, Call
from syncline.gateway.hubspot.failures import FailureKind
from syncline.gateway.hubspot.granted import REFUSED_WAIT, GrantedTokens
from syncline.gateway.hubspot.talk import Refusal
from syncline.gateway.services.ports import Cause, Connection, GrantStore, SetupStore
from syncline.sql.errors import StoreBusy

START, LIFE = 1_000_000_000, 1_800_000
DUE = START + LIFE * 4 // 5
APP = OAuthApp("app", "secret")
BAD_REFRESH_TOKEN = Answer(
    status=400,
    body={"error": "invalid_grant", "status": "BAD_REFRESH_TOKEN", "message": "revoked"},
)
DOWN = Answer(status=503)


def a_grant(**changes: Any) -> OAuthGrant:
    tokens = TokenPair(
        access_token="access-1", refresh_token="refresh-1", obtained_at=START, expires_at=START + LIFE
    )
    grant = OAuthGrant(
        grant_id="g1",
        client_id="app",
        client_secret=None,
        tokens=tokens,
        scopes=("oauth",),
        holder="ada@acme.example",
        holder_id="1",
    )
    return replace(grant, **changes)


@dataclass
class Memory:
    """What a store keeps of one connection; and in which order things happened."""

    credential: Credential | None
    happened: list[str] = field(default_factory=list)
    busy: int = 0

    async def connection(self, _tenant_id: TenantId) -> Connection | None:
        if self.credential is None:
            return None
        return cast("Connection", type("Kept", (), {"credential": self.credential})())

    async def keep_tokens(self, _tenant_id: TenantId, grant_id: str, tokens: TokenPair) -> bool:
        if self.busy:
            self.busy -= 1
            raise StoreBusy("full")
        if not isinstance(self.credential, OAuthGrant) or self.credential.grant_id != grant_id:
            return False
        self.credential = replace(self.credential, tokens=tokens)
        self.happened.append(f"kept {tokens.access_token} {tokens.refresh_token}")
        return True

    async def end(self, _tenant_id: TenantId, grant_id: str, code: str, sentence: str, _cause: Cause) -> None:
        if isinstance(self.credential, OAuthGrant) and self.credential.grant_id == grant_id:
            self.credential = replace(self.credential, ended=True)
            self.happened.append(f"ended {code}")


class HubSpot:
    """Answers in turn what it was told to, then with new tokens; each refresh token works once."""

    def __init__(self, memory: Memory, clock: ManualClock, *answers: Answer) -> None:
        self.memory = memory
        self.clock = clock
        self.answers = list(answers)
        self.calls: list[Call] = []
        self.called = asyncio.Event()
        self.gate: Callable[[], Awaitable[None]] = self._open

    async def _open(self) -> None:
        await asyncio.sleep(0)

    async def send(self, call: Call, _cause: Cause) -> Answer:
        self.calls.append(call)
        self.called.set()
        await self.gate()
        if self.answers:
            return replace(self.answers.pop(0), at=self.clock.now())
        number = len(self.calls) + 1
        self.memory.happened.append(f"answered access-{number}")
        body = {
            "access_token": f"access-{number}",
            "refresh_token": f"refresh-{number}",
            "expires_in": LIFE // 1000,
        }
        return Answer(status=200, body=body, at=self.clock.now())

    @property
    def sent(self) -> list[str]:
        return [dict(call.form)["refresh_token"] for call in self.calls]


@dataclass
class Scene:
    clock: ManualClock
    memory: Memory
    hubspot: HubSpot
    tokens: GrantedTokens

    async def refused(self) -> Refusal:
        with pytest.raises(Refusal) as refused:
            await self.tokens.token()
        return refused.value

    def another_process(self) -> GrantedTokens:
        """Return what another process makes of the same kept grant."""
        assert isinstance(self.memory.credential, OAuthGrant)
        return make(self.memory, self.hubspot, self.clock, self.memory.credential)


def make(
    memory: Memory, hubspot: HubSpot, clock: ManualClock, grant: OAuthGrant, app: OAuthApp | None = APP
) -> GrantedTokens:
    setup, grants = cast("SetupStore", memory), cast("GrantStore", memory)
    return GrantedTokens(TenantId("t"), grant, app, setup, grants, hubspot.send, clock)


def scene(
    *answers: Answer, at: int = START, grant: OAuthGrant | None = None, app: OAuthApp | None = APP
) -> Scene:
    clock, grant = ManualClock(at), grant or a_grant()
    memory = Memory(grant)
    hubspot = HubSpot(memory, clock, *answers)
    return Scene(clock, memory, hubspot, make(memory, hubspot, clock, grant, app))


async def test_a_fresh_token_is_used_without_a_call() -> None:
    fresh = scene(at=DUE - 1)

    assert "access-1" == await fresh.tokens.token()
    assert [] == fresh.hubspot.calls


async def test_a_token_is_renewed_before_it_expires_and_kept_before_it_is_used() -> None:
    due = scene(at=DUE)

    assert "access-2" == await due.tokens.token()
    assert ["refresh-1"] == due.hubspot.sent
    assert ["answered access-2", "kept access-2 refresh-2"] == due.memory.happened


async def test_a_hundred_needs_at_once_are_one_call() -> None:
    due = scene(at=START + LIFE)

    found = await asyncio.gather(*(due.tokens.token() for _ in range(100)))

    assert (["access-2"] * 100, 1) == (found, len(due.hubspot.calls))


async def test_the_rotated_refresh_token_is_the_next_one_sent() -> None:
    due = scene(at=DUE)
    await due.tokens.token()

    await due.clock.advance(LIFE)

    assert "access-3" == await due.tokens.token()
    assert ["refresh-1", "refresh-2"] == due.hubspot.sent


async def test_while_hubspots_sign_in_fails_the_old_token_serves_to_its_end() -> None:
    failing = scene(*[DOWN] * 50, at=DUE)
    found = []
    while failing.clock.now() < START + LIFE - LEAST_LEFT:
        found.append(await failing.tokens.token())
        await failing.clock.advance(5_000)

    assert {"access-1"} == set(found)
    assert 3 <= len(failing.hubspot.calls) <= 10


async def test_without_a_living_token_the_connection_is_in_trouble_until_the_sign_in_works_again() -> None:
    failing = scene(DOWN, at=START + LIFE)

    failure = (await failing.refused()).failure

    assert (FailureKind.CONNECTION, "SIGN_IN_FAILING") == (failure.kind, failure.code)
    assert failure.retry_at_hint is not None
    await failing.clock.advance(failure.retry_at_hint - failing.clock.now())
    assert "access-3" == await failing.tokens.token()


async def test_between_two_tries_nobody_asks_hubspot() -> None:
    failing = scene(DOWN, at=START + LIFE)
    await failing.refused()

    await asyncio.gather(*(failing.refused() for _ in range(10)))

    assert 1 == len(failing.hubspot.calls)


async def test_a_grant_that_hubspot_has_ended_is_never_tried_again() -> None:
    ended = scene(BAD_REFRESH_TOKEN, at=DUE)
    assert "RECONNECT_NEEDED" == (await ended.refused()).failure.code

    await ended.clock.advance(365 * 24 * 3_600_000)
    await ended.refused()

    assert (["ended RECONNECT_NEEDED"], 1) == (ended.memory.happened, len(ended.hubspot.calls))


async def test_nor_is_it_by_the_next_process() -> None:
    ended = scene(BAD_REFRESH_TOKEN, at=DUE)
    await ended.refused()

    with pytest.raises(Refusal, match="Reconnect needed"):
        await ended.another_process().token()
    assert 1 == len(ended.hubspot.calls)


async def test_a_token_that_hubspot_refuses_before_its_time_is_renewed_with_the_next_need() -> None:
    early = scene(at=START + MINUTE)
    early.tokens.refused("access-1")

    assert ["access-2", "access-2"] == [await early.tokens.token() for _ in range(2)]
    assert ["refresh-1"] == early.hubspot.sent


async def test_a_revoked_grant_is_noticed_by_the_first_refusal() -> None:
    revoked = scene(BAD_REFRESH_TOKEN, at=START + MINUTE)
    revoked.tokens.refused("access-1")

    assert "RECONNECT_NEEDED" == (await revoked.refused()).failure.code


@pytest.mark.parametrize(("age", "token"), [(MINUTE - 1, "access-1"), (MINUTE, "access-0")])
async def test_a_refusal_of_a_new_token_or_of_another_one_renews_nothing(age: int, token: str) -> None:
    fresh = scene(at=START + age)
    fresh.tokens.refused(token)

    assert "access-1" == await fresh.tokens.token()
    assert [] == fresh.hubspot.calls


async def test_what_another_process_renewed_after_a_refusal_is_taken_over() -> None:
    early = scene(at=START + MINUTE)
    elsewhere = early.another_process()
    for each in (early.tokens, elsewhere):
        each.refused("access-1")

    assert ["access-2", "access-2"] == [await early.tokens.token(), await elsewhere.token()]
    assert 1 == len(early.hubspot.calls)


async def test_what_another_process_has_renewed_is_taken_over() -> None:
    due = scene(at=DUE)
    await due.another_process().token()

    assert "access-2" == await due.tokens.token()
    assert 1 == len(due.hubspot.calls)


async def test_tokens_that_could_not_be_kept_are_not_used_and_not_lost() -> None:
    due = scene(at=DUE)
    due.memory.busy = 1

    with pytest.raises(StoreBusy):
        await due.tokens.token()
    assert "access-2" == await due.tokens.token()
    assert ["refresh-1"] == due.hubspot.sent


async def test_a_renewal_outlives_whoever_asked_for_it() -> None:
    due = scene(at=DUE)
    opened = asyncio.Event()
    due.hubspot.gate = opened.wait  # type: ignore[assignment]
    impatient = asyncio.create_task(due.tokens.token())
    await due.hubspot.called.wait()
    impatient.cancel()
    await asyncio.gather(impatient, return_exceptions=True)
    opened.set()

    assert "access-2" == await due.tokens.token()
    assert 1 == len(due.hubspot.calls)


async def test_closing_lets_a_renewal_come_to_its_end() -> None:
    due = scene(at=DUE)
    asking = asyncio.create_task(due.tokens.token())
    await due.hubspot.called.wait()

    await due.tokens.close()

    assert "kept access-2 refresh-2" == due.memory.happened[-1]
    assert "access-2" == await asking


@pytest.mark.parametrize("instead", [StaticToken("pat"), a_grant(grant_id="g2"), None])
async def test_a_connection_that_was_changed_meanwhile_keeps_its_new_credential(
    instead: Credential | None,
) -> None:
    due = scene(at=DUE)
    due.memory.credential = instead

    assert "CONNECTION_CHANGED" == (await due.refused()).failure.code
    assert (instead, []) == (due.memory.credential, due.hubspot.calls)


async def test_a_connection_changed_during_the_renewal_keeps_its_new_credential() -> None:
    due = scene(at=DUE)

    async def change() -> None:
        due.memory.credential = a_grant(grant_id="g2")

    due.hubspot.gate = change

    assert "CONNECTION_CHANGED" == (await due.refused()).failure.code
    assert a_grant(grant_id="g2") == due.memory.credential


async def test_the_secret_of_another_app_is_not_tried() -> None:
    due = scene(at=START + LIFE, app=OAuthApp("another", "secret"))

    assert "APP_UNKNOWN" == (await due.refused()).failure.code
    assert [] == due.hubspot.calls


async def test_a_refusal_an_operator_has_to_remove_is_tried_again_every_five_minutes() -> None:
    bad = Answer(status=400, body={"error": "invalid_client"})
    refused = scene(bad, bad, at=START + LIFE)
    await refused.refused()
    await refused.clock.advance(REFUSED_WAIT - 1)
    await refused.refused()
    assert 1 == len(refused.hubspot.calls)

    await refused.clock.advance(1)
    await refused.refused()

    assert 2 == len(refused.hubspot.calls)
