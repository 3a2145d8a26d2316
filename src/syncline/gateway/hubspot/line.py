"""The line to HubSpot of one tenant: each call waits for the budget, is logged, is sent, and its answer is logged."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any

from syncline.clock import Clock, Milliseconds
from syncline.gateway.domain.delivery import Urgency
from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.hubspot.budget import Budget
from syncline.gateway.hubspot.call import Answer, Call
from syncline.gateway.hubspot.client import HubSpotClient
from syncline.gateway.hubspot.failures import FailureKind, classify
from syncline.gateway.services.ports import BacklogStore, Cause, StillWanted

Measure = Callable[[str, str, int], None]
"""Told of every call: its channel, its outcome, and how many microseconds it took."""


class LetGo(Exception):
    """A call was let go before it was logged or sent."""


class Line:
    """Sends the calls of one tenant, one by one or many at a time."""

    def __init__(
        self,
        tenant_id: TenantId,
        client: HubSpotClient,
        budget: Budget,
        log: BacklogStore,
        clock: Clock,
        measure: Measure | None = None,
    ) -> None:
        self._tenant_id = tenant_id
        self.client = client
        self.budget = budget
        self._log = log
        self._clock = clock
        self._measure = measure

    async def send(
        self,
        call: Call,
        cause: Cause,
        *,
        delivery_key: str | None = None,
        urgency: Urgency = Urgency.URGENT,
        still_wanted: StillWanted | None = None,
        called_off: asyncio.Event | None = None,
    ) -> Answer:
        """Send a call when the budget allows and return its answer.

        Raises `Refusal` when there is no token for it, and `LetGo` when `still_wanted`, asked once the budget allows
        the call, says no or `called_off` is set before it does; then nothing was logged and nothing sent.
        """
        sent_at = await _unless(called_off, self._place(call, urgency))
        if still_wanted is not None and not await still_wanted():
            raise LetGo
        logged = Cause(sent_at, cause.correlation_id)
        seq = await self._log.log_call(
            self._tenant_id, call.channel.value, call.purpose, delivery_key, logged
        )
        answer = await self.client.send(call)
        self.budget.learn(answer)
        if self._measure is not None:
            self._measure(call.channel.value, _outcome(answer), (self._clock.now() - sent_at) * 1000)
        await self._log.log_answer(self._tenant_id, seq, _logged_status(call, answer), self._clock.now())
        return answer

    async def _place(self, call: Call, urgency: Urgency) -> Milliseconds:
        await self.client.prepare(call.channel)
        return await self.budget.take(urgency)


async def _unless(called_off: asyncio.Event | None, place: Coroutine[Any, Any, Milliseconds]) -> Milliseconds:
    """Wait for a place in the budget; raises `LetGo` when that is called off first."""
    if called_off is None:
        return await place
    waiting, ending = asyncio.create_task(place), asyncio.create_task(called_off.wait())
    try:
        await asyncio.wait({waiting, ending}, return_when=asyncio.FIRST_COMPLETED)
        if called_off.is_set():
            raise LetGo
        return await waiting
    finally:
        waiting.cancel()
        ending.cancel()
        await asyncio.gather(waiting, ending, return_exceptions=True)


def _outcome(answer: Answer) -> str:
    """Name an answer for the metrics."""
    if answer.status is None or answer.error is not None:
        return "no_answer"
    if answer.succeeded:
        return "ok"
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        return "rate_limited"
    return "refused" if answer.status < HTTPStatus.INTERNAL_SERVER_ERROR else "failed"


def _logged_status(call: Call, answer: Answer) -> int | None:
    """Return the status as logged: 0 for a call that surely never left, None when nobody knows what came of it."""
    if not answer.succeeded and classify(call, answer).kind is FailureKind.UNKNOWN_OUTCOME:
        return None
    return answer.status or 0
