"""What an operator set up, as the store keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from syncline.clock import Milliseconds
from syncline.gateway.domain.account import Account
from syncline.gateway.domain.grant import Credential
from syncline.gateway.domain.health import Health
from syncline.gateway.domain.tenant import Policy, TenantId, TenantMode
from syncline.scimserver.identifiers import time_ordered_text


class Cause(msgspec.Struct, frozen=True):
    """Why rows change: the moment, the correlation id, and what is worth keeping of the request.

    `token_id` names the SCIM token that must be alive still where the change is written.
    """

    at: Milliseconds
    correlation_id: str
    detail: Mapping[str, Any] = msgspec.field(default_factory=dict)
    token_id: str | None = None

    @classmethod
    def new(cls, at: Milliseconds, detail: Mapping[str, Any] | None = None) -> Cause:
        """Return a cause of our own, with a correlation id that tells when it began."""
        return cls(at, time_ordered_text(at), detail or {})


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
    health: Health = Health.HEALTHY
    health_since: Milliseconds | None = None
    """Since when it is so; None while it has always been healthy."""
    probe_at: Milliseconds | None = None
    """When a connection in trouble is tried next by itself; None when it is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectedUser:
    """A person nothing is ever changed for, by an operator's word."""

    email: str
    reason: str
    created_at: Milliseconds
    created_by: str
    until: Milliseconds | None = None
    """When the protection ends by itself; None for one that does not."""
