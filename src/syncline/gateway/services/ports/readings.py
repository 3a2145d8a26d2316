"""Reading a tenant's HubSpot account, page by page, so that a restart loses nothing of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from syncline.clock import Milliseconds
from syncline.gateway.domain.account import Account, AccountUser
from syncline.gateway.domain.crm import CrmRecord
from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.services.ports.deliveries import WorkItem
from syncline.gateway.services.ports.hubspot import AccountActivity
from syncline.gateway.services.ports.records import Actor, Cause


class ReadingStep(StrEnum):
    """How far a reading has come."""

    LISTS = "lists"
    """The account's permission sets and teams come first."""
    USERS = "users"
    RECORDS = "records"
    """The CRM records of users, where any of their attributes is kept in line."""
    DEACTIVATED = "deactivated"
    """Who cannot sign in, which the list of users does not say."""
    MERGING = "merging"
    """Everything is read; what is known of the account is replaced, a chunk at a time."""
    DONE = "done"
    ABANDONED = "abandoned"
    """Nothing was concluded from it; the next one begins anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One reading of a tenant's account. Until it is done nothing is concluded from it."""

    tenant_id: TenantId
    id: str
    step: ReadingStep
    cursor: str | None
    """Where the list of this step goes on; None at its beginning."""
    account: Account | None
    users: int
    owners_read: bool
    changed: int
    """Users whom HubSpot has otherwise than was known, newcomers and those who are gone included."""
    missing: tuple[str, ...]
    begun_at: Milliseconds
    finished_at: Milliseconds | None
    correlation_id: str
    asked_by: str

    @property
    def is_open(self) -> bool:
        """Whether there is something to go on with."""
        return self.step not in (ReadingStep.DONE, ReadingStep.ABANDONED)


@dataclass(frozen=True, slots=True)
class Chunk:
    """One page of a walk over the users of the account, and where it goes on."""

    orphans: tuple[Orphan, ...]
    after: str | None


@dataclass(frozen=True, slots=True)
class Orphan:
    """Somebody at HubSpot of whom the identity provider has never told."""

    user: AccountUser


class ReadingStore(Protocol):
    """Readings, and what comes of them. A write returns the reading as it is then, None when another has begun."""

    async def reading(self, tenant_id: TenantId) -> Reading | None: ...
    async def begin(self, tenant_id: TenantId, reading_id: str, cause: Cause, asked_by: str) -> Reading: ...
    async def clear(self, tenant_id: TenantId, reading_id: str) -> bool: ...
    async def keep_lists(
        self, reading: Reading, account: Account, missing: Sequence[str]
    ) -> Reading | None: ...
    async def keep_users(
        self, reading: Reading, users: Sequence[AccountUser], after: str | None
    ) -> Reading | None: ...
    async def keep_records(
        self, reading: Reading, records: Sequence[CrmRecord], after: str | None
    ) -> Reading | None: ...
    async def keep_deactivated(
        self, reading: Reading, hubspot_ids: Sequence[str] | None, after: str | None
    ) -> Reading | None: ...
    async def merge(
        self, reading: Reading, activity: AccountActivity, at: Milliseconds
    ) -> Reading | None: ...
    async def abandon(self, reading: Reading) -> None: ...
    async def refresh_lists(self, tenant_id: TenantId, account: Account, cause: Cause) -> bool: ...
    async def keep_person(
        self,
        tenant_id: TenantId,
        key: str,
        hubspot_id: str | None,
        user: AccountUser | None,
        cause: Cause,
        actor: Actor,
    ) -> bool: ...
    async def due(self, before: Milliseconds) -> list[TenantId]: ...
    async def drifted(self, tenant_id: TenantId, after: str, limit: int) -> list[WorkItem]: ...
    async def accept_drift(
        self, tenant_id: TenantId, key: str, fields: frozenset[str] | None, actor: Actor, correlation_id: str
    ) -> tuple[str, ...]: ...
    async def orphans(self, tenant_id: TenantId, after: str, limit: int) -> Chunk: ...
