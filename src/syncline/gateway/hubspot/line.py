"""The line to HubSpot of one tenant: each call waits for the budget, is logged, is sent, and its answer is logged."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from syncline.clock import Clock
from syncline.gateway.domain.delivery import Urgency
from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.hubspot.budget import Budget
from syncline.gateway.hubspot.call import Answer, Call
from syncline.gateway.hubspot.client import HubSpotClient
from syncline.gateway.hubspot.failures import FailureKind, classify
from syncline.gateway.services.ports import BacklogStore, Cause

Measure = Callable[[str, str, int], None]
"""Told of every call: its channel, its outcome, and how many microseconds it took."""


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
        self, call: Call, cause: Cause, *, delivery_key: str | None = None, urgency: Urgency = Urgency.URGENT
    ) -> Answer:
        """Send a call when the budget allows and return its answer.

        Raises `Refusal` when there is no token for it; then nothing was logged and nothing sent.
        """
        await self.client.prepare(call.channel)
        sent_at = await self.budget.take(urgency)
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
