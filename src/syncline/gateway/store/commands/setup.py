"""What operators change: tenants, tokens, the connection, rules and policies. Each change is audited as it is made.

Whatever placement depends on besides the person bumps the tenant's `placement_epoch`, so that everybody is decided
again, in chunks, by the drain.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from syncline.clock import Milliseconds
from syncline.gateway.domain.consent import Consent
from syncline.gateway.domain.errors import Conflict, NotFound, Refused
from syncline.gateway.domain.health import HealthEvent
from syncline.gateway.domain.holds import HoldReason
from syncline.gateway.domain.person import email_key
from syncline.gateway.domain.proposal import connection_fingerprint, refuse_unexpected
from syncline.gateway.domain.remedies import Remedy
from syncline.gateway.domain.tenant import Policy, TenantId, TenantMode
from syncline.gateway.services.ports import Actor, Cause, ProtectedUser, ReadingStep, Token
from syncline.gateway.store import records
from syncline.gateway.store.commands.health import move_health
from syncline.gateway.store.commands.journal import counters_of, record_audit
from syncline.gateway.store.commands.leaving import leave_account
from syncline.gateway.store.commands.seconding import Word, policy_of, seconded
from syncline.gateway.store.tables import (
    account_users,
    connections,
    counters,
    deliveries,
    protected_users,
    readings,
    scim_tokens,
    tenants,
)
from syncline.scim.names import comparison_key
from syncline.sql.rows import Need, Row, Rows


@dataclass(frozen=True, slots=True)
class CreateTenant:
    """Raises `Conflict` when the name is taken in any case."""

    tenant_id: TenantId
    name: str
    actor: Actor

    def prefetch(self) -> Iterable[Need]:
        return (Need(tenants, ("name_key",), (comparison_key(self.name),)),)

    def apply(self, rows: Rows) -> Row:
        key = comparison_key(self.name)
        if rows.find(tenants, name_key=key):
            raise Conflict(f"There is already a tenant named {self.name!r}: choose another name.")
        row: Row = {
            "id": self.tenant_id,
            "name": self.name,
            "name_key": key,
            "mode": TenantMode.COLLECTING.value,
            "policy": records.policy_text(Policy()),
            "placement_epoch": 1,
            "plan_approved_at": None,
            "plan_approved_by": None,
            "account": None,
            "created_at": self.actor.at,
        }
        rows.insert(tenants, row)
        sequences = ("event_seq", "audit_seq", "call_seq", "ordinal", "users", "groups", "delivered")
        rows.insert(counters, {"tenant_id": self.tenant_id, **dict.fromkeys(sequences, 0), "backlog": "{}"})
        _audit(rows, self.tenant_id, self.actor, "tenant.created", name=self.name)
        return row


@dataclass(frozen=True, slots=True)
class ChangeTenant:
    """Set columns of a tenant and have everybody decided again."""

    tenant_id: TenantId
    changes: Mapping[str, object]
    action: str
    detail: Mapping[str, object]
    actor: Actor

    def prefetch(self) -> Iterable[Need]:
        return _tenant_needs(self.tenant_id)

    def apply(self, rows: Rows) -> None:
        rows.update(tenants, (self.tenant_id,), **self.changes)
        bump_epoch(rows, self.tenant_id)
        _audit(rows, self.tenant_id, self.actor, self.action, **self.detail)


@dataclass(frozen=True, slots=True)
class CreateToken:
    """Keep a token's fingerprint; the secret itself is never here."""

    token: Token
    actor: Actor

    def prefetch(self) -> Iterable[Need]:
        return (counters_of(self.token.tenant_id),)

    def apply(self, rows: Rows) -> None:
        rows.insert(scim_tokens, records.token_row(self.token))
        token = self.token
        _audit(
            rows, token.tenant_id, self.actor, "token.created", token_id=token.id, expires_at=token.expires_at
        )


@dataclass(frozen=True, slots=True)
class RevokeToken:
    """Raises `NotFound` for a token that is not the tenant's own; revoking twice keeps the first moment."""

    tenant_id: TenantId
    token_id: str
    actor: Actor

    def prefetch(self) -> Iterable[Need]:
        return (counters_of(self.tenant_id), Need(scim_tokens, ("id",), (self.token_id,)))

    def apply(self, rows: Rows) -> None:
        row = rows.get(scim_tokens, self.token_id)
        if row is None or row["tenant_id"] != self.tenant_id:
            raise NotFound(
                f"The tenant has no token {self.token_id!r}.", Remedy("{tokens:See which it has}.")
            )
        if row["revoked_at"] is None:
            rows.update(scim_tokens, (self.token_id,), revoked_at=self.actor.at)
            _audit(rows, self.tenant_id, self.actor, "token.revoked", token_id=self.token_id)


