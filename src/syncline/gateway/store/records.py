"""Between rows and what the rest of the gateway speaks of: frozen records and domain objects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

import msgspec
import orjson

from syncline.clock import Milliseconds
from syncline.gateway.domain.account import Account, AccountUser, PermissionSet, Seat, Team
from syncline.gateway.domain.agreement import UNAGREED, Agreement
from syncline.gateway.domain.delivery import Access, Delivery, Intent, Origin, Urgency
from syncline.gateway.domain.health import Health, health_of
from syncline.gateway.domain.holds import HoldReason
from syncline.gateway.domain.person import email_key
from syncline.gateway.domain.rules import Rule
from syncline.gateway.domain.tenant import Policy, TenantId, TenantMode
from syncline.gateway.services.ports import (
    AuditEntry,
    CallRecord,
    Event,
    ProtectedUser,
    Reading,
    ReadingStep,
    Tenant,
    Token,
)
from syncline.sql.rows import Row

# Made while this is imported, by one thread: of two that use a type for the first time at once, one finds what msgspec
# has made half of it for the other, and the process ends with a segmentation fault.
_ACCOUNT_USER: Final = msgspec.json.Decoder(AccountUser)
_AGREEMENT: Final = msgspec.json.Decoder(Agreement)
_POLICY: Final = msgspec.json.Decoder(Policy)
msgspec.json.Decoder(Rule)
# Looked up by value: calling an enumeration takes as long as making the rest of a delivery.
_INTENTS: Final = {each.value: each for each in Intent}
_URGENCIES: Final = {each.value: each for each in Urgency}
_ACCESSES: Final = {each.value: each for each in Access}
_ORIGINS: Final[Mapping[str | None, Origin | None]] = {None: None, **{each.value: each for each in Origin}}


def tenant_of(row: Row) -> Tenant:
    """Return the tenant of a row of `tenants`."""
    return Tenant(
        id=TenantId(row["id"]),
        name=row["name"],
        mode=TenantMode(row["mode"]),
        policy=policy_of(row),
        placement_epoch=row["placement_epoch"],
        plan_approved_at=row["plan_approved_at"],
        plan_approved_by=row["plan_approved_by"],
        created_at=row["created_at"],
    )


def policy_of(row: Row) -> Policy:
    """Return the policy of a row of `tenants`; parsed once for each text."""
    return _policy(row["policy"])


@lru_cache(maxsize=1024)
def _policy(text: str) -> Policy:
    return _POLICY.decode(text)


def policy_text(policy: Policy) -> str:
    """Return a policy as it is kept."""
    return msgspec.json.encode(policy).decode()


def token_of(row: Row) -> Token:
    """Return the token of a row of `scim_tokens`."""
    return Token(**{**row, "tenant_id": TenantId(row["tenant_id"])})


def token_row(token: Token) -> Row:
    """Return a token as it is kept."""
    return {name: getattr(token, name) for name in Token.__slots__}


def health_of_row(row: Row) -> Health:
    """Return how the connection of a row of `connections` is; rows older than the column say it by their trouble."""
    return health_of(row["trouble"]) if row["health"] is None else Health(row["health"])


def rule_of(row: Row) -> Rule:
    """Return the rule of a row of `rules`; parsed once for each text and position."""
    return _rule(row["document"], row["position"])


@lru_cache(maxsize=4096)
def _rule(text: str, position: int) -> Rule:
    return msgspec.convert({**orjson.loads(text), "position": position}, Rule)


def rule_row(tenant_id: str, rule: Rule, position: int) -> Row:
    """Return a rule as it is kept at a position."""
    document = msgspec.to_builtins(rule)
    document.pop("position")
    document.pop("group_name")
    return {
        "tenant_id": tenant_id,
        "id": rule.id,
        "position": position,
        "document": orjson.dumps(document).decode(),
    }


def protected_of(row: Row) -> ProtectedUser:
    """Return the person of a row of `protected_users`."""
    return ProtectedUser(
        email=row["email"],
        reason=row["reason"],
        created_at=row["created_at"],
        created_by=row["created_by"],
        until=row["until"],
    )


def protected_row(tenant_id: str, user: ProtectedUser) -> Row:
    """Return a protected person as he is kept."""
    return {
        "tenant_id": tenant_id,
        "email_key": email_key(user.email),
        "email": user.email,
        "reason": user.reason,
        "created_at": user.created_at,
        "created_by": user.created_by,
        "until": user.until,
    }


def account_text(account: Account) -> str:
    """Return an account's set-up as it is kept."""
    shown = {
        "portal_id": account.portal_id,
        "account_type": account.account_type,
        "time_zone": account.time_zone,
        "has_permission_sets": account.has_permission_sets,
        "super_admin_count": account.super_admin_count,
        "permission_sets": [
            [each.id, each.name, each.requires_billing_write] for each in account.permission_sets
        ],
        "teams": [[each.id, each.name] for each in account.teams],
    }
    if account.former_permission_sets:
        shown["former_permission_sets"] = [[each.id, each.name] for each in account.former_permission_sets]
    if account.former_teams:
        shown["former_teams"] = [[each.id, each.name] for each in account.former_teams]
    if account.seats is not None:
        shown["seats"] = [[each.name, each.description, each.remaining] for each in account.seats]
    if account.crm_users is not None:
        shown["crm_users"] = account.crm_users
    return orjson.dumps(shown).decode()


