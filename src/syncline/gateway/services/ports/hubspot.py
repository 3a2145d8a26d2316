"""What the use cases ask of HubSpot, and the answers there can be."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from syncline.clock import Milliseconds
from syncline.gateway.domain.account import Account, AccountUser, ChangedBy
from syncline.gateway.domain.authorization import Authorization
from syncline.gateway.domain.change import Change
from syncline.gateway.domain.crm import CrmRecord
from syncline.gateway.domain.delivery import Access
from syncline.gateway.domain.grant import OAuthApp, OAuthGrant
from syncline.gateway.domain.retry import FailureKind
from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.services.ports.deliveries import WorkItem
from syncline.gateway.services.ports.records import Cause, Connection


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
    outage: bool = False
    """HubSpot or the way to it failed; it may have nothing to do with this person."""
    reached: bool = True
    """HubSpot, or something in its place, has answered or may have taken the call."""
    over_scim: bool = False
    """It was the SCIM channel that failed."""


@dataclass(frozen=True, slots=True)
class Looked:
    """The person as HubSpot has him now, None for nobody; nothing was changed."""

    user: AccountUser | None


Outcome = Arrived | Met | Looked | Failed
StillWanted = Callable[[], Awaitable[bool]]
"""Tells whether a change that has waited is still what was decided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountReading:
    """A HubSpot account read whole: its lists and every user. `missing` says what the credential could not see."""

    account: Account
    users: tuple[AccountUser, ...]
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AccountActivity:
    """What HubSpot's log says, newest first, by the id of whom it is about."""

    entries: Mapping[str, tuple[ChangedBy, ...]]
    silence: str | None = None
    """Why the log says nothing, when it may not be read."""


@dataclass(frozen=True, slots=True)
class Lists:
    """The account's own lists, without its people. `missing` says what the credential could not see."""

    account: Account
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UsersPage:
    """One page of the account's users; `after` is where the list goes on, None at its end."""

    users: tuple[AccountUser, ...]
    after: str | None


@dataclass(frozen=True, slots=True)
class RecordsPage:
    """One page of the CRM records of users; `after` as in `UsersPage`."""

    records: tuple[CrmRecord, ...]
    after: str | None


@dataclass(frozen=True, slots=True)
class DeactivatedPage:
    """One page of the ids of people who cannot sign in; `after` as in `UsersPage`."""

    hubspot_ids: tuple[str, ...]
    after: str | None


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

    async def read_account(
        self, cause: Cause, *, seats: bool = False, crm: bool = False
    ) -> AccountReading | Failed:
        """Read the account whole; anything less is `Failed`, never an account without somebody."""
        ...

    async def read_lists(self, cause: Cause, *, seats: bool = False, crm: bool = False) -> Lists | Failed:
        """Read which account it is, its permission sets and its teams; its seats if asked to.

        With `crm` also whether the CRM records of its users can be read and written.
        """
        ...

    async def read_users(self, after: str | None, cause: Cause, *, seats: bool = False) -> UsersPage | Failed:
        """Read one page of users, with their seats if asked to; None begins the list."""
        ...

    async def read_records(self, after: str | None, cause: Cause) -> RecordsPage | Failed:
        """Read one page of users' CRM records; None begins the list."""
        ...

    async def read_deactivated(self, after: str | None, cause: Cause) -> DeactivatedPage | Failed | None:
        """Read one page of those who cannot sign in; None when the credential may not see them."""
        ...

    async def read_activity(self, since: Milliseconds, cause: Cause) -> AccountActivity | Failed:
        """Read what HubSpot's log says has been done to its users since then."""
        ...

    async def read_user(self, item: WorkItem, cause: Cause) -> Looked | Failed:
        """Read one person, and whether he can sign in, as an operator asked."""
        ...

    async def check(self, cause: Cause, *, crm: bool = False) -> Mapping[str, Any]:
        """Try out what each channel can do, with `crm` the CRM records too; changes nothing, says what is missing."""
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
