"""Keys to the admin API: made once, shown once, kept as keyed fingerprints, each with one role at one place."""

from __future__ import annotations

import hmac
import secrets
from typing import Any

from syncline.clock import Clock, Milliseconds
from syncline.gateway.domain.credentials import API_KEY, RANDOM_BYTES, is_alive, mint, public_id
from syncline.gateway.domain.errors import Invalid
from syncline.gateway.domain.operators import EVERYWHERE, read_role
from syncline.gateway.domain.sessions import BY_API_KEY, ApiKey
from syncline.gateway.services.credentials import DAY, LONGEST_DESCRIPTION, TokenFingerprint
from syncline.gateway.services.ports import Actor, OperatorStore
from syncline.gateway.services.showing import moment
from syncline.gateway.services.tenants import Tenants

USE_NOTED_EVERY: Milliseconds = 60_000


class ApiKeys:
    """The `api_key.*` operations, and telling whose key a request carries."""

    def __init__(
        self, store: OperatorStore, tenants: Tenants, fingerprint: TokenFingerprint, clock: Clock
    ) -> None:
        self._store = store
        self._tenants = tenants
        self._fingerprint = fingerprint
        self._clock = clock

    async def create(
        self,
        actor: str,
        role: str = "viewer",
        tenant: str | None = None,
        description: str = "",
        expires_in_days: int | None = None,
    ) -> dict[str, Any]:
        """Make a key for one tenant, or for all; the answer is the only place its secret is ever shown."""
        if expires_in_days is not None and not 1 <= expires_in_days <= 3650:
            raise Invalid("A key lives 1 to 3650 days: leave the expiry out for one that does not expire.")
        if len(description) > LONGEST_DESCRIPTION:
            raise Invalid(f"A description has at most {LONGEST_DESCRIPTION} characters.")
        wanted = read_role(role)
        place = EVERYWHERE if tenant in (None, EVERYWHERE) else (await self._tenants.find(tenant or "")).id
        minted = mint(secrets.token_bytes(RANDOM_BYTES), API_KEY)
        now = self._clock.now()
        key = ApiKey(
            id=minted.id,
            tenant_id=place,
            role=wanted,
            fingerprint=self._fingerprint(minted.text),
            description=description,
            operator_id=await self._who_answers(actor),
            created_at=now,
            created_by=actor,
            expires_at=None if expires_in_days is None else now + expires_in_days * DAY,
        )
        await self._store.create_api_key(key, Actor(actor, now))
        return {"api_key": minted.text, **_shown(key)}

    async def _who_answers(self, actor: str) -> str | None:
        """Return the operator behind a name, who may be using a key of his; None for the command line."""
        if actor.startswith(BY_API_KEY):
            key = await self._store.api_key(actor.removeprefix(BY_API_KEY))
            return None if key is None else key.operator_id
        maker = await self._store.operator_by_email(actor)
        return None if maker is None else maker.id

    async def list(self, actor: str) -> dict[str, Any]:
        """Return every key without its secret."""
        return {"api_keys": [_shown(key) for key in await self._store.api_keys()]}

    async def revoke(self, actor: str, key_id: str) -> dict[str, Any]:
        """End a key at once; raises `NotFound`."""
        await self._store.revoke_api_key(key_id, Actor(actor, self._clock.now()))
        return {"key_id": key_id, "revoked": True}

    async def authenticate(self, text: str, client: str | None) -> ApiKey | None:
        """Return the key that was presented while it is alive, and note its use once a minute."""
        given = public_id(text, API_KEY)
        key = None if given is None else await self._store.api_key(given)
        expected = key.fingerprint if key is not None else bytes(32)
        right = hmac.compare_digest(expected, self._fingerprint(text[:200]))
        now = self._clock.now()
        if key is None or not right:
            return None
        if not is_alive(expires_at=key.expires_at, revoked_at=key.revoked_at, now=now):
            return None
        if now - (key.last_used_at or 0) >= USE_NOTED_EVERY:
            await self._store.note_api_key_use(key.id, now, client)
        return key


def _shown(key: ApiKey) -> dict[str, Any]:
    return {
        "key_id": key.id,
        "role": key.role.value,
        "tenant_id": None if key.tenant_id == EVERYWHERE else key.tenant_id,
        "description": key.description,
        "created_at": moment(key.created_at),
        "created_by": key.created_by,
        "expires_at": moment(key.expires_at),
        "revoked_at": moment(key.revoked_at),
        "last_used_at": moment(key.last_used_at),
        "last_used_from": key.last_used_from,
    }