@lru_cache(maxsize=256)
def account_of(text: str) -> Account:
    """Return the account of what `account_text` wrote; parsed once for each text."""
    shown: dict[str, Any] = orjson.loads(text)
    for name in ("permission_sets", "former_permission_sets"):
        shown[name] = tuple(PermissionSet(*each) for each in shown.get(name, ()))
    for name in ("teams", "former_teams"):
        shown[name] = tuple(Team(*each) for each in shown.get(name, ()))
    if "seats" in shown:
        shown["seats"] = tuple(Seat(*each) for each in shown["seats"])
    return Account(**shown)


def account_user_row(tenant_id: str, user: AccountUser, at: Milliseconds) -> Row:
    """Return what is known of a HubSpot user as it is kept."""
    return {
        "tenant_id": tenant_id,
        "hubspot_id": user.hubspot_id,
        "email_key": email_key(user.email),
        "document": account_user_text(user),
        "read_at": at,
    }


def account_user_text(user: AccountUser) -> str:
    """Return a HubSpot user as he is kept."""
    return msgspec.json.encode(user).decode()


def account_user_of(document: str) -> AccountUser:
    """Return the HubSpot user of a row's document."""
    return _ACCOUNT_USER.decode(document)


def delivery_of(
    row: Row,
    approvals: Mapping[str, Milliseconds] = MappingProxyType({}),
    gone_at: Milliseconds | None = None,
) -> Delivery:
    """Return the delivery of a row of `deliveries`, with what is approved for it and when that ends."""
    return Delivery(
        key=row["key"],
        email=row["email"],
        user_id=row["user_id"],
        intent=_INTENTS[row["intent"]],
        desired_revision=row["desired_revision"],
        delivered_revision=row["delivered_revision"],
        urgency=_URGENCIES[row["urgency"]],
        due_at=row["due_at"],
        attempts=row["attempts"],
        hubspot_id=row["hubspot_id"],
        scim_id=row["scim_id"],
        origin=_ORIGINS[row["origin"]],
        access=_ACCESSES[row["access"]],
        renamed_from=row["renamed_from"],
        hold_reason=None if row["hold_reason"] is None else HoldReason(row["hold_reason"]),
        hold_detail=row["hold_detail"] or "",
        last_error=row["last_error"],
        claimed_by=row["claimed_by"],
        may_reactivate=row["may_reactivate"],
        approvals=frozenset(approvals),
        approvals_end=approvals,
        gone_at=gone_at,
        kept_until=row["kept_until"],
        agreement=agreement_of(row["agreement"]),
    )


@lru_cache(maxsize=4096)
def agreement_of(text: str | None) -> Agreement:
    """Return the agreement of what `agreement_text` wrote."""
    return UNAGREED if text is None else _AGREEMENT.decode(text)


def agreement_text(agreement: Agreement) -> str | None:
    """Return an agreement as it is kept, None for an empty one."""
    return None if agreement == UNAGREED else msgspec.json.encode(agreement, order="sorted").decode()


def sentences_text(sentences: Sequence[str]) -> str:
    """Return sentences as they are kept."""
    return orjson.dumps(list(sentences)).decode()


def reading_of(row: Row) -> Reading:
    """Return the reading of a row of `readings`."""
    names = ("id", "cursor", "users", "changed", "begun_at", "finished_at", "correlation_id", "asked_by")
    return Reading(
        tenant_id=TenantId(row["tenant_id"]),
        step=ReadingStep(row["step"]),
        account=None if row["account"] is None else account_of(row["account"]),
        owners_read=row["owners_read"],
        missing=tuple(orjson.loads(row["missing"])),
        **{name: row[name] for name in names},
    )


def reading_row(reading: Reading) -> Row:
    """Return a reading as it is kept; of its super admins nothing is known yet."""
    account = reading.account
    return {
        **{name: getattr(reading, name) for name in Reading.__slots__},
        "step": reading.step.value,
        "account": None if account is None else account_text(account),
        "missing": sentences_text(reading.missing),
        "super_admins": 0,
    }


def event_of(row: Row) -> Event:
    """Return the event of a row of `events`."""
    return Event(
        seq=row["seq"],
        at=row["at"],
        correlation_id=row["correlation_id"],
        kind=row["kind"],
        subject=row["subject"],
        summary=row["summary"],
        detail=orjson.loads(row["detail"]),
    )


def audit_of(row: Row) -> AuditEntry:
    """Return the entry of a row of `audit_events`."""
    return AuditEntry(
        seq=row["seq"],
        at=row["at"],
        actor=row["actor"],
        action=row["action"],
        detail=orjson.loads(row["detail"]),
    )


def call_of(row: Row) -> CallRecord:
    """Return the record of a row of `calls`."""
    return CallRecord(**{name: row[name] for name in CallRecord.__slots__})
