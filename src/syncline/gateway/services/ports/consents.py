"""What people have agreed to: approvals given, first approvals that wait for a second, exceptions of leavers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from syncline.clock import Milliseconds
from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.services.ports.records import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """One approval that is given and not used up yet, expired or not."""

    key: str
    what: str
    approved_at: Milliseconds
    approved_by: str
    because: str
    expires_at: Milliseconds | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstApproval:
    """What one person has approved and a second one must before it counts."""

    what: str
    subject: str
    asked_at: Milliseconds
    asked_by: str
    because: str
    expires_at: Milliseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaverException:
    """Somebody who may stay although he has left."""

    key: str
    until: Milliseconds
    because: str
    owner: str
    created_at: Milliseconds
    created_by: str
    ended_by: str | None


class ConsentStore(Protocol):
    """What people have agreed to. Every change is audited in the same transaction."""

    async def keep_leaver(
        self, tenant_id: TenantId, key: str, until: Milliseconds, because: str, owner: str, actor: Actor
    ) -> None: ...
    async def end_exception(self, tenant_id: TenantId, key: str, because: str, actor: Actor) -> bool: ...
    async def exceptions(self, tenant_id: TenantId, after: str, limit: int) -> Sequence[LeaverException]: ...
    async def exception(self, tenant_id: TenantId, key: str) -> LeaverException | None: ...
    async def approvals(self, tenant_id: TenantId, after: str, limit: int) -> Sequence[Approval]: ...
    async def first_approvals(
        self, tenant_id: TenantId, after: str, limit: int
    ) -> Sequence[FirstApproval]: ...
