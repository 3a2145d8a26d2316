"""The ports: what the use cases ask of the store and of HubSpot. `store` and `hubspot` implement them.

Records are frozen; moments are milliseconds since the epoch, UTC. Every method of a store that concerns a tenant takes
its id first, and none can be called without one. Writes are durable when they return.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

import msgspec

from syncline.clock import Milliseconds
from syncline.gateway.domain.account import Account, AccountUser
from syncline.gateway.domain.authorization import Authorization, AuthorizationState
from syncline.gateway.domain.change import Change
from syncline.gateway.domain.delivery import Access, Delivery, Origin
from syncline.gateway.domain.grant import Credential, OAuthApp, OAuthGrant, TokenPair
from syncline.gateway.domain.holds import HoldReason
from syncline.gateway.domain.person import Person
from syncline.gateway.domain.retry import FailureKind
from syncline.gateway.domain.rules import Rule
from syncline.gateway.domain.setup import Setup
from syncline.gateway.domain.tenant import Policy, TenantId, TenantMode
from syncline.scim.attributes import ResourceType
from syncline.scim.patch import Patch
from syncline.scim.resource import Notes, Resource
from syncline.scimserver.store import Page, Query, Stored


class Cause(msgspec.Struct, frozen=True):
    """Why rows change: the moment, the correlation id, and what is worth keeping of the request."""

    at: Milliseconds
    correlation_id: str
    detail: Mapping[str, Any] = msgspec.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who changes the set-up, and when."""

    name: str
    at: Milliseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """A customer and its choices."""

    id: TenantId
    name: str
    mode: TenantMode
    policy: Policy
    placement_epoch: int
    plan_approved_at: Milliseconds | None
    plan_approved_by: str | None
    created_at: Milliseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A SCIM token as it is kept: never its secret."""

    id: str
    tenant_id: TenantId
    fingerprint: bytes
    description: str
    created_at: Milliseconds
    created_by: str
    expires_at: Milliseconds | None
    revoked_at: Milliseconds | None
    last_used_at: Milliseconds | None
    last_used_from: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """The link to one HubSpot account. Credentials are in the clear here and nowhere else: never log this."""

    tenant_id: TenantId
    portal_id: int | None
    base_url: str
    credential: Credential
    scim_base_url: str | None
    scim_token: str | None = field(repr=False)
    account: Account | None
    account_read_at: Milliseconds | None
    trouble: str | None
    trouble_detail: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectedUser:
    """A person nothing is ever changed for, by an operator's word."""

    email: str
    reason: str
    created_at: Milliseconds
    created_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkItem:
    """One delivery with all that its decision needs."""

    delivery: Delivery
    person: Person | None
    known: AccountUser | None
    """The HubSpot user of this delivery, as last read or answered."""
    occupant: AccountUser | None
    """Another HubSpot user who has the e-mail this person should get."""
    correlation_id: str
    uncertain: str | None = None
    """The channel by which a change was sent whose outcome is not known."""
    create_unanswered: bool = False
    """A create for this e-mail was sent and its answer never came: a user found there now is ours."""