@dataclass(frozen=True, slots=True)
class NoteTokenUse:
    """Remember when and from where a token was last used."""

    token_id: str
    at: Milliseconds
    client: str | None

    def prefetch(self) -> Iterable[Need]:
        return (Need(scim_tokens, ("id",), (self.token_id,)),)

    def apply(self, rows: Rows) -> None:
        row = rows.get(scim_tokens, self.token_id)
        if row is not None and (row["last_used_at"] or 0) < self.at:
            rows.update(scim_tokens, (self.token_id,), last_used_at=self.at, last_used_from=self.client)


_LASTING = frozenset(
    {"tenant_id", "created_at", "trouble", "trouble_detail", "health", "health_since", "probe_at"}
)
"""The columns that setting a connection leaves alone: `move_health` sees to how it is."""
_RENEWED = frozenset(
    {"access_token", "refresh_token", "token_obtained_at", "token_expires_at", "grant_ended"}
)
"""The columns of a connection that change while its grant stays the same."""


@dataclass(frozen=True, slots=True)
class SetConnection:
    """Link the tenant to a HubSpot account. The row's credentials are sealed already.

    When the account or the address changes, all that is known of the account before is forgotten, its ids and what was
    approved for it included: the new one's users have ids of their own. Nothing is sent to it before a plan was seen:
    a live tenant goes back to plan. With `expect`, the fingerprint of a preview, nothing else is saved.
    """

    tenant_id: TenantId
    row: Row
    actor: Actor
    expect: str | None = None

    def prefetch(self) -> Iterable[Need]:
        return (*_tenant_needs(self.tenant_id), Need(connections, ("tenant_id",), (self.tenant_id,)))

    def apply(self, rows: Rows) -> None:
        portal_id = self.row["portal_id"]
        if portal_id is not None:
            for other in rows.find(connections, portal_id=portal_id):
                if other["tenant_id"] != self.tenant_id:
                    raise Conflict(
                        f"HubSpot account {portal_id} belongs to another tenant already: "
                        "an account is kept in line by one tenant only."
                    )
        self._refuse_unexpected(rows)
        before = rows.get(connections, self.tenant_id)
        left = self._leave(rows)
        if before is None:
            rows.insert(connections, self.row)
        else:
            renewed = Cause(self.actor.at, "")
            move_health(
                rows, self.tenant_id, HealthEvent.RENEWED, None, "The connection was set anew", renewed
            )
            kept = {name: value for name, value in self.row.items() if name not in _LASTING}
            if before["grant_id"] is not None and before["grant_id"] == kept["grant_id"]:
                # The same grant: its tokens may have been renewed since the row was made, and only the last ones live.
                kept = {name: value for name, value in kept.items() if name not in _RENEWED}
            rows.update(connections, (self.tenant_id,), **kept)
        self._set_mode(rows, account_left=bool(left))
        bump_epoch(rows, self.tenant_id)
        _audit(
            rows,
            self.tenant_id,
            self.actor,
            "connection.set",
            **left,
            portal_id=portal_id,
            base_url=self.row["base_url"],
            scim_base_url=self.row["scim_base_url"],
            credential=self.row["credential"],
            granted_by=self.row["grant_holder"],
        )

    def _refuse_unexpected(self, rows: Rows) -> None:
        tenant = rows.get(tenants, self.tenant_id)
        if tenant is not None:
            row = self.row
            found = connection_fingerprint(
                tenant["placement_epoch"], row["portal_id"], row["base_url"], row["scim_base_url"]
            )
            refuse_unexpected(self.expect, found)

    def _leave(self, rows: Rows) -> Row:
        """Forget the account before when this is another one; return what the audit says of it."""
        tenant = rows.get(tenants, self.tenant_id)
        account = f"{self.row['portal_id']} at {self.row['base_url']}"
        if tenant is None or tenant["account"] == account:
            return {}
        rows.update(tenants, (self.tenant_id,), account=account)
        if tenant["account"] is None:
            return {}
        forget_account_users(rows, self.tenant_id)
        if rows.get(readings, self.tenant_id) is not None:
            rows.update(readings, (self.tenant_id,), step=ReadingStep.ABANDONED.value, cursor=None)
        return {
            "account_left": tenant["account"],
            "people_forgotten": leave_account(rows, self.tenant_id, self.actor),
            "mode_before": tenant["mode"],
            "mode": TenantMode.PLAN.value,
        }

    def _set_mode(self, rows: Rows, *, account_left: bool) -> None:
        """End collecting; end live, too, when the account was left."""
        tenant = rows.get(tenants, self.tenant_id)
        if tenant is not None and (account_left or tenant["mode"] == TenantMode.COLLECTING.value):
            rows.update(tenants, (self.tenant_id,), mode=TenantMode.PLAN.value)


