"""Askings for a grant and the tokens of grants, sealed on the way in and opened on the way out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection as Database

from syncline.clock import Milliseconds
from syncline.gateway.domain.authorization import Authorization, AuthorizationState
from syncline.gateway.domain.grant import TokenPair
from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.services.ports import Actor, Cause
from syncline.gateway.store import statements
from syncline.gateway.store.commands import grants as commands
from syncline.gateway.store.sealed import seal, tokens_row, unseal
from syncline.sql.reader import Reader
from syncline.sql.rows import Row
from syncline.sql.sealing import Sealer
from syncline.sql.writer import Writer

_VERIFIER, _SECRET = "code_verifier", "client_secret"


class SqlGrants:
    """Implements `services.ports.GrantStore`."""

    def __init__(self, writer: Writer, reader: Reader, sealer: Sealer) -> None:
        self._writer = writer
        self._reader = reader
        self._sealer = sealer

    async def begin(self, authorization: Authorization, state: str, actor: Actor) -> None:
        """Keep an asking in the place of the tenant's last one, whose state stops working."""
        tenant_id = authorization.tenant_id
        row: Row = {
            "tenant_id": tenant_id,
            "id": authorization.id,
            "state_fingerprint": self._fingerprint(state),
            "base_url": authorization.base_url,
            "redirect_uri": authorization.redirect_uri,
            "client_id": authorization.client_id,
            "client_secret": seal(self._sealer, tenant_id, _SECRET, authorization.client_secret),
            "code_verifier": seal(self._sealer, tenant_id, _VERIFIER, authorization.code_verifier),
            "begun_at": authorization.begun_at,
            "begun_by": authorization.begun_by,
            "expires_at": authorization.expires_at,
            "outcome": None,
            "sentence": "",
        }
        await self._writer.submit(commands.Begin(tenant_id, row, actor))

    async def claim(self, state: str, at: Milliseconds) -> Authorization | None:
        """Return the asking of that state, once: None when it is unknown, was answered, or has expired by now."""
        row = await self._writer.submit(commands.Claim(self._fingerprint(state), at))
        return None if row is None else self._opened(row)

    async def settle(
        self, tenant_id: TenantId, authorization_id: str, outcome: AuthorizationState, sentence: str
    ) -> None:
        """Remember what came of an asking, unless another has taken its place."""
        await self._writer.submit(commands.SettleAsking(tenant_id, authorization_id, outcome, sentence))

    async def authorization(self, tenant_id: TenantId) -> Authorization | None:
        """Return the tenant's last asking, without its secrets."""

        def read(database: Database) -> Row | None:
            parameters = {"tenant_id": tenant_id}
            row = database.execute(statements.AUTHORIZATION, parameters).mappings().first()
            return None if row is None else dict(row)

        row = await self._reader.point(read)
        return None if row is None else self._opened({**row, "client_secret": None, "code_verifier": None})

    async def keep_tokens(self, tenant_id: TenantId, grant_id: str, tokens: TokenPair) -> bool:
        """Keep renewed tokens; False, and nothing kept, when the tenant's connection has another credential by now."""
        row = tokens_row(self._sealer, tenant_id, tokens)
        return await self._writer.submit(commands.KeepTokens(tenant_id, grant_id, row))

    async def end(self, tenant_id: TenantId, grant_id: str, code: str, sentence: str, cause: Cause) -> None:
        """Remember that HubSpot has ended the grant, unless there is another one by now."""
        await self._writer.submit(commands.EndGrant(tenant_id, grant_id, code, sentence, cause))

    async def disconnect(self, tenant_id: TenantId, actor: Actor, detail: Mapping[str, Any]) -> None:
        """Forget the tenant's connection with its credentials; the tenant goes back to collecting."""
        await self._writer.submit(commands.Disconnect(tenant_id, actor, detail))

    def _fingerprint(self, state: str) -> bytes:
        return self._sealer.fingerprint("oauth state", state)

    def _opened(self, row: Row) -> Authorization:
        tenant_id = TenantId(row["tenant_id"])
        return Authorization(
            id=row["id"],
            tenant_id=tenant_id,
            base_url=row["base_url"],
            redirect_uri=row["redirect_uri"],
            client_id=row["client_id"],
            client_secret=unseal(self._sealer, tenant_id, _SECRET, row["client_secret"]),
            code_verifier=unseal(self._sealer, tenant_id, _VERIFIER, row["code_verifier"]) or "",
            begun_at=row["begun_at"],
            begun_by=row["begun_by"],
            expires_at=row["expires_at"],
            outcome=None if row["outcome"] is None else AuthorizationState(row["outcome"]),
            sentence=row["sentence"],
        )
