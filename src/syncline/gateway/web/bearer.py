"""From a bearer token to a tenant: the only birthplace of the `TenantId` a request acts for."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable
from functools import partial
from hashlib import blake2b
from secrets import token_bytes
from typing import NamedTuple

from syncline.clock import Clock, Milliseconds
from syncline.gateway.domain.credentials import REFUSED, is_alive, public_id
from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.services.credentials import TokenFingerprint
from syncline.gateway.services.ports import DirectoryStore, SetupStore, Token, Wake
from syncline.gateway.services.provisioning import Remembered, TenantDirectory
from syncline.scim.errors import Unauthorized, Unavailable
from syncline.scimserver.bearer import bearer_token
from syncline.scimserver.store import Exchange
from syncline.sql.errors import StoreError

_log = logging.getLogger(__name__)
USE_NOTED_EVERY: Milliseconds = 60_000
"""How exact `last used` is: one write a minute and token, whatever the traffic."""


MOST_REMEMBERED = 10_000
"""Headers that were accepted; past it all are forgotten, and checked once more when they come."""


class _Accepted(NamedTuple):
    """A token whose secret was found right, and what it opens."""

    token: Token
    directory: TenantDirectory


class BearerAuthenticator:
    """Implements `scimserver.Authenticate`. A revoked token opens nothing of its tenant from the next request on.

    A header that was accepted is taken apart and checked again when this process has written a token since. Where
    others may write them too, a token that is remembered is confirmed by what it is used for (`Remembered`).

    `claim` counts the request to the tenant and raises `TooManyRequests` when its share is used up.
    """

    def __init__(
        self,
        setup: SetupStore,
        directory: DirectoryStore,
        fingerprint: TokenFingerprint,
        clock: Clock,
        wake: Wake,
        *,
        claim: Callable[[TenantId], None],
    ) -> None:
        self._setup = setup
        self._directory = directory
        self._fingerprint = fingerprint
        self._clock = clock
        self._wake = wake
        self._claim = claim
        self._noted: dict[str, Milliseconds] = {}
        # Under a key of this process: no secret is kept, and how long looking takes says nothing about one.
        self._marks = blake2b(key=token_bytes(32), digest_size=32)
        self._accepted: dict[bytes, _Accepted] = {}
        self._moment: int | None = None

    async def __call__(self, authorization: str | None, exchange: Exchange) -> TenantDirectory:
        """Return the tenant's directory; raises `Unauthorized`, or `Unavailable` when the store cannot tell."""
        mark = self._marks.copy()
        mark.update((authorization or "").encode())
        digest = mark.digest()
        known = self._remembered()
        accepted = known.get(digest)
        if accepted is None:
            accepted = known[digest] = await self._accept(authorization)
        token = accepted.token
        now = self._clock.now()
        _refuse_ended(token, now)
        self._claim(token.tenant_id)
        exchange.opened = token.tenant_id
        if now - self._noted.get(token.id, -USE_NOTED_EVERY) >= USE_NOTED_EVERY:
            await self._note_use(token.id, now, exchange.client)
        return accepted.directory

    def _remembered(self) -> dict[bytes, _Accepted]:
        """Return what was accepted since a token was last written here."""
        # Taken before anything is read: a change meanwhile makes what was read count as out of date.
        moment = self._setup.token_changes()
        if moment != self._moment or len(self._accepted) >= MOST_REMEMBERED:
            self._accepted, self._moment = {}, moment
        return self._accepted

    async def _accept(self, authorization: str | None) -> _Accepted:
        text = bearer_token(authorization)
        token = await self._token(public_id(text))
        expected = token.fingerprint if token is not None else bytes(32)
        right = hmac.compare_digest(expected, self._fingerprint(text))
        if token is None or not right:
            raise Unauthorized(REFUSED)
        remembered = None if self._setup.is_alone else Remembered(token.id, partial(self._confirm, token.id))
        directory = TenantDirectory(token.tenant_id, self._directory, self._clock, self._wake, remembered)
        return _Accepted(token, directory)

    async def _confirm(self, token_id: str) -> None:
        _refuse_ended(await self._token(token_id), self._clock.now())

    async def _token(self, token_id: str | None) -> Token | None:
        try:
            return None if token_id is None else await self._setup.token(token_id)
        except StoreError as error:
            raise Unavailable("The token cannot be checked now.", retry_after=5) from error

    async def _note_use(self, token_id: str, now: Milliseconds, client: str | None) -> None:
        self._noted[token_id] = now
        try:
            await self._setup.note_token_use(token_id, now, client)
        except StoreError as error:  # a read is answered also while nothing can be written
            _log.warning("the use of a token could not be noted: %s", error)


def _refuse_ended(token: Token | None, now: Milliseconds) -> None:
    if token is None or not is_alive(expires_at=token.expires_at, revoked_at=token.revoked_at, now=now):
        raise Unauthorized(REFUSED)