@dataclass(frozen=True, slots=True)
class Basis:
    """What a decision about one delivery rests on: when any of it differs, it is to be decided anew."""

    mode: TenantMode
    epoch: int
    revision: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What a person now has at HubSpot, confirmed by an answer or by reading the account."""

    hubspot_id: str | None
    scim_id: str | None
    origin: Origin | None
    access: Access
    email: str | None
    user: AccountUser | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What came of looking at one delivery.

    `revision` and `epoch` are what was decided on; a newer intent stays due. At most one of `hold_reason` (nothing
    leaves until it is released) and `retry_at` is set; with neither the row is in step. `standing` is given when
    HubSpot answered; with a `retry_at` beside it something is still to be sent.
    """

    key: str
    revision: int
    epoch: int
    kind: str
    summary: str
    standing: Standing | None = None
    hold_reason: str | None = None
    hold_detail: str | None = None
    retry_at: Milliseconds | None = None
    attempts: int = 0
    last_error: str | None = None
    scim_id: str | None = None
    """The person's SCIM user, when an attempt that failed found it out."""
    looked: bool = False
    """The person was read at HubSpot, because an earlier outcome was not known."""
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One entry of the provisioning log."""

    seq: int
    at: Milliseconds
    correlation_id: str
    kind: str
    subject: str | None
    summary: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """One call to HubSpot as it was logged."""

    seq: int
    sent_at: Milliseconds
    channel: str
    purpose: str
    delivery_key: str | None
    correlation_id: str
    status: int | None
    answered_at: Milliseconds | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """How many there are of what, for one tenant. A delivery that is due is not counted as held, nor as in step."""

    users: int
    groups: int
    in_step: int
    waiting: int
    retrying: int
    held: Mapping[str, int]
    last_contact_at: Milliseconds | None


class DirectoryStore(Protocol):
    """The SCIM resources of every tenant."""

    async def create_user(
        self, tenant_id: TenantId, user_id: str, resource: Resource, cause: Cause
    ) -> Stored: ...
    async def replace_user(
        self, tenant_id: TenantId, user_id: str, resource: Resource, if_match: int | None, cause: Cause
    ) -> Stored: ...
    async def patch_user(
        self,
        tenant_id: TenantId,
        user_id: str,
        patch: Patch,
        if_match: int | None,
        cause: Cause,
        notes: Notes,
    ) -> Stored: ...
    async def delete_user(
        self, tenant_id: TenantId, user_id: str, if_match: int | None, cause: Cause
    ) -> None: ...
    async def create_group(
        self, tenant_id: TenantId, group_id: str, resource: Resource, cause: Cause
    ) -> Stored: ...
    async def replace_group(
        self, tenant_id: TenantId, group_id: str, resource: Resource, if_match: int | None, cause: Cause
    ) -> Stored: ...
    async def patch_group(
        self,
        tenant_id: TenantId,
        group_id: str,
        patch: Patch,
        if_match: int | None,
        cause: Cause,
        notes: Notes,
    ) -> Stored: ...
    async def delete_group(
        self, tenant_id: TenantId, group_id: str, if_match: int | None, cause: Cause
    ) -> None: ...
    async def get(
        self, tenant_id: TenantId, resource_type: ResourceType, resource_id: str, include: frozenset[str]
    ) -> Stored | None: ...
    async def query(
        self, tenant_id: TenantId, resource_type: ResourceType, query: Query, include: frozenset[str]
    ) -> Page: ...


class SetupStore(Protocol):
    """Tenants and what operators set up for them. Every change is audited in the same transaction."""

    async def create_tenant(self, tenant_id: TenantId, name: str, actor: Actor) -> Tenant: ...
    async def tenant(self, name_or_id: str) -> Tenant | None: ...
    async def tenants(self) -> list[Tenant]: ...
    async def set_mode(self, tenant_id: TenantId, mode: TenantMode, actor: Actor) -> None: ...
    async def change_policy(
        self, tenant_id: TenantId, changes: Mapping[str, Any], actor: Actor
    ) -> Policy: ...
    async def approve_plan(self, tenant_id: TenantId, counts: Mapping[str, int], actor: Actor) -> None: ...
    async def create_token(self, token: Token, actor: Actor) -> None: ...
    async def token(self, token_id: str) -> Token | None: ...
    async def tokens(self, tenant_id: TenantId) -> list[Token]: ...
    async def revoke_token(self, tenant_id: TenantId, token_id: str, actor: Actor) -> None: ...
    async def note_token_use(self, token_id: str, at: Milliseconds, client: str | None) -> None: ...
    async def set_connection(self, connection: Connection, actor: Actor) -> None: ...
    async def connection(self, tenant_id: TenantId) -> Connection | None: ...
    async def keep_account(
        self, tenant_id: TenantId, account: Account, users: Sequence[AccountUser], at: Milliseconds
    ) -> None: ...
    async def note_trouble(
        self, tenant_id: TenantId, trouble: str | None, detail: str | None, cause: Cause
    ) -> None: ...
    async def rules(self, tenant_id: TenantId) -> list[Rule]: ...
    async def add_rule(self, tenant_id: TenantId, rule: Rule, position: int | None, actor: Actor) -> Rule: ...
    async def move_rule(self, tenant_id: TenantId, rule_id: str, position: int, actor: Actor) -> Rule: ...
    async def remove_rule(self, tenant_id: TenantId, rule_id: str, actor: Actor) -> Rule: ...
    async def protected_users(self, tenant_id: TenantId) -> list[ProtectedUser]: ...
    async def protect(self, tenant_id: TenantId, user: ProtectedUser, actor: Actor) -> None: ...
    async def unprotect(self, tenant_id: TenantId, email: str, actor: Actor) -> bool: ...
    async def release(self, tenant_id: TenantId, delivery_key: str, actor: Actor) -> bool: ...
    async def approve(
        self, tenant_id: TenantId, granted: Sequence[tuple[str, str]], actor: Actor
    ) -> None: ...
    async def privileged(self, tenant_id: TenantId) -> frozenset[str]: ...
    async def mark_privileged(
        self, tenant_id: TenantId, permission_set_id: str, *, marked: bool, actor: Actor
    ) -> bool: ...


class GrantStore(Protocol):
    """Askings for a grant, and the tokens of grants. Secrets are sealed, a `state` is kept as a fingerprint only."""

    async def begin(self, authorization: Authorization, state: str, actor: Actor) -> None: ...
    async def claim(self, state: str, at: Milliseconds) -> Authorization | None: ...
    async def settle(
        self, tenant_id: TenantId, authorization_id: str, outcome: AuthorizationState, sentence: str
    ) -> None: ...
    async def authorization(self, tenant_id: TenantId) -> Authorization | None: ...
    async def keep_tokens(self, tenant_id: TenantId, grant_id: str, tokens: TokenPair) -> bool: ...
    async def end(
        self, tenant_id: TenantId, grant_id: str, code: str, sentence: str, cause: Cause
    ) -> None: ...
    async def disconnect(self, tenant_id: TenantId, actor: Actor, detail: Mapping[str, Any]) -> None: ...


class BacklogStore(Protocol):
    """Deliveries: what is due, what it needs to be decided, and what came of it."""

    async def setup(self, tenant_id: TenantId, now: Milliseconds) -> Setup | None: ...
    async def pass_threshold(
        self, tenant_id: TenantId, key: str, at: Milliseconds, limit: int | None
    ) -> bool: ...
    async def held_for(
        self, tenant_id: TenantId, reason: HoldReason, after: str, limit: int
    ) -> list[WorkItem]: ...
    async def basis(self, tenant_id: TenantId, key: str) -> Basis | None: ...
    async def due(
        self, tenant_id: TenantId, now: Milliseconds, limit: int, *, urgent_only: bool
    ) -> list[WorkItem]: ...
    async def stale(self, tenant_id: TenantId, epoch: int, limit: int) -> list[WorkItem]: ...
    async def item(self, tenant_id: TenantId, key: str) -> WorkItem | None: ...
    async def walk(self, tenant_id: TenantId, after: str, limit: int) -> list[WorkItem]: ...
    async def next_due(self, tenant_id: TenantId) -> Milliseconds | None: ...
    async def due_tenants(self, now: Milliseconds) -> list[TenantId]: ...
    async def settle(self, tenant_id: TenantId, settlements: Sequence[Settlement], cause: Cause) -> None: ...
    async def make_due(
        self, tenant_id: TenantId, keys: Sequence[str], epoch: int, at: Milliseconds
    ) -> None: ...
    async def log_call(
        self, tenant_id: TenantId, channel: str, purpose: str, delivery_key: str | None, cause: Cause
    ) -> int: ...
    async def log_answer(
        self, tenant_id: TenantId, seq: int, status: int | None, at: Milliseconds
    ) -> None: ...
    async def calls_since(self, tenant_id: TenantId, since: Milliseconds) -> list[Milliseconds]: ...
    async def totals(self, tenant_id: TenantId) -> Totals: ...


class JournalStore(Protocol):
    """The provisioning log and the calls it led to."""

    async def events(
        self,
        tenant_id: TenantId,
        *,
        subject: str | None,
        kind: str | None,
        before: int | None,
        limit: int,
    ) -> list[Event]: ...
    async def event(self, tenant_id: TenantId, seq: int) -> Event | None: ...
    async def calls(
        self, tenant_id: TenantId, correlation_id: str, delivery_key: str | None
    ) -> list[CallRecord]: ...
    async def find_items(
        self, tenant_id: TenantId, *, search: str | None, after: str, limit: int
    ) -> list[WorkItem]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """The change is at HubSpot, confirmed by its answers.

    With `pending` a part of it is not: HubSpot takes it only later, and `user` shows what is there until then.
    """

    user: AccountUser | None
    access: Access
    hubspot_id: str | None
    scim_id: str | None
    notes: tuple[str, ...] = ()
    pending: bool = False
    over_scim: bool = False
    """The SCIM channel was used for it, so that channel works."""


@dataclass(frozen=True, slots=True)
class Met:
    """A create met somebody who is there already: decide again, knowing that."""

    user: AccountUser


@dataclass(frozen=True, slots=True)
class Overtaken:
    """The change was let go before it was complete: there is nothing to settle, the delivery stays due."""


class Trouble(StrEnum):
    """What a failed attempt means for what comes next."""

    LATER = "later"
    """Try again at a moment `domain.retry` chooses."""
    PERSON = "person"
    """HubSpot refuses this person and will again until an admin does something."""
    TENANT = "tenant"
    """Nothing more may be sent for this tenant until an operator has looked."""
    CONNECTION = "connection"
    """The credential, its scopes or the address: nobody's change can work."""
    GONE = "gone"
    """The user is no longer at HubSpot."""
    CHANNEL = "channel"
    """The SCIM channel does not work: whoever needs it is tried again later, the others are not concerned."""
    OUTDATED = "outdated"
    """HubSpot no longer has what we last read there: read the account again, then try again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The change did not reach HubSpot, or nobody knows whether it did."""

    trouble: Trouble
    retry_as: FailureKind
    code: str
    sentence: str
    retry_after: Milliseconds | None = None
    scim_id: str | None = None


