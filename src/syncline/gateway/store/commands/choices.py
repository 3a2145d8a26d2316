"""What operators choose for a tenant: its policy and its rules.

Each command changes what the writer finds, not what an operator saw before, so that of two changes made at the same
time neither is lost. Each is audited and has everybody decided again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from syncline.gateway.domain.errors import NotFound, Refused
from syncline.gateway.domain.rules import Rule
from syncline.gateway.domain.tenant import LeaverPolicy, Policy, TenantId
from syncline.gateway.services.ports import Actor
from syncline.gateway.store import records
from syncline.gateway.store.commands.journal import counters_of, record_audit
from syncline.gateway.store.commands.setup import bump_epoch
from syncline.gateway.store.tables import counters, rules, tenants
from syncline.sql.rows import Need, Rows


@dataclass(frozen=True, slots=True)
class ChangePolicy:
    """Change these fields of the tenant's policy and return the whole of it.

    Raises `Refused` for a policy that cannot be carried out, and for another source of e-mails once there are people:
    their deliveries are kept under the e-mail chosen before.
    """

    tenant_id: TenantId
    changes: Mapping[str, Any]
    actor: Actor

    def prefetch(self) -> Iterable[Need]:
        return (Need(tenants, ("id",), (self.tenant_id,)), counters_of(self.tenant_id))

    def apply(self, rows: Rows) -> Policy:
        row = rows.get(tenants, self.tenant_id)
        if row is None:
            raise NotFound("The tenant no longer exists.")
        before = records.policy_of(row)
        policy = replace(before, **self.changes)
        _refuse_strip_without_a_set(policy)
        if policy.email_from is not before.email_from:
            _refuse_with_people(rows, self.tenant_id)
        text = records.policy_text(policy)
        rows.update(tenants, (self.tenant_id,), policy=text)
        bump_epoch(rows, self.tenant_id)
        record_audit(rows, self.tenant_id, self.actor.at, self.actor.name, "policy.set", policy=text)
        return policy


@dataclass(frozen=True, slots=True)
class AddRule:
    """Put a rule at a position, counted from 1 (the last one for None), and return it with the position it has."""

    tenant_id: TenantId
    rule: Rule
    position: int | None
    actor: Actor

    def prefetch(self) -> Iterable[Need]:
        return _needs(self.tenant_id)

    def apply(self, rows: Rows) -> Rule:
        ordered = _rules_of(rows, self.tenant_id)
        index = len(ordered) if self.position is None else _index(self.position, ordered)
        ordered.insert(index, self.rule)
        _keep(rows, self.tenant_id, ordered, "rule.added", self.actor)
        return replace(self.rule, position=index + 1)


@dataclass(frozen=True, slots=True)
class MoveRule:
    """Move a rule to a position, counted from 1, and return it with the position it has; raises `NotFound`."""

    tenant_id: TenantId
    rule_id: str
    position: int
    actor: Actor

    def prefetch(self) -> Iterable[Need]:
        return _needs(self.tenant_id)

    def apply(self, rows: Rows) -> Rule:
        ordered = _rules_of(rows, self.tenant_id)
        rule = _take(rows, self.tenant_id, ordered, self.rule_id)
        index = _index(self.position, ordered)
        ordered.insert(index, rule)
        _keep(rows, self.tenant_id, ordered, "rule.moved", self.actor)
        return replace(rule, position=index + 1)


@dataclass(frozen=True, slots=True)
class RemoveRule:
    """Remove a rule and return it as it was; raises `NotFound`."""

    tenant_id: TenantId
    rule_id: str
    actor: Actor

    def prefetch(self) -> Iterable[Need]:
        return _needs(self.tenant_id)

    def apply(self, rows: Rows) -> Rule:
        ordered = _rules_of(rows, self.tenant_id)
        rule = _take(rows, self.tenant_id, ordered, self.rule_id)
        rows.delete(rules, self.tenant_id, rule.id)
        _keep(rows, self.tenant_id, ordered, "rule.removed", self.actor)
        return rule


def _needs(tenant_id: TenantId) -> tuple[Need, ...]:
    return (
        Need(tenants, ("id",), (tenant_id,)),
        counters_of(tenant_id),
        Need(rules, ("tenant_id",), (tenant_id,)),
    )


def _rules_of(rows: Rows, tenant_id: str) -> list[Rule]:
    """Return the rules in the order they are tried."""
    found = sorted(rows.find(rules, tenant_id=tenant_id), key=lambda row: row["position"])
    return [records.rule_of(row) for row in found]


def _index(position: int, ordered: Sequence[Rule]) -> int:
    return max(0, min(position - 1, len(ordered)))


def _take(rows: Rows, tenant_id: str, ordered: list[Rule], rule_id: str) -> Rule:
    """Take the rule of that id out of the list."""
    for index, rule in enumerate(ordered):
        if rule.id == rule_id:
            return ordered.pop(index)
    tenant = rows.get(tenants, tenant_id)
    name = tenant_id if tenant is None else tenant["name"]
    raise NotFound(f"{name} has no rule {rule_id!r}: `rule list` shows those it has.")


def _keep(rows: Rows, tenant_id: str, ordered: Sequence[Rule], action: str, actor: Actor) -> None:
    """Write the rules with the positions they now have."""
    for position, rule in enumerate(ordered, start=1):
        fresh = records.rule_row(tenant_id, rule, position)
        held = rows.get(rules, tenant_id, rule.id)
        if held is None:
            rows.insert(rules, fresh)
        elif held != fresh:
            key = (tenant_id, rule.id)
            rows.update(rules, key, position=position, document=fresh["document"])
    bump_epoch(rows, tenant_id)
    record_audit(rows, tenant_id, actor.at, actor.name, action, rules=[rule.when for rule in ordered])


def _refuse_strip_without_a_set(policy: Policy) -> None:
    if LeaverPolicy.STRIP in (policy.deactivated, policy.deleted) and policy.strip_to is None:
        raise Refused("To strip leavers, name the permission set they are left with: --strip-to SET.")


def _refuse_with_people(rows: Rows, tenant_id: str) -> None:
    row = rows.get(counters, tenant_id)
    if row is not None and row["users"]:
        raise Refused(
            "Where e-mails come from is chosen before the first user arrives: "
            "create a new tenant with the other choice and point the identity provider at it."
        )
