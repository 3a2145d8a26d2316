"""The way to one tenant's HubSpot account: conversations, within the budget, every call logged before it is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypedDict, TypeVar

import aiohttp

from syncline.clock import Clock, Milliseconds
from syncline.gateway.domain.account import Account, with_what_was_known
from syncline.gateway.domain.change import Change, ChangeKind
from syncline.gateway.domain.delivery import Urgency
from syncline.gateway.domain.grant import OAuthApp, OAuthGrant
from syncline.gateway.domain.retry import FailureKind as RetryAs
from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.hubspot import crm_conversation
from syncline.gateway.hubspot.account import (
    AccountUnread,
    find_user,
    read_account,
    read_deactivated_page,
    read_lists,
    read_records_page,
    read_users_page,
)
from syncline.gateway.hubspot.activity import NO_SCOPE, read_activity
from syncline.gateway.hubspot.budget import Budget
from syncline.gateway.hubspot.call import Call, Channel
from syncline.gateway.hubspot.check import check_connection
from syncline.gateway.hubspot.client import HubSpotClient, Target
from syncline.gateway.hubspot.conversation import converse
from syncline.gateway.hubspot.failures import Failure, FailureKind
from syncline.gateway.hubspot.granted import GrantedTokens
from syncline.gateway.hubspot.limits import CAUTIOUS
from syncline.gateway.hubspot.line import LetGo, Line, Measure
from syncline.gateway.hubspot.outcome import Delivered, Existing
from syncline.gateway.hubspot.talk import Conversation, Refusal
from syncline.gateway.hubspot.tokens import StaticTokens, TokenSource
from syncline.gateway.services.ports import (
    AccountActivity,
    AccountReading,
    Arrived,
    BacklogStore,
    Cause,
    Connection,
    DeactivatedPage,
    Failed,
    GrantStore,
    Lists,
    Looked,
    Met,
    Outcome,
    Overtaken,
    RecordsPage,
    SetupStore,
    StillWanted,
    Trouble,
    UsersPage,
    WorkItem,
)

T = TypeVar("T")


class _Leave(TypedDict, total=False):
    still_wanted: StillWanted | None
    called_off: asyncio.Event


_OUTDATED = frozenset(
    {
        "PERMISSION_SET_UNKNOWN",
        "UNKNOWN_PERMISSION_SET",
        "UNKNOWN_TEAM",
        "UNKNOWN_SEAT",
        "SEATS_UNAVAILABLE",
        crm_conversation.UNAVAILABLE,
    }
)
_TROUBLE: Mapping[FailureKind, Trouble] = {
    FailureKind.HELD: Trouble.PERSON,
    FailureKind.HELD_TENANT: Trouble.TENANT,
    FailureKind.CONNECTION: Trouble.CONNECTION,
    FailureKind.GONE: Trouble.GONE,
}


@dataclass(slots=True)
class _Errand:
    """One change on its way: what may call it off, and the channels it has used."""

    still_wanted: StillWanted
    called_off: asyncio.Event
    channels: list[Channel] = field(default_factory=list)

    def leave_for(self, call: Call) -> _Leave:
        """Return on what condition the call may be sent: only the first asks whether it is still wanted."""
        first = not self.channels
        self.channels.append(call.channel)
        return {"still_wanted": self.still_wanted if first else None, "called_off": self.called_off}


class HubSpotLink:
    """Implements `services.ports.Link`."""

    def __init__(self, line: Line, clock: Clock) -> None:
        self._line = line
        self._clock = clock

    async def carry_out(
        self,
        change: Change,
        item: WorkItem,
        account: Account,
        cause: Cause,
        *,
        still_wanted: StillWanted,
        called_off: asyncio.Event,
    ) -> Outcome | Overtaken:
        """Bring one change to HubSpot by the least calls, unless it is overtaken while it waits."""
        errand = _Errand(still_wanted, called_off)
        try:
            if change.kind is ChangeKind.LOOK:
                return await self._look(change, item, account, cause, errand)
            return await self._change(change, item, account, cause, errand)
        except LetGo:
            return Overtaken()

    async def _change(
        self, change: Change, item: WorkItem, account: Account, cause: Cause, errand: _Errand
    ) -> Outcome:
        talk = converse(change, known=item.known, account=account, ours_if_found=item.create_unsettled)
        outcome = await self._hold(talk, item.delivery.key, change.urgency, cause, errand)
        if isinstance(outcome, Delivered):
            return Arrived(
                user=outcome.user,
                access=outcome.access,
                hubspot_id=outcome.hubspot_id,
                scim_id=outcome.scim_id or item.delivery.scim_id,
                notes=outcome.notes,
                pending=outcome.pending,
                over_scim=Channel.SCIM in errand.channels,
            )
        if isinstance(outcome, Existing):
            return Met(outcome.user)
        over_scim = errand.channels[-1:] == [Channel.SCIM]
        failed = replace(self._failed(outcome.failure, outcome.scim_id), over_scim=over_scim)
        if over_scim and _refuses_the_channel(outcome.failure):
            return replace(failed, trouble=Trouble.CHANNEL, retry_as=RetryAs.RETRY)
        return failed

    async def _look(
        self, change: Change, item: WorkItem, account: Account, cause: Cause, errand: _Errand
    ) -> Outcome:
        """Read one person, by id once he has one, else by the e-mail HubSpot may know him by.

        Whoever is found where a create was never settled may have been there before, and deactivated.
        """
        email = None if change.hubspot_id is not None else change.email
        talk = find_user(
            hubspot_id=change.hubspot_id,
            email=email,
            time_zone=account.time_zone or None,
            with_access=item.create_unsettled,
        )
        found = await self._hold(talk, item.delivery.key, change.urgency, cause, errand)
        if not isinstance(found, Failure):
            return Looked(with_what_was_known(found, item.known))
        return Looked(None) if found.kind is FailureKind.GONE else self._failed(found)

    async def read_account(
        self, cause: Cause, *, seats: bool = False, crm: bool = False
    ) -> AccountReading | Failed:
        """Read the account whole; anything less is `Failed`, never an account without somebody."""
        reading = await self._hold(read_account(seats=seats, crm=crm), None, Urgency.NORMAL, cause)
        if isinstance(reading, AccountUnread):
            return self._failed(reading.failure)
        self._line.budget.time_zone = reading.account.time_zone or None
        return AccountReading(account=reading.account, users=reading.users, missing=reading.missing)

    async def read_lists(self, cause: Cause, *, seats: bool = False, crm: bool = False) -> Lists | Failed:
        """Read which account it is, its permission sets and its teams; its seats and its CRM records if asked to."""
        lists = await self._hold(read_lists(seats=seats, crm=crm), None, Urgency.NORMAL, cause)
        if isinstance(lists, Failure):
            return self._failed(lists)
        self._line.budget.time_zone = lists.account.time_zone or None
        return Lists(lists.account, lists.missing)

    async def read_users(self, after: str | None, cause: Cause, *, seats: bool = False) -> UsersPage | Failed:
        """Read one page of users, with their seats if asked to; None begins the list."""
        talk = read_users_page(after, self._time_zone, seats=seats)
        page = await self._hold(talk, None, Urgency.NORMAL, cause)
        return self._failed(page) if isinstance(page, Failure) else UsersPage(page.elements, page.after)

    async def read_records(self, after: str | None, cause: Cause) -> RecordsPage | Failed:
        """Read one page of users' CRM records; None begins the list."""
        page = await self._hold(read_records_page(after, self._time_zone), None, Urgency.NORMAL, cause)
        return self._failed(page) if isinstance(page, Failure) else RecordsPage(page.elements, page.after)

    async def read_deactivated(self, after: str | None, cause: Cause) -> DeactivatedPage | Failed | None:
        """Read one page of those who cannot sign in; None when the credential may not see them."""
        page = await self._hold(read_deactivated_page(after, self._time_zone), None, Urgency.NORMAL, cause)
        if not isinstance(page, Failure):
            return DeactivatedPage(page.elements, page.after)
        return None if page.code == "MISSING_SCOPES" else self._failed(page)

    async def read_activity(self, since: Milliseconds, cause: Cause) -> AccountActivity | Failed:
        """Read what HubSpot's log says has been done to its users since then."""
        found = await self._hold(read_activity(since, self._time_zone), None, Urgency.NORMAL, cause)
        if not isinstance(found, Failure):
            return AccountActivity(found)
        return AccountActivity({}, NO_SCOPE) if found.code == "MISSING_SCOPES" else self._failed(found)

    @property
    def _time_zone(self) -> str | None:
        return self._line.budget.time_zone

    async def read_user(self, item: WorkItem, cause: Cause) -> Looked | Failed:
        """Read one person, and whether he can sign in, as an operator asked: by id once he has one, else by e-mail."""
        delivery = item.delivery
        hubspot_id = delivery.hubspot_id
        email = None if hubspot_id is not None else delivery.renamed_from or delivery.email
        talk = find_user(
            hubspot_id=hubspot_id,
            email=email,
            time_zone=self._time_zone,
            with_access=True,
            with_crm=item.known is not None and item.known.crm is not None,
        )
        found = await self._hold(talk, delivery.key, Urgency.URGENT, cause)
        if not isinstance(found, Failure):
            return Looked(found)
        return Looked(None) if found.kind is FailureKind.GONE else self._failed(found)

    async def check(self, cause: Cause, *, crm: bool = False) -> Mapping[str, Any]:
        """Try out what each channel can do, with `crm` the CRM records too; changes nothing, says what is missing."""
        channels = [channel for channel in Channel if self._line.client.reaches(channel)]
        report = await self._hold(check_connection(channels, crm=crm), None, Urgency.URGENT, cause)
        limits = self._line.budget.limits
        return {
            **report.shown(),
            "limit": {
                "max": limits.maximum,
                "interval_ms": limits.interval,
                "allowance": limits.allowance,
            },
        }

    async def _hold(
        self,
        talk: Conversation[T],
        delivery_key: str | None,
        urgency: Urgency,
        cause: Cause,
        errand: _Errand | None = None,
    ) -> T:
        """Hold a conversation to its end and return what came of it; raises `LetGo` when the errand is overtaken."""
        try:
            call = next(talk)
            while True:
                leave = {} if errand is None else errand.leave_for(call)
                try:
                    answer = await self._line.send(
                        call, cause, delivery_key=delivery_key, urgency=urgency, **leave
                    )
                except Refusal as refusal:
                    call = talk.throw(refusal)
                else:
                    call = talk.send(answer)
        except StopIteration as end:
            result: T = end.value
            return result

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
            outage=failure.is_outage,
            reached=failure.reached_hubspot,
        )


