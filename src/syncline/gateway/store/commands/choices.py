"""What operators choose for a tenant: its policy and its rules.

Each command changes what the writer finds, not what an operator saw before, so that of two changes made at the same
time neither is lost; with `expect`, the fingerprint of a preview, it raises `Conflict` instead of saving anything else.
Each is audited and has everybody decided again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from syncline.gateway.domain.errors import NotFound
from syncline.gateway.domain.proposal import choices_fingerprint, refuse_unexpected
from syncline.gateway.domain.rules import (
    Rule,
    RuleKind,
    rule_of_id,
    with_group_names,
    with_rule,
    with_rule_at,
    without_rule,
)
from syncline.gateway.domain.tenant import Policy, TenantId, with_choices
from syncline.gateway.services.ports import Actor
from syncline.gateway.store import records
from syncline.gateway.store.commands.journal import counters_of, record_audit
from syncline.gateway.store.commands.seconding import Word, seconded
from syncline.gateway.store.commands.setup import bump_epoch
from syncline.gateway.store.tables import counters, groups, rules, tenants
from syncline.scim import json
from syncline.sql.rows import Need, Row, Rows


@dataclass(frozen=True, slots=True)
class ChangePolicy:
    """Change these fields of the tenant's policy and return the whole of it; `Refused` as by `with_choices`."""

    tenant_id: TenantId
    changes: Mapping[str, Any]
    actor: Actor
    expect: str | None = None

    def prefetch(self) -> Iterable[Need]:
        return _needs(self.tenant_id)

    def apply(self, rows: Rows) -> Policy:
        tenant = _tenant(rows, self.tenant_id)
        counted = rows.get(counters, self.tenant_id)
        has_people = counted is not None and counted["users"] > 0
        policy = with_choices(records.policy_of(tenant), self.changes, has_people=has_people)
        _refuse_unexpected(tenant, self.expect, _rules_of(rows, self.tenant_id), policy)
        before = records.policy_of(tenant)
        if before.four_eyes and not policy.four_eyes:
            policy = self._with_a_second_person(rows, policy)
            if policy == before:
                return before
        text = records.policy_text(policy)
        rows.update(tenants, (self.tenant_id,), policy=text)
        bump_epoch(rows, self.tenant_id)
        record_audit(rows, self.tenant_id, self.actor.at, self.actor.name, "policy.set", policy=text)
        return policy

    def _with_a_second_person(self, rows: Rows, policy: Policy) -> Policy:
        """Return the policy with four eyes still on, unless this is the second person to take them off."""
        word = Word("policy:four-eyes:off", "four eyes are no longer needed")
        given = seconded(rows, self.tenant_id, word, self.actor)
        return policy if given is not None else replace(policy, four_eyes=True)


@dataclass(frozen=True, slots=True)
class AddRule:
    """Put a rule at a position, counted from 1 (the last one for None), and return it with the position it has."""

    tenant_id: TenantId
    rule: Rule
    position: int | None
    actor: Actor
    expect: str | None = None

    def prefetch(self) -> Iterable[Need]:
        return _needs(self.tenant_id)

    def apply(self, rows: Rows) -> Rule:
        ordered = with_rule(_rules_of(rows, self.tenant_id), self.rule, self.position)
        _keep(rows, self.tenant_id, ordered, "rule.added", self.actor, self.expect)
        return rule_of_id(ordered, self.rule.id)


@dataclass(frozen=True, slots=True)
class MoveRule:
    """Move a rule to a position, counted from 1, and return it with the position it has; raises `NotFound`."""

    tenant_id: TenantId
    rule_id: str
    position: int
    actor: Actor
    expect: str | None = None

    def prefetch(self) -> Iterable[Need]:
        return _needs(self.tenant_id)

    def apply(self, rows: Rows) -> Rule:
        ordered = with_rule_at(_rules_of(rows, self.tenant_id), self.rule_id, self.position)
        _keep(rows, self.tenant_id, ordered, "rule.moved", self.actor, self.expect)
        return rule_of_id(ordered, self.rule_id)


@dataclass(frozen=True, slots=True)
class RemoveRule:
    """Remove a rule and return it as it was; raises `NotFound`."""

    tenant_id: TenantId
    rule_id: str
    actor: Actor
    expect: str | None = None

    def prefetch(self) -> Iterable[Need]:
        return _needs(self.tenant_id)

    def apply(self, rows: Rows) -> Rule:
        before = _rules_of(rows, self.tenant_id)
        ordered = without_rule(before, self.rule_id)
        rows.delete(rules, self.tenant_id, self.rule_id)
        _keep(rows, self.tenant_id, ordered, "rule.removed", self.actor, self.expect)
        return rule_of_id(before, self.rule_id)


def _needs(tenant_id: TenantId) -> tuple[Need, ...]:
    return (
        Need(tenants, ("id",), (tenant_id,)),
        counters_of(tenant_id),
        Need(rules, ("tenant_id",), (tenant_id,)),
    )


def _tenant(rows: Rows, tenant_id: str) -> Row:
    row = rows.get(tenants, tenant_id)
    if row is None:
        raise NotFound("The tenant no longer exists.")
    return row


def _rules_of(rows: Rows, tenant_id: str) -> list[Rule]:
    """Return the rules in the order they are tried."""
    found = sorted(rows.find(rules, tenant_id=tenant_id), key=lambda row: row["position"])
    return [records.rule_of(row) for row in found]


def _refuse_unexpected(tenant: Row, expect: str | None, kept: Sequence[Rule], policy: Policy) -> None:
    refuse_unexpected(expect, choices_fingerprint(tenant["placement_epoch"], kept, policy))


def _keep(
    rows: Rows, tenant_id: str, ordered: Sequence[Rule], action: str, actor: Actor, expect: str | None
) -> None:
    """Write the rules with the positions they now have."""
    tenant = _tenant(rows, tenant_id)
    _refuse_unexpected(tenant, expect, ordered, records.policy_of(tenant))
    for rule in ordered:
        fresh = records.rule_row(tenant_id, rule, rule.position)
        held = rows.get(rules, tenant_id, rule.id)
        if held is None:
            rows.insert(rules, fresh)
        elif held != fresh:
            key = (tenant_id, rule.id)
            rows.update(rules, key, position=rule.position, document=fresh["document"])
    bump_epoch(rows, tenant_id)
    told = in_words(rows, tenant_id, ordered)
    record_audit(rows, tenant_id, actor.at, actor.name, action, rules=told)


def in_words(rows: Rows, tenant_id: str, ordered: Sequence[Rule]) -> list[str]:
    """Return when each rule applies, with the names groups have now: later nobody could tell what an id stood for."""
    ids = {rule.match for rule in ordered if rule.kind is RuleKind.GROUP}
    rows.prefetch(Need(groups, ("tenant_id", "id"), (tenant_id, group_id)) for group_id in ids)
    found = {group_id: row for group_id in ids if (row := rows.get(groups, tenant_id, group_id)) is not None}
    names = {group_id: json.decode(row["document"])["displayName"] for group_id, row in found.items()}
    return [rule.when for rule in with_group_names(ordered, names)]
