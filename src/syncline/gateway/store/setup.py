"""Tenants and what operators set up for them; credentials are sealed here, on the way in and out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection as Database
from sqlalchemy import Select

from syncline.clock import Milliseconds
from syncline.gateway.domain.configuration import Configuration
from syncline.gateway.domain.consent import Consent
from syncline.gateway.domain.health import HealthEvent, event_of
from syncline.gateway.domain.rules import Rule
from syncline.gateway.domain.tenant import Policy, TenantId, TenantMode
from syncline.gateway.services.ports import Actor, Cause, Connection, ProtectedUser, Tenant, Token
from syncline.gateway.services.ports.notices import Subscription
from syncline.gateway.store import records, statements
from syncline.gateway.store.commands import approvals, choices
from syncline.gateway.store.commands import setup as commands
from syncline.gateway.store.commands.configuration import Configure
from syncline.gateway.store.commands.health import NoteHealth
from syncline.gateway.store.group_names import rules_named
from syncline.gateway.store.notices import subscription_row
from syncline.gateway.store.sealed import credential_of, credential_row
from syncline.gateway.store.tables import scim_tokens
from syncline.scim.names import comparison_key
from syncline.sql.looking import rows_of
from syncline.sql.reader import Reader
from syncline.sql.rows import Row
from syncline.sql.sealing import Sealer
from syncline.sql.sharing import SharedReads
from syncline.sql.writer import Writer


class SqlSetup:
    """Implements `services.ports.SetupStore`."""

    def __init__(self, writer: Writer, reader: Reader, sealer: Sealer) -> None:
        self._writer = writer
        self._reader = reader
        self._sealer = sealer
        self._tokens_by_id = SharedReads(self._read_tokens)

    async def create_tenant(self, tenant_id: TenantId, name: str, actor: Actor) -> Tenant:
        """Create a tenant; raises `Conflict` when the name is taken in any case."""
        return records.tenant_of(await self._writer.submit(commands.CreateTenant(tenant_id, name, actor)))

    async def tenant(self, name_or_id: str) -> Tenant | None:
        """Return the tenant of that id or name."""

        def read(database: Database) -> Tenant | None:
            row = database.execute(statements.TENANT_BY_ID, {"tenant_id": name_or_id}).mappings().first()
            if row is None:
                parameters = {"name_key": comparison_key(name_or_id)}
                row = database.execute(statements.TENANT_BY_NAME, parameters).mappings().first()
            return None if row is None else records.tenant_of(dict(row))

        return await self._reader.point(read)

    async def tenants(self) -> list[Tenant]:
        """Return every tenant, by name."""

        def read(database: Database) -> list[Tenant]:
            return [
                records.tenant_of(dict(row)) for row in database.execute(statements.ALL_TENANTS).mappings()
            ]

        return await self._reader.scan(read)

    async def tenants_after(self, name: str, limit: int) -> list[Tenant]:
        """Return tenants by name, those after this one."""
        parameters = {"name_key": comparison_key(name), "limit": limit}

        def read(database: Database) -> list[Tenant]:
            return [records.tenant_of(row) for row in rows_of(database, statements.TENANTS_AFTER, parameters)]

        return await self._reader.point(read)

    async def set_mode(self, tenant_id: TenantId, mode: TenantMode, actor: Actor) -> None:
        """Set how far the tenant's decisions go."""
        await self._change(tenant_id, {"mode": mode.value}, "tenant.mode", {"mode": mode.value}, actor)

    async def change_policy(
        self, tenant_id: TenantId, changes: Mapping[str, Any], actor: Actor, expect: str | None = None
    ) -> Policy:
        """Change these of the tenant's choices; raises `Refused` for what cannot be carried out."""
        return await self._writer.submit(choices.ChangePolicy(tenant_id, dict(changes), actor, expect))

    async def approve_plan(
        self,
        tenant_id: TenantId,
        counts: Mapping[str, int],
        actor: Actor,
        because: str = "",
        fingerprint: str = "",
    ) -> Consent:
        """Remember that an operator has seen the plan of this fingerprint and agreed to it."""
        command = approvals.ApprovePlan(tenant_id, dict(counts), fingerprint, actor, because)
        return await self._writer.submit(command)

    async def create_token(self, token: Token, actor: Actor) -> None:
        """Keep a token's fingerprint."""
        await self._writer.submit(commands.CreateToken(token, actor))

    async def token(self, token_id: str) -> Token | None:
        """Return the token of that public id; its tenant is known only by it."""
        return await self._tokens_by_id.get(token_id)

    async def _read_tokens(self, token_ids: Collection[str]) -> Mapping[str, Token]:
        rows = await self._reader.rows(statements.TOKENS_BY_ID, {"token_ids": list(token_ids)})
        return {row["id"]: records.token_of(row) for row in rows}

    @property
    def is_alone(self) -> bool:
        """Whether no other process writes to the database."""
        return self._writer.is_alone

    def token_changes(self) -> int:
        """Return how often tokens have been written by this process."""
        return self._writer.changes(scim_tokens)

    async def tokens(self, tenant_id: TenantId) -> list[Token]:
        """Return the tenant's tokens, oldest first, the revoked ones included."""
        return [records.token_of(row) for row in await self._rows(statements.TOKENS, tenant_id)]

    async def revoke_token(self, tenant_id: TenantId, token_id: str, actor: Actor) -> None:
        """End a token; raises `NotFound` for one that is not the tenant's own."""
        await self._writer.submit(commands.RevokeToken(tenant_id, token_id, actor))

    async def note_token_use(self, token_id: str, at: Milliseconds, client: str | None) -> None:
        """Remember when and from where the token was last used."""
        await self._writer.submit(commands.NoteTokenUse(token_id, at, client))

    async def set_connection(self, connection: Connection, actor: Actor, expect: str | None = None) -> None:
        """Link the tenant to a HubSpot account; raises `Conflict` when another tenant has that account."""
        tenant_id = connection.tenant_id
        row: Row = {
            "tenant_id": tenant_id,
            "portal_id": connection.portal_id,
            "base_url": connection.base_url,
            **credential_row(self._sealer, tenant_id, connection.credential),
            "scim_base_url": connection.scim_base_url,
            "scim_token": None
            if connection.scim_token is None
            else self._sealer.seal(connection.scim_token, tenant_id, "scim_token"),
            "account": None if connection.account is None else records.account_text(connection.account),
            "account_read_at": connection.account_read_at,
            "trouble": None,
            "trouble_detail": None,
            "health": None,
            "health_since": None,
            "probe_at": None,
            "created_at": actor.at,
        }
        await self._writer.submit(commands.SetConnection(tenant_id, row, actor, expect))

    async def connection(self, tenant_id: TenantId) -> Connection | None:
        """Return the tenant's link with its credentials opened; raises `SealBroken` under another key."""
        rows = await self._rows(statements.CONNECTION, tenant_id)
        return self._opened(tenant_id, rows[0]) if rows else None

    async def note_trouble(
        self, tenant_id: TenantId, trouble: str | None, detail: str | None, cause: Cause
    ) -> None:
        """Remember that the connection does not work, or that it does again."""
        await self._writer.submit(NoteHealth(tenant_id, event_of(trouble), trouble, detail or "", cause))

    async def note_health(
        self, tenant_id: TenantId, event: HealthEvent, trouble: str | None, detail: str, cause: Cause
    ) -> bool:
        """Move the connection along its state table; returns whether its state is another one now."""
        return await self._writer.submit(NoteHealth(tenant_id, event, trouble, detail, cause))

    async def rules(self, tenant_id: TenantId) -> list[Rule]:
        """Return the rules in the order they are tried."""
        return await self._reader.point(lambda connection: rules_named(connection, tenant_id))

    async def add_rule(
        self, tenant_id: TenantId, rule: Rule, position: int | None, actor: Actor, expect: str | None = None
    ) -> Rule:
        """Put a rule at a position, counted from 1; None is the last one."""
        return await self._writer.submit(choices.AddRule(tenant_id, rule, position, actor, expect))

    async def move_rule(
        self, tenant_id: TenantId, rule_id: str, position: int, actor: Actor, expect: str | None = None
    ) -> Rule:
        """Move a rule to a position, counted from 1; raises `NotFound`."""
        return await self._writer.submit(choices.MoveRule(tenant_id, rule_id, position, actor, expect))

    async def remove_rule(
        self, tenant_id: TenantId, rule_id: str, actor: Actor, expect: str | None = None
    ) -> Rule:
        """Remove a rule and return it; raises `NotFound`."""
        return await self._writer.submit(choices.RemoveRule(tenant_id, rule_id, actor, expect))

    async def protected_users(self, tenant_id: TenantId) -> list[ProtectedUser]:
        """Return the people an operator protects."""
        return [records.protected_of(row) for row in await self._rows(statements.PROTECTED, tenant_id)]

    async def protect(self, tenant_id: TenantId, user: ProtectedUser, actor: Actor) -> None:
        """Have nothing ever changed for this person."""
        await self._writer.submit(commands.Protect(tenant_id, user, actor))

    async def unprotect(self, tenant_id: TenantId, email: str, actor: Actor) -> Consent:
        """Lift a protection; NOTHING where there is none, PENDING while a second person has to say so."""
        return await self._writer.submit(commands.Unprotect(tenant_id, email, actor))

    async def configure(
        self,
        tenant_id: TenantId,
        configuration: Configuration,
        subscribers: Sequence[Subscription],
        actor: Actor,
        expect: str | None = None,
    ) -> None:
        """Have the tenant's choices be these, all at once; `subscribers` are those in it who may be new."""
        rows = tuple(subscription_row(self._sealer, each) for each in subscribers)
        await self._writer.submit(Configure(tenant_id, configuration, rows, actor, expect))

    async def release(self, tenant_id: TenantId, delivery_key: str, actor: Actor) -> bool:
        """Let somebody who was deactivated at HubSpot be reactivated."""
        return await self._writer.submit(commands.Release(tenant_id, delivery_key, actor))

    async def approve(
        self, tenant_id: TenantId, granted: Sequence[tuple[str, str]], actor: Actor, because: str = ""
    ) -> frozenset[str]:
        """Approve one thing for each of these deliveries, by key; returns those that need a second person's word."""
        return await self._writer.submit(approvals.Approve(tenant_id, tuple(granted), actor, because))

    async def privileged(self, tenant_id: TenantId) -> frozenset[str]:
        """Return the ids of the permission sets an operator has marked."""
        rows = await self._rows(statements.PRIVILEGED, tenant_id)
        return frozenset(row["permission_set_id"] for row in rows)

    async def mark_privileged(
        self, tenant_id: TenantId, permission_set_id: str, *, marked: bool, actor: Actor
    ) -> bool:
        """Mark a permission set, or take the mark away; returns whether that changed anything."""
        return await self._writer.submit(
            approvals.MarkPrivileged(tenant_id, permission_set_id, marked, actor)
        )

    async def _change(
        self,
        tenant_id: TenantId,
        changes: Mapping[str, object],
        action: str,
        detail: Mapping[str, object],
        actor: Actor,
    ) -> None:
        await self._writer.submit(commands.ChangeTenant(tenant_id, changes, action, detail, actor))

    async def _rows(self, statement: Select[Any], tenant_id: TenantId) -> list[Row]:
        def read(database: Database) -> list[Row]:
            return rows_of(database, statement, {"tenant_id": tenant_id})

        return await self._reader.point(read)

    def _opened(self, tenant_id: TenantId, row: Row) -> Connection:
        sealed = row["scim_token"]
        return Connection(
            tenant_id=tenant_id,
            portal_id=row["portal_id"],
            base_url=row["base_url"],
            credential=credential_of(self._sealer, tenant_id, row),
            scim_base_url=row["scim_base_url"],
            scim_token=None if sealed is None else self._sealer.open(sealed, tenant_id, "scim_token"),
            account=None if row["account"] is None else records.account_of(row["account"]),
            account_read_at=row["account_read_at"],
            trouble=row["trouble"],
            trouble_detail=row["trouble_detail"],
            health=records.health_of_row(row),
            health_since=row["health_since"],
            probe_at=row["probe_at"],
        )