class HubSpotLinks:
    """Implements `services.ports.Links`: one budget and one client for each connection, kept while it lasts."""

    def __init__(
        self,
        setup: SetupStore,
        grants: GrantStore,
        log: BacklogStore,
        session: aiohttp.ClientSession,
        clock: Clock,
        check_address: Callable[[str], str],
        measure: Measure | None = None,
        *,
        app: OAuthApp | None = None,
    ) -> None:
        """`app` is the one of this server's settings, for grants that keep no secret of their own."""
        self._setup = setup
        self._grants = grants
        self._log = log
        self._session = session
        self._clock = clock
        self._check_address = check_address
        self._measure = measure
        self._app = app
        self._open: dict[TenantId, tuple[Connection, HubSpotLink]] = {}
        self._budgets: dict[tuple[TenantId, str], Budget] = {}
        self._granted: dict[TenantId, GrantedTokens] = {}

    async def close(self) -> None:
        """Let renewals of tokens under way come to their end."""
        for source in self._granted.values():
            await source.close()

    def pace(self, tenant_id: TenantId) -> tuple[int, Milliseconds]:
        """Return how many calls we send for the tenant in which span; cautious until an answer has said more."""
        limits = [budget.limits for (owner, _), budget in self._budgets.items() if owner == tenant_id]
        known = limits[-1] if limits else CAUTIOUS
        return known.allowance, known.interval

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
        if kept is not None and _way(kept[0]) == _way(connection):
            return kept[1]
        link = await self.trial(connection)
        kept = self._open.get(tenant_id)
        if kept is not None and _way(kept[0]) == _way(connection):
            return kept[1]  # somebody else has opened it meanwhile: whoever asks must get the same
        self._open[tenant_id] = (connection, link)
        return link

    async def trial(self, connection: Connection) -> HubSpotLink:
        """Return a link for a connection that is not saved yet."""
        targets = {Channel.API: Target(connection.base_url, await self._tokens(connection))}
        if connection.scim_base_url is not None and connection.scim_token is not None:
            targets[Channel.SCIM] = Target(connection.scim_base_url, StaticTokens(connection.scim_token))
        line = await self._line(connection.tenant_id, connection.base_url, targets)
        if connection.account is not None and line.budget.time_zone is None:
            line.budget.time_zone = connection.account.time_zone or None
        return HubSpotLink(line, self._clock)

    async def sign_in(self, tenant_id: TenantId, base_url: str) -> Line:
        """Return the line to HubSpot's token endpoints, within the tenant's budget."""
        return await self._line(tenant_id, base_url, {Channel.OAUTH: Target(base_url)})

    async def _tokens(self, connection: Connection) -> TokenSource:
        """Return where the tokens of the API channel come from: one source per grant, so that one call renews."""
        credential = connection.credential
        if not isinstance(credential, OAuthGrant):
            return StaticTokens(credential.token)
        line = await self.sign_in(connection.tenant_id, connection.base_url)
        # From here on nothing waits: two callers at once must not end up with a source each.
        kept = self._granted.get(connection.tenant_id)
        if kept is None or kept.grant_id != credential.grant_id:
            kept = GrantedTokens(
                connection.tenant_id, credential, self._app, self._setup, self._grants, line.send, self._clock
            )
            self._granted[connection.tenant_id] = kept
        return kept

    async def _line(self, tenant_id: TenantId, base_url: str, targets: Mapping[Channel, Target]) -> Line:
        client = HubSpotClient(self._session, self._clock, targets, self._check_address)
        budget = await self._budget(tenant_id, base_url)
        return Line(tenant_id, client, budget, self._log, self._clock, self._measure)

    async def _budget(self, tenant_id: TenantId, base_url: str) -> Budget:
        """Return the tenant's budget; one that begins is told of the calls the log knows."""
        key = (tenant_id, base_url)
        if key not in self._budgets:
            since = self._clock.now() - 2 * CAUTIOUS.interval
            recent = await self._log.calls_since(tenant_id, since)
            self._budgets.setdefault(key, Budget(self._clock, recent=recent))
        return self._budgets[key]


def _refuses_the_channel(failure: Failure) -> bool:
    """Tell whether a refusal is about the channel, whoever it is used for."""
    return failure.kind is FailureKind.CONNECTION or failure.code == "FORBIDDEN"


def _way(connection: Connection) -> tuple[object, ...]:
    """Return what makes a link another one; tokens that were merely renewed do not."""
    credential = connection.credential
    held = credential.grant_id if isinstance(credential, OAuthGrant) else credential
    return (connection.base_url, held, connection.scim_base_url, connection.scim_token)