@dataclass(frozen=True, slots=True)
class Looked:
    """The person as HubSpot has him now, None for nobody; nothing was changed."""

    user: AccountUser | None


Outcome = Arrived | Met | Looked | Failed
StillWanted = Callable[[], Awaitable[bool]]
"""Tells whether a change that has waited is still what was decided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountReading:
    """A HubSpot account read whole: its lists and every user."""

    account: Account
    users: tuple[AccountUser, ...]


class Link(Protocol):
    """The way to one tenant's HubSpot account, within its budget. Every call is logged before it is sent."""

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
        """Bring one change to HubSpot by the least calls.

        `still_wanted` is asked once, when the budget allows the first call; when it says no, nothing is sent. Once
        `called_off` is set no further call waits for the budget; one that was sent is waited for. Both end `Overtaken`.
        """
        ...

    async def read_account(self, cause: Cause) -> AccountReading | Failed:
        """Read the account whole; anything less is `Failed`, never an account without somebody."""
        ...

    async def check(self, cause: Cause) -> Mapping[str, Any]:
        """Try out, by harmless reads, what each channel can do; says in words what is missing."""
        ...


class Links(Protocol):
    """Opens the way to each tenant's HubSpot account."""

    def check_address(self, base_url: str) -> str:
        """Return the base URL in the form it is kept; raises `Invalid` where credentials must not be sent."""
        ...

    async def open(self, tenant_id: TenantId) -> Link | None:
        """Return the tenant's link, or None while it has no connection."""
        ...

    async def trial(self, connection: Connection) -> Link:
        """Return a link for a connection that is not saved yet."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """A grant that HubSpot has just made, and the account it is for."""

    portal_id: int
    grant: OAuthGrant


class Authority(Protocol):
    """HubSpot as the one who grants: its authorize page, and its endpoints for tokens."""

    app: OAuthApp | None
    """The app of this server's own settings."""

    def authorize_url_for(self, base_url: str) -> str:
        """Return where people sign in who belong to an API at that address."""
        ...

    def check_authorize_url(self, url: str) -> str:
        """Return the address in the form it is used; raises `Invalid` where nobody must be sent to sign in."""
        ...

    async def exchange(
        self, authorization: Authorization, app: OAuthApp, code: str, cause: Cause
    ) -> Granted | Failed:
        """Turn a code into a grant and ask who made it. Nothing is kept."""
        ...

    async def revoke(self, connection: Connection, grant: OAuthGrant, cause: Cause) -> Failed | None:
        """End a grant at HubSpot; returns why it could not be."""
        ...


@dataclass(frozen=True, slots=True)
class Store:
    """All of the gateway's memory."""

    directory: DirectoryStore
    setup: SetupStore
    grants: GrantStore
    backlog: BacklogStore
    journal: JournalStore


Wake = Callable[[TenantId], None]
"""Tell the dispatcher that a tenant has something to deliver. A hint: it may be lost, nothing else is."""
