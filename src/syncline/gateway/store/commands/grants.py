"""Askings for a grant, and what happens to a grant afterwards: renewed, ended, forgotten."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from syncline.clock import Milliseconds
from syncline.gateway.domain.authorization import AuthorizationState
from syncline.gateway.domain.health import HealthEvent
from syncline.gateway.domain.tenant import TenantId, TenantMode
from syncline.gateway.services.ports import Actor, Cause
from syncline.gateway.store.commands.health import move_health
from syncline.gateway.store.commands.journal import counters_of, record_audit
from syncline.gateway.store.commands.setup import bump_epoch, forget_account_users
from syncline.gateway.store.tables import account_users, authorizations, connections, tenants
from syncline.sql.rows import Need, Row, Rows

_WIPED = {"state_fingerprint": None, "client_secret": None, "code_verifier": None}


@dataclass(frozen=True, slots=True)
class Begin:
    """Put an asking in the place of the tenant's last one. The row's secrets are sealed already."""

    tenant_id: TenantId
    row: Row
    actor: Actor

    def prefetch(self) -> Iterable[Need]:
        return (counters_of(self.tenant_id), Need(authorizations, ("tenant_id",), (self.tenant_id,)))

    def apply(self, rows: Rows) -> None:
        if rows.get(authorizations, self.tenant_id) is None:
            rows.insert(authorizations, self.row)
        else:
            changes = {name: value for name, value in self.row.items() if name != "tenant_id"}
            rows.update(authorizations, (self.tenant_id,), **changes)
        detail = {name: self.row[name] for name in ("base_url", "client_id")}
        record_audit(
            rows, self.tenant_id, self.actor.at, self.actor.name, "connection.authorization", **detail
        )


@dataclass(frozen=True, slots=True)
class Claim:
    """Return the asking of that state and wipe its secrets, so that no second answer finds it.

    None for a state nobody gave out, one that was used, and one that has expired; the last stays as it is.
    """

    state_fingerprint: bytes
    at: Milliseconds

    def prefetch(self) -> Iterable[Need]:
        return (Need(authorizations, ("state_fingerprint",), (self.state_fingerprint,)),)

    def apply(self, rows: Rows) -> Row | None:
        found = rows.find(authorizations, state_fingerprint=self.state_fingerprint)
        if not found or self.at >= found[0]["expires_at"]:
            return None
        claimed = dict(found[0])
        rows.update(authorizations, (claimed["tenant_id"],), **_WIPED)
        return claimed


@dataclass(frozen=True, slots=True)
class SettleAsking:
    """Remember what came of an asking, unless another has taken its place."""

    tenant_id: TenantId
    authorization_id: str
    outcome: AuthorizationState
    sentence: str

    def prefetch(self) -> Iterable[Need]:
        return (Need(authorizations, ("tenant_id",), (self.tenant_id,)),)

    def apply(self, rows: Rows) -> None:
        row = rows.get(authorizations, self.tenant_id)
        if row is not None and row["id"] == self.authorization_id:
            rows.update(
                authorizations,
                (self.tenant_id,),
                outcome=self.outcome.value,
                sentence=self.sentence,
                **_WIPED,
            )


@dataclass(frozen=True, slots=True)
class KeepTokens:
    """Keep renewed tokens, sealed already; False when the connection has another credential by now."""

    tenant_id: TenantId
    grant_id: str
    tokens: Row

    def prefetch(self) -> Iterable[Need]:
        return (Need(connections, ("tenant_id",), (self.tenant_id,)),)

    def apply(self, rows: Rows) -> bool:
        row = rows.get(connections, self.tenant_id)
        if row is None or row["grant_id"] != self.grant_id:
            return False
        rows.update(connections, (self.tenant_id,), **self.tokens)
        return True


@dataclass(frozen=True, slots=True)
class EndGrant:
    """Remember that HubSpot has ended the grant: it is not tried again."""

    tenant_id: TenantId
    grant_id: str
    code: str
    sentence: str
    cause: Cause

    def prefetch(self) -> Iterable[Need]:
        return (counters_of(self.tenant_id), Need(connections, ("tenant_id",), (self.tenant_id,)))

    def apply(self, rows: Rows) -> None:
        row = rows.get(connections, self.tenant_id)
        if row is None or row["grant_id"] != self.grant_id or row["grant_ended"]:
            return
        rows.update(connections, (self.tenant_id,), grant_ended=True)
        move_health(rows, self.tenant_id, HealthEvent.GRANT_ENDED, self.code, self.sentence, self.cause)


@dataclass(frozen=True, slots=True)
class Disconnect:
    """Forget the connection and what was read of the account.

    The tenant goes back to collecting and its plan is no longer approved: the next account may be another one.
    """

    tenant_id: TenantId
    actor: Actor
    detail: Mapping[str, Any]

    def prefetch(self) -> Iterable[Need]:
        return (
            counters_of(self.tenant_id),
            Need(tenants, ("id",), (self.tenant_id,)),
            Need(connections, ("tenant_id",), (self.tenant_id,)),
            Need(account_users, ("tenant_id",), (self.tenant_id,)),
        )

    def apply(self, rows: Rows) -> None:
        if rows.get(connections, self.tenant_id) is None:
            return
        rows.delete(connections, self.tenant_id)
        forget_account_users(rows, self.tenant_id)
        rows.update(
            tenants,
            (self.tenant_id,),
            mode=TenantMode.COLLECTING.value,
            plan_approved_at=None,
            plan_approved_by=None,
        )
        bump_epoch(rows, self.tenant_id)
        record_audit(
            rows, self.tenant_id, self.actor.at, self.actor.name, "connection.revoked", **self.detail
        )