@dataclass(frozen=True, slots=True)
class Protect:
    """Have nothing ever changed for this person."""

    tenant_id: TenantId
    user: ProtectedUser
    actor: Actor

    def prefetch(self) -> Iterable[Need]:
        return _tenant_needs(self.tenant_id)

    def apply(self, rows: Rows) -> None:
        row = records.protected_row(self.tenant_id, self.user)
        if rows.get(protected_users, self.tenant_id, row["email_key"]) is None:
            rows.insert(protected_users, row)
        else:
            key = (self.tenant_id, row["email_key"])
            self._refuse_shorter(rows, rows.get(protected_users, *key) or {})
            rows.update(protected_users, key, reason=self.user.reason, until=self.user.until)
        bump_epoch(rows, self.tenant_id)
        told = {"email": self.user.email, "reason": self.user.reason, "until": self.user.until}
        _audit(rows, self.tenant_id, self.actor, "protect.added", **told)

    def _refuse_shorter(self, rows: Rows, before: Row) -> None:
        """With four eyes one person cannot bring a protection to its end by giving it one."""
        until, earlier = self.user.until, before["until"]
        shorter = until is not None and (earlier is None or until < earlier)
        if shorter and policy_of(rows, self.tenant_id).four_eyes:
            raise Refused(
                f"{self.user.email} is protected for longer.",
                Remedy("{unprotect:Take that away}, with a second person.", user=self.user.email),
            )


@dataclass(frozen=True, slots=True)
class Unprotect:
    """Lift the protection, with a second person where the policy says four eyes."""

    tenant_id: TenantId
    email: str
    actor: Actor

    def prefetch(self) -> Iterable[Need]:
        return _tenant_needs(self.tenant_id)

    def apply(self, rows: Rows) -> Consent:
        key = email_key(self.email)
        if rows.get(protected_users, self.tenant_id, key) is None:
            return Consent.NOTHING
        word = Word(f"unprotect:{key}", f"no more protection for {self.email}")
        given = seconded(rows, self.tenant_id, word, self.actor)
        if given is None:
            return Consent.PENDING
        rows.delete(protected_users, self.tenant_id, key)
        bump_epoch(rows, self.tenant_id)
        _audit(rows, self.tenant_id, Actor(given.by, self.actor.at), "protect.removed", email=self.email)
        return Consent.DONE


_RELEASED_BY_HAND = (HoldReason.DEACTIVATED_AT_HUBSPOT.value, HoldReason.REMOVED_AT_HUBSPOT.value)


@dataclass(frozen=True, slots=True)
class Release:
    """Let a person come back whom somebody deactivated at HubSpot or removed; returns whether there is such a row.

    Raises `Refused` for anybody held for another reason, or not at all: nothing may be released ahead of its time.
    """

    tenant_id: TenantId
    key: str
    actor: Actor

    def prefetch(self) -> Iterable[Need]:
        return (
            *_tenant_needs(self.tenant_id),
            Need(deliveries, ("tenant_id", "key"), (self.tenant_id, self.key)),
        )

    def apply(self, rows: Rows) -> bool:
        row = rows.get(deliveries, self.tenant_id, self.key)
        if row is None:
            return False
        if row["hold_reason"] not in _RELEASED_BY_HAND:
            raise _not_to_be_released(row)
        revision = row["desired_revision"] + 1
        key = (self.tenant_id, self.key)
        rows.update(deliveries, key, may_reactivate=True, due_at=self.actor.at, desired_revision=revision)
        _audit(rows, self.tenant_id, self.actor, "user.released", delivery=self.key)
        return True


def _not_to_be_released(row: Row) -> Refused:
    now = "is not held" if row["hold_reason"] is None else f"is held as {row['hold_reason']}"
    return Refused(
        f"{row['email'] or row['key']} {now}: only people whom somebody else deactivated at HubSpot, or removed, are "
        "released so.",
        Remedy("{person:See what this person waits for}.", user=row["email"] or row["key"]),
    )


def bump_epoch(rows: Rows, tenant_id: str) -> None:
    """Have everybody of the tenant decided again."""
    row = rows.get(tenants, tenant_id)
    if row is not None:
        rows.update(tenants, (tenant_id,), placement_epoch=row["placement_epoch"] + 1)


def forget_account_users(rows: Rows, tenant_id: str) -> None:
    """Forget every user of an account that is no longer the tenant's."""
    for row in rows.find(account_users, tenant_id=tenant_id):
        rows.delete(account_users, tenant_id, row["hubspot_id"])


def _tenant_needs(tenant_id: str) -> tuple[Need, ...]:
    return (Need(tenants, ("id",), (tenant_id,)), counters_of(tenant_id))


def _audit(rows: Rows, tenant_id: str, actor: Actor, action: str, **detail: object) -> None:
    record_audit(rows, tenant_id, actor.at, actor.name, action, **detail)
