"""SCIM tokens: made once, shown once, kept as keyed fingerprints."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from syncline.clock import Clock
from syncline.gateway.domain.credentials import RANDOM_BYTES, mint
from syncline.gateway.domain.errors import Invalid
from syncline.gateway.services.ports import Actor, SetupStore, Token
from syncline.gateway.services.showing import moment
from syncline.gateway.services.tenants import Tenants

TokenFingerprint = Callable[[str], bytes]
"""A keyed hash of a whole token; the key is not in the database."""

DAY = 86_400_000
MOST_DAYS = 3650
LONGEST_DESCRIPTION = 200


class Tokens:
    """The `token.*` operations."""

    def __init__(
        self,
        setup: SetupStore,
        tenants: Tenants,
        fingerprint: TokenFingerprint,
        clock: Clock,
        scim_base_url: Callable[[], str],
    ) -> None:
        self._setup = setup
        self._tenants = tenants
        self._fingerprint = fingerprint
        self._clock = clock
        self._scim_base_url = scim_base_url

    async def create(
        self, actor: str, tenant: str, description: str = "", expires_in_days: int | None = None
    ) -> dict[str, Any]:
        """Make a token; the answer is the only place its secret is ever shown. Several may be alive at once."""
        if expires_in_days is not None and not 1 <= expires_in_days <= MOST_DAYS:
            raise Invalid(
                f"A token lives 1 to {MOST_DAYS} days: leave the expiry out for one that does not expire."
            )
        if len(description) > LONGEST_DESCRIPTION:
            raise Invalid(f"A description has at most {LONGEST_DESCRIPTION} characters.")
        found = await self._tenants.find(tenant)
        minted = mint(secrets.token_bytes(RANDOM_BYTES))
        now = self._clock.now()
        token = Token(
            id=minted.id,
            tenant_id=found.id,
            fingerprint=self._fingerprint(minted.text),
            description=description,
            created_at=now,
            created_by=actor,
            expires_at=None if expires_in_days is None else now + expires_in_days * DAY,
            revoked_at=None,
            last_used_at=None,
            last_used_from=None,
        )
        await self._setup.create_token(token, Actor(actor, now))
        return {
            "token": minted.text,
            "token_id": token.id,
            "scim_base_url": self._scim_base_url(),
            "expires_at": moment(token.expires_at),
        }

    async def list(self, actor: str, tenant: str) -> dict[str, Any]:
        """Return the tenant's tokens without their secrets."""
        found = await self._tenants.find(tenant)
        return {"tokens": [_shown(token) for token in await self._setup.tokens(found.id)]}

    async def revoke(self, actor: str, tenant: str, token_id: str) -> dict[str, Any]:
        """End a token at once; raises `NotFound` for one that is not the tenant's own."""
        found = await self._tenants.find(tenant)
        await self._setup.revoke_token(found.id, token_id, Actor(actor, self._clock.now()))
        return {"token_id": token_id, "revoked": True}


def _shown(token: Token) -> dict[str, Any]:
    return {
        "token_id": token.id,
        "description": token.description,
        "created_at": moment(token.created_at),
        "created_by": token.created_by,
        "expires_at": moment(token.expires_at),
        "revoked_at": moment(token.revoked_at),
        "last_used_at": moment(token.last_used_at),
        "last_used_from": token.last_used_from,
    }
