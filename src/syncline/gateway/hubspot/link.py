"""The way to one tenant's HubSpot account: conversations, within the budget, every call logged before it is sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, TypeVar

import aiohttp

from syncline.clock import Clock
from syncline.gateway.domain.account import Account
from syncline.gateway.domain.change import Change
from syncline.gateway.domain.delivery import Urgency
from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.hubspot.account import AccountUnread, read_account
from syncline.gateway.hubspot.budget import Budget
from syncline.gateway.hubspot.call import Answer, Call, Channel
from syncline.gateway.hubspot.check import check_connection
from syncline.gateway.hubspot.client import HubSpotClient, Target
from syncline.gateway.hubspot.conversation import converse
from syncline.gateway.hubspot.failures import Failure, FailureKind, classify
from syncline.gateway.hubspot.limits import CAUTIOUS
from syncline.gateway.hubspot.outcome import Delivered, Existing
from syncline.gateway.hubspot.talk import Conversation
from syncline.gateway.services.ports import (
    AccountReading,
    Arrived,
    BacklogStore,
    Cause,
    Connection,
    Failed,
    Met,
    Outcome,
    SetupStore,
    Trouble,
    WorkItem,
)

T = TypeVar("T")
Measure = Callable[[str, str, int], None]
"""Told of every call: its channel, its outcome, and how many microseconds it took."""

_OUTDATED = frozenset({"PERMISSION_SET_UNKNOWN"})
_TROUBLE: Mapping[FailureKind, Trouble] = {
    FailureKind.HELD: Trouble.PERSON,
    FailureKind.HELD_TENANT: Trouble.TENANT,
    FailureKind.CONNECTION: Trouble.CONNECTION,
    FailureKind.GONE: Trouble.GONE,
}


class HubSpotLink:
    """Implements `services.ports.Link`."""

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
        self._client = client
        self._budget = budget
        self._log = log
        self._clock = clock
        self._measure = measure

    async def carry_out(self, change: Change, item: WorkItem, account: Account, cause: Cause) -> Outcome:
        """Bring one change to HubSpot by the least calls."""
        talk = converse(change, known=item.known, account=account, ours_if_found=item.create_unanswered)
        outcome = await self._hold(talk, item.delivery.key, change.urgency, cause)
        if isinstance(outcome, Delivered):
            return Arrived(
                user=outcome.user,
                access=outcome.access,
                hubspot_id=outcome.hubspot_id,
                scim_id=outcome.scim_id or item.delivery.scim_id,
                notes=outcome.notes,
            )
        if isinstance(outcome, Existing):
            return Met(outcome.user)
        return self._failed(outcome.failure, outcome.scim_id)

    async def read_account(self, cause: Cause) -> AccountReading | Failed:
        """Read the account whole; anything less is `Failed`, never an account without somebody."""
        reading = await self._hold(read_account(), None, Urgency.NORMAL, cause)
        if isinstance(reading, AccountUnread):
            return self._failed(reading.failure)
        self._budget.time_zone = reading.account.time_zone or None
        return AccountReading(account=reading.account, users=reading.users)

    async def check(self, cause: Cause) -> Mapping[str, Any]:
        """Try out, by harmless reads, what each channel can do; says in words what is missing."""
        channels = [channel for channel in Channel if self._client.reaches(channel)]
        report = await self._hold(check_connection(channels), None, Urgency.URGENT, cause)
        limits = self._budget.limits
        return {
            **report.shown(),
            "limit": {
                "max": limits.maximum,
                "interval_ms": limits.interval,
                "allowance": limits.allowance,
            },
        }

    async def _hold(
        self, talk: Conversation[T], delivery_key: str | None, urgency: Urgency, cause: Cause
    ) -> T:
        """Hold a conversation to its end and return what came of it."""
        try:
            call = next(talk)
            while True:
                call = talk.send(await self._send(call, delivery_key, urgency, cause))
        except StopIteration as end:
            result: T = end.value
            return result

    async def _send(self, call: Call, delivery_key: str | None, urgency: Urgency, cause: Cause) -> Answer:
        sent_at = await self._budget.take(urgency)
        logged = Cause(sent_at, cause.correlation_id)
        seq = await self._log.log_call(
            self._tenant_id, call.channel.value, call.purpose, delivery_key, logged
        )
        answer = await self._client.send(call)
        self._budget.learn(answer)
        if self._measure is not None:
            self._measure(call.channel.value, _outcome(answer), (self._clock.now() - sent_at) * 1000)
        await self._log.log_answer(self._tenant_id, seq, _logged_status(call, answer), self._clock.now())
        return answer

    def _failed(self, failure: Failure, scim_id: str | None = None) -> Failed:
        hint = failure.retry_at_hint
        outdated = failure.code in _OUTDATED
        return Failed(
            trouble=Trouble.OUTDATED if outdated else _TROUBLE.get(failure.kind, Trouble.LATER),
            scim_id=scim_id,
            retry_as=failure.retry_as,
            code=failure.code,
            sentence=failure.sentence,
            retry_after=None if hint is None else max(0, hint - self._clock.now()),
        )


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


class HubSpotLinks:
    """Implements `services.ports.Links`: one budget and one client for each connection, kept while it lasts."""

    def __init__(
        self,
        setup: SetupStore,
        log: BacklogStore,
        session: aiohttp.ClientSession,
        clock: Clock,
        check_address: Callable[[str], str],
        measure: Measure | None = None,
    ) -> None:
        self._setup = setup
        self._log = log
        self._session = session
        self._clock = clock
        self._check_address = check_address
        self._measure = measure
        self._open: dict[TenantId, tuple[Connection, HubSpotLink]] = {}
        self._budgets: dict[tuple[TenantId, str], Budget] = {}

    def check_address(self, base_url: str) -> str:
        """Return the base URL in the form it is kept; raises `Invalid` where credentials must not be sent."""
        return self._check_address(base_url)

    async def open(self, tenant_id: TenantId) -> HubSpotLink | None:
        """Return the tenant's link, or None while it has no connection."""
        connection = await self._setup.connection(tenant_id)
        if connection is None:
            self._open.pop(tenant_id, None)
            return None
        kept = self._open.get(tenant_id)
        if kept is not None and _same_way(kept[0], connection):
            return kept[1]
        link = await self.trial(connection)
        self._open[tenant_id] = (connection, link)
        return link

    async def trial(self, connection: Connection) -> HubSpotLink:
        """Return a link for a connection that is not saved yet."""
        targets = {Channel.API: Target(connection.base_url, connection.access_token)}
        if connection.scim_base_url is not None and connection.scim_token is not None:
            targets[Channel.SCIM] = Target(connection.scim_base_url, connection.scim_token)
        client = HubSpotClient(self._session, self._clock, targets, self._check_address)
        budget = await self._budget(connection)
        return HubSpotLink(connection.tenant_id, client, budget, self._log, self._clock, self._measure)

    async def _budget(self, connection: Connection) -> Budget:
        """Return the tenant's budget; one that begins is told of the calls the log knows."""
        key = (connection.tenant_id, connection.base_url)
        if key not in self._budgets:
            since = self._clock.now() - 2 * CAUTIOUS.interval
            recent = await self._log.calls_since(connection.tenant_id, since)
            zone = connection.account.time_zone if connection.account is not None else None
            self._budgets[key] = Budget(self._clock, recent=recent, time_zone=zone or None)
        return self._budgets[key]


def _same_way(one: Connection, other: Connection) -> bool:
    return all(
        getattr(one, name) == getattr(other, name)
        for name in ("base_url", "access_token", "scim_base_url", "scim_token")
    )
